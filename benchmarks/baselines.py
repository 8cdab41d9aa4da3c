"""Measure all baselines on `small`, on every split of the course.

    python benchmarks/baselines.py [--split-seed 7] [--output FILE]

The seed is that of the random split and of the folds (7 and 42 when none is given,
the seeds of the published tables). Of the five folds the mean is written, without
an interval.
"""

import argparse
from pathlib import Path

import pandas as pd

from recsys_helpers.datasets import load_movielens
from recsys_helpers.evaluation import evaluate
from recsys_helpers.methods.baselines import (
    BiasModel,
    GlobalMean,
    MeanRating,
    Popularity,
    RandomChoice,
)
from recsys_helpers.results import results_table, write_results
from recsys_helpers.splits import (
    cross_validation,
    global_temporal_split,
    random_split,
    user_temporal_split,
)

EDITION = "small"
METHODS = {
    "RandomChoice": RandomChoice(),
    "GlobalMean": GlobalMean(),
    "MeanRating": MeanRating(),
    "MeanRating, shrinkage 10": MeanRating(shrinkage=10),
    "BiasModel": BiasModel(),
    "Popularity": Popularity(),
}
SEEDS = {"random": 7, "folds": 42}
RESULTS = Path(__file__).parent / "results" / "baselines.json"


def main() -> None:
    arguments = parse_arguments()
    movielens = load_movielens(EDITION)
    ratings = movielens.ratings
    seeds = SEEDS
    if arguments.split_seed is not None:
        seeds = dict.fromkeys(SEEDS, arguments.split_seed)
    splits = [
        random_split(ratings, seed=seeds["random"]),
        user_temporal_split(ratings),
        global_temporal_split(ratings),
    ]
    folds = cross_validation(ratings, seed=seeds["folds"])

    frames = []
    for method, model in METHODS.items():
        settings = {"movies": movielens.movies, "edition": EDITION, "method": method}
        frames += [evaluate(model, split, **settings).summary for split in splits]
        frames.append(
            mean_over_folds(
                # The intervals of a single fold are not reported: one resample.
                [
                    evaluate(model, fold, n_bootstrap=1, **settings).summary
                    for fold in folds
                ]
            )
        )
    results = pd.concat(frames, ignore_index=True)
    write_results(results, arguments.output)
    for split in results["split"].unique():
        print(f"\n{split}")
        table = results_table(results, ["rmse", "mae", "ndcg@10"], split=split)
        print(table.to_string())


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split-seed", type=int)
    parser.add_argument("--output", type=Path, default=RESULTS)
    return parser.parse_args()


def mean_over_folds(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Average the folds' values; there is no interval, and n is what it sums to."""
    stacked = pd.concat(frames)
    mean = stacked.groupby("metric", sort=False)["value"].mean()
    n = stacked.groupby("metric", sort=False)["n"].sum(min_count=1)
    first = frames[0].drop(columns=["value", "n", "low", "high"])
    return first.assign(
        value=mean.to_numpy(),
        n=n.array,
        split=f"mean of {len(frames)} folds",
        cpu_s=sum(frame["cpu_s"].iloc[0] for frame in frames),
    )


if __name__ == "__main__":
    main()
