"""Measure the two towers of chapter 6 on `small`, beside the source's and others.

    python benchmarks/two_towers.py [--output FILE] [--quick]

Stars: errors on a random split, on five folds, on the last fifth of each user's
ratings, on movies and on users that are held out entirely, and of new users of whom a
few ratings are known. Lists: nDCG@10 on the last fifth, and among movies that nobody
has rated; those for new users are in `tower_newcomers.py`. The source's model is built
and trained as it writes it, with averages that know the test rows and with two that
don't. Ours are trained from three
seeds, with settings chosen on training rows: records "inner rmse" and "inner ndcg@10"
are trials. Then all pairs of movies: the source's loop on a slice, and `MovieVectors`.
Training times are `fit_cpu_s`, CPU seconds, all taken in this one run.

`--quick` goes through all of it on `sample`, with short trainings, to try the script.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from baselines import mean_over_folds
from keras_ratings import OnlyStars, trial_records
from source_towers import KINDS, SourceTowers

from recsys_helpers.datasets import MovieLens, load_movielens
from recsys_helpers.evaluation import evaluate, ndcg_of_users
from recsys_helpers.features.content import RatedFeatures
from recsys_helpers.features.taste import taste_features
from recsys_helpers.measure import benchmark_arguments
from recsys_helpers.methods.als import Als
from recsys_helpers.methods.baselines import BiasModel, Popularity, RandomChoice
from recsys_helpers.methods.collaborative import (
    WITH_SIDE_INFORMATION,
    KerasFactors,
    KerasNetwork,
)
from recsys_helpers.methods.ease import Ease
from recsys_helpers.methods.neighbours import RatingNeighbours
from recsys_helpers.methods.two_tower import RetrievalTowers, TwoTowers
from recsys_helpers.metrics import rmse
from recsys_helpers.nn import reproducible_keras
from recsys_helpers.results import results_table, versions, write_results
from recsys_helpers.splits import (
    Split,
    cold_start_movies,
    cold_start_users,
    cross_validation,
    random_split,
    user_temporal_split,
)
from recsys_helpers.tuning import inner_splits, sample_settings, search
from recsys_helpers.vectors import MovieVectors

RESULTS = Path(__file__).parent / "results" / "two_towers.json"
SEEDS_OF_MODELS = (0, 1, 2)
N_KNOWN = (0, 1, 3, 5, 10)  # ratings that are known of a new user
N_IN_LOOP = 150

STARS_SPACE = {
    "hidden": [(64, 32), (128, 64), (256, 128)],
    "n_factors": [8, 16, 32],
    "dropout": [0, 0.1, 0.3],
    "hide_movies": [0.1, 0.3, 0.5],
    "learning_rate": [0.001, 0.003, 0.005],
    "n_epochs": [5, 8, 12],
}
LISTS_SPACE = {
    "hidden": [(), (64,)],
    "n_factors": [16, 32, 64],
    "temperature": [0.1, 0.2, 0.3, 0.4],
    "learning_rate": [0.003, 0.01, 0.03],
    "n_epochs": [6, 10, 15],
}


def main() -> None:
    arguments = parse_arguments()
    reproducible_keras(seed=0)
    movielens = load_movielens("sample" if arguments.quick else "small")
    run = Run(movielens, arguments.quick)
    # The first training of a process pays for starting TensorFlow.
    run.towers(n_epochs=1).fit(movielens.ratings)

    by_chance = random_split(movielens.ratings)
    run.stars_of_ours(by_chance)
    run.stars_of_the_source(by_chance)
    run.ablations(by_chance)
    run.other_splits()
    run.new_movies()
    run.new_users()
    run.lists()
    run.all_pairs(by_chance)
    run.trials(by_chance, n_trials=2 if arguments.quick else 8)

    results = pd.concat(run.frames, ignore_index=True)
    used = versions("numpy", "pandas", "scipy", "keras", "implicit")
    results = results.assign(versions=[used] * len(results), edition=movielens.edition)
    write_results(results, arguments.output)
    is_trial = results["metric"].str.startswith("inner")
    for split in results.loc[~is_trial, "split"].unique():
        table = results[~is_trial & (results["split"] == split)]
        metrics = [m for m in table["metric"].unique() if not m.startswith(OFF_TABLE)]
        print(f"\n{split}")
        print(results_table(results, metrics, split=split).to_string())
    trials = results.loc[is_trial, ["method", "value"]]
    print(trials.round(5).to_string(index=False))


# Measured by `evaluate` as well, and not looked at here.
OFF_TABLE = (
    "mae",
    "score",
    "recall",
    "precision",
    "map",
    "hit",
    "mrr",
    "any",
    "ndcg@2",
)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    return benchmark_arguments(parser, RESULTS)


@dataclass
class Run:
    """What is measured, on these data; the records come into `frames`."""

    movielens: MovieLens
    quick: bool
    frames: list[pd.DataFrame] = field(default_factory=list)

    def towers(self, **settings: Any) -> TwoTowers:
        short = {"n_epochs": 1} if self.quick else {}
        return TwoTowers(**{"movies": self.movielens.movies} | short | settings)

    def retrieval(self, **settings: Any) -> RetrievalTowers:
        short = {"n_epochs": 1} if self.quick else {}
        return RetrievalTowers(**{"movies": self.movielens.movies} | short | settings)

    def factors(self, **settings: Any) -> KerasFactors:
        short = {"n_epochs": 1} if self.quick else {}
        return KerasFactors(**short | settings)

    def collaborative(self) -> dict[str, Any]:
        """Name the methods of other chapters that predict stars."""
        side = {"movies": self.movielens.movies, **WITH_SIDE_INFORMATION}
        return {
            "bias model": BiasModel(),
            "neighbours, movies": RatingNeighbours("movies"),
            "factors, ids only": self.factors(),
            "factors, genre and year": self.factors(**side),
            "factors, sets": self.factors(with_sets=True, **WITH_SIDE_INFORMATION),
            "factors, everything": self.factors(with_sets=True, **side),
            "network": KerasNetwork(**({"n_epochs": 1} if self.quick else {})),
        }

    def stars(self, model: Any, split: Split, name: str) -> Any:
        """Fit a model, judge its stars, and note it."""
        print(name, "on", split.name, flush=True)
        self.frames.append(evaluate(OnlyStars(model), split, method=name).summary)
        return model

    def note(self, split: Split, method: str, **values: float) -> None:
        self.frames.append(
            pd.DataFrame(
                {
                    "method": method,
                    "metric": list(values),
                    "value": list(values.values()),
                    "split": split.name,
                    "seed": split.seed,
                }
            )
        )

    def stars_of_ours(self, split: Split) -> None:
        for seed in SEEDS_OF_MODELS:
            self.stars(self.towers(seed=seed), split, f"two towers, seed {seed}")
        for name in ("bias model", "factors, genre and year"):
            self.stars(self.collaborative()[name], split, name)
        leaky = BiasModel().fit(pd.concat([split.train, split.test]))
        predicted = leaky.predict(split.test["user_id"], split.test["movie_id"])
        error = rmse(split.test["rating"], predicted)
        self.note(split, "bias model that knows the test rows", rmse=error)

    def stars_of_the_source(self, split: Split) -> None:
        n_epochs = 1 if self.quick else 30
        for kind in KINDS:
            name = f"source, averages of {kind}"
            source = SourceTowers(self.movielens.movies, kind, split.test, n_epochs)
            self.stars(source, split, name)
            after = {f"rmse after {n} epochs": e for n, e in source.curve_.items()}
            predicted = source.predict(split.test["user_id"], split.test["movie_id"])
            error = rmse(split.test["rating"], predicted)
            # Its targets are stars less 2.75, divided by 2.25.
            self.note(
                split, name, **after, **{"loss of the source": (error / 2.25) ** 2}
            )

    def ablations(self, split: Split) -> None:
        """Take one idea away at a time."""
        movies = self.movielens.movies
        of_others = np.random.default_rng(0).permutation(len(movies))
        shuffled = movies.assign(
            genres=movies["genres"].array[of_others],
            year=movies["year"].array[of_others],
        )
        nothing_hidden = {"hide_movies": 0.0, "hide_users": 0.0, "short_histories": 0.0}
        self.stars(self.towers(**nothing_hidden), split, "nothing hidden in training")
        self.stars(
            self.towers(movies=shuffled), split, "genre and year of other movies"
        )
        with each_rating_in_its_own_features():
            self.stars(self.towers(), split, "each rating in its own features")

    def other_splits(self) -> None:
        ratings = self.movielens.ratings
        folds = cross_validation(ratings, seed=42)
        for name, model in {
            "two towers": self.towers(),
            "bias model": BiasModel(),
        }.items():
            self.stars(model, user_temporal_split(ratings), name)
            of_folds = [
                evaluate(OnlyStars(model), fold, n_bootstrap=1, method=name).summary
                for fold in folds
            ]
            self.frames.append(mean_over_folds(of_folds))

    def new_movies(self) -> None:
        """Stars of movies that are held out, and lists of nothing but these."""
        split = cold_start_movies(self.movielens.ratings)
        fitted = {}
        for seed in SEEDS_OF_MODELS:
            name = f"two towers, seed {seed}"
            fitted[name] = self.stars(self.towers(seed=seed), split, name)
        self.stars(
            self.towers(hide_movies=0.0), split, "two towers that had no movies hidden"
        )
        for name, model in self.collaborative().items():
            fitted[name] = self.stars(model, split, name)
        new = np.unique(split.test["movie_id"])
        lists = {
            "random choice": RandomChoice().fit(split.test),
            "two towers": fitted["two towers, seed 0"],
            "factors, genre and year": fitted["factors, genre and year"],
            "factors, everything": fitted["factors, everything"],
            "retrieval, features only": self.retrieval(with_ids=False).fit(split.train),
            "Als": Als().fit(split.train),
        }
        for name, model in lists.items():
            print("new movies by", name, flush=True)
            found = np.nanmean(ndcg_of_users(OnlyOf(model, new), split))
            self.note(split, name, **{"ndcg@10 among new movies": found})

    def new_users(self) -> None:
        """Stars for users of whom nothing, or a few ratings, is known."""
        split = cold_start_users(self.movielens.ratings)
        for seed in SEEDS_OF_MODELS:
            name = f"two towers, seed {seed}"
            towers = self.stars(self.towers(seed=seed), split, name)
        for name, model in self.collaborative().items():
            self.stars(model, split, name)
        towers = self.towers().fit(split.train)
        shuffled = split.test.sample(frac=1, random_state=0)
        place = shuffled.groupby("user_id").cumcount()
        rest = shuffled[place >= max(N_KNOWN)]
        for n in N_KNOWN:
            known = shuffled[place < n]
            metric = f"rmse, {n} ratings known"
            for name in ("bias model", "factors, ids only", "factors, everything"):
                print(n, "ratings known,", name, flush=True)
                model = self.collaborative()[name]
                model.fit(pd.concat([split.train, known]))
                predicted = model.predict(rest["user_id"], rest["movie_id"])
                self.note(split, name, **{metric: rmse(rest["rating"], predicted)})
            predicted = stars_of_described(towers, known, rest)
            error = rmse(rest["rating"], predicted)
            self.note(split, "two towers, not trained again", **{metric: error})

    def lists(self) -> None:
        split = user_temporal_split(self.movielens.ratings)
        by_features = {"with_ids": False}
        models = {
            "Popularity": Popularity(),
            "Als": Als(),
            "Ease": Ease(),
            "two towers for stars": self.towers(),
            **{f"retrieval, seed {s}": self.retrieval(seed=s) for s in SEEDS_OF_MODELS},
            "retrieval, not corrected": self.retrieval(corrected=False),
            "retrieval, features only": self.retrieval(**by_features),
            "retrieval, features only, not corrected": self.retrieval(
                **by_features, corrected=False
            ),
        }
        for name, model in models.items():
            print(name, "on", split.name, flush=True)
            found = evaluate(model, split, movies=self.movielens.movies, method=name)
            judged = found.summary
            if isinstance(model, TwoTowers):  # its stars are noted elsewhere
                judged = judged[~judged["metric"].isin(["rmse", "mae"])]
            self.frames.append(judged)

    def all_pairs(self, split: Split) -> None:
        """Time the source's loop over a few movies, and the nearest of all movies."""
        model = self.retrieval(with_ids=False).fit(split.train)
        vectors = model.movie_vectors()
        some = vectors.matrix[:N_IN_LOOP]
        in_loop = cpu_s_of(lambda: triple_loop(some))
        print("all pairs", flush=True)
        at_once = np.median(
            [cpu_s_of(lambda: vectors.neighbours_of_all(n=1)) for _ in range(5)]
        )
        self.note(split, f"triple loop over {N_IN_LOOP} movies", pairs_cpu_s=in_loop)
        name = f"MovieVectors, all {len(vectors)} movies"
        self.note(split, name, pairs_cpu_s=at_once)
        near = MovieVectors(vectors.movie_ids[:N_IN_LOOP], some)
        found, _ = near.neighbours_of_all(n=1)
        distances = triple_loop(some) + np.where(np.eye(len(some)), np.inf, 0)
        nearest = near.movie_ids[distances.argmin(axis=1)]
        # Movies with the same content have the same vector: there, any will do.
        rows = near.movie_ids.searchsorted(found[:, 0])
        as_near = np.isclose(
            distances[np.arange(len(some)), rows], distances.min(axis=1), atol=1e-6
        )
        assert as_near.all(), (found[~as_near, 0], nearest[~as_near])

    def trials(self, split: Split, n_trials: int) -> None:
        """Try settings on inner splits of the training rows."""
        inner = [random_split(split.train, 0.15, seed) for seed in (1, 2)]
        used = {key: getattr(self.towers(), key) for key in STARS_SPACE}
        drawn = sample_settings(STARS_SPACE, n_trials, seed=0)
        tried = [used, *(one for one in drawn if one != used)]
        print("trials of stars", flush=True)
        found = search(
            lambda **chosen: OnlyStars(self.towers(**chosen)), tried, inner, "rmse"
        )
        name, edition = "two towers", self.movielens.edition
        self.frames.append(trial_records(name, found, used, edition))

        by_time = user_temporal_split(self.movielens.ratings)
        inner = inner_splits(by_time.train, user_temporal_split, 2)
        used = {key: getattr(self.retrieval(), key) for key in LISTS_SPACE}
        drawn = sample_settings(LISTS_SPACE, n_trials, seed=0)
        for one in [used, *(one for one in drawn if one != used)]:
            print("trial of lists", one, flush=True)
            values = [
                np.nanmean(ndcg_of_users(self.retrieval(**one).fit(cut.train), cut))
                for cut in inner
            ]
            written = ", ".join(f"{key} {value}" for key, value in one.items())
            name = f"retrieval, {written}{' (used)' if one == used else ''}"
            cut = Split("inner", by_time.train, by_time.train)
            self.note(cut, name, **{"inner ndcg@10": float(np.mean(values))})


def stars_of_described(
    towers: TwoTowers, known: pd.DataFrame, pairs: pd.DataFrame
) -> np.ndarray:
    """Predict for new users, who are described by what is known of them."""
    predicted = np.empty(len(pairs))
    for user_id, rows in pairs.groupby("user_id").indices.items():
        theirs = known[known["user_id"] == user_id]
        nobody = towers.features_.users.reindex([user_id])
        features = towers.describe(theirs) if len(theirs) else nobody
        scores = towers.scores_of(features)[0]
        columns = towers.interactions_.movies.rows(pairs["movie_id"].iloc[rows])
        predicted[rows] = np.clip(scores[columns], 0.5, 5)
    return predicted


@dataclass
class OnlyOf:
    """Lists of nothing but some movies."""

    model: Any
    movie_ids: np.ndarray

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        # None of them has been seen; RandomChoice has learned from them alone.
        listed = self.model.recommend(user_id, 10**6, exclude_seen=False)
        wanted = listed["movie_id"].isin(self.movie_ids)
        return listed[wanted].head(n).reset_index(drop=True)


def each_rating_in_its_own_features() -> Any:
    def features(self: TwoTowers, train: pd.DataFrame) -> RatedFeatures:
        users, movies = taste_features(train, self.movies)
        return RatedFeatures(users.loc[train["user_id"]], movies.loc[train["movie_id"]])

    return patch.object(TwoTowers, "_training_features", features)


def triple_loop(vectors: np.ndarray) -> np.ndarray:
    """Squared distances of all pairs, number by number."""
    n, n_factors = vectors.shape
    distances = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            distance = 0.0
            for k in range(n_factors):
                distance = distance + (vectors[i, k] - vectors[j, k]) ** 2
            distances[i, j] = distance
    return distances


def cpu_s_of(call: Callable[[], Any]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


if __name__ == "__main__":
    main()
