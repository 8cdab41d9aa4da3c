"""Train the two towers of chapter 6 on several processes, each with a share of a batch.

All processes start with the same weights. In each step every one computes the gradient
of its share of the batch; the gradients are averaged over the network (*all-reduce*),
and all take the same step. With a loss that is a mean over rows, and equal shares, it
is the step of one process with the whole batch.

After each epoch a *checkpoint* keeps all that the training needs to go on after its
processes have died.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys_helpers._checks import (
    check_choice,
    check_count,
    check_number,
    check_positive,
)
from recsys_helpers._files import ArraysFileError, read_npz, write_npz
from recsys_helpers.extras import require
from recsys_helpers.features.encoder import TowerInputs
from recsys_helpers.features.taste import out_of_fold
from recsys_helpers.large.processes import free_ports, run_workers

ROWS, CHECKPOINT = "rows.npz", "checkpoint.npz"
JAX_ON_CPUS = {
    "KERAS_BACKEND": "jax",
    "JAX_PLATFORMS": "cpu",
    # What the processes talk by: each with each, over TCP.
    "JAX_CPU_COLLECTIVES_IMPLEMENTATION": "gloo",
}


@dataclass(frozen=True, eq=False)
class TowerRows:
    """What towers learn from, row by row.

    Attributes
    ----------
    users : array of float32, shape (n, n_user_inputs)
    movies : array of float32, shape (n, n_movie_inputs)
    ratings : array of float32, shape (n,)
    """

    users: NDArray[np.float32]
    movies: NDArray[np.float32]
    ratings: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class WorkersSettings:
    """How the towers are trained; the number of workers is no part of it.

    Parameters
    ----------
    hidden : tuple of int
        Widths of the hidden layers of each tower.
    n_factors, n_epochs : int
        At least 1.
    batch_size : int
        Of all workers together.
    learning_rate : float
        Above 0.
    weight_decay : float
        At least 0.
    seed : int
        Of the weights at the start, and of the order of the rows.
    dtype : {"float32", "float64"}
        Of all numbers. Workers add up in another order than a single process does, and
        what is rounded otherwise grows from step to step. With float64 it stays small.
    """

    hidden: tuple[int, ...] = (128, 64)
    n_factors: int = 16
    n_epochs: int = 4
    batch_size: int = 1000
    learning_rate: float = 0.003
    weight_decay: float = 0.01
    seed: int = 0
    dtype: str = "float32"

    def __post_init__(self) -> None:
        for name in ("n_factors", "n_epochs", "batch_size"):
            check_count(name, getattr(self, name))
        for width in self.hidden:
            check_count("Each width in hidden", width)
        check_positive("learning_rate", self.learning_rate)
        check_number("weight_decay", self.weight_decay)
        check_count("seed", self.seed, at_least=0)
        check_choice("dtype", self.dtype, ("float32", "float64"))


def tower_rows(train: pd.DataFrame, movies: pd.DataFrame, seed: int = 0) -> TowerRows:
    """Describe the users and movies of ratings, as the towers of chapter 6 get them.

    Parameters
    ----------
    train : DataFrame with `user_id`, `movie_id` and `rating`
    movies : DataFrame with `movie_id`, `genres` and `year`
    seed : int
        Of the folds: see `recsys_helpers.features.taste.out_of_fold`.
    """
    features = out_of_fold(train, movies, seed=seed)
    inputs = TowerInputs().fit(features, movies)
    return TowerRows(
        inputs.of_users(features.users),
        inputs.of_movies(features.movies, train["movie_id"]),
        train["rating"].to_numpy(dtype=np.float32),
    )


def train_on_workers(
    rows: TowerRows,
    folder: str | Path,
    settings: WorkersSettings | None = None,
    *,
    n_workers: int = 2,
    die: tuple[int, int] | None = None,
    timeout_s: float = 300.0,
) -> pd.DataFrame:
    """Train two towers on processes of this machine, or go on where a training ended.

    After each epoch, worker 0 writes what is needed to go on into ``checkpoint.npz`` in
    `folder`. Called again with the same folder, rows and settings, the function starts
    from there, also with another number of workers.

    Parameters
    ----------
    rows : TowerRows
        The last rows that do not fill a batch are left out of an epoch, after they have
        been shuffled.
    folder : path
        Made if it does not exist.
    settings : WorkersSettings, optional
    n_workers : int
        A divisor of the batch size, so that all shares are equally large.
    die : (int, int), optional
        A worker and an epoch, counted from 0, at whose start it kills itself: to try
        out what happens then.
    timeout_s : float
        For all of it.

    Returns
    -------
    DataFrame, one row an epoch
        `epoch` (from 1); `loss`, the mean squared error of the rows, taken while they
        are trained on; `seconds`, on the clock of worker 0.

    Raises
    ------
    WorkerError
        If a worker fails or dies, or the time is up. All are killed then.
    ValueError
        If the shares cannot be equal, there is less than one batch, or the folder has
        the checkpoint of another training.
    ImportError
        If JAX is not installed.
    """
    settings = settings or WorkersSettings()
    check_count("n_workers", n_workers)
    if settings.batch_size % n_workers:
        raise ValueError(
            f"A batch of {settings.batch_size} rows has no {n_workers} equal shares. "
            "The mean of their gradients would not be the gradient of the batch."
        )
    if len(rows.ratings) < settings.batch_size:
        raise ValueError(
            f"{len(rows.ratings):,} rows do not fill a batch of "
            f"{settings.batch_size:,}. Take a smaller one."
        )
    require("jax", "workers")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    training = json.dumps(asdict(settings) | {"rows": _fingerprint(rows)})
    before = read_checkpoint(folder / CHECKPOINT)
    if before and before.training != training:
        raise ValueError(
            f"{folder} has the checkpoint of another training: with other rows or "
            "settings. Take another folder."
        )
    write_rows(rows, folder)
    (port,) = free_ports(1)
    task = {"n_workers": n_workers, "port": port, "training": training, "die": die}
    commands = [
        ["-m", "recsys_helpers.large._worker", str(folder), str(rank), json.dumps(task)]
        for rank in range(n_workers)
    ]
    # JAX makes float32 of all numbers unless it is told not to.
    wide = {"JAX_ENABLE_X64": "true"} if settings.dtype == "float64" else {}
    run_workers(commands, lambda rank: JAX_ON_CPUS | wide, timeout_s)
    done = read_checkpoint(folder / CHECKPOINT)
    assert done is not None  # the workers have ended well, and the last wrote it
    return pd.DataFrame(
        {
            "epoch": range(1, settings.n_epochs + 1),
            "loss": done.losses,
            "seconds": done.seconds,
        }
    )


def rows_of_worker(
    n_rows: int, batch_size: int, rank: int, n_workers: int, seed: int, epoch: int
) -> NDArray[np.int64]:
    """Return the rows that a worker sees in an epoch, in order.

    All rows are shuffled by seed and epoch, alike on every worker, and cut into
    batches; of each, worker `rank`, from 0, gets the share number `rank`. The number of
    workers divides that of a batch.

    Examples
    --------
    >>> [rows_of_worker(9, 4, rank, 2, seed=0, epoch=0).tolist() for rank in (0, 1)]
    [[4, 5, 3, 8], [2, 6, 7, 0]]
    """
    order = np.random.default_rng([seed, epoch]).permutation(n_rows)
    whole = order[: n_rows // batch_size * batch_size]
    return whole.reshape(-1, n_workers, batch_size // n_workers)[:, rank].ravel()


def write_rows(rows: TowerRows, folder: Path) -> None:
    """Write rows where the workers look for them."""
    write_npz(folder / ROWS, vars(rows))


def _fingerprint(rows: TowerRows) -> str:
    digest = hashlib.sha256()
    for array in (rows.users, rows.movies, rows.ratings):
        digest.update(f"{array.shape}{array.dtype}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The state of a training after some epochs: losses and seconds, one an epoch each.

    `training` says which it is: rows and settings, in one text. `state` holds weights,
    and what the optimiser remembers of its steps, without which the training would go
    on, and differently.
    """

    training: str
    losses: tuple[float, ...]
    seconds: tuple[float, ...]
    state: Sequence[NDArray]


class CheckpointError(ArraysFileError):
    """A file that does not hold a checkpoint."""

    holds = "a checkpoint"
    remedy = "Give another path, and the training starts anew."


def write_checkpoint(path: str | Path, checkpoint: Checkpoint) -> None:
    """Replace the file as a whole: a death while writing leaves the one before."""
    about = {
        "training": checkpoint.training,
        "losses": checkpoint.losses,
        "seconds": checkpoint.seconds,
    }
    arrays: dict[str, Any] = {
        f"state_{n:04}": array for n, array in enumerate(checkpoint.state)
    }
    write_npz(path, {"about": np.array(json.dumps(about)), **arrays})


def read_checkpoint(path: str | Path) -> Checkpoint | None:
    """Read a checkpoint, or return None if there is no file. Nothing is unpickled."""
    path = Path(path)
    if not path.exists():
        return None
    stored = read_npz(path, CheckpointError, names=["about"])
    try:
        about = json.loads(str(stored.pop("about")))
        told = about["training"], tuple(about["losses"]), tuple(about["seconds"])
    except (KeyError, TypeError, ValueError) as error:
        reason = f"what it says of the training cannot be read ({error})."
        raise CheckpointError(path, reason) from error
    return Checkpoint(*told, [stored[name] for name in sorted(stored)])
