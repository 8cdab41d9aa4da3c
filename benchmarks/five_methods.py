"""Measure every method of the course by one protocol, on one split of `small`.

    python benchmarks/five_methods.py [--output FILE] [--add NAME] [--quick]

The last fifth of each user's ratings is the test. Each method is fitted once for each
of its seeds, in a process of its own, so that what it costs is its own: `fit_cpu_s`,
and `peak_mib`, the most memory that the process held (data and libraries included).
Stars are judged where a method predicts any, lists where it gives any. Two slices are
looked at alone: movies without a training rating, and lists of nothing but these.
Settings were chosen on training rows, by the benchmarks of the chapters.

What each user got from the seed 0 is kept too, in `..._users.npz` beside the results.
From these values every method is compared with every other, user by user. Records
"paired difference of ndcg@10" and "... of squared error" have the names of both.

`--add` measures one method (give it again for another), puts it into the files in place
of what they held of it, and compares all pairs anew. With `--output` and a new file it
tries one. `--quick` is on `sample`, with short trainings, to try the script.
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

from recsys_helpers._files import read_npz, write_npz
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
from recsys_helpers.methods.bpr import CHOSEN_BPR, Bpr
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
from recsys_helpers.results import (
    commit,
    hardware,
    read_results,
    results_table,
    versions,
    write_results,
)
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
# Of what it keeps of each user: what pairs of methods are compared by.
COMPARED = ("ndcg@10", "squared error")


def main() -> None:
    arguments = parse_arguments()
    edition = "sample" if arguments.quick else "small"
    names = arguments.add or list(METHODS)
    tasks = [
        (name, seed)
        for name in names
        for seed in range(1 if arguments.quick else METHODS[name][1])
    ]
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh, max_tasks_per_child=1) as pool:
        parts = list(pool.map(partial(measured, edition), *zip(*tasks, strict=True)))
    records = pd.concat([frame for frame, _ in parts], ignore_index=True)
    of_users = {
        name: found
        for (name, seed), (_, found) in zip(tasks, parts, strict=True)
        if seed == 0
    }
    old = stored(arguments.output) if arguments.add else NOTHING
    records, of_users = joined(old, (records, of_users))
    write_values(of_users, values_path(arguments.output))
    results = pd.concat([records, differences(of_users)], ignore_index=True).assign(
        name=arguments.output.stem, edition=edition, split="user temporal"
    )
    write_results(results.astype({"n": "Int64", "seed": "Int64"}), arguments.output)
    of_seed_0 = results[results["seed"].fillna(0) == 0]
    known = set(results["metric"])
    shown = [metric for metric in (*KEPT, NEW, AMONG_NEW) if metric in known]
    print(results_table(of_seed_0, shown, digits=3).to_string())


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--add", action="append", choices=list(METHODS))
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    if arguments.quick and arguments.output == RESULTS:
        parser.error("this is no full measurement: give another file with --output")
    return arguments


# --- the files ------------------------------------------------------------------------

OfUsers = dict[str, pd.Series]  # by metric; the index of each is the users' ids
Measured = tuple[pd.DataFrame, dict[str, OfUsers]]  # records; values by method
NOTHING: Measured = (pd.DataFrame({"method": []}), {})


def values_path(results: Path) -> Path:
    """Name the file of each user's values that belongs to a results file."""
    return results.with_name(f"{results.stem}_users.npz")


def stored(path: Path) -> Measured:
    """Read what has been measured before, if anything."""
    if not path.exists():
        return NOTHING
    of_users: dict[str, OfUsers] = {}
    columns = read_npz(values_path(path), names=["user_id"])
    users = pd.Index(columns.pop("user_id"), name="user_id")
    for key, values in columns.items():
        name, _, metric = key.rpartition(": ")
        of_users.setdefault(name, {})[metric] = pd.Series(values, users)
    return read_results(path), of_users


def joined(old: Measured, new: Measured) -> Measured:
    """Put new methods in the place of what was known of them, in the table's order.

    Methods that have left the table, and comparisons of pairs, are left out.
    """
    (old_records, of_users), (new_records, new_of_users) = old, new
    place = {name: number for number, name in enumerate(METHODS)}
    known = old_records["method"].isin(set(METHODS) - set(new_of_users))
    records = pd.concat([old_records[known], new_records], ignore_index=True)
    records = records.sort_values(
        "method", key=lambda names: names.map(place), kind="stable", ignore_index=True
    )
    of_users = of_users | new_of_users
    return records, {name: of_users[name] for name in METHODS if name in of_users}


def write_values(of_users: Mapping[str, OfUsers], path: Path) -> None:
    """Write each user's values as arrays called "<method>: <metric>".

    Raises
    ------
    ValueError
        If two methods were judged on different users.
    """
    columns = {
        f"{name}: {metric}": values
        for name, found in of_users.items()
        for metric, values in found.items()
    }
    users = next(iter(columns.values())).index
    for column, values in columns.items():
        if not values.index.equals(users):
            raise ValueError(f"{column} has other users than the methods before it.")
    write_npz(path, {"user_id": users, **columns}, compress=True)


def differences(of_users: Mapping[str, OfUsers]) -> pd.DataFrame:
    """Compare all pairs of methods, user by user."""
    rows = [
        {
            "method": f"{a} - {b}",
            "metric": f"paired difference of {metric}",
            **paired_difference(of_users[a][metric], of_users[b][metric])._asdict(),
        }
        for metric in COMPARED
        for a, b in combinations([m for m in of_users if metric in of_users[m]], 2)
    ]
    return with_origin(pd.DataFrame(rows))


def with_origin(frame: pd.DataFrame) -> pd.DataFrame:
    """Note in records by what they are made; records of other runs keep theirs."""
    used = versions("numpy", "pandas", "scipy", "keras", "implicit")
    return frame.assign(
        versions=[used] * len(frame), hardware=hardware(), commit=commit()
    )


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
    "BPR": (lambda known: Bpr(**CHOSEN_BPR, seed=known.seed), 3),
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


def measured(edition: str, name: str, seed: int) -> tuple[pd.DataFrame, OfUsers]:
    """Fit and judge a method, in a process that does nothing else."""
    make, n_seeds = METHODS[name]
    frame, of_users = judged(edition, name, make, seed)
    return with_origin(frame.assign(seed=seed if n_seeds > 1 else None)), of_users


def judged(
    edition: str, name: str, make: Callable[[Known], Any], seed: int
) -> tuple[pd.DataFrame, OfUsers]:
    """Fit and judge a method: records, and what it achieves for each user."""
    print(name, "seed", seed, flush=True)
    reproducible_keras(seed=seed)
    movielens = load_movielens(edition)
    split = user_temporal_split(movielens.ratings)
    model = make(Known(movielens, seed, quick=edition == "sample"))
    found = evaluate(model, split, movies=movielens.movies)
    frame = found.summary[found.summary["metric"].isin(KEPT)]
    kept = [metric for metric in COMPARED if metric in found.per_user]
    of_users = {metric: found.per_user[metric] for metric in kept}
    rows = []
    if isinstance(model, RatingPredictor):
        predicted = model.predict(split.test["user_id"], split.test["movie_id"])
        rows += of_rare_movies(split, predicted)
    if isinstance(model, Recommender):
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


def among_new_movies(model: Any, split: Split, movies: pd.DataFrame) -> tuple:
    """nDCG@10 of lists that hold nothing but movies without a training rating."""
    new = np.setdiff1d(movies["movie_id"], split.train["movie_id"])
    liked_new = split.test[split.test["movie_id"].isin(new)]
    asked = Split(split.name, split.train, liked_new)
    if isinstance(model, RandomChoice):  # it draws from what it has been fitted on
        model = RandomChoice(model.seed).fit(liked_new)
    return (AMONG_NEW, *bootstrap_interval(ndcg_of_users(OnlyOf(model, new), asked)))


if __name__ == "__main__":
    with leave_none_behind("Stopped. The results file is as it was."):
        main()
