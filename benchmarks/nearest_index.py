"""Nearest of 100,000 and of a million vectors: every one looked at, or an index.

    python benchmarks/nearest_index.py [--quick] [--metric dot] [--largest 100000]
                                       [--seed 7] [--output FILE]

About 30 minutes, most of them for the two graphs of a million vectors; 4 GiB. Needs
the extras ``engines`` and ``bench``. The file is written again after each data set.
``--quick`` takes three thousand vectors and seconds. ``--metric`` and ``--largest``
measure some of the data sets, and leave what the file says of the others.

Data (the field `split`): vectors of 64 dimensions, *structured* (around one centre for
every hundred of them) or *gaussian* (no structure at all), with 1,000 queries drawn in
the same way; and the movies of edition small as ALS places them, 1,000 of them as
queries. Nearest is by cosine. By dot product (``", dot"`` in the name of the data): the
movies of ALS with movies and with users as queries, and *lognormal*, structured vectors
each times a number whose logarithm has a standard deviation of 2. Methods, all on one
thread:

* ``exact, nearest_rows``: `recsys_helpers.vectors.nearest.nearest_rows`, what
  `MovieVectors` uses; a row counts for recall@10 if it is as near as the tenth of these
  (several can be equally near, up to float32's rounding).
* ``exact, float32 product``: one matrix product a block of queries, then
  ``argpartition``: the plain exact way in numpy, up to float32's rounding.
* ``voyager``: `VectorIndex.nearest`, as a reader calls it, by `query_ef`.
* ``InnerProduct``, for dot products: voyager's own space of this name, rows in the
  order given, by `query_ef`.
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
from recsys_helpers.results import read_results, versions, write_results
from recsys_helpers.vectors import MovieVectors
from recsys_helpers.vectors.nearest import nearest_rows, unit_rows

RESULTS = Path(__file__).parent / "results" / "nearest_index.json"
DRAWS = (
    ("als", None, "cosine"),
    ("structured", 100_000, "cosine"),
    ("gaussian", 100_000, "cosine"),
    ("structured", 1_000_000, "cosine"),
    ("gaussian", 1_000_000, "cosine"),
    ("als", None, "dot"),
    ("als users", None, "dot"),
    ("lognormal", 100_000, "dot"),
    ("lognormal", 300_000, "dot"),
)
QUICK_DRAWS = (("structured", 3_000, "cosine"), ("lognormal", 3_000, "dot"))
N_DIMENSIONS = 64
N_QUERIES = 1_000
PER_CENTRE = 100
SPREAD = 0.25
SIGMA = 2
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
        method, folder, seed, metric = arguments.task
        with threadpool_limits(1):
            print(json.dumps(list(TASKS[method](Path(folder), seed, metric))))
        return
    records = []
    if arguments.metric or arguments.largest:
        records = read_results(arguments.output).to_dict("records")
    for kind, size, metric in QUICK_DRAWS if arguments.quick else DRAWS:
        if arguments.metric not in (None, metric):
            continue
        if arguments.largest and (size or 0) > arguments.largest:
            continue
        with tempfile.TemporaryDirectory(prefix="nearest_index_") as folder:
            new = records_of(kind, size, metric, Path(folder), arguments.seed)
        of_others = [old for old in records if old["split"] != new[0]["split"]]
        records = of_others + new
        write_results(records, arguments.output)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--metric", choices=("cosine", "dot"))
    parser.add_argument("--largest", type=int)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--task", type=json.loads, help=argparse.SUPPRESS)
    return parser.parse_args()


def records_of(
    kind: str, size: int | None, metric: str, folder: Path, seed: int
) -> list[dict]:
    if size is None:
        matrix, queries = als_vectors(kind, seed)
    else:
        matrix, queries = draw(kind, size, seed)
    np.save(folder / "matrix.npy", matrix)
    np.save(folder / "queries.npy", queries)
    _, scores = nearest_rows(queries, matrix, N, metric)
    np.save(folder / "tenth.npy", scores[:, -1])
    n = len(matrix)
    common = {
        "split": f"{kind} {n:,}" + (", dot" if metric == "dot" else ""),
        "edition": "small" if size is None else "synthetic",
        "seed": seed,
        "n": n,
        "versions": versions("numpy", "scipy", "voyager", "faiss-cpu", "implicit"),
    }
    print(f"{common['split']}, {matrix.shape[1]} dimensions", flush=True)
    records = []
    for task in TASKS:
        if task == "faiss HNSW" and n > LARGEST_HNSW:
            continue
        if task == "InnerProduct" and metric != "dot":
            continue
        command = [sys.executable, __file__, "--task"]
        command.append(json.dumps([task, str(folder), seed, metric]))
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        records += [common | record for record in json.loads(answer.stdout)]
    records += [common | record for record in times_exact(pd.DataFrame(records))]
    for record in records:
        print(f"  {record['method']:26} {record['metric']:20} {record['value']:>12,}")
    return records


def als_vectors(
    kind: str, seed: int
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    data = load_movielens("small")
    als = Als(**CHOSEN_ALS | {"seed": seed}).fit(data.ratings)
    movies = als.movie_vectors().matrix
    asks = als.user_factors_ if kind == "als users" else movies
    rng = np.random.default_rng(seed)
    return movies, rng.permutation(asks[asks.any(axis=1)])[:N_QUERIES]


def draw(
    kind: str, n: int, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Draw n vectors and the queries, from the same distribution."""
    rng = np.random.default_rng(seed)
    shape = (n + N_QUERIES, N_DIMENSIONS)
    points = rng.standard_normal(shape, dtype=np.float32)
    if kind in ("structured", "lognormal"):
        n_centres = n // PER_CENTRE
        centres = rng.standard_normal((n_centres, N_DIMENSIONS), dtype=np.float32)
        points *= np.float32(SPREAD)
        points += centres[rng.integers(0, n_centres, len(points))]
    if kind == "lognormal":
        points *= rng.lognormal(sigma=SIGMA, size=(len(points), 1)).astype(np.float32)
    return points[:n], points[n:]


def in_float32(rows: NDArray[np.floating], metric: str) -> NDArray[np.float32]:
    return (unit_rows(rows) if metric == "cosine" else rows).astype(np.float32)


def times_exact(records: pd.DataFrame) -> Iterator[dict]:
    """Compare each kind of index, at the least effort that is enough, with exact."""
    table = records.pivot(index="method", columns="metric", values="value")
    speed, recall = table["queries per cpu_s"], table["recall@10"]
    for kind in ("voyager", "InnerProduct", "faiss IVF", "faiss HNSW"):
        is_enough = table.index.str.startswith(f"{kind},") & (recall >= ENOUGH)
        if is_enough.any():
            times = speed[is_enough].max() / speed["exact, nearest_rows"]
            yield {
                "method": kind,
                "metric": "times exact",
                "value": round(float(times), 1),
            }


def exact_rows(folder: Path, seed: int, metric: str) -> Iterator[dict]:
    matrix = np.load(folder / "matrix.npy")

    def nearest(queries: NDArray[np.floating]) -> NDArray[np.intp]:
        return nearest_rows(queries, matrix, N, metric)[0]

    yield from measured("exact, nearest_rows", folder, metric, nearest)


def float32_product(folder: Path, seed: int, metric: str) -> Iterator[dict]:
    units = in_float32(np.load(folder / "matrix.npy"), metric)
    block_size = max(1, 2**23 // len(units))

    def best(queries: NDArray[np.floating]) -> NDArray[np.intp]:
        rows = np.empty((len(queries), N), np.intp)
        for start in range(0, len(queries), block_size):
            block = slice(start, start + block_size)
            scores = in_float32(queries[block], metric) @ units.T
            rows[block] = np.argpartition(scores, -N, axis=1)[:, -N:]
        return rows

    yield from measured("exact, float32 product", folder, metric, best)


def of_package(folder: Path, seed: int, metric: str) -> Iterator[dict]:
    matrix = np.load(folder / "matrix.npy")
    movies = MovieVectors(np.arange(1, len(matrix) + 1), matrix)
    settings = {"seed": seed, "n_links": N_LINKS, "build_ef": BUILD_EF}
    index = yield from built("voyager", lambda: movies.to_index(metric, **settings))

    def with_effort(effort: int) -> tuple[str, Callable]:
        name = f"voyager, ef {effort}"
        return name, lambda queries: index.nearest(queries, N, query_ef=effort)[0]

    yield from swept(map(with_effort, EFFORTS), folder, metric)


def inner_product(folder: Path, seed: int, metric: str) -> Iterator[dict]:
    import voyager

    matrix = in_float32(np.load(folder / "matrix.npy"), metric)

    def build() -> voyager.Index:
        index = voyager.Index(
            voyager.Space.InnerProduct,
            num_dimensions=matrix.shape[1],
            M=N_LINKS,
            ef_construction=BUILD_EF,
            random_seed=seed,
            max_elements=len(matrix),
        )
        index.add_items(matrix, num_threads=1)
        return index

    index = yield from built("InnerProduct", build)

    def with_effort(effort: int) -> tuple[str, Callable]:
        def nearest(queries: NDArray[np.floating]) -> NDArray[np.intp]:
            asked = in_float32(queries, metric)
            rows, _ = index.query(asked, N, num_threads=1, query_ef=effort)
            return rows.astype(np.intp)

        return f"InnerProduct, ef {effort}", nearest

    yield from swept(map(with_effort, EFFORTS), folder, metric)


def faiss_ivf(folder: Path, seed: int, metric: str) -> Iterator[dict]:
    import faiss

    units = in_float32(np.load(folder / "matrix.npy"), metric)
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
        return f"faiss IVF, {n_probes} of {n_cells} cells", search(index, metric)

    yield from swept(map(with_probes, PROBES), folder, metric)


def faiss_hnsw(folder: Path, seed: int, metric: str) -> Iterator[dict]:
    import faiss

    units = in_float32(np.load(folder / "matrix.npy"), metric)

    def build() -> faiss.IndexHNSWFlat:
        index = faiss.IndexHNSWFlat(units.shape[1], N_LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = BUILD_EF
        index.add(units)
        return index

    faiss.omp_set_num_threads(1)
    index = yield from built("faiss HNSW", build)

    def with_effort(effort: int) -> tuple[str, Callable]:
        index.hnsw.efSearch = effort
        return f"faiss HNSW, ef {effort}", search(index, metric)

    yield from swept(map(with_effort, EFFORTS), folder, metric)


def search(index, metric: str) -> Callable:
    return lambda queries: index.search(in_float32(queries, metric), N)[1]


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


def swept(
    ways: Iterator[tuple[str, Callable]], folder: Path, metric: str
) -> Iterator[dict]:
    """Measure ways of growing effort, up to the first that finds nearly all."""
    for name, answer in ways:
        records = list(measured(name, folder, metric, answer))
        yield from records
        if records[-1]["value"] >= NEARLY_ALL:
            return


def measured(
    method: str, folder: Path, metric: str, answer: Callable
) -> Iterator[dict]:
    """Yield speed and recall of a way to answer queries."""
    queries, tenth = np.load(folder / "queries.npy"), np.load(folder / "tenth.npy")
    matrix = np.load(folder / "matrix.npy", mmap_mode="r")
    seconds = []
    while len(seconds) < 3 or (sum(seconds) < 0.6 and len(seconds) < 20):
        start = time.process_time()
        rows = answer(queries)
        seconds.append(time.process_time() - start)
    speed = len(queries) / min(seconds)
    place = unit_rows if metric == "cosine" else np.asarray
    asked = place(queries.astype(float))
    least = tenth - ROUNDING * np.abs(tenth)
    found = [
        (place(matrix[row[row >= 0]].astype(float)) @ query >= enough).sum() / N
        for query, row, enough in zip(asked, rows, least, strict=True)
    ]
    for name, value in {
        "queries per cpu_s": round(float(speed), 1),
        "recall@10": round(float(np.mean(found)), 4),
    }.items():
        yield {
            "method": method,
            "metric": name,
            "value": value,
            "cpu_s": round(sum(seconds), 2),
        }


TASKS = {
    "exact": exact_rows,
    "float32 product": float32_product,
    "faiss IVF": faiss_ivf,
    "faiss HNSW": faiss_hnsw,
    "voyager": of_package,
    "InnerProduct": inner_product,
}


if __name__ == "__main__":
    main()
