"""Do Spark's ALS and implicit agree? Lists on one split of `small`, and stars.

    python benchmarks/spark_als.py [--quick] [--split-seed 7] [--output FILE]

Likes (four stars or more), on the user temporal split and on a random one:

- with the same lambda and the same confidences, 1 + alpha r, on both sides;
- with lambda times the mean number of likes of a user for implicit (`matching_als`);
- on the first split also tuned: the best of eight settings for each library, by the
  mean nDCG@10 on two cuts of the training rows. implicit tries Spark's eight lambdas
  times the mean number of likes, so neither has the finer grid.

Each with three seeds. Of nDCG@10 there is one record a seed, and their mean, from the
lowest to the highest. "overlap@10" is the mean share that two lists of ten have in
common: between the libraries, and between two seeds of one library, which is the
yardstick: more than that nobody can ask.

Stars on the random split, with `SparkRatings`: the best of four lambdas on a random cut
of the training rows, three seeds; the RMSE over all test rows, and over those that are
left when Spark drops the others. The bias model stands beside it.

Ten minutes on two cores; `--quick` takes half a minute, on the edition sample.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations_with_replacement, product
from pathlib import Path

import numpy as np
import pandas as pd

from recsys_helpers.comparison import shared_share
from recsys_helpers.datasets import load_movielens
from recsys_helpers.evaluation import evaluate, recommend_all
from recsys_helpers.large.spark import start_spark
from recsys_helpers.large.spark_als import (
    SparkAls,
    SparkRatings,
    matching_als,
    mean_positives,
)
from recsys_helpers.methods.als import Als
from recsys_helpers.methods.baselines import BiasModel
from recsys_helpers.metrics import rmse
from recsys_helpers.results import versions, write_results
from recsys_helpers.splits import Split, random_split, user_temporal_split
from recsys_helpers.tuning import best_settings, inner_splits, search

RESULTS = Path(__file__).parent / "results" / "spark_als.json"
SEEDS, N_CUTS = (0, 1, 2), 2
LIKES = {"like_threshold": 4.0, "n_iterations": 10}
BLOCKS = {"n_blocks": 2}  # as many as threads: more are slower here, not better
SAME = {**LIKES, "n_factors": 32, "weighting": "linear", "alpha": 1.0}
SAME_LAMBDA = 0.1
TUNED = {**LIKES, "n_factors": 64, "weighting": "constant"}
LAMBDAS, ALPHAS = (0.05, 0.1, 0.2, 0.4), (0.5, 2.0)
STARS, STARS_LAMBDAS = {"n_iterations": 10}, (0.1, 0.15, 0.2, 0.3)


def main() -> None:
    arguments = parse_arguments()
    edition = "sample" if arguments.quick else "small"
    ratings = load_movielens(edition).ratings
    by_user_time = user_temporal_split(ratings)
    at_random = random_split(ratings, seed=arguments.split_seed)
    seeds = SEEDS[:2] if arguments.quick else SEEDS
    with start_spark():
        frames = [agreement(pairs_alike(by_user_time), by_user_time, seeds)]
        if not arguments.quick:
            frames.append(agreement(pairs_tuned(by_user_time), by_user_time, seeds))
            frames.append(agreement(pairs_alike(at_random), at_random, seeds))
        frames.append(stars(at_random, seeds))
    used = versions("numpy", "scipy", "implicit", "pyspark")
    results = pd.concat(frames, ignore_index=True).assign(edition=edition)
    write_results(results.assign(versions=[used] * len(results)), arguments.output)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--split-seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=RESULTS)
    return parser.parse_args()


def pairs_alike(split: Split) -> dict[str, object]:
    """Spark with its own lambda, and implicit with the same and with a matching one."""
    spark = SparkAls(**SAME, **BLOCKS, regularization=SAME_LAMBDA)
    return {
        "Spark": spark,
        "implicit, same lambda": Als(**SAME, regularization=SAME_LAMBDA),
        "implicit, matching lambda": matching_als(spark, split.train),
    }


def pairs_tuned(split: Split) -> dict[str, object]:
    """Both libraries with the best of eight settings on cuts of the training rows."""
    inner = inner_splits(split.train, user_temporal_split, N_CUTS)
    scale = mean_positives(split.train)
    spark = [TUNED | BLOCKS | one for one in combined(LAMBDAS, ALPHAS)]
    implicit = [TUNED | one for one in combined([scale * x for x in LAMBDAS], ALPHAS)]
    return {
        "Spark, tuned": SparkAls(**chosen(SparkAls, spark, inner)),
        "implicit, tuned": Als(**chosen(Als, implicit, inner)),
    }


def combined(lambdas: Sequence[float], alphas: Sequence[float]) -> list[dict]:
    pairs = product(lambdas, alphas)
    return [{"regularization": one, "alpha": alpha} for one, alpha in pairs]


def chosen(
    make: type, settings: list[dict], inner: list[Split], metric: str = "ndcg@10"
) -> dict:
    trials = search(make, settings, inner, metric)
    changing = [name for name in trials if trials[name].nunique() > 1]
    print(make.__name__, trials[changing].to_string(), sep="\n", flush=True)
    return best_settings(trials)


def agreement(
    models: dict[str, object], split: Split, seeds: Sequence[int]
) -> pd.DataFrame:
    """Measure nDCG@10 of all, and how much of their lists any two have in common."""
    users = np.unique(split.test["user_id"])
    rows, lists = [], {}
    for name, model in models.items():
        for seed in seeds:
            again = replace(model, seed=seed)
            measured = evaluate(again, split, ks=(10,), n_bootstrap=1)
            value = measured.summary.set_index("metric").loc["ndcg@10", "value"]
            rows.append({"method": f"{name}, seed {seed}", "value": value})
            lists[name, seed] = recommend_all(again, users, 10)
            print(split.name, rows[-1], flush=True)
    of_models = np.reshape([row["value"] for row in rows], (len(models), -1))
    rows += [
        {"method": name, "value": x.mean(), "low": x.min(), "high": x.max()}
        for name, x in zip(models, of_models, strict=True)
    ]
    frame = pd.DataFrame(rows).assign(metric="ndcg@10")
    overlaps = pd.DataFrame(overlaps_of(lists)).assign(metric="overlap@10")
    about = {"split": split.name, "seed": split.seed, "n": len(users)}
    return pd.concat([frame, overlaps], ignore_index=True).assign(**about)


def overlaps_of(lists: dict[tuple[str, int], np.ndarray]) -> Iterator[dict]:
    """Mean overlap of two methods' lists, and of two seeds' of one method."""
    shares = shared_share(lists)
    names = list(dict.fromkeys(name for name, _ in lists))
    for one, other in combinations_with_replacement(names, 2):
        # A method with itself: only different seeds, each pair of them once.
        pairs = [
            shares.loc[[a], [b]].to_numpy().item()
            for a, b in product(lists, lists)
            if (a[0], b[0]) == (one, other) and (one != other or a[1] < b[1])
        ]
        method = f"{one}, two seeds" if one == other else f"{one} / {other}"
        yield {
            "method": method,
            "value": np.mean(pairs),
            "low": min(pairs),
            "high": max(pairs),
        }


def stars(split: Split, seeds: Sequence[int]) -> pd.DataFrame:
    """Errors of Spark's ALS for stars, with and without the rows that it drops."""
    inner = inner_splits(split.train, random_split, 1)
    settings = [STARS | BLOCKS | {"regularization": one} for one in STARS_LAMBDAS]
    best = chosen(SparkRatings, settings, inner, "rmse")
    models = {
        f"Spark, stars, seed {seed}": SparkRatings(**best | {"seed": seed})
        for seed in seeds
    }
    rows = []
    for name, model in {**models, "bias model": BiasModel()}.items():
        pairs = split.test["user_id"], split.test["movie_id"]
        predicted = model.fit(split.train).predict(*pairs)
        # The same rows for both: those that Spark's factors have an answer for.
        kept = models["Spark, stars, seed 0"].knows(*pairs)
        for metric, of in (("rmse", kept | True), ("rmse, dropped rows out", kept)):
            value = rmse(split.test["rating"][of], predicted[of])
            row = {"method": name, "metric": metric, "value": value, "n": of.sum()}
            rows.append(row)
            print(row, flush=True)
    return pd.DataFrame(rows).assign(split=split.name, seed=split.seed)


if __name__ == "__main__":
    main()
