"""Time the metrics on `small`: 671 users, all unseen movies ranked, k = 10 and 20.

    python benchmarks/metrics_speed.py [--split-seed N]

The lists are popularity's on the temporal split, or on a random one where a seed is
given. Each step is timed five times; the value is the median of the wall seconds,
`cpu_s` that of the CPU seconds. ranx has compiled its metrics before the clock
starts.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import ranx

from recsys_helpers import beyond_accuracy as beyond
from recsys_helpers import metrics
from recsys_helpers.datasets import load_movielens
from recsys_helpers.evaluation import RANKING_METRICS, recommend_all
from recsys_helpers.intervals import bootstrap_interval
from recsys_helpers.methods.baselines import Popularity
from recsys_helpers.results import versions, write_results
from recsys_helpers.splits import Split, random_split, user_temporal_split
from recsys_helpers.vectors import MovieVectors

EDITION = "small"
RESULTS = Path(__file__).parent / "results" / "metrics_speed.json"
KS = (10, 20)
REPEATS = 5
# ranx calls these by the same names; its hit rate would add nothing.
SHARED = ("precision", "recall", "map", "mrr", "ndcg")


def main() -> None:
    split_seed = parse_arguments().split_seed
    movielens = load_movielens(EDITION)
    if split_seed is None:
        split = user_temporal_split(movielens.ratings)
    else:
        split = random_split(movielens.ratings, seed=split_seed)
    common = {
        "split": split.name,
        "seed": split.seed,
        "edition": EDITION,
        "n": split.test["user_id"].nunique(),
        "versions": versions("numpy", "pandas", "ranx"),
    }
    records = []
    for (method, step), function in steps(split, movielens.movies).items():
        wall_s, cpu_s = timed(function)
        print(f"{method:15} {step:40} {wall_s:8.4f} s wall {cpu_s:8.4f} s CPU")
        measured = {"metric": f"{step}: wall_s", "value": wall_s, "cpu_s": cpu_s}
        records.append({"method": method} | measured | common)
    write_results(records, RESULTS)


def steps(
    split: Split, movies: pd.DataFrame
) -> dict[tuple[str, str], Callable[[], object]]:
    """Name each thing that is timed, and whose code it is."""
    users = np.unique(split.test["user_id"])
    liked = split.test.query("rating >= 4")
    model = Popularity().fit(split.train)
    lists = recommend_all(model, users, max(KS))
    whole = recommend_all(model, users, len(movies))
    vectors = beyond.genre_vectors(movies)
    hits, n_relevant = metrics.hits_of(lists, liked, users)
    per_user = ranking_metrics(hits, n_relevant, RANKING_METRICS)
    shared = {name: RANKING_METRICS[name] for name in SHARED}
    qrels, run = ranx_input(lists, liked, users)
    names = [f"{name}@{k}" for name in SHARED for k in KS]
    ranx.evaluate(qrels, run, names)  # compiles

    def all_metrics(some_lists: np.ndarray) -> None:
        for relevant in (liked, split.test):
            found = metrics.hits_of(some_lists, relevant, users)
            ranking_metrics(*found, RANKING_METRICS)
        beyond_accuracy(lists, users, split.train, len(movies), vectors)

    return {
        ("recsys_helpers", "all metrics"): lambda: all_metrics(lists),
        ("recsys_helpers", "all metrics, lists of all movies"): lambda: all_metrics(
            whole
        ),
        ("recsys_helpers", "bootstrap intervals of 12 metrics"): lambda: [
            bootstrap_interval(values) for values in per_user.values()
        ],
        ("recsys_helpers", "lists of 20 for all users"): lambda: recommend_all(
            model, users, max(KS)
        ),
        ("recsys_helpers", "shared metrics from lists"): lambda: ranking_metrics(
            *metrics.hits_of(lists, liked, users), shared
        ),
        ("recsys_helpers", "shared metrics from hits"): lambda: ranking_metrics(
            hits, n_relevant, shared
        ),
        ("ranx", "shared metrics from lists"): lambda: ranx.evaluate(
            *ranx_input(lists, liked, users), names
        ),
        ("ranx", "shared metrics from hits"): lambda: ranx.evaluate(qrels, run, names),
    }


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split-seed", type=int)
    return parser.parse_args()


def timed(function: Callable[[], object]) -> tuple[float, float]:
    """Run five times; median wall and CPU seconds."""
    walls, cpus = [], []
    for _ in range(REPEATS):
        wall, cpu = time.perf_counter(), time.process_time()
        function()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)


def ranking_metrics(
    hits: np.ndarray, n_relevant: np.ndarray, chosen: dict[str, Callable]
) -> dict[str, np.ndarray]:
    """All chosen metrics at all k, a value a user."""
    return {
        f"{name}@{k}": metric(hits, n_relevant, k)
        for name, metric in chosen.items()
        for k in KS
    }


def beyond_accuracy(
    lists: np.ndarray,
    users: np.ndarray,
    train: pd.DataFrame,
    n_movies: int,
    vectors: MovieVectors,
) -> None:
    """Compute all that is not about being right, at all k."""
    for k in KS:
        top = lists[:, :k]
        beyond.catalogue_coverage(top, n_movies)
        beyond.gini(top, n_movies)
        beyond.popularity_lift(top, train, users)
        beyond.average_popularity(top, train)
        beyond.novelty(top, train)
        beyond.intra_list_diversity(top, vectors)


def ranx_input(
    lists: np.ndarray, liked: pd.DataFrame, users: np.ndarray
) -> tuple[ranx.Qrels, ranx.Run]:
    """Give ranx the same lists; it wants text ids and users with relevant movies."""
    ids = ["user_id", "movie_id"]
    relevant = liked[ids].assign(relevant=1)
    ranked = pd.DataFrame(
        {
            "user_id": np.repeat(users, lists.shape[1]),
            "movie_id": lists.ravel(),
            "score": np.tile(-np.arange(lists.shape[1], dtype=float), len(lists)),
        }
    )
    ranked = ranked[ranked["user_id"].isin(relevant["user_id"])]
    as_text = dict.fromkeys(ids, str)
    as_object = dict.fromkeys(ids, object)  # ranx does not know pandas 3's str
    return (
        ranx.Qrels.from_df(
            relevant.astype(as_text).astype(as_object), *ids, "relevant"
        ),
        ranx.Run.from_df(ranked.astype(as_text).astype(as_object), *ids, "score"),
    )


if __name__ == "__main__":
    main()
