"""How long, and in how much memory, every movie's ten nearest movies are found.

`MovieVectors.neighbours_of_all`, in blocks, on 100,000 movies x 64; and on 10,000
movies beside the plain way, which makes the whole matrix of similarities. Each
measurement is a process of its own, so that its peak memory is its own: imports and
the vectors themselves are counted in the peak, not in the times.

    python benchmarks/vectors_neighbours.py
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from recsys_helpers.measure import peak_memory_mib
from recsys_helpers.results import write_results
from recsys_helpers.vectors import MovieVectors
from recsys_helpers.vectors.nearest import METRICS

RESULTS = Path(__file__).parent / "results" / "vectors_neighbours.json"
N_DIMENSIONS = 64
N_NEIGHBOURS = 10
LARGE, SMALL = 100_000, 10_000


def in_blocks(vectors, metric):
    return vectors.neighbours_of_all(N_NEIGHBOURS, metric)[0]


def whole_matrix(vectors, metric):
    assert metric == "cosine"
    unit = vectors.normalised().matrix
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -np.inf)
    nearest = np.argpartition(-similarity, N_NEIGHBOURS, axis=1)[:, :N_NEIGHBOURS]
    order = np.argsort(-np.take_along_axis(similarity, nearest, axis=1), axis=1)
    return vectors.movie_ids[np.take_along_axis(nearest, order, axis=1)]


METHODS = {"in blocks": in_blocks, "whole matrix": whole_matrix}


def measure_here(method, metric, n, seed):
    matrix = np.random.default_rng(seed).standard_normal((n, N_DIMENSIONS), np.float32)
    vectors = MovieVectors(np.arange(1, n + 1), matrix)
    wall, cpu = time.perf_counter(), time.process_time()
    ids = METHODS[method](vectors, metric)
    return {
        "wall_s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        "peak_mib": round(peak_memory_mib()),
        "ids_sum": int((ids * np.arange(1, N_NEIGHBOURS + 1)).sum()),
    }


def measure(method, metric, n, seed):
    task = json.dumps([method, metric, n, seed])
    command = [sys.executable, __file__, "--task", task]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    measured = json.loads(answer.stdout)
    print(f"{method}, {metric}, {n:,} movies: {measured}")
    return measured


def record(method, metric, n, seed, measured):
    return {
        "method": f"{method}, {metric}, {n:,} x {N_DIMENSIONS}",
        "metric": "wall_s",
        "value": measured["wall_s"],
        "n": n,
        "seed": seed,
        "cpu_s": measured["cpu_s"],
        "peak_mib": measured["peak_mib"],
    }


def main(seed):
    tasks = [("in blocks", metric, LARGE) for metric in METRICS]
    tasks += [(method, "cosine", SMALL) for method in METHODS]
    measured = {task: measure(*task, seed) for task in tasks}
    records = [record(*task, seed, result) for task, result in measured.items()]
    blocks, whole = (measured[method, "cosine", SMALL] for method in METHODS)
    assert blocks["ids_sum"] == whole["ids_sum"], "the two ways disagree"
    for quantity in ["wall_s", "cpu_s", "peak_mib"]:
        ratio = whole[quantity] / blocks[quantity]
        name = f"{quantity}, whole matrix / in blocks"
        records.append(
            {
                "method": f"ratio, cosine, {SMALL:,} x {N_DIMENSIONS}",
                "metric": name,
                "value": round(ratio, 2),
                "n": SMALL,
                "seed": seed,
            }
        )
        print(f"{name}: {ratio:.1f}")
    write_results(records, RESULTS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="of the random vectors")
    parser.add_argument("--task", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.task:
        print(json.dumps(measure_here(*arguments.task)))
    else:
        main(arguments.seed)
