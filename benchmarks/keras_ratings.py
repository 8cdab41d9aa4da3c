"""Measure the models of chapter 5 on `small`, beside the source's and the baselines.

    python benchmarks/keras_ratings.py [--split-seed 7] [--output FILE]
        [--no-trials] [--quick]

Errors in stars on a random split; of some models also on five folds, on the last
fifth of each user's ratings, and on movies that are held out entirely. The source's
models are built and trained as it writes them, in today's Keras. Ours are trained from
three seeds. Their settings were chosen on training rows: the records "inner rmse" are
trials of them, each the mean over two inner splits of the random split's training rows.
Training times are `fit_cpu_s`, CPU seconds, all taken in this one run.

The records "paired difference of squared error" have the names of two methods, and say
how much more the first one errs, in squared stars: of each person the mean over the
seeds, people weighted by their ratings, and the interval over people.

`--no-trials` keeps the trials of the results file, and measures all else anew.

`--quick` goes through all of it on `sample`, with short trainings, to try the script.
"""

import argparse
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

import numpy as np
import pandas as pd
from baselines import mean_over_folds
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from recsys_helpers.datasets import MovieLens, load_movielens
from recsys_helpers.evaluation import RatingPredictor, evaluate
from recsys_helpers.features.content import set_matrix
from recsys_helpers.intervals import paired_difference
from recsys_helpers.measure import benchmark_arguments
from recsys_helpers.methods.baselines import BiasModel, GlobalMean
from recsys_helpers.methods.collaborative import (
    WITH_SIDE_INFORMATION,
    KerasFactors,
    KerasNetwork,
)
from recsys_helpers.methods.collaborative import models as keras_models
from recsys_helpers.methods.neighbours import RatingNeighbours
from recsys_helpers.nn import reproducible_keras
from recsys_helpers.results import (
    read_results,
    results_table,
    versions,
    write_results,
)
from recsys_helpers.splits import (
    Split,
    cold_start_movies,
    cross_validation,
    random_split,
    user_temporal_split,
)
from recsys_helpers.tuning import sample_settings, search

SEEDS = {"random": 7, "folds": 42}
RESULTS = Path(__file__).parent / "results" / "keras_ratings.json"
SEEDS_OF_MODELS = (0, 1, 2)

IDS_SPACE = {
    "factor_l2": [8, 13, 20],
    "bias_l2": [2, 3, 5],
    "learning_rate": [0.02, 0.05, 0.1],
}
SIDE_SPACE = {
    "factor_l2": [15, 25, 35],
    "bias_l2": [3, 4, 6],
    "feature_l2": [40, 80, 120],
    "set_l2": [20, 40, 80],
    "learning_rate": [0.02, 0.05],
}
NETWORK_SPACE = {
    "factor_l2": [0, 5, 15, 30],
    "dropout": [0.3, 0.5, 0.7],
    "learning_rate": [0.005, 0.01],
}
SPACES = {
    "factors, ids only": IDS_SPACE,
    "factors, everything": SIDE_SPACE,
    "network": NETWORK_SPACE,
}
USED = " (used)"


def main() -> None:
    arguments = parse_arguments()
    keras = reproducible_keras(seed=0)
    movielens = load_movielens("sample" if arguments.quick else "small")
    quick = {"n_epochs": 2} if arguments.quick else {}
    seeds = SEEDS
    if arguments.split_seed is not None:
        seeds = dict.fromkeys(SEEDS, arguments.split_seed)
    # The first training of a process pays for starting TensorFlow.
    KerasFactors(n_epochs=1).fit(movielens.ratings)

    run = Run(movielens, seeds)
    by_chance = random_split(movielens.ratings, seed=seeds["random"])
    frames = [run.judged(model, by_chance, name) for name, model in baselines().items()]
    for source in sources(arguments.quick):
        frames.append(run.judged(source, by_chance, source.name))
        frames.append(source.losses(keras, by_chance, movielens.edition))
    frames += run.ours(by_chance, quick)
    frames += run.controls(by_chance, quick)
    frames += run.other_splits(quick)
    frames.append(run.differences())
    if not arguments.no_trials:
        n_trials = 2 if arguments.quick else 8
        frames += run.trials(by_chance, quick, n_trials)

    results = pd.concat(frames, ignore_index=True)
    used = versions("numpy", "pandas", "scipy", "keras")
    results = results.assign(versions=[used] * len(results))
    if arguments.no_trials:
        results = pd.concat([results, run.kept_trials()], ignore_index=True)
    write_results(results, arguments.output)
    wanted = ["rmse", "mae", "fit_cpu_s"]
    is_trial = results["metric"] == "inner rmse"
    for split in results.loc[~is_trial, "split"].unique():
        print(f"\n{split}")
        print(results_table(results, wanted, split=split).to_string())
    is_difference = results["metric"] == "paired difference of squared error"
    columns = ["split", "method", "value", "low", "high"]
    print(results.loc[is_difference, columns].round(4).to_string(index=False))
    trials = results[is_trial]
    print(trials[["method", "value"]].round(5).to_string(index=False))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split-seed", type=int)
    parser.add_argument("--no-trials", action="store_true")
    return benchmark_arguments(parser, RESULTS)


def baselines() -> dict[str, RatingPredictor]:
    return {
        "mean of all ratings": GlobalMean(),
        "bias model": BiasModel(),
        "neighbours, movies": RatingNeighbours("movies"),
    }


@dataclass
class OnlyStars:
    """A method without its lists, which take long and are not looked at here."""

    model: Any

    def fit(self, train: pd.DataFrame) -> Self:
        self.model.fit(train)
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> NDArray:
        return self.model.predict(user_ids, movie_ids)


@dataclass
class Run:
    """What is measured, on these data."""

    movielens: MovieLens
    seeds: dict[str, int]
    # Of each split and method: what every person got from it, once a seed.
    squares: dict[str, dict[str, list[pd.Series]]] = field(default_factory=dict)
    n_ratings: dict[str, pd.Series] = field(default_factory=dict)

    def judged(self, model: RatingPredictor, split: Split, name: str) -> pd.DataFrame:
        print(name, "on", split.name, flush=True)
        edition = self.movielens.edition
        found = evaluate(OnlyStars(model), split, edition=edition, method=name)
        of_split = self.squares.setdefault(split.name, {})
        of_method = of_split.setdefault(name.split(", seed ")[0], [])
        of_method.append(found.per_user["squared error"])
        self.n_ratings[split.name] = split.test.groupby("user_id").size()
        return found.summary

    def differences(self) -> pd.DataFrame:
        """Compare all pairs of methods on each split, person by person."""
        rows = []
        for split, of_split in self.squares.items():
            if split.startswith("fold"):
                continue
            means = {name: sum(found) / len(found) for name, found in of_split.items()}
            for a, b in combinations(means, 2):
                weights = self.n_ratings[split].loc[means[a].index]
                gain = paired_difference(means[a], means[b], weights=weights)
                rows.append({"method": f"{a} - {b}", "split": split} | gain._asdict())
        return pd.DataFrame(rows).assign(
            metric="paired difference of squared error", edition=self.movielens.edition
        )

    def models(self) -> dict[str, tuple[type, dict[str, Any]]]:
        side = {"movies": self.movielens.movies, **WITH_SIDE_INFORMATION}
        return {
            "factors, ids only": (KerasFactors, {}),
            "factors, genre and year": (KerasFactors, side),
            "factors, sets": (
                KerasFactors,
                {"with_sets": True, **WITH_SIDE_INFORMATION},
            ),
            "factors, everything": (KerasFactors, {"with_sets": True, **side}),
            "network": (KerasNetwork, {}),
        }

    def ours(self, split: Split, quick: dict) -> list[pd.DataFrame]:
        """Judge each of our models from each seed."""
        return [
            self.judged(
                kind(**settings, **quick, seed=seed), split, f"{name}, seed {seed}"
            )
            for name, (kind, settings) in self.models().items()
            for seed in SEEDS_OF_MODELS
        ]

    def controls(self, split: Split, quick: dict) -> list[pd.DataFrame]:
        """Take the sense out of what else is known, and leave its amount."""
        rng = np.random.default_rng(0)
        movies = self.movielens.movies
        order = rng.permutation(len(movies))
        of_others = movies.assign(
            genres=movies["genres"].array[order], year=movies["year"].array[order]
        )
        side = {**WITH_SIDE_INFORMATION, **quick}
        sets = KerasFactors(with_sets=True, **side)
        frames = [
            self.judged(
                KerasFactors(movies=of_others, **side),
                split,
                "genre and year of other movies",
            )
        ]
        with nobody_left_out():
            frames.append(self.judged(sets, split, "sets, nobody left out"))
            with sets_of_others(rng):
                name = "sets of others, nobody left out"
                frames.append(self.judged(sets, split, name))
        return frames

    def other_splits(self, quick: dict) -> list[pd.DataFrame]:
        """Judge two of ours on the last ratings, on folds, and on unseen movies."""
        ratings = self.movielens.ratings
        frames = []
        models = {
            name: kind(**settings, **quick)
            for name, (kind, settings) in self.models().items()
        }
        by_user_time, unseen = user_temporal_split(ratings), cold_start_movies(ratings)
        folds = cross_validation(ratings, seed=self.seeds["folds"])
        for name in ("factors, ids only", "factors, everything"):
            frames.append(self.judged(models[name], by_user_time, name))
            of_folds = [self.judged(models[name], fold, name) for fold in folds]
            frames.append(mean_over_folds(of_folds))
        known = ("factors, ids only", "factors, genre and year", "factors, everything")
        cold = baselines() | {name: models[name] for name in known}
        return frames + [self.judged(model, unseen, n) for n, model in cold.items()]

    def trials(self, split: Split, quick: dict, n_trials: int) -> list[pd.DataFrame]:
        """Try settings on two inner splits of the training rows."""
        inner = [random_split(split.train, 0.15, seed) for seed in (1, 2)]
        frames = []
        for name, space in SPACES.items():
            kind, settings = self.models()[name]
            used = self.in_use(name, space)
            drawn = sample_settings(space, n_trials, seed=0)
            tried = [used] + [one for one in drawn if one != used]
            print("trials of", name, flush=True)

            def make(kind=kind, settings=settings, **chosen):
                return OnlyStars(kind(**{**settings, **quick, **chosen}))

            found = search(make, tried, inner, "rmse")
            frames.append(trial_records(name, found, used, self.movielens.edition))
        return frames

    def kept_trials(self) -> pd.DataFrame:
        """Take the trials from the results file, and mark the settings in use anew."""
        results = read_results(RESULTS)
        trials = results[results["metric"] == "inner rmse"]
        names = trials["method"].str.removesuffix(USED)
        in_use = [written(n, self.in_use(n, space)) for n, space in SPACES.items()]
        return trials.assign(method=names.where(~names.isin(in_use), names + USED))

    def in_use(self, name: str, space: dict[str, list]) -> dict[str, Any]:
        kind, settings = self.models()[name]
        return {key: getattr(kind(**settings), key) for key in space}


def trial_records(
    name: str, trials: pd.DataFrame, used: dict, edition: str
) -> pd.DataFrame:
    settings = trials[list(used)].to_dict("records")
    return pd.DataFrame(
        {
            "method": [
                written(name, one) + (USED if one == used else "") for one in settings
            ],
            "metric": "inner rmse",
            "value": trials["rmse"],
            "cpu_s": trials["cpu_s"],
            "split": "inner",
            "edition": edition,
        }
    )


def written(name: str, settings: dict[str, Any]) -> str:
    return f"{name}, {', '.join(f'{key} {value}' for key, value in settings.items())}"


def nobody_left_out() -> Any:
    """Let a model be trained with the user and the movie in their own sets."""
    from recsys_helpers.nn.parts import SetEmbedding

    whole = SetEmbedding.call
    return patch.object(
        SetEmbedding,
        "call",
        lambda self, rows, left_out=None, training=False: whole(self, rows),
    )


def sets_of_others(rng: np.random.Generator) -> Any:
    """Give each user and each movie the set of another."""

    def shuffled(interactions: sparse.csr_array) -> sparse.csr_array:
        return set_matrix(interactions)[rng.permutation(interactions.shape[0])]

    return patch.object(keras_models, "set_matrix", shuffled)


def sources(quick: bool) -> list["SourceModel"]:
    """List the source's three models, with its trainings: (rate assigned, epochs)."""
    one = [(None, 1)]
    return [
        SourceModel(
            "source: dot product",
            learning_rate=0.001,
            fits=one if quick else [(None, 1), (0.01, 3), (0.001, 6)],
        ),
        SourceModel(
            "source: dot product and biases",
            learning_rate=0.01,
            fits=one if quick else [(None, 1), (0.01, 6), (0.001, 10)],
            biases=True,
        ),
        SourceModel(
            "source: network",
            learning_rate=0.001,
            fits=one if quick else [(None, 10), (0.001, 5)],
            network=True,
            batch_size=128,
        ),
    ]


@dataclass
class SourceModel:
    """A model as the source has it: 50 factors, raw stars, row numbers, L2 of 1e-4."""

    name: str
    learning_rate: float
    fits: list[tuple[float | None, int]]
    biases: bool = False
    network: bool = False
    batch_size: int = 64

    def fit(self, train: pd.DataFrame) -> Self:
        keras = reproducible_keras(seed=0)
        self.users_ = {u: row for row, u in enumerate(train["user_id"].unique(), 1)}
        self.movies_ = {i: row for row, i in enumerate(train["movie_id"].unique(), 1)}
        self.model_ = self._build(keras.layers)
        self.model_.compile(
            keras.optimizers.Adam(self.learning_rate), loss="mse", metrics=["mse"]
        )
        pairs = self._rows(train["user_id"], train["movie_id"])
        stars = train["rating"].to_numpy(dtype=np.float32)
        for assigned, n_epochs in self.fits:
            if assigned is not None:
                self.model_.optimizer.lr = assigned  # as in the source
            self.model_.fit(
                pairs, stars, batch_size=self.batch_size, epochs=n_epochs, verbose=0
            )
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> NDArray:
        stars = self.model_.predict(
            self._rows(user_ids, movie_ids), batch_size=8192, verbose=0
        )
        return np.clip(stars.ravel(), 0.5, 5)

    def losses(self, keras: Any, split: Split, edition: str) -> pd.DataFrame:
        """Take the loss that Keras gives for the test rows apart."""
        test = split.test
        loss, mse = self.model_.evaluate(
            self._rows(test["user_id"], test["movie_id"]),
            test["rating"].to_numpy(dtype=np.float32),
            batch_size=8192,
            verbose=0,
        )
        rate = float(self.model_.optimizer.learning_rate)
        parts = {
            "loss of the test rows": loss,
            "MSE in it": mse,
            "penalty in it": loss - mse,
            "learning rate at the end": rate,
            "learning rate assigned": self.fits[-1][0],
        }
        return pd.DataFrame(
            {
                "method": self.name,
                "metric": list(parts),
                "value": list(parts.values()),
                "split": split.name,
                "seed": split.seed,
                "edition": edition,
            }
        ).dropna(subset="value")

    def _build(self, layers: Any) -> Any:
        import keras

        user = keras.Input((1,), dtype="int64")
        movie = keras.Input((1,), dtype="int64")
        # Row 0 is for what is only in the test; the source had rows for all.
        sizes = len(self.users_) + 1, len(self.movies_) + 1
        small = keras.regularizers.L2(1e-4)
        u, m = (
            layers.Embedding(size, 50, embeddings_regularizer=small)(ids)
            for size, ids in zip(sizes, (user, movie), strict=True)
        )
        if self.network:
            x = layers.Flatten()(layers.Concatenate()([u, m]))
            x = layers.Dropout(0.3)(x)
            x = layers.Dense(70, activation="relu")(x)
            x = layers.Dropout(0.75)(x)
            return keras.Model([user, movie], layers.Dense(1)(x))
        x = layers.Flatten()(layers.Dot(axes=2)([u, m]))
        if self.biases:
            of_user, of_movie = (
                layers.Flatten()(layers.Embedding(size, 1)(ids))
                for size, ids in zip(sizes, (user, movie), strict=True)
            )
            x = layers.Add()([x, of_user, of_movie])
        return keras.Model([user, movie], x)

    def _rows(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> list[NDArray]:
        return [
            pd.Series(np.asarray(ids)).map(rows).fillna(0).to_numpy(dtype=np.int64)
            for ids, rows in ((user_ids, self.users_), (movie_ids, self.movies_))
        ]


if __name__ == "__main__":
    main()
