"""What chapter 12 shows, with more seeds: loops, privacy, small audiences.

    python benchmarks/production.py [--seed 0] [--quick] [--output FILE]

Three questions, the first with ten seeds from `--seed` on, the others with three:

- *loop*: Gini, true chance to be liked and share of starved movies, the mean of the
  last five of 20 rounds of `run_loop`, with 0, 10, 30 and 100 % of exploration (that
  is, at random from what is left), and with lists made from the truth. With 0 and 30 %
  also for other settings of EASE (l2 of 5 and 100).
- *re-identification*: share of users whose vector is found from the other half of
  their likes. The seed draws the users who teach ALS, the halves and the noise.
- *audiences*: nDCG@10 of ALS on random splits, for the fifth of the users with the
  smallest share of head movies in their training ratings, and that with the largest.

About a CPU minute. `--quick` takes the edition sample, one seed and few rounds.
"""

import argparse
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from recsys_helpers.datasets import load_movielens
from recsys_helpers.evaluation import ndcg_of_users
from recsys_helpers.interactions import Interactions
from recsys_helpers.intervals import bootstrap_interval
from recsys_helpers.methods.als import CHOSEN_ALS, Als, confidences, solve_factors
from recsys_helpers.production.drift import ease_scores, run_loop, tastes_of
from recsys_helpers.production.people import (
    found_again,
    halves,
    popularity_classes,
    shares_of_profiles,
    with_noise,
)
from recsys_helpers.results import versions, write_results
from recsys_helpers.splits import random_split

RESULTS = Path(__file__).parent / "results" / "production.json"
EXPLORATION = (0, 0.1, 0.3, 1)
L2 = 20
OTHER_L2 = (5, 100)
EXTREMES = (0, 0.3)
N_LAST = 5
NOISE = (0, 0.5, 1, 2, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    if arguments.quick and arguments.output is None:
        parser.error("--quick measures for a try only: give it an --output")
    edition = "sample" if arguments.quick else "small"
    ratings = load_movielens(edition).ratings
    first = arguments.seed
    seeds = range(first, first + (1 if arguments.quick else 3))
    seeds_of_loops = range(first, first + (1 if arguments.quick else 10))
    n_rounds = N_LAST if arguments.quick else 20
    records = [
        *loops(ratings, seeds_of_loops, n_rounds),
        *reidentified(ratings, seeds),
        *by_audience(ratings, seeds),
    ]
    about = {"edition": edition, "versions": versions("numpy", "scipy", "implicit")}
    for record in records:
        print(f"{record['method']:38} {record['metric']:8} {record['value']:.3f}")
    write_results([record | about for record in records], arguments.output or RESULTS)


def loops(ratings: pd.DataFrame, seeds: range, n_rounds: int) -> Iterator[dict]:
    tastes = invented_tastes(ratings)
    ways: dict[str, dict] = {}
    ways["loop, knowing the truth"] = {"model": lambda clicks: tastes}
    for l2 in (L2, *OTHER_L2):
        model = partial(ease_scores, l2=l2)
        for share in EXPLORATION if l2 == L2 else EXTREMES:
            name = f"loop, l2 {l2}, explore {100 * share:.0f} %"
            ways[name] = {"model": model, "exploration": share}
    for (name, way), seed in product(ways.items(), seeds):
        rounds = run_loop(tastes, n_rounds, seed=seed, **way)
        for metric, value in pd.DataFrame(rounds).tail(N_LAST).mean().items():
            yield {
                "method": name,
                "metric": metric,
                "value": value,
                "seed": seed,
                "n": len(tastes),
            }


def invented_tastes(ratings: pd.DataFrame) -> np.ndarray:
    rated_most = ratings["movie_id"].value_counts().index[:300]
    settings = {"regularization": 1, "like_threshold": 4, "alpha": 2}
    als = Als(8, weighting="constant", **settings)
    als.fit(ratings[ratings["movie_id"].isin(rated_most)])
    has_likes = np.diff(als.confidences_.matrix.indptr) > 0
    return tastes_of(als.user_factors_[has_likes], als.movie_factors_)


def reidentified(ratings: pd.DataFrame, seeds: range) -> Iterator[dict]:
    for seed in seeds:
        rng = np.random.default_rng(seed)
        users = np.unique(ratings["user_id"])
        teachers = rng.choice(users, len(users) // 2, replace=False)
        teaches = ratings["user_id"].isin(teachers)
        als = Als(**{**CHOSEN_ALS, "n_factors": 16}).fit(ratings[teaches])
        movies = als.interactions_.movies
        met = ratings["movie_id"].isin(movies.ids)
        likes = confidences(
            ratings[~teaches & met],
            als.like_threshold,
            als.weighting,
            alpha=als.alpha,
        )
        C = Interactions.from_ratings(likes, "confidence", movies=movies).matrix
        Y = np.float64(als.movie_factors_)
        vectors, folded_in = (
            solve_factors(half, Y, als.regularization) for half in halves(C, seed)
        )
        for noise in NOISE:
            found = found_again(with_noise(vectors, noise, seed), folded_in)
            yield {
                "method": f"re-identification, noise {noise:g}",
                "metric": "found",
                "value": found.mean(),
                "seed": seed,
                "n": len(found),
            }


def by_audience(ratings: pd.DataFrame, seeds: range) -> Iterator[dict]:
    for seed in seeds:
        split = random_split(ratings, seed=seed)
        als = Als(**CHOSEN_ALS).fit(split.train)
        rated = als.interactions_
        head = popularity_classes(rated.n_ratings_of_movies) == 0
        share = shares_of_profiles(
            rated.matrix.toarray() > 0, head[:, np.newaxis].astype(float)
        )[:, 0]
        low, high = np.quantile(share, [0.2, 0.8])
        audiences = {"niche": share < low, "mainstream": share > high}
        ndcg = pd.Series(ndcg_of_users(als, split), np.unique(split.test["user_id"]))
        for audience, members in audiences.items():
            of_members = ndcg.reindex(rated.users.ids[members]).to_numpy()
            value, lower, upper, n = bootstrap_interval(of_members)
            yield {
                "method": f"audiences, {audience}",
                "metric": "ndcg@10",
                "value": value,
                "low": lower,
                "high": upper,
                "split": split.name,
                "seed": seed,
                "n": n,
            }


if __name__ == "__main__":
    main()
