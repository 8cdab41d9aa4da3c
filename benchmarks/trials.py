"""Choose the settings of every method of chapter 9, each with the same care.

    python benchmarks/trials.py [--only NAME] [--output FILE] [--quick]

Every method gets `N_TRIALS` combinations of settings, drawn at random from its space,
or all where there are fewer. They are judged on two cuts of the training rows of the
question that `five_methods.py` asks first, the last fifth of each person's ratings:
these rows are cut the same way again, and what is left of them once more.

Two thirds of the people judge the methods. The others, whose ratings have tuned no
method, judge the blends: on the first cut, their ratings give a blend its weights, and
it is there that its constants are tried. One half of these people gives the weights
that the other half is judged by.

No trial knows a date, but for those of "EASE, dates", which is in no comparison. Every
trial is a record "inner ndcg@10", or "inner rmse", called by the name of the method
and its settings. `chosen` reads the best. `--only` (again for another) tries the
methods named anew, and leaves what the file has of others.

Where the best lay at an end of its space, the space was made wider once and all trials
of the method were made anew. `tests/claims` knows where it lies at an end all the same.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from keras_ratings import OnlyStars
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from recsys_helpers.datasets import MovieLens, load_films, load_movielens, match_films
from recsys_helpers.evaluation import ndcg_of_users
from recsys_helpers.interactions import Interactions
from recsys_helpers.measure import benchmark_arguments
from recsys_helpers.methods import ScoresMovies
from recsys_helpers.methods.als import Als, confidences
from recsys_helpers.methods.baselines import BiasModel, Popularity
from recsys_helpers.methods.bpr import Bpr
from recsys_helpers.methods.collaborative import KerasFactors, KerasNetwork
from recsys_helpers.methods.ease import Ease
from recsys_helpers.methods.entity import SoftmaxLinkModel
from recsys_helpers.methods.entity.links import FilmLinks
from recsys_helpers.methods.hybrids import BlendedLists, BlendedStars
from recsys_helpers.methods.liked_vectors import LikedVectors
from recsys_helpers.methods.neighbours import LikeNeighbours, RatingNeighbours
from recsys_helpers.methods.posters import PosterMethod
from recsys_helpers.methods.two_tower import RetrievalTowers, TwoTowers
from recsys_helpers.metrics import rating_errors
from recsys_helpers.nn import reproducible_keras
from recsys_helpers.results import read_results, versions, write_results
from recsys_helpers.splits import Split, user_temporal_split
from recsys_helpers.tuning import inner_splits, sample_settings, search
from recsys_helpers.vectors import MovieVectors

RESULTS = Path(__file__).parent / "results" / "trials.json"
N_TRIALS = 16
NDCG, RMSE = "ndcg@10", "rmse"

Settings = dict[str, Any]


# --- what methods are made of ---------------------------------------------------------


@dataclass
class Known:
    """The data, a seed, and whether to be quick."""

    movielens: MovieLens
    seed: int = 0
    quick: bool = False

    @property
    def movies(self) -> pd.DataFrame:
        return self.movielens.movies

    @cached_property
    def short(self) -> Settings:
        return {"n_epochs": 1} if self.quick else {}

    @cached_property
    def entity_vectors(self) -> MovieVectors:
        """Vectors of films by their links; nobody asks about links here, so by all."""
        films = load_films("sample" if self.quick else "all")
        links = FilmLinks.from_pairs(films.pairs(min_films=3), films.films["film_id"])
        model = SoftmaxLinkModel(seed=self.seed, **self.short).fit(links)
        vectors = model.film_vectors()
        pairs = match_films(self.movies, films.films).pairs
        rows = [vectors.row(film_id) for film_id in pairs["film_id"].tolist()]
        return MovieVectors(pairs["movie_id"], vectors.matrix[rows])

    @cached_property
    def poster_vectors(self) -> MovieVectors:
        from recsys_helpers.images.backbones import load_backbone
        from recsys_helpers.posters import draw_posters

        # Equal scores come in the order of the movies, which should mean nothing.
        movies = self.movies.sample(frac=1, random_state=0).reset_index(drop=True)
        method = PosterMethod(describe=load_backbone())
        return method.fit(movies, draw_posters(movies, wear=True)).movie_vectors()


@dataclass
class ListsByVectors:
    """Lists by vectors that are learned at the first fit, from no rating at all."""

    make_vectors: Callable[[], MovieVectors]
    like_threshold: float | None = 4.0

    def fit(self, train: pd.DataFrame) -> Self:
        lists = LikedVectors(
            vectors=self.make_vectors(), like_threshold=self.like_threshold
        )
        self.lists_ = lists.fit(train)
        return self

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        return self.lists_.recommend(user_id, n, exclude_seen)


@dataclass
class ScaledAls(ScoresMovies):
    """ALS whose penalty grows with what is known of a row.

    Lambda of a row is `regularization` times (sum of its confidences) ** `power`,
    brought to a mean of 1: Rendle, Krichene, Zhang and Koren, "Revisiting the
    performance of iALS on item recommendation benchmarks", RecSys 2022.
    """

    n_factors: int = 64
    n_iterations: int = 10
    regularization: float = 10
    alpha: float = 10
    power: float = 1
    seed: int = 0

    def fit(self, train: pd.DataFrame) -> Self:
        rated = Interactions.from_ratings(train)
        liked = confidences(train, 4.0, "constant", self.alpha)
        C = Interactions.from_ratings(
            liked, "confidence", rated.users, rated.movies
        ).matrix
        Y = np.random.default_rng(self.seed).normal(
            scale=0.01, size=(C.shape[1], self.n_factors)
        )
        for _ in range(self.n_iterations):
            X = self._solved(C, Y)
            Y = self._solved(C.T.tocsr(), X)
        self.interactions_, self.X_, self.Y_ = rated, self._solved(C, Y), Y
        return self

    def _solved(self, C: sparse.csr_array, Y: NDArray) -> NDArray:
        """Solve for the vectors of the rows of C, which have few positives each.

        In the directions of Y'Y all rows share a diagonal matrix, so by Woodbury's
        identity a row with m positives needs a system of m equations.
        """
        known = (C.sum(axis=1) + C.shape[1] - np.diff(C.indptr)) ** self.power
        penalties = self.regularization * known / known.mean()
        shared, directions = np.linalg.eigh(Y.T @ Y)
        Z = Y @ directions
        X = np.zeros((C.shape[0], self.n_factors))
        for u in np.flatnonzero(np.diff(C.indptr)):
            row = slice(*C.indptr[u : u + 2])
            Z_u, c_u = Z[C.indices[row]], C.data[row]
            inverse = 1 / (shared + penalties[u])
            x = inverse * (Z_u.T @ c_u)
            among = np.diag(1 / (c_u - 1)) + (Z_u * inverse) @ Z_u.T
            X[u] = x - inverse * (Z_u.T @ np.linalg.solve(among, Z_u @ x))
        return X @ directions.T

    def _user_scores(self, user_id: int) -> NDArray:
        return self.Y_ @ self.X_[self.interactions_.users.rows(user_id)]


def keras_factors(known: Known, **settings: Any) -> KerasFactors:
    return KerasFactors(**settings | known.short, seed=known.seed)


def factors_with_everything(known: Known, **settings: Any) -> KerasFactors:
    return keras_factors(known, movies=known.movies, with_sets=True, **settings)


def keras_network(known: Known, **settings: Any) -> KerasNetwork:
    return KerasNetwork(**settings | known.short, seed=known.seed)


def two_towers(known: Known, **settings: Any) -> TwoTowers:
    return TwoTowers(movies=known.movies, seed=known.seed, **settings | known.short)


def retrieval_towers(known: Known, **settings: Any) -> RetrievalTowers:
    settings = {"movies": known.movies, "seed": known.seed} | settings | known.short
    return RetrievalTowers(**settings)


# --- the spaces -----------------------------------------------------------------------


@dataclass(frozen=True)
class Searched:
    """How a method is made, what may be chosen, and by what it is judged."""

    make: Callable[..., Any]  # of a Known, and settings by name
    space: Mapping[str, Sequence[Any]]
    metric: str = NDCG


LIKE_FROM = [None, 3.0, 3.5, 4.0, 4.5, 5.0]
TOWERS_FOR_LISTS = {
    "hidden": [(), (64,)],
    "n_factors": [32, 64, 128],
    "temperature": [0.03, 0.05, 0.1, 0.2, 0.3],
    "learning_rate": [0.001, 0.003, 0.01, 0.03],
    "n_epochs": [5, 10],
}
SEARCHED: Mapping[str, Searched] = {
    "popularity": Searched(
        lambda known, **chosen: Popularity(**chosen), {"like_threshold": LIKE_FROM}
    ),
    "bias model": Searched(
        lambda known, **chosen: BiasModel(**chosen),
        {"user_shrinkage": [1, 2, 5, 10, 20], "movie_shrinkage": [1, 2, 3, 5, 10]},
        RMSE,
    ),
    "neighbours, stars": Searched(
        lambda known, **chosen: RatingNeighbours("movies", **chosen),
        {
            "centre": ["user mean", "bias"],
            "k": [10, 20, 40, 80, 160, 320],
            "shrinkage": [10, 25, 50, 100, 200, 400],
            "damping": [0.003, 0.01, 0.03, 0.1, 0.3, 1],
        },
        RMSE,
    ),
    "neighbours, lists": Searched(
        lambda known, **chosen: LikeNeighbours("movies", **chosen),
        {
            "k": [5, 10, 20, 50, 100, 200, 400],
            "shrinkage": [0, 2, 5, 10, 20, 50],
            "like_threshold": [None, 3.5, 4.0, 4.5],
        },
    ),
    "EASE": Searched(
        lambda known, **chosen: Ease(**chosen),
        {
            "l2": [50, 100, 200, 400, 800, 1600],
            "like_threshold": [3.5, 4.0, 4.5],
            "half_like_from": [None, 2.5, 3.0],
        },
    ),
    "EASE, dates": Searched(
        lambda known, **chosen: Ease(**chosen),
        {
            "l2": [50, 100, 200, 400, 800, 1600],
            "like_threshold": [3.5, 4.0, 4.5],
            "half_like_from": [None, 2.5, 3.0],
            "recency": [0.06, 0.12, 0.25, 0.5, 1, 2],
        },
    ),
    "ALS": Searched(
        lambda known, **chosen: Als(
            n_iterations=15, weighting="constant", seed=known.seed, **chosen
        ),
        {
            "n_factors": [16, 32, 64, 128, 256],
            "regularization": [3, 10, 30, 100],
            "like_threshold": [3.5, 4.0],
            "alpha": [0, 0.1, 0.25, 0.5, 1, 2],
        },
    ),
    "ALS, scaled penalty": Searched(
        lambda known, **chosen: ScaledAls(seed=known.seed, **chosen),
        {
            "n_factors": [16, 32, 64, 128, 256],
            "regularization": [3, 10, 30, 100],
            "alpha": [1, 5, 20, 80],
            "power": [0.25, 0.5, 0.75, 1],
        },
    ),
    "BPR": Searched(
        lambda known, **chosen: Bpr(seed=known.seed, **chosen),
        {
            "n_factors": [4, 8, 16, 32, 64, 128],
            "n_iterations": [25, 50, 100, 200, 400],
            "learning_rate": [0.001, 0.003, 0.01, 0.03],
            "regularization": [0.003, 0.01, 0.03, 0.1],
            "like_threshold": [None, 3.5, 4.0, 4.5],
        },
    ),
    "Keras factors, ids only": Searched(
        keras_factors,
        {
            "factor_l2": [5, 8, 13, 20, 32],
            "bias_l2": [1, 2, 3, 5, 8],
            "learning_rate": [0.02, 0.05, 0.1],
        },
        RMSE,
    ),
    "Keras factors, everything": Searched(
        factors_with_everything,
        {
            "factor_l2": [15, 25, 50, 75, 100],
            "bias_l2": [3, 6, 9, 15, 25],
            "feature_l2": [20, 40, 80, 120, 200],
            "set_l2": [10, 20, 40, 80],
            "learning_rate": [0.005, 0.01, 0.02],
        },
        RMSE,
    ),
    "Keras network": Searched(
        keras_network,
        {
            "factor_l2": [0, 15, 30, 60, 120],
            "dropout": [0.1, 0.3, 0.5, 0.7],
            "learning_rate": [0.0025, 0.005, 0.01, 0.02],
        },
        RMSE,
    ),
    "two towers, stars": Searched(
        two_towers,
        {
            "hidden": [(64, 32), (128, 64), (256, 128)],
            "n_factors": [8, 16, 32],
            "dropout": [0, 0.1, 0.3],
            "hide_movies": [0.1, 0.3, 0.5],
            "learning_rate": [0.001, 0.002, 0.003, 0.005],
            "n_epochs": [5, 8, 12, 18],
        },
        RMSE,
    ),
    "two towers, lists": Searched(retrieval_towers, TOWERS_FOR_LISTS),
    "two towers, lists, features only": Searched(
        partial(retrieval_towers, with_ids=False), TOWERS_FOR_LISTS
    ),
    "entities": Searched(
        lambda known, **chosen: ListsByVectors(lambda: known.entity_vectors, **chosen),
        {"like_threshold": LIKE_FROM},
    ),
    "posters": Searched(
        lambda known, **chosen: ListsByVectors(lambda: known.poster_vectors, **chosen),
        {"like_threshold": LIKE_FROM},
    ),
}
STARS_IN_BLEND = (
    *("bias model", "neighbours, stars"),
    *("Keras factors, everything", "two towers, stars"),
)
LISTS_IN_BLEND = (
    *("popularity", "neighbours, lists", "EASE", "ALS", "two towers, lists"),
)
BLENDS: Mapping[str, Searched] = {
    "blend of stars": Searched(
        lambda members, **chosen: BlendedStars(members, **chosen),
        {"l2": [1, 3, 10, 30, 100, 300, 1000, 3000]},
        RMSE,
    ),
    "blend of lists": Searched(
        lambda members, **chosen: BlendedLists(members, **chosen),
        {"offset": [0, 2, 5, 10, 20, 60], "depth": [20, 50, 100, 200]},
    ),
}
MEMBERS = {"blend of stars": STARS_IN_BLEND, "blend of lists": LISTS_IN_BLEND}


def made(name: str, known: Known) -> Any:
    """Make a method, or a blend, with the settings that were chosen for it."""
    if name in BLENDS:
        members = {member: made(member, known) for member in MEMBERS[name]}
        return BLENDS[name].make(members, cut=weighing_cut, **chosen(name))
    return SEARCHED[name].make(known, **chosen(name))


# --- the trials -----------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    everything = [*SEARCHED, *BLENDS]
    parser.add_argument("--only", action="append", choices=everything)
    arguments = benchmark_arguments(parser, RESULTS)
    names = arguments.only or everything
    reproducible_keras(seed=0)
    movielens = load_movielens("sample" if arguments.quick else "small")
    known = Known(movielens, quick=arguments.quick)
    train = user_temporal_split(movielens.ratings).train
    cuts = inner_splits(train, user_temporal_split, 2)
    for_methods = [of_people(cut, whose(cut, "methods")) for cut in cuts]
    for_blends = of_people(cuts[0], whose(cuts[0], "blends"))
    for name in names:
        print(name, flush=True)
        if name in BLENDS:
            trials = trials_of_blend(name, known, for_blends)
        else:
            trials = trials_of(name, known, for_methods)
        write_trials(name, trials, movielens.edition, arguments.output)
        print(trials.to_string(), flush=True)


def whose(cut: Split, judged: Literal["methods", "blends"]) -> NDArray[np.int64]:
    """Say whose ratings judge methods, or blends."""
    people = np.random.default_rng(0).permutation(np.unique(cut.train["user_id"]))
    return np.setdiff1d(people, people[::3]) if judged == "methods" else people[::3]


def of_people(cut: Split, people: NDArray[np.int64]) -> Split:
    """Leave some people to be judged by; all are learned from."""
    return replace(cut, test=cut.test[cut.test["user_id"].isin(people)])


def weighing_cut(train: pd.DataFrame) -> Split:
    """Cut training rows for the weights of a blend, on which no method was tuned."""
    cut = user_temporal_split(train)
    return of_people(cut, whose(cut, "blends"))


def drawn(space: Mapping[str, Sequence[Any]], quick: bool) -> list[Settings]:
    """Draw what is tried; the same each time."""
    return sample_settings(space, 2 if quick else N_TRIALS, seed=0)


def trials_of(name: str, known: Known, cuts: list[Split]) -> pd.DataFrame:
    """Fit and judge a method with each of its settings."""
    searched = SEARCHED[name]

    def make(**settings: Any) -> Any:
        model = searched.make(known, **settings)
        # Lists of a method that is judged by its stars would only take time.
        return OnlyStars(model) if searched.metric == RMSE else model

    settings = drawn(searched.space, known.quick)
    return search(make, settings, cuts, searched.metric, known.movies)


def trials_of_blend(name: str, known: Known, cut: Split) -> pd.DataFrame:
    """Judge a blend by people whose ratings have not given it its weights."""
    searched = BLENDS[name]
    members = {
        member: Fitted(made(member, known).fit(cut.train)) for member in MEMBERS[name]
    }
    people = np.random.default_rng(0).permutation(np.unique(cut.test["user_id"]))
    in_one = cut.test["user_id"].isin(people[::2])
    halves = cut.test[in_one], cut.test[~in_one]
    trials = []
    for settings in drawn(searched.space, known.quick):
        blend = searched.make(members, **settings)
        found = []
        for learned_on, judged_on in (halves, halves[::-1]):
            weighing = Split("half", cut.train, learned_on)
            blend = replace(blend, cut=lambda _, weighing=weighing: weighing)
            asked = Split("other half", cut.train, judged_on)
            found.append(gains(blend.fit(cut.train), asked, searched.metric))
        value = np.nanmean(np.concatenate(found))
        value = np.sqrt(value) if searched.metric == RMSE else value
        trials.append({**settings, searched.metric: value, "cpu_s": np.nan})
    best_first = searched.metric == RMSE
    return pd.DataFrame(trials).sort_values(searched.metric, ascending=best_first)


def gains(blend: Any, split: Split, metric: str) -> NDArray:
    """Squared error of each rating, or nDCG@10 of each person."""
    if metric == NDCG:
        return ndcg_of_users(blend, split)
    predicted = blend.predict(split.test["user_id"], split.test["movie_id"])
    return rating_errors(split.test["rating"], predicted) ** 2


@dataclass
class Fitted:
    """A method that stays as it has been fitted, and remembers what it has said."""

    model: Any

    def __post_init__(self) -> None:
        self.lists_: dict[int, pd.DataFrame] = {}

    def fit(self, train: pd.DataFrame) -> Self:
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> NDArray:
        return self.model.predict(user_ids, movie_ids)

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        if user_id not in self.lists_:
            self.lists_[user_id] = self.model.recommend(user_id, 200, exclude_seen)
        return self.lists_[user_id].head(n)


# --- the file -------------------------------------------------------------------------


def write_trials(name: str, trials: pd.DataFrame, edition: str, path: Path) -> None:
    """Put the trials of a method in the place of those that the file has of it."""
    *settings, metric, _ = trials.columns
    records = pd.DataFrame(
        {
            "method": [
                f"{name} {json.dumps(one)}"
                for one in trials[settings].astype(object).to_dict("records")
            ],
            "metric": f"inner {metric}",
            "value": trials[metric],
            "cpu_s": trials["cpu_s"],
            "split": "user temporal",
            "edition": edition,
        }
    )
    used = versions("numpy", "pandas", "scipy", "keras", "implicit")
    records["versions"] = [used] * len(records)
    if path.exists():
        old = read_results(path).dropna(axis="columns", how="all")
        others = names_of(old) != name
        records = pd.concat([old[others], records], ignore_index=True)
    write_results(records, path)


def names_of(trials: pd.DataFrame) -> pd.Series:
    """Read the names of the methods off their trials."""
    return trials["method"].str.split(" {", regex=False).str[0]


def settings_of(trial: str) -> Settings:
    """Read the settings off what a trial is called.

    >>> settings_of('EASE {"l2": 100, "half_like_from": null}')
    {'l2': 100, 'half_like_from': None}
    """
    settings = json.loads(trial[trial.index("{") :])
    return {k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}


def chosen(name: str, path: Path = RESULTS) -> Settings:
    """Read the settings with which a method, or a blend, was best."""
    trials = read_results(path)
    trials = trials[names_of(trials) == name]
    is_error = trials["metric"].iloc[0] == f"inner {RMSE}"
    best = trials["value"].idxmin() if is_error else trials["value"].idxmax()
    return settings_of(trials.loc[best, "method"])


if __name__ == "__main__":
    main()
