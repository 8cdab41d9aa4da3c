"""What it takes to prepare 32 million ratings: DuckDB and Polars against pandas.

    python benchmarks/out_of_core.py [--seed 7] [--output FILE] [--quick]
        [--folder FOLDER]

The synthetic ratings of ``prepare_32m.py`` are written to a temporary folder, as a CSV
and as a parquet file; or to ``--folder``, where they stay and are taken from the next
time, so that drawing them, which takes longest, is done once for a seed. Each engine
filters them, numbers users and movies, splits, and makes the two sparse matrices
(`recsys_helpers.large.out_of_core`), in a process of its own, so that its peak
memory is its own; Python, numpy, pandas and scipy, which are imported for the matrices,
are counted in it. All must end with the same matrices: a checksum of their
bytes is compared.

The metric ``wall_s`` also has ``cpu_s`` and ``peak_mib``; ``disk_mib`` is the size of a
file, ``memory_mib`` that of the matrices, and ``kept`` how many ratings pass the
filter. Takes some minutes, 3 GiB of memory for pandas, and 3 GiB of
disk. ``--quick`` takes 20,000 ratings
and leaves none of them out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from prepare_32m import synthetic_ratings
from scipy import sparse

from recsys_helpers.datasets import EDITIONS
from recsys_helpers.large.out_of_core import PreparedRatings, prepare_ratings
from recsys_helpers.measure import MIB, peak_memory_mib
from recsys_helpers.results import versions, write_results

RESULTS = Path(__file__).parent / "results" / "out_of_core.json"
QUICK = 20_000
MINIMUM = 20  # ratings of a user, and of a movie
RUNS = {
    "pandas, CSV": ("ratings.csv", {"engine": "pandas"}),
    "Polars streaming, CSV": ("ratings.csv", {"engine": "polars"}),
    "Polars streaming, parquet": ("ratings.parquet", {"engine": "polars"}),
    "DuckDB (500MB), CSV": ("ratings.csv", {"memory_limit": "500MB"}),
    "DuckDB (500MB), parquet": ("ratings.parquet", {"memory_limit": "500MB"}),
    "DuckDB (2GB), parquet": ("ratings.parquet", {"memory_limit": "2GB"}),
}


def main() -> None:
    arguments = parse_arguments()
    if arguments.task:
        print(json.dumps(TASKS[arguments.task[0]](*arguments.task[1:])))
        return
    n_rows = QUICK if arguments.quick else EDITIONS["32m"].n_ratings
    common = {
        "edition": "32m (synthetic)",
        "split": "user temporal",
        "seed": arguments.seed,
        "n": n_rows,
        "versions": versions("numpy", "pandas", "scipy", "polars", "duckdb"),
    }
    with tempfile.TemporaryDirectory(prefix="out_of_core_") as temporary:
        folder = arguments.folder or Path(temporary)
        # So few ratings are spread over as many users and movies.
        minimum = 1 if arguments.quick else MINIMUM
        found = measured(folder, n_rows, arguments.seed, minimum)
        records = [common | record for record in found]
    write_results(records, arguments.output)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--task", type=json.loads, help=argparse.SUPPRESS)
    return parser.parse_args()


def measured(folder: Path, n_rows: int, seed: int, minimum: int) -> Iterator[dict]:
    for file, size in child("write", str(folder), n_rows, seed).items():
        yield {"method": file, "metric": "disk_mib", "value": size}
    found = set()
    for method, (file, options) in RUNS.items():
        figures = child("prepare", str(folder / file), minimum, options)
        print(f"{method:28} {figures}", flush=True)
        ends = ("checksum", "kept", "matrices_mib")
        found.add(tuple(figures.pop(end) for end in ends))
        yield {"method": method, "metric": "wall_s", **figures}
    if len(found) > 1:
        raise SystemExit(f"The engines prepared different ratings: {found}")
    _, kept, matrices_mib = found.pop()
    yield {"method": "all engines", "metric": "kept", "value": kept}
    yield {"method": "both matrices", "metric": "memory_mib", "value": matrices_mib}


def child(*task: object) -> dict:
    command = [sys.executable, __file__, "--task", json.dumps(task)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(answer.stdout)


def write(folder: str, n_rows: int, seed: int) -> dict:
    """Write the ratings in both formats, and return their sizes in MiB."""
    files = [Path(folder, name) for name in ("ratings.csv", "ratings.parquet")]
    if not all(file.exists() for file in files):
        Path(folder).mkdir(parents=True, exist_ok=True)
        ratings, _ = synthetic_ratings(n_rows, seed)
        ratings.write_csv(files[0])
        ratings.write_parquet(files[1])
    return {file.name: round(file.stat().st_size / MIB, 1) for file in files}


def prepare(path: str, minimum: int, options: dict) -> dict:
    started, used = time.perf_counter(), cpu_seconds()
    prepared = prepare_ratings(
        path,
        min_ratings_per_user=minimum,
        min_ratings_per_movie=minimum,
        **options,
    )
    figures = {
        "value": round(time.perf_counter() - started, 1),
        "cpu_s": round(cpu_seconds() - used, 1),
        "peak_mib": round(peak_memory_mib()),
    }
    parts = (prepared.train.matrix, prepared.test.matrix)
    return {
        **figures,
        "kept": sum(matrix.nnz for matrix in parts),
        "checksum": checksum(prepared),
        "matrices_mib": round(sum(map(bytes_of, parts)) / MIB, 1),
    }


def bytes_of(matrix: sparse.csr_array) -> int:
    return matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes


def checksum(prepared: PreparedRatings) -> str:
    digest = hashlib.sha256()
    for part in (prepared.train, prepared.test):
        for array in (part.users.ids, part.movies.ids, part.matrix.indptr):
            digest.update(array)
        for array in (part.matrix.indices, part.matrix.data):
            digest.update(array)
    return digest.hexdigest()


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


TASKS = {"write": write, "prepare": prepare}


if __name__ == "__main__":
    main()
