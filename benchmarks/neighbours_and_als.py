"""Measure the methods of chapters 3 and 4 on `small`, beside their baselines.

    python benchmarks/neighbours_and_als.py [--split-seed 7] [--output FILE]

Stars on a random split, five folds and the last fifth of each user's ratings; lists on
the last fifth, on the random split and on a cut at one moment. Settings called "chosen"
are the best that `trials.py` found for the last fifth. (So the other two are a check
only: some of their test rows took part in that.) implicit's neighbours are as they
come. The seed is that of the random split and of the folds (7 and 42 when none is
given).

"ALS, likes" and "ALS, every rating" have their own search, with the same 24 draws of
all settings but the threshold, on two cuts of the training rows; every trial is a
record "inner ndcg@10", called by its settings.

Paired differences of nDCG@10 are between people, each with the mean over the seeds
where a method has some. "EASE, chosen, recency" differs from "EASE, chosen" in that
alone, and is also compared for those who entered all of their ratings within one day,
and for the others. Differences of the mse are sums over the ratings, and their
intervals draw people.
"""

import argparse
import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from baselines import mean_over_folds
from numpy.typing import NDArray

from recsys_helpers.datasets import MovieLens, load_movielens
from recsys_helpers.evaluation import Evaluation, evaluate
from recsys_helpers.intervals import bootstrap_interval, paired_difference
from recsys_helpers.methods.als import CHOSEN_ALS, Als
from recsys_helpers.methods.baselines import BiasModel, Popularity
from recsys_helpers.methods.ease import CHOSEN_EASE, Ease
from recsys_helpers.methods.hybrids import Fallback
from recsys_helpers.methods.neighbours import (
    ImplicitNeighbours,
    LikeNeighbours,
    RatingNeighbours,
)
from recsys_helpers.results import results_table, versions, write_results
from recsys_helpers.splits import (
    Split,
    cross_validation,
    global_temporal_split,
    random_split,
    user_temporal_split,
)
from recsys_helpers.tuning import best_settings, inner_splits, sample_settings, search

EDITION = "small"
SEEDS = {"random": 7, "folds": 42}
RESULTS = Path(__file__).parent / "results" / "neighbours_and_als.json"
N_TRIALS = 24
RECENCY = 0.25
ONE_DAY = 24 * 60 * 60

STAR_METHODS = {
    "bias model": BiasModel(),
    "neighbours, users": RatingNeighbours("users"),
    "neighbours, movies": RatingNeighbours("movies"),
}
STAR_PAIRS = [
    ("neighbours, users", "bias model"),
    ("neighbours, movies", "bias model"),
    ("neighbours, movies", "neighbours, users"),
]
# The threshold comes on top. There are 671 people, so more factors would be no model.
ALS_SPACE = {
    "n_factors": [32, 64, 128, 256, 512],
    "regularization": [1, 3, 10, 30, 100, 300],
    "weighting": ["constant", "linear"],
    "alpha": [0.05, 0.1, 0.25, 0.5, 1, 2, 5],
}
THRESHOLDS = {"ALS, likes": 4.0, "ALS, every rating": None}
ALS_SEEDS = range(3)
WITH_DATES = ("EASE, chosen, recency", "EASE, chosen")
PAIRS = [
    ("neighbours, movies", "popularity"),
    ("EASE, chosen", "EASE"),
    ("ALS, chosen", "popularity"),
    ("ALS, chosen", "ALS, the source's settings"),
    ("EASE, chosen", "ALS, chosen"),
    ("ALS, chosen, or popularity", "popularity"),
    ("ALS, likes", "ALS, every rating"),
    WITH_DATES,
]


def main() -> None:
    arguments = parse_arguments()
    movielens = load_movielens(EDITION)
    seeds = SEEDS
    if arguments.split_seed is not None:
        seeds = dict.fromkeys(SEEDS, arguments.split_seed)
    by_user_time = user_temporal_split(movielens.ratings)
    by_random = random_split(movielens.ratings, seed=seeds["random"])
    trials = trials_of_thresholds(by_user_time)
    frames = [*stars(movielens, by_random, by_user_time, seeds), *trials.values()]
    methods = list_methods({name: best(frame) for name, frame in trials.items()})
    for split in (by_random, global_temporal_split(movielens.ratings), by_user_time):
        frames += lists(movielens, methods, split)
    results = pd.concat(frames, ignore_index=True)
    used = versions("numpy", "pandas", "scipy", "implicit")
    write_results(results.assign(versions=[used] * len(results)), arguments.output)
    print(results_table(results[results["metric"] == "rmse"], ["rmse"], split="random"))
    wanted = ["ndcg@10", "ndcg@10 (any)", "recall@20", "coverage@10"]
    print(results_table(results, wanted, split=by_user_time.name).to_string())
    differences = results[results["metric"].str.startswith("paired")]
    columns = ["split", "method", "metric", "value", "low", "high", "n"]
    print(differences[columns].round(4).to_string())


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split-seed", type=int)
    parser.add_argument("--output", type=Path, default=RESULTS)
    return parser.parse_args()


# --- stars ----------------------------------------------------------------------------


def stars(
    movielens: MovieLens, by_random: Split, by_user_time: Split, seeds: dict[str, int]
) -> list[pd.DataFrame]:
    """Errors of the methods that predict stars, on three kinds of split."""
    folds = cross_validation(movielens.ratings, seed=seeds["folds"])
    frames = []
    for split in (by_random, by_user_time):
        found = {
            method: measured(movielens, method, model, split)
            for method, model in STAR_METHODS.items()
        }
        frames += [only_stars(one.summary) for one in found.values()]
        frames.append(differences_of_mse(found, split))
    for method, model in STAR_METHODS.items():
        of_folds = [measured(movielens, method, model, fold).summary for fold in folds]
        frames.append(only_stars(mean_over_folds(of_folds)))
    return frames


def only_stars(results: pd.DataFrame) -> pd.DataFrame:
    """Leave the bias model's lists out: `baselines.py` has them."""
    return results[results["metric"].isin(["rmse", "mae", "fit_cpu_s", "score_cpu_s"])]


def differences_of_mse(found: dict[str, Evaluation], split: Split) -> pd.DataFrame:
    """Differences of the mean squared error over all ratings; people are drawn."""
    errors = {name: one.per_user["squared error"] for name, one in found.items()}
    n_ratings = split.test["user_id"].value_counts().sort_index()
    rows = []
    for a, b in STAR_PAIRS:
        gain = bootstrap_interval(errors[a] - errors[b], weights=n_ratings)
        rows.append({"method": f"{a} - {b}", **gain._asdict()})
    return of_split(rows, split, "paired difference of mse")


# --- lists ----------------------------------------------------------------------------


def trials_of_thresholds(split: Split) -> dict[str, pd.DataFrame]:
    """Search with likes alone and with every rating, by the same draws."""
    inner = inner_splits(split.train, user_temporal_split, 2)
    settings = sample_settings(ALS_SPACE, N_TRIALS, seed=0)
    found = {}
    for name, threshold in THRESHOLDS.items():
        make = partial(Als, n_iterations=15, like_threshold=threshold)
        trials = search(make, settings, inner)
        rows = [
            {"method": f"{name} {json.dumps(one)}", "value": value, "cpu_s": cpu_s}
            for one, value, cpu_s in zip(
                trials[list(ALS_SPACE)].to_dict("records"),
                trials["ndcg@10"],
                trials["cpu_s"],
                strict=True,
            )
        ]
        print(name, best_settings(trials), flush=True)
        found[name] = of_split(rows, split, "inner ndcg@10")
    return found


def best(trials: pd.DataFrame) -> dict:
    """Read the best settings off the first of the trials."""
    name = trials["method"].iloc[0]
    return json.loads(name[name.index("{") :])


def list_methods(chosen_by_threshold: dict[str, dict]) -> dict[str, list]:
    """Make every method that gives lists; where chance has a part, one a seed."""
    methods = {
        "popularity": [Popularity()],
        "neighbours, users": [LikeNeighbours("users")],
        "neighbours, movies": [LikeNeighbours("movies")],
        "implicit cosine": [ImplicitNeighbours("cosine")],
        "implicit TF-IDF": [ImplicitNeighbours("tfidf")],
        "implicit BM25": [ImplicitNeighbours("bm25")],
        "EASE": [Ease()],
        "EASE, chosen": [Ease(**CHOSEN_EASE)],
        "EASE, chosen, recency": [Ease(**CHOSEN_EASE | {"recency": RECENCY})],
        "ALS, the source's settings": [Als(seed=seed) for seed in ALS_SEEDS],
        "ALS, chosen": [Als(**CHOSEN_ALS, seed=seed) for seed in ALS_SEEDS],
    }
    methods["ALS, chosen, or popularity"] = [
        Fallback(als, Popularity()) for als in methods["ALS, chosen"]
    ]
    for name, settings in chosen_by_threshold.items():
        threshold = THRESHOLDS[name]
        methods[name] = [
            Als(**settings, n_iterations=15, like_threshold=threshold, seed=seed)
            for seed in ALS_SEEDS
        ]
    return methods


def lists(
    movielens: MovieLens, methods: dict[str, list], split: Split
) -> list[pd.DataFrame]:
    """Measure all methods on a split, and compare them person by person."""
    frames, of_people = [], {}
    for name, models in methods.items():
        of_seeds = []
        for seed, model in enumerate(models):
            called = f"{name}, seed {seed}" if seed else name
            found = measured(movielens, called, model, split)
            frames.append(found.summary)
            of_seeds.append(found.per_user["ndcg@10"])
        of_people[name] = np.mean(of_seeds, axis=0)
    within_a_day = histories_of_one_day(movielens.ratings, split)
    everybody = np.ones_like(within_a_day)
    for group, pairs, whose in (
        ("", PAIRS, everybody),
        (", one day", [WITH_DATES], within_a_day),
        (", longer", [WITH_DATES], ~within_a_day),
    ):
        rows = []
        for a, b in pairs:
            gain = paired_difference(of_people[a][whose], of_people[b][whose])
            rows.append({"method": f"{a} - {b}", **gain._asdict()})
        frames.append(of_split(rows, split, f"paired difference of ndcg@10{group}"))
    return frames


def histories_of_one_day(ratings: pd.DataFrame, split: Split) -> NDArray[np.bool_]:
    """Say of each test user whether all of their ratings lie within 24 hours."""
    times = ratings.groupby("user_id")["timestamp"]
    spans = times.max() - times.min()
    return spans[np.unique(split.test["user_id"])].to_numpy() < ONE_DAY


# --- both -----------------------------------------------------------------------------


def measured(
    movielens: MovieLens, method: str, model: object, split: Split
) -> Evaluation:
    return evaluate(
        model, split, movies=movielens.movies, edition=EDITION, method=method
    )


def of_split(rows: list[dict], split: Split, metric: str) -> pd.DataFrame:
    about = {"metric": metric, "split": split.name, "edition": EDITION}
    return pd.DataFrame(rows).assign(**about)


if __name__ == "__main__":
    main()
