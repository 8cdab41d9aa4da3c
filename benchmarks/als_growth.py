"""How the cost of ALS grows with the interactions: 1e5, 1e6 and 1e7 of them.

    python benchmarks/als_growth.py [--split-seed 7] [--output FILE]

Synthetic likes, each with confidence 2. There are as many users and movies as a
power law gives that passes through the editions small and 32m; movies are drawn by
a Zipf-Mandelbrot law, users by a lognormal one, and no pair comes twice. The seed is
that of the draws and of the factors.

The value is CPU seconds of one iteration (users, then movies), the median of several,
on one thread; `cpu_s` those of all iterations. Each measurement is a process of its
own, so that its peak memory is its own: imports and the matrix are counted in the
peak, the drawing of the likes is not. The exponent is the slope of log time over log
n: 1 is linear. From scratch it is smaller: much of the time goes into one turn of a
Python loop for each user and each movie, and movies grow more slowly than likes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from recsys_helpers.datasets import EDITIONS
from recsys_helpers.measure import peak_memory_mib
from recsys_helpers.methods.als import solve_factors
from recsys_helpers.results import versions, write_results

RESULTS = Path(__file__).parent / "results" / "als_growth.json"
SIZES = (100_000, 1_000_000, 10_000_000)
N_FACTORS = (10, 64)
REGULARIZATION = 0.1
CONFIDENCE = 2.0
N_ITERATIONS = {"implicit": 7, "from scratch": 3}


def main() -> None:
    arguments = parse_arguments()
    if arguments.task:
        print(json.dumps(TASKS[arguments.task[0]](*arguments.task[1:])))
        return
    records = []
    with tempfile.TemporaryDirectory(prefix="als_growth_") as folder:
        for n in SIZES:
            path = str(Path(folder, f"{n}.npz"))
            print(f"{n:,} likes:", child("draw", path, n, arguments.split_seed))
            records += records_of_size(path, n, arguments.split_seed)
            Path(path).unlink()
    records += exponents(pd.DataFrame(records))
    write_results(records, arguments.output)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split-seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--task", type=json.loads, help=argparse.SUPPRESS)
    return parser.parse_args()


def child(*task: str | int) -> dict:
    command = [sys.executable, __file__, "--task", json.dumps(task)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(answer.stdout)


def records_of_size(path: str, n: int, seed: int) -> Iterator[dict]:
    for method, n_iterations in N_ITERATIONS.items():
        for n_factors in N_FACTORS:
            figures = child(method, path, n_factors, n_iterations, seed)
            name = f"{method}, {n_factors} factors"
            print(
                f"{n:>10,} {name:26} {figures['value']:8.3f} CPU s an iteration, "
                f"peak {figures['peak_mib']:6,} MiB"
            )
            yield {
                "method": name,
                "metric": "cpu_s per iteration",
                "edition": "synthetic",
                "seed": seed,
                "n": n,
                "versions": versions("numpy", "scipy", "implicit"),
                **figures,
            }


def exponents(measured: pd.DataFrame) -> Iterator[dict]:
    for method, group in measured.groupby("method", sort=False):
        slope, _ = np.polyfit(np.log(group["n"]), np.log(group["value"]), 1)
        print(f"{method}: time grows as n to the power of {slope:.2f}")
        yield {
            "method": method,
            "metric": "exponent",
            "value": round(float(slope), 3),
            "edition": "synthetic",
            "seed": int(group["seed"].iloc[0]),
            "versions": versions("numpy", "scipy", "implicit"),
        }


def draw(path: str, n: int, seed: int) -> dict:
    """Write the positions of `n` likes, and say how many users and movies there are."""
    n_users, n_movies = between_editions(n, "n_users"), between_editions(n, "n_movies")
    rng = np.random.default_rng(seed)
    activity = rng.lognormal(0.0, 1.2, n_users)
    popularity = (np.arange(n_movies) + n_movies / 300) ** -1.1
    pairs = np.empty(0, np.int64)
    while len(pairs) < n:
        size = int((n - len(pairs)) * 1.2) + 1000
        users, movies = pick(rng, activity, size), pick(rng, popularity, size)
        pairs = np.union1d(pairs, users * n_movies + movies)
    surplus = rng.choice(len(pairs), len(pairs) - n, replace=False)
    pairs = np.delete(pairs, surplus)
    n_by_user = np.bincount(pairs // n_movies, minlength=n_users)
    indptr = np.concatenate([[0], np.cumsum(n_by_user)]).astype(np.int32)
    indices = (pairs % n_movies).astype(np.int32)
    np.savez(path, indptr=indptr, indices=indices, n_movies=n_movies)
    return {"users": n_users, "movies": n_movies}


def between_editions(n: int, count: str) -> int:
    small, large = EDITIONS["small"], EDITIONS["32m"]
    ends = np.log(
        [[edition.n_ratings, getattr(edition, count)] for edition in (small, large)]
    )
    return round(float(np.exp(np.interp(np.log(n), ends[:, 0], ends[:, 1]))))


def pick(
    rng: np.random.Generator, weights: NDArray[np.floating], size: int
) -> NDArray[np.intp]:
    edges = np.cumsum(weights) / weights.sum()
    return np.minimum(np.searchsorted(edges, rng.random(size)), len(weights) - 1)


def read_likes(path: str, dtype: type) -> sparse.csr_matrix:
    with np.load(path, allow_pickle=False) as stored:
        indices, indptr = stored["indices"], stored["indptr"]
        shape = (len(indptr) - 1, int(stored["n_movies"]))
    confidences = np.full(len(indices), CONFIDENCE, dtype)
    return sparse.csr_matrix((confidences, indices, indptr), shape=shape)


def implicit(path: str, n_factors: int, n_iterations: int, seed: int) -> dict:
    from implicit.cpu.als import AlternatingLeastSquares

    C = read_likes(path, np.float32)
    # The clock starts after a first iteration: before it the matrix is transposed.
    ends = []
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=n_factors,
            iterations=n_iterations + 1,
            regularization=REGULARIZATION,
            num_threads=1,
            random_state=seed,
        )
        model.fit(
            C,
            show_progress=False,
            callback=lambda *_: ends.append(time.process_time()),
        )
    return figures_of(np.diff(ends))


def from_scratch(path: str, n_factors: int, n_iterations: int, seed: int) -> dict:
    C = read_likes(path, np.float64)
    by_movie = C.T.tocsr()
    Y = np.random.default_rng(seed).random((C.shape[1], n_factors)) * 0.01
    ends = [time.process_time()]
    with threadpool_limits(1, "blas"):
        for _ in range(n_iterations):
            X = solve_factors(C, Y, REGULARIZATION)
            Y = solve_factors(by_movie, X, REGULARIZATION)
            ends.append(time.process_time())
    return figures_of(np.diff(ends))


def figures_of(seconds: NDArray[np.floating]) -> dict:
    return {
        "value": round(float(np.median(seconds)), 4),
        "cpu_s": round(float(seconds.sum()), 2),
        "peak_mib": round(peak_memory_mib()),
    }


TASKS = {"draw": draw, "implicit": implicit, "from scratch": from_scratch}


if __name__ == "__main__":
    main()
