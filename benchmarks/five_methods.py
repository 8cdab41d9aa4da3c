"""Measure every method of the course by one protocol, on one split of `small`.

    python benchmarks/five_methods.py [--output FILE] [--only NAME] [--quick]

The last fifth of each user's ratings is the test. Each method is fitted once for each
of its seeds, in a process of its own, so that what it costs is its own: `fit_cpu_s`,
and `peak_mib`, the most memory that the process held (data and libraries included).
Stars are judged where a method predicts any, lists where it gives any. Two slices are
looked at alone: movies without a training rating, and lists of nothing but these.
Settings were chosen on training rows, by the benchmarks of the chapters.

Then, of the seed 0, every method is compared with every other, user by user. Records
"paired difference of ndcg@10" and "... of squared error" have the names of both.

`--only` measures the methods whose names start so, to try one. `--quick` goes through
all on `sample`, with short trainings, to try the script.
"""

import argparse
import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import combinations
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from keras_ratings import OnlyStars
from numpy.typing import ArrayLike
from two_towers import OnlyOf

from recsys_helpers.datasets import MovieLens, load_films, load_movielens, match_films
from recsys_helpers.evaluation import (
    RatingPredictor,
    Recommender,
    evaluate,
    ndcg_of_users,
)
from recsys_helpers.intervals import bootstrap_interval, paired_difference
from recsys_helpers.large.processes import leave_none_behind
from recsys_helpers.measure import peak_memory_mib
from recsys_helpers.methods.als import CHOSEN_ALS, Als
from recsys_helpers.methods.baselines import (
    BiasModel,
    GlobalMean,
    Popularity,
    RandomChoice,
)
from recsys_helpers.methods.collaborative import (
    WITH_SIDE_INFORMATION,
    KerasFactors,
    KerasNetwork,
)
from recsys_helpers.methods.ease import CHOSEN_EASE, Ease
from recsys_helpers.methods.entity import SoftmaxLinkModel
from recsys_helpers.methods.entity.links import FilmLinks
from recsys_helpers.methods.hybrids import BlendedLists, BlendedStars
from recsys_helpers.methods.liked_vectors import LikedVectors
from recsys_helpers.methods.neighbours import LikeNeighbours, RatingNeighbours
from recsys_helpers.methods.posters import PosterMethod
from recsys_helpers.methods.two_tower import RetrievalTowers, TwoTowers
from recsys_helpers.metrics import rating_errors
from recsys_helpers.nn import reproducible_keras
from recsys_helpers.results import results_table, versions, write_results
from recsys_helpers.splits import Split, cold_slices, user_temporal_split
from recsys_helpers.vectors import MovieVectors

RESULTS = Path(__file__).parent / "results" / "five_methods.json"
AMONG_NEW = "ndcg@10 among new movies"
NEW, RARE = "rmse of new movies", "rmse of rare movies"
# Of what `evaluate` measures.
KEPT = (
    *("rmse", "mae", "ndcg@10", "ndcg@10 (any)", "recall@20", "coverage@10"),
    *("novelty@10", "diversity@10", "popularity lift@10", "gini@10"),
    *("fit_cpu_s", "score_cpu_s"),
)


def main() -> None:
    arguments = parse_arguments()
    edition = "sample" if arguments.quick else "small"
    tasks = [
        (name, seed)
        for name, (_, n_seeds) in METHODS.items()
        for seed in range(1 if arguments.quick else n_seeds)
        if name.startswith(arguments.only)
    ]
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh, max_tasks_per_child=1) as pool:
        parts = list(pool.map(partial(measured, edition), *zip(*tasks, strict=True)))
    frames = [frame for frame, _ in parts]
    of_users = {
        name: errors
        for (name, seed), (_, errors) in zip(tasks, parts, strict=True)
        if seed == 0
    }
    frames += [
        differences(of_users, "ndcg", "ndcg@10"),
        differences(of_users, "squared error", "squared error"),
    ]
    results = pd.concat(frames, ignore_index=True)
    used = versions("numpy", "pandas", "scipy", "keras", "implicit")
    results = results.assign(
        versions=[used] * len(results), edition=edition, split="user temporal"
    ).astype({"n": "Int64", "seed": "Int64"})
    write_results(results, arguments.output)
    of_seed_0 = results[results["seed"].isna() | (results["seed"] == 0)]
    known = set(results["metric"])
    shown = [metric for metric in (*KEPT, NEW, AMONG_NEW) if metric in known]
    print(results_table(of_seed_0, shown, digits=3).to_string())


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--only", default="")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    if (arguments.quick or arguments.only) and arguments.output == RESULTS:
        parser.error("this is no full measurement: give another file with --output")
    return arguments


# --- the methods ----------------------------------------------------------------------


@dataclass
class Known:
    """What a method is made of: the data, a seed, and whether to be quick."""

    movielens: MovieLens
    seed: int
    quick: bool = False

    @property
    def movies(self) -> pd.DataFrame:
        return self.movielens.movies

    @cached_property
    def short(self) -> dict[str, int]:
        return {"n_epochs": 1} if self.quick else {}


def keras_factors(known: Known) -> KerasFactors:
    everything = {"movies": known.movies, "with_sets": True} | WITH_SIDE_INFORMATION
    return KerasFactors(**everything | known.short, seed=known.seed)


def two_towers(known: Known) -> TwoTowers:
    return TwoTowers(movies=known.movies, seed=known.seed, **known.short)


def retrieval_towers(known: Known, **settings: Any) -> RetrievalTowers:
    settings = {"movies": known.movies, "seed": known.seed} | settings | known.short
    return RetrievalTowers(**settings)


def entity_vectors(known: Known) -> MovieVectors:
    films = load_films("sample" if known.quick else "all")
    # No link is held out: nobody asks about links here.
    links = FilmLinks.from_pairs(films.pairs(min_films=3), films.films["film_id"])
    model = SoftmaxLinkModel(seed=known.seed, **known.short).fit(links)
    vectors = model.film_vectors()
    pairs = match_films(known.movies, films.films).pairs
    rows = [vectors.row(film_id) for film_id in pairs["film_id"].tolist()]
    return MovieVectors(pairs["movie_id"], vectors.matrix[rows])


def poster_vectors(known: Known) -> MovieVectors:
    from recsys_helpers.images.backbones import load_backbone
    from recsys_helpers.posters import draw_posters

    # Equal scores come in the order of the movies, which should mean nothing.
    movies = known.movies.sample(frac=1, random_state=0).reset_index(drop=True)
    method = PosterMethod(describe=load_backbone())
    return method.fit(movies, draw_posters(movies, wear=True)).movie_vectors()


@dataclass
class ListsByVectors:
    """Lists by vectors that are learned at the first fit, from no rating at all."""

    make_vectors: Callable[[], MovieVectors]

    @cached_property
    def vectors(self) -> MovieVectors:
        return self.make_vectors()

    def fit(self, train: pd.DataFrame) -> Self:
        self.lists_ = LikedVectors(vectors=self.vectors).fit(train)
        return self

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        return self.lists_.recommend(user_id, n, exclude_seen)


def blended_stars(known: Known) -> BlendedStars:
    return BlendedStars(
        {
            "bias model": BiasModel(),
            "neighbours": RatingNeighbours("movies"),
            "Keras factors": keras_factors(known),
            "two towers": two_towers(known),
        }
    )


def blended_lists(known: Known) -> BlendedLists:
    return BlendedLists(
        {
            "popularity": Popularity(),
            "neighbours": LikeNeighbours("movies"),
            "EASE": Ease(),
            "EASE, recency": Ease(**CHOSEN_EASE),
            "ALS": Als(**CHOSEN_ALS, seed=known.seed),
            "two towers": retrieval_towers(known),
        }
    )


# Name: how it is made, and with how many seeds (one, if it leaves nothing to chance).
METHODS: Mapping[str, tuple[Callable[[Known], Any], int]] = {
    "random choice": (lambda known: RandomChoice(known.seed), 3),
    "global mean": (lambda known: GlobalMean(), 1),
    "popularity": (lambda known: Popularity(), 1),
    "bias model": (lambda known: BiasModel(), 1),
    "neighbours, stars": (lambda known: RatingNeighbours("movies"), 1),
    "neighbours, lists": (lambda known: LikeNeighbours("movies"), 1),
    "EASE": (lambda known: Ease(), 1),
    "EASE, recency": (lambda known: Ease(**CHOSEN_EASE), 1),
    "ALS, source's settings": (lambda known: Als(seed=known.seed), 3),
    "ALS": (lambda known: Als(**CHOSEN_ALS, seed=known.seed), 3),
    "Keras factors, ids only": (
        lambda known: KerasFactors(seed=known.seed, **known.short),
        3,
    ),
    "Keras factors, everything": (keras_factors, 3),
    # Its lists would take minutes: the network has to be asked for each pair.
    "Keras network": (
        lambda known: OnlyStars(KerasNetwork(seed=known.seed, **known.short)),
        3,
    ),
    "two towers, stars": (two_towers, 3),
    "two towers, lists": (retrieval_towers, 3),
    "two towers, lists, content only": (partial(retrieval_towers, with_ids=False), 3),
    "entities": (lambda known: ListsByVectors(partial(entity_vectors, known)), 3),
    "posters": (lambda known: ListsByVectors(partial(poster_vectors, known)), 1),
    "blend of stars": (blended_stars, 3),
    "blend of lists": (blended_lists, 3),
}


# --- what is measured -----------------------------------------------------------------

OfUsers = dict[str, np.ndarray]


def measured(edition: str, name: str, seed: int) -> tuple[pd.DataFrame, OfUsers]:
    """Fit and judge a method, in a process that does nothing else."""
    make, n_seeds = METHODS[name]
    frame, of_users = judged(edition, name, make, seed)
    return frame.assign(seed=seed if n_seeds > 1 else None), of_users


def judged(
    edition: str, name: str, make: Callable[[Known], Any], seed: int
) -> tuple[pd.DataFrame, OfUsers]:
    """Fit and judge a method: records, and what it achieves for each user."""
    print(name, "seed", seed, flush=True)
    reproducible_keras(seed=seed)
    movielens = load_movielens(edition)
    split = user_temporal_split(movielens.ratings)
    model = make(Known(movielens, seed, quick=edition == "sample"))
    frame = evaluate(model, split, movies=movielens.movies)
    frame = frame[frame["metric"].isin(KEPT)]
    of_users, rows = {}, []
    if isinstance(model, RatingPredictor):
        predicted = model.predict(split.test["user_id"], split.test["movie_id"])
        rows += of_rare_movies(split, predicted)
        of_users["squared error"] = squared_errors(split, predicted)
    if isinstance(model, Recommender):
        of_users["ndcg"] = ndcg_of_users(model, split)
        rows.append(among_new_movies(model, split, movielens.movies))
    rows += [("peak_mib", peak_memory_mib(), None, None, None)]
    columns = ["metric", "value", "low", "high", "n"]
    frame = pd.concat([frame, pd.DataFrame(rows, columns=columns)], ignore_index=True)
    frame["peak_mib"] = peak_memory_mib()
    if isinstance(model, BlendedStars | BlendedLists):
        weights = model.weights_.rename("value").rename_axis("metric").reset_index()
        weights["metric"] = "weight of " + weights["metric"]
        frame = pd.concat([frame, weights], ignore_index=True)
    return frame.assign(method=name), of_users


def of_rare_movies(split: Split, predicted: ArrayLike) -> Iterator[tuple]:
    """RMSE of the movies that nobody, or hardly anybody, has rated in train."""
    squares = rating_errors(split.test["rating"], predicted) ** 2
    slices = cold_slices(split)
    for metric, rows in ((NEW, slices["new_movie"]), (RARE, slices["rare_movie"])):
        found = bootstrap_interval(squares[rows.to_numpy()])
        yield (metric, *np.sqrt(found[:3]).tolist(), found.n)


def squared_errors(split: Split, predicted: ArrayLike) -> np.ndarray:
    """Mean squared error of each user of the test, in the order of their ids."""
    squares = rating_errors(split.test["rating"], predicted) ** 2
    _, users = np.unique(split.test["user_id"], return_inverse=True)
    return np.bincount(users, squares) / np.bincount(users)


def among_new_movies(model: Any, split: Split, movies: pd.DataFrame) -> tuple:
    """nDCG@10 of lists that hold nothing but movies without a training rating."""
    new = np.setdiff1d(movies["movie_id"], split.train["movie_id"])
    liked_new = split.test[split.test["movie_id"].isin(new)]
    asked = Split(split.name, split.train, liked_new)
    if isinstance(model, RandomChoice):  # it draws from what it has been fitted on
        model = RandomChoice(model.seed).fit(liked_new)
    return (AMONG_NEW, *bootstrap_interval(ndcg_of_users(OnlyOf(model, new), asked)))


def differences(of_users: Mapping[str, OfUsers], what: str, name: str) -> pd.DataFrame:
    """Compare all pairs of methods, user by user."""
    having = [method for method, found in of_users.items() if what in found]
    rows = [
        {
            "method": f"{a} - {b}",
            **paired_difference(of_users[a][what], of_users[b][what])._asdict(),
        }
        for a, b in combinations(having, 2)
    ]
    return pd.DataFrame(rows).assign(metric=f"paired difference of {name}")


if __name__ == "__main__":
    with leave_none_behind("Stopped. The results file is as it was."):
        main()
