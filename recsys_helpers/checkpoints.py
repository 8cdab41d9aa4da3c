"""Checkpoints: all that a training needs to go on after its processes have died."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_helpers.vectors_file import UNREADABLE
from recsys_helpers.whole_files import write_whole

__all__ = ["Checkpoint", "read_checkpoint", "write_checkpoint"]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The state of a training after some epochs.

    Attributes
    ----------
    training : str
        Which training it is: rows and settings, in one text.
    losses, seconds : tuple of float
        One an epoch.
    state : sequence of arrays
        Weights, and what the optimiser remembers of its steps. Without the latter the
        training would go on, and differently.
    """

    training: str
    losses: tuple[float, ...]
    seconds: tuple[float, ...]
    state: Sequence[NDArray]


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
    content = io.BytesIO()
    np.savez(content, about=np.array(json.dumps(about)), **arrays)
    write_whole(path, content.getvalue())


def read_checkpoint(path: str | Path) -> Checkpoint | None:
    """Read a checkpoint, or return None if there is no file. Nothing is unpickled.

    Raises
    ------
    ValueError
        If the file is damaged, or is none of `write_checkpoint`.
    """
    path = Path(path)
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            names = sorted(name for name in stored.files if name != "about")
            return Checkpoint(
                about["training"],
                tuple(about["losses"]),
                tuple(about["seconds"]),
                [stored[name] for name in names],
            )
    except UNREADABLE as error:
        raise ValueError(
            f"{path} is no checkpoint, or is damaged ({error}). Give another path, and "
            "the training starts anew."
        ) from error
