"""Measure what two towers, and others, have for newcomers: stars and lists.

    python benchmarks/tower_newcomers.py [--only stars|lists] [--output FILE]

A tenth of the users of `small` is held out, and is then described by 0, 1, 3, 5 and 10
of their ratings, drawn at random; nothing is trained again. They are judged by what
comes after these ten.

Stars: towers that have met mostly people with long histories are compared with some
that have met everybody with a shortened one. Their settings are chosen on users that
are held out of the training rows: records "inner rmse" are trials.
`benchmarks/two_towers.py` has the other methods on these rows.

Lists, from 3 ratings on: retrieval towers of chapter 6 beside methods with the settings
that were chosen for lists. What is left to chance is trained from three seeds, and each
person's values are averaged over them. Intervals are over people, and all pairs are
compared person by person: records "paired difference of ndcg@10, 5 ratings known".

`--only` measures one of the two and keeps what the file has of the other.
"""

import argparse
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from trials import chosen
from two_towers import N_KNOWN, SEEDS_OF_MODELS, stars_of_described

from recsys_helpers.datasets import MovieLens, load_movielens
from recsys_helpers.evaluation import ndcg_of_users
from recsys_helpers.intervals import bootstrap_interval, paired_difference
from recsys_helpers.methods.als import CHOSEN_ALS, Als
from recsys_helpers.methods.baselines import Popularity
from recsys_helpers.methods.ease import CHOSEN_EASE, Ease
from recsys_helpers.methods.neighbours import LikeNeighbours
from recsys_helpers.methods.two_tower import RetrievalTowers, TwoTowers
from recsys_helpers.metrics import rmse
from recsys_helpers.nn import reproducible_keras
from recsys_helpers.results import read_results, versions, write_results
from recsys_helpers.splits import Split, cold_start_users

RESULTS = Path(__file__).parent / "results" / "tower_newcomers.json"
N_LISTED = (3, 5, 10)  # of these, for lists
TRIALS = (
    {"hidden": (256, 128), "dropout": 0.0, "hide_users": 0.05, "short_histories": 0.3},
    {"hidden": (256, 128), "dropout": 0.0, "hide_users": 0.2, "short_histories": 1.0},
    {"hidden": (64, 32), "dropout": 0.1, "hide_users": 0.1, "short_histories": 1.0},
    {"hidden": (64, 32), "dropout": 0.3, "hide_users": 0.1, "short_histories": 1.0},
    {"hidden": (32,), "dropout": 0.1, "hide_users": 0.1, "short_histories": 1.0},
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    reproducible_keras(seed=0)
    movielens = load_movielens("small")
    measured = [
        part(movielens).assign(edition=movielens.edition)
        for name, part in PARTS.items()
        if arguments.only in (None, name)
    ]
    used = versions("numpy", "pandas", "scipy", "keras", "implicit")
    results = pd.concat(measured, ignore_index=True)
    results = results.assign(versions=[used] * len(results))
    print(results[["method", "metric", "value"]].to_string())
    if arguments.only is not None:
        old = read_results(arguments.output)
        is_list = old["metric"].str.contains("ndcg")
        kept = old[~is_list if arguments.only == "lists" else is_list]
        results = pd.concat([kept, results], ignore_index=True)
    write_results(results, arguments.output)


def stars(movielens: MovieLens) -> pd.DataFrame:
    """Measure errors in stars, and choose settings for that."""
    split = cold_start_users(movielens.ratings)
    records = []

    def errors(settings: dict, seed: int, rows: Split) -> dict[int, float]:
        print(settings, "seed", seed, flush=True)
        towers = TwoTowers(movies=movielens.movies, seed=seed, **settings)
        return errors_by_number_known(towers.fit(rows.train), rows)

    inner = cold_start_users(split.train, seed=1)
    found = [np.mean(list(errors(one, 0, inner).values())) for one in TRIALS]
    for settings, error in zip(TRIALS, found, strict=True):
        written = ", ".join(f"{key} {value}" for key, value in settings.items())
        records.append((f"two towers, {written}", "inner rmse", error, inner))
    chosen = TRIALS[int(np.argmin(found))]
    for seed in SEEDS_OF_MODELS:
        for name, settings in {"usual": {}, "for newcomers": chosen}.items():
            for n, error in errors(settings, seed, split).items():
                method = f"two towers, {name}, seed {seed}"
                records.append((method, f"rmse, {n} ratings known", error, split))
    results = pd.DataFrame(records, columns=["method", "metric", "value", "split"])
    return results.assign(
        seed=[split.seed for split in results["split"]],
        split=[split.name for split in results["split"]],
    )


def errors_by_number_known(towers: TwoTowers, split: Split) -> dict[int, float]:
    """Judge towers on new users, by how many of their ratings are known."""
    known, rest = known_and_rest(split)
    return {
        n: rmse(rest["rating"], stars_of_described(towers, known[n], rest))
        for n in N_KNOWN
    }


def known_and_rest(split: Split) -> tuple[dict[int, pd.DataFrame], pd.DataFrame]:
    """Give what is known of new users, by how many ratings that is, and the rest."""
    shuffled = split.test.sample(frac=1, random_state=0)
    place = shuffled.groupby("user_id").cumcount()
    return {n: shuffled[place < n] for n in N_KNOWN}, shuffled[place >= max(N_KNOWN)]


def lists(movielens: MovieLens) -> pd.DataFrame:
    """Measure lists, and compare all pairs of methods."""
    split = cold_start_users(movielens.ratings)
    known, rest = known_and_rest(split)
    of_movies = {"movies": movielens.movies}
    methods = {
        "popularity": [Popularity(like_threshold=4.0)],
        "movie neighbours": [LikeNeighbours(**chosen("neighbours, lists"))],
        "EASE": [Ease(**CHOSEN_EASE)],
        "ALS": [Als(**CHOSEN_ALS, seed=seed) for seed in SEEDS_OF_MODELS],
        "retrieval": [RetrievalTowers(**of_movies, seed=s) for s in SEEDS_OF_MODELS],
        "retrieval, features only": [
            RetrievalTowers(**of_movies, with_ids=False, seed=s)
            for s in SEEDS_OF_MODELS
        ],
    }
    of_users: dict[int, dict[str, NDArray]] = {n: {} for n in N_LISTED}
    for name, models in methods.items():
        print("lists by", name, flush=True)
        fitted = [model.fit(split.train) for model in models]
        for n in N_LISTED:
            # A method cannot be told of movies that nobody has rated.
            has_met = known[n]["movie_id"].isin(split.train["movie_id"])
            judged = Split(split.name, known[n][has_met], rest, seed=split.seed)
            of_seeds = [
                ndcg_of_users(ForNewUsers(model, judged.train), judged)
                for model in fitted
            ]
            of_users[n][name] = np.mean(of_seeds, axis=0)
    records = []
    for n, by_method in of_users.items():
        metric = f"ndcg@10, {n} ratings known"
        for name, values in by_method.items():
            records.append((name, metric, *bootstrap_interval(values)))
        for a, b in combinations(by_method, 2):
            gain = paired_difference(by_method[a], by_method[b])
            records.append((f"{a} - {b}", f"paired difference of {metric}", *gain))
    columns = ["method", "metric", "value", "low", "high", "n"]
    return pd.DataFrame(records, columns=columns).assign(split=split.name)


PARTS = {"stars": stars, "lists": lists}


@dataclass
class ForNewUsers:
    """Lists for new users from the ratings that are known of them."""

    model: Any
    known: pd.DataFrame

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        rated = self.known[self.known["user_id"] == user_id]
        if rated.empty or isinstance(self.model, Popularity):
            listed = self.model.recommend(user_id, n + len(rated), exclude_seen=False)
            unseen = ~listed["movie_id"].isin(rated["movie_id"])
            return listed[unseen].head(n).reset_index(drop=True)
        return self.model.recommend_to(rated, n, exclude_seen)


if __name__ == "__main__":
    main()
