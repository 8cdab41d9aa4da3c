"""Measure what it takes to read and check 32 million ratings out of a zip.

    python benchmarks/prepare_32m.py

A synthetic archive with the row counts of the edition 32m (sorted by user and movie, as
the real one is) is generated in a temporary folder, read by each method in a process
of its own, and removed. All methods end with the same pandas frame, which has passed
the same checks. Needs polars and duckdb, about 2 GiB of disk and some minutes.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recsys_helpers.datasets import EDITIONS, read_movielens
from recsys_helpers.datasets.ratings_files import (
    RATING_DTYPES,
    check_known_movies,
    check_no_duplicates,
    check_rating_values,
)
from recsys_helpers.large.out_of_core import quoted_path
from recsys_helpers.measure import peak_memory_mib
from recsys_helpers.results import versions, write_results

if TYPE_CHECKING:
    import polars as pl

RESULTS = Path(__file__).parent / "results" / "prepare_32m.json"
LAPTOP_MIB = 2048
N_USERS, N_MOVIES = EDITIONS["32m"].n_users, EDITIONS["32m"].n_movies
GROUPLENS_HEADER = ["userId", "movieId", "rating", "timestamp"]


def main() -> None:
    arguments = parse_arguments()
    if arguments.child == "generate":
        generate(Path(arguments.folder), arguments.rows, arguments.seed)
    elif arguments.child:
        print(json.dumps(measure(arguments.child, Path(arguments.folder))))
    else:
        compare(arguments.rows, arguments.seed, Path(arguments.output))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=EDITIONS["32m"].n_ratings)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", default=RESULTS)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


def compare(n_rows: int, seed: int, output: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="prepare_32m_") as folder:
        child("generate", folder, n_rows, seed)
        records, sums = [], set()
        for method in METHODS:
            figures = json.loads(child(method, folder, n_rows, seed))
            sums.add(tuple(figures.pop("sums")))
            records.append(record(method, figures, n_rows, seed))
            print(
                f"{method:44} CPU {figures['cpu_s']:6.1f} s, wall "
                f"{figures['value']:6.1f} s, peak {figures['peak_mib']:6.0f} MiB"
            )
    if len(sums) > 1:
        raise SystemExit(f"The methods read different data: {sums}")
    write_results(records, output)


def child(task: str, folder: str, n_rows: int, seed: int) -> str:
    command = [sys.executable, __file__, "--child", task, "--folder", folder]
    command += ["--rows", str(n_rows), "--seed", str(seed)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def record(method: str, figures: dict, n_rows: int, seed: int) -> dict:
    return {
        "method": method,
        "metric": "wall_s",
        "edition": "32m (synthetic)",
        "seed": seed,
        "n": n_rows,
        "versions": versions("numpy", "pandas", "polars", "duckdb"),
        **figures,
    }


def generate(folder: Path, n_rows: int, seed: int) -> None:
    """Write two archives of the same ratings: sorted, and with the halves swapped."""
    import polars as pl

    ratings, movie_ids = synthetic_ratings(n_rows, seed)
    ratings.write_csv(folder / "ratings.csv")
    middle = n_rows // 2
    swapped = pl.concat([ratings[middle:], ratings[:middle]], rechunk=False)
    swapped.write_csv(folder / "swapped.csv")
    movies = "".join(f"{i},Movie {i} (1999),Comedy|Drama\n" for i in movie_ids)
    links = "".join(f"{i},{i:07},{i}\n" for i in movie_ids)
    for csv in ("ratings.csv", "swapped.csv"):
        with zipfile.ZipFile(
            archive_of(folder, csv), "w", zipfile.ZIP_DEFLATED, compresslevel=1
        ) as archive:
            archive.write(folder / csv, "ml-32m/ratings.csv")
            archive.writestr("ml-32m/movies.csv", "movieId,title,genres\n" + movies)
            archive.writestr("ml-32m/links.csv", "movieId,imdbId,tmdbId\n" + links)
        (folder / csv).unlink()


def synthetic_ratings(n_rows: int, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Draw ratings, sorted by user and movie, in MovieLens' form; and movie ids."""
    import polars as pl

    rng = np.random.default_rng(seed)
    movie_ids = np.sort(rng.choice(292_757, N_MOVIES, replace=False) + 1)
    pairs = distinct_pairs(rng, n_rows)
    ratings = pl.DataFrame(
        {
            "userId": (pairs // N_MOVIES + 1).astype(np.int32),
            "movieId": movie_ids[pairs % N_MOVIES].astype(np.int32),
            # Most ratings are 3 or 4, halves are rarer, as in MovieLens.
            "rating": rng.choice(
                np.arange(1, 11) / 2,
                n_rows,
                p=[0.02, 0.03, 0.02, 0.07, 0.05, 0.19, 0.13, 0.26, 0.09, 0.14],
            ),
            "timestamp": rng.integers(789_652_009, 1_697_164_147, n_rows),
        }
    )
    return ratings, movie_ids


def archive_of(folder: Path, csv: str) -> Path:
    return folder / f"{Path(csv).stem}.zip"


def distinct_pairs(rng: np.random.Generator, n_rows: int) -> np.ndarray:
    """Return sorted user * N_MOVIES + movie, none twice, some far more active."""
    activity = rng.lognormal(0.0, 1.2, N_USERS)
    popularity = 1.0 / (np.arange(N_MOVIES) + 300.0) ** 1.1
    rng.shuffle(popularity)
    pairs = np.empty(0, np.int64)
    while len(pairs) < n_rows:
        size = int((n_rows - len(pairs)) * 1.2) + 1000
        users = draw(rng, activity, size)
        pairs = np.union1d(pairs, users * N_MOVIES + draw(rng, popularity, size))
    surplus = rng.choice(len(pairs), len(pairs) - n_rows, replace=False)
    return np.delete(pairs, surplus)


def draw(rng: np.random.Generator, weights: np.ndarray, size: int) -> np.ndarray:
    edges = np.cumsum(weights) / weights.sum()
    return np.minimum(np.searchsorted(edges, rng.random(size)), len(weights) - 1)


def measure(method: str, folder: Path) -> dict:
    read = METHODS[method]
    started, used = time.perf_counter(), cpu_seconds()
    ratings = read(folder)
    return {
        "value": round(time.perf_counter() - started, 1),
        "cpu_s": round(cpu_seconds() - used, 1),
        "peak_mib": round(peak_memory_mib()),
        "sums": [len(ratings)] + [float(ratings[name].sum()) for name in RATING_DTYPES],
    }


def ours(folder: Path) -> pd.DataFrame:
    return read_movielens(folder / "ratings.zip")[0]


def ours_within_two_gib(folder: Path) -> pd.DataFrame:
    # Beyond this the operating system refuses memory: a MemoryError, not a slow disk.
    resource.setrlimit(resource.RLIMIT_DATA, (LAPTOP_MIB * 2**20,) * 2)
    return ours(folder)


def ours_unsorted(folder: Path) -> pd.DataFrame:
    return read_movielens(folder / "swapped.zip")[0]


def pandas_whole(folder: Path) -> pd.DataFrame:
    with zipfile.ZipFile(folder / "ratings.zip") as archive:
        ratings = pd.read_csv(archive.open("ml-32m/ratings.csv"))
    ratings = ratings.set_axis(list(RATING_DTYPES), axis=1).astype(RATING_DTYPES)
    check_rating_values(ratings, str)
    check_known_movies(ratings, known_movies(folder), str, "movies.csv")
    check_no_duplicates(ratings, str)
    return ratings


def polars_lazy(folder: Path) -> pd.DataFrame:
    import polars as pl

    types = (pl.Int32, pl.Int32, pl.Float64, pl.Int64)
    schema = dict(zip(GROUPLENS_HEADER, types, strict=True))
    rows = pl.scan_csv(unpacked(folder), schema=schema, glob=False)
    rows = rows.rename({"userId": "user_id", "movieId": "movie_id"})
    frame = rows.collect(engine="streaming")
    known = pl.Series(known_movies(folder).to_numpy())
    rating = pl.col("rating")
    bad = frame.lazy().filter(
        ~rating.is_between(0.5, 5)
        | (rating * 2 % 1 != 0)
        | (pl.col("user_id") < 1)
        | ~pl.col("movie_id").is_in(known.implode())
    )
    if bad.select(pl.len()).collect(engine="streaming").item():
        raise SystemExit("polars finds wrong rows")
    ratings = pd.DataFrame(
        {name: frame[name].to_numpy() for name in RATING_DTYPES}, copy=False
    )
    check_no_duplicates(ratings, str)
    return ratings


def duckdb_limited(folder: Path) -> pd.DataFrame:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET memory_limit = '1GB'")
    connection.execute("SET temp_directory = ?", [str(folder / "spill")])
    types = "{'user_id': 'INT', 'movie_id': 'INT', 'rating': 'DOUBLE', "
    types += "'timestamp': 'BIGINT'}"
    file = quoted_path(unpacked(folder))
    file = f"read_csv({file}, header = true, columns = {types})"
    columns = connection.sql(f"SELECT * FROM {file}").fetchnumpy()
    ratings = pd.DataFrame(
        {name: np.asarray(columns[name]) for name in RATING_DTYPES}, copy=False
    )
    connection.register("ratings", ratings)
    connection.register("known", known_movies(folder).to_frame("movie_id"))
    bad = connection.sql(
        "SELECT count(*) FROM ratings WHERE NOT rating BETWEEN 0.5 AND 5 "
        "OR rating * 2 % 1 <> 0 OR user_id < 1 "
        "OR movie_id NOT IN (SELECT movie_id FROM known)"
    ).fetchall()
    if bad[0][0]:
        raise SystemExit("duckdb finds wrong rows")
    check_no_duplicates(ratings, str)
    return ratings


def known_movies(folder: Path) -> pd.Series:
    with zipfile.ZipFile(folder / "ratings.zip") as archive:
        return pd.read_csv(archive.open("ml-32m/movies.csv"))["movieId"]


def unpacked(folder: Path) -> Path:
    """Unpack ratings.csv: polars and duckdb read files lazily, not members of a zip."""
    target = folder / "unpacked.csv"
    with zipfile.ZipFile(folder / "ratings.zip") as archive, target.open("wb") as file:
        shutil.copyfileobj(archive.open("ml-32m/ratings.csv"), file, 2**20)
    return target


METHODS = {
    "recsys_helpers (pandas in chunks)": ours,
    "recsys_helpers, memory limited to 2 GiB": ours_within_two_gib,
    "recsys_helpers, rows not sorted": ours_unsorted,
    "pandas, whole file at once": pandas_whole,
    "polars, lazy and streaming": polars_lazy,
    "duckdb, memory_limit 1 GB": duckdb_limited,
}


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
