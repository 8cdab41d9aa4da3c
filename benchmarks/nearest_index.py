"""Nearest of 100,000 and of a million vectors: every one looked at, or an index.

    python benchmarks/nearest_index.py [--quick] [--largest 100000]
                                       [--seed 7] [--output FILE]

About 25 minutes, most of them for the two graphs of a million vectors; 4 GiB. Needs
the extras ``engines`` and ``bench``. The file is written again after each data set.
``--quick`` takes three thousand structured vectors and seconds. ``--largest`` measures
the data sets up to a size and leaves what the file says of the larger ones.

Data (the field `split`): vectors of 64 dimensions, *structured* (around one centre for
every hundred of them) or *gaussian* (no structure at all), with 1,000 queries drawn in
the same way; and the movies of edition small as ALS places them, 1,000 of them as
queries. Nearest is by cosine. Methods, all on one thread:

* ``exact, nearest_rows``: `recsys_helpers.nearest.nearest_rows`, what `MovieVectors`
  uses; a row counts for recall@10 if it is as near as the tenth of these (several
  can be equally near, up to float32's rounding).
* ``exact, float32 product``: one matrix product a block of queries, then
  ``argpartition``: the plain exact way in numpy, up to float32's rounding.
* ``voyager``: `VectorIndex.nearest`, as a reader calls it, by `query_ef`.
* ``faiss IVF`` and ``faiss HNSW``: faiss's own calls, by `nprobe` and `efSearch`.

Metrics: ``queries per cpu_s`` (the quickest of several passes over all queries: other
work on the machine can only slow a pass down),
``recall@10``, ``build cpu_s`` and ``added MiB`` (resident memory after the build less
before, both with the vectors loaded). Each method is a process of its own. ``times
exact`` divides the queries per CPU second at the least effort whose recall@10 is .95
or more by those of `nearest_rows` on the same data; there is none where no effort
that was tried gets there.
"""

import argparse
import ctypes
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from recsys_helpers.datasets import load_movielens
from recsys_helpers.methods.als import CHOSEN_ALS, Als
from recsys_helpers.nearest import nearest_rows, unit_rows
from recsys_helpers.results import read_results, versions, write_results
from recsys_helpers.vectors import MovieVectors

RESULTS = Path(__file__).parent / "results" / "nearest_index.json"
DRAWS = (
    ("als", None),
    ("structured", 100_000),
    ("gaussian", 100_000),
    ("structured", 1_000_000),
    ("gaussian", 1_000_000),
)
QUICK_DRAWS = (("structured", 3_000),)
N_DIMENSIONS = 64
N_QUERIES = 1_000
PER_CENTRE = 100
SPREAD = 0.25
N = 10
ENOUGH, NEARLY_ALL = 0.95, 0.999
ROUNDING = 1e-6
N_LINKS, BUILD_EF = 16, 100
EFFORTS = (10, 20, 40, 80, 160, 320, 640, 1280)
PROBES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
# faiss's graph is built as voyager's is; once is enough to compare the two.
LARGEST_HNSW = 100_000


def main() -> None:
    arguments = parse_arguments()
    if arguments.task:
        method, folder, seed = arguments.task
        with threadpool_limits(1):
            print(json.dumps(list(TASKS[method](Path(folder), seed))))
        return
    draws = QUICK_DRAWS if arguments.quick else DRAWS
    records, kept = [], []
    if arguments.largest:
        draws = [draw for draw in draws if (draw[1] or 0) <= arguments.largest]
        before = read_results(arguments.output)
        kept = before[before["n"] > arguments.largest].to_dict("records")
    for kind, size in draws:
        with tempfile.TemporaryDirectory(prefix="nearest_index_") as folder:
            records += records_of(kind, size, Path(folder), arguments.seed)
        write_results(records + kept, arguments.output)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--largest", type=int)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--task", type=json.loads, help=argparse.SUPPRESS)
    return parser.parse_args()


def records_of(kind: str, size: int | None, folder: Path, seed: int) -> list[dict]:
    matrix, queries = als_vectors(seed) if kind == "als" else draw(kind, size, seed)
    np.save(folder / "matrix.npy", matrix)
    np.save(folder / "queries.npy", queries)
    _, scores = nearest_rows(queries, matrix, N)
    np.save(folder / "tenth.npy", scores[:, -1])
    n = len(matrix)
    common = {
        "split": f"{kind} {n:,}",
        "edition": "small" if kind == "als" else "synthetic",
        "seed": seed,
        "n": n,
        "versions": versions("numpy", "scipy", "voyager", "faiss-cpu", "implicit"),
    }
    print(f"{common['split']}, {matrix.shape[1]} dimensions", flush=True)
    records = []
    for task in TASKS:
        if task == "faiss HNSW" and n > LARGEST_HNSW:
            continue
        command = [sys.executable, __file__, "--task"]
        command.append(json.dumps([task, str(folder), seed]))
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        records += [common | record for record in json.loads(answer.stdout)]
    records += [common | record for record in times_exact(pd.DataFrame(records))]
    for record in records:
        print(f"  {record['method']:26} {record['metric']:20} {record['value']:>12,}")
    return records


def als_vectors(seed: int) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    data = load_movielens("small")
    vectors = Als(**CHOSEN_ALS | {"seed": seed}).fit(data.ratings).movie_vectors()
    rng = np.random.default_rng(seed)
    return vectors.matrix, rng.permutation(vectors.matrix)[:N_QUERIES]


def draw(
    kind: str, n: int, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw n vectors and the queries, from the same distribution."""
    rng = np.random.default_rng(seed)
    shape = (n + N_QUERIES, N_DIMENSIONS)
    points = rng.standard_normal(shape, dtype=np.float32)
    if kind == "structured":
        n_centres = n // PER_CENTRE
        centres = rng.standard_normal((n_centres, N_DIMENSIONS), dtype=np.float32)
        points *= np.float32(SPREAD)
        points += centres[rng.integers(0, n_centres, len(points))]
    return points[:n], points[n:]


def times_exact(records: pd.DataFrame) -> Iterator[dict]:
    """Compare each kind of index, at the least effort that is enough, with exact."""
    table = records.pivot(index="method", columns="metric", values="value")
    speed, recall = table["queries per cpu_s"], table["recall@10"]
    for kind in ("voyager", "faiss IVF", "faiss HNSW"):
        is_enough = table.index.str.startswith(f"{kind},") & (recall >= ENOUGH)
        if is_enough.any():
            times = speed[is_enough].max() / speed["exact, nearest_rows"]
            yield {
                "method": kind,
                "metric": "times exact",
                "value": round(float(times), 1),
            }


def exact_rows(folder: Path, seed: int) -> Iterator[dict]:
    matrix = np.load(folder / "matrix.npy")
    yield from measured(
        "exact, nearest_rows", folder, lambda q: nearest_rows(q, matrix)[0]
    )


def float32_product(folder: Path, seed: int) -> Iterator[dict]:
    units = unit_rows(np.load(folder / "matrix.npy").astype(np.float32))
    block_size = max(1, 2**23 // len(units))

    def best(queries: NDArray[np.floating]) -> NDArray[np.intp]:
        rows = np.empty((len(queries), N), np.intp)
        for start in range(0, len(queries), block_size):
            block = slice(start, start + block_size)
            scores = unit_rows(queries[block]).astype(np.float32) @ units.T
            rows[block] = np.argpartition(scores, -N, axis=1)[:, -N:]
        return rows

    yield from measured("exact, float32 product", folder, best)


def voyager(folder: Path, seed: int) -> Iterator[dict]:
    matrix = np.load(folder / "matrix.npy")
    movies = MovieVectors(np.arange(1, len(matrix) + 1), matrix)
    settings = {"seed": seed, "n_links": N_LINKS, "build_ef": BUILD_EF}
    index = yield from built("voyager", lambda: movies.to_index(**settings))

    def with_effort(effort: int) -> tuple[str, Callable]:
        name = f"voyager, ef {effort}"
        return name, lambda queries: index.nearest(queries, N, query_ef=effort)[0]

    yield from swept(map(with_effort, EFFORTS), folder)


def faiss_ivf(folder: Path, seed: int) -> Iterator[dict]:
    import faiss

    units = unit_rows(np.load(folder / "matrix.npy").astype(np.float32))
    n_dimensions = units.shape[1]
    n_cells = round(4 * len(units) ** 0.5)

    def build() -> faiss.IndexIVFFlat:
        cells = faiss.IndexFlatIP(n_dimensions)
        index = faiss.IndexIVFFlat(
            cells, n_dimensions, n_cells, faiss.METRIC_INNER_PRODUCT
        )
        index.cp.seed = seed
        index.train(units)
        index.add(units)
        return index

    faiss.omp_set_num_threads(1)
    index = yield from built("faiss IVF", build)

    def with_probes(n_probes: int) -> tuple[str, Callable]:
        index.nprobe = n_probes
        return f"faiss IVF, {n_probes} of {n_cells} cells", search(index)

    yield from swept(map(with_probes, PROBES), folder)


def faiss_hnsw(folder: Path, seed: int) -> Iterator[dict]:
    import faiss

    units = unit_rows(np.load(folder / "matrix.npy").astype(np.float32))

    def build() -> faiss.IndexHNSWFlat:
        index = faiss.IndexHNSWFlat(units.shape[1], N_LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = BUILD_EF
        index.add(units)
        return index

    faiss.omp_set_num_threads(1)
    index = yield from built("faiss HNSW", build)

    def with_effort(effort: int) -> tuple[str, Callable]:
        index.hnsw.efSearch = effort
        return f"faiss HNSW, ef {effort}", search(index)

    yield from swept(map(with_effort, EFFORTS), folder)


def search(index) -> Callable:
    return lambda queries: index.search(unit_rows(queries).astype(np.float32), N)[1]


def built(method: str, build: Callable):
    """Yield what a build cost, and return what was built."""
    before, start = resident_mib(), time.process_time()
    index = build()
    seconds = time.process_time() - start
    added = resident_mib() - before
    yield {"method": method, "metric": "build cpu_s", "value": round(seconds, 2)}
    yield {"method": method, "metric": "added MiB", "value": round(added)}
    return index


def resident_mib() -> float:
    import psutil

    if sys.platform == "linux":  # what was freed is given back first
        ctypes.CDLL(None).malloc_trim(0)
    return psutil.Process().memory_info().rss / 2**20


def swept(ways: Iterator[tuple[str, Callable]], folder: Path) -> Iterator[dict]:
    """Measure ways of growing effort, up to the first that finds nearly all."""
    for name, answer in ways:
        records = list(measured(name, folder, answer))
        yield from records
        if records[-1]["value"] >= NEARLY_ALL:
            return


def measured(method: str, folder: Path, answer: Callable) -> Iterator[dict]:
    """Yield speed and recall of a way to answer queries."""
    queries, tenth = np.load(folder / "queries.npy"), np.load(folder / "tenth.npy")
    matrix = np.load(folder / "matrix.npy", mmap_mode="r")
    seconds = []
    while len(seconds) < 3 or (sum(seconds) < 0.6 and len(seconds) < 20):
        start = time.process_time()
        rows = answer(queries)
        seconds.append(time.process_time() - start)
    speed = len(queries) / min(seconds)
    found = [
        (unit_rows(matrix[row[row >= 0]]) @ query >= least - ROUNDING).sum() / N
        for query, row, least in zip(unit_rows(queries), rows, tenth, strict=True)
    ]
    for metric, value in {
        "queries per cpu_s": round(float(speed), 1),
        "recall@10": round(float(np.mean(found)), 4),
    }.items():
        yield {
            "method": method,
            "metric": metric,
            "value": value,
            "cpu_s": round(sum(seconds), 2),
        }


TASKS = {
    "exact": exact_rows,
    "float32 product": float32_product,
    "faiss IVF": faiss_ivf,
    "faiss HNSW": faiss_hnsw,
    "voyager": voyager,
}


if __name__ == "__main__":
    main()
