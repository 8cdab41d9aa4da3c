"""Measure every method of the course by one protocol, by four questions, on `small`.

    python benchmarks/five_methods.py [--add NAME] [--workers 2] [--output FILE]

The questions are four splits (`QUESTIONS`): what each person rated last; ratings drawn
at random; what came after one moment; and movies of which all ratings are hidden. Each
method is fitted once for each question and seed, in a process of its own, with the
settings that `trials.py` has chosen on training rows of the first question. What it
costs is measured with that: `fit_cpu_s`, and `peak_mib`, the most memory that the
process held (data and libraries included).

After the moment there are newcomers. Their first ten ratings are known, and they are
judged by the rest. Whatever method can, describes them by these without learning
anew; the others (BPR, Keras models, movie neighbours for stars, the blends) are fitted
with them. Lists on the fourth question hold nothing but the hidden movies.

Records without a seed are about all seeds: each person's values are averaged over them,
and intervals are over people. The values of each seed stand beside them. By the same
averages, kept in `..._users.npz`, every method is compared with every other: records
"paired difference of ndcg@10" and "... of squared error" have the names of both.

`--add` measures one method (give it again for another), puts it into the files in place
of what they held of it, and compares all pairs anew. With `--output` and a new file it
tries one. `--quick` is on `sample`, with short trainings, to try the script.
"""

import argparse
import multiprocessing
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from keras_ratings import OnlyStars
from numpy.typing import ArrayLike, NDArray
from trials import BLENDS, Known, made, retrieval_towers, two_towers
from trials import chosen as chosen_settings
from two_towers import OnlyOf, stars_of_described

from recsys_helpers._files import read_npz, write_npz
from recsys_helpers.datasets import load_movielens
from recsys_helpers.evaluation import (
    RatingPredictor,
    Recommender,
    evaluate,
    ndcg_of_users,
)
from recsys_helpers.intervals import bootstrap_interval, paired_difference
from recsys_helpers.large.processes import leave_none_behind
from recsys_helpers.measure import benchmark_arguments, peak_memory_mib
from recsys_helpers.methods.als import Als
from recsys_helpers.methods.baselines import GlobalMean, Popularity, RandomChoice
from recsys_helpers.methods.hybrids import (
    BlendedLists,
    BlendedStars,
    SwitchedLists,
    SwitchedStars,
)
from recsys_helpers.methods.two_tower import TwoTowers
from recsys_helpers.nn import reproducible_keras
from recsys_helpers.results import (
    commit,
    hardware,
    read_results,
    results_table,
    versions,
    write_results,
)
from recsys_helpers.splits import (
    Split,
    cold_start_movies,
    global_temporal_split,
    random_split,
    user_temporal_split,
)

RESULTS = Path(__file__).parent / "results" / "five_methods.json"
N_KNOWN = 10  # ratings of a newcomer that are known
ERRORS = {"squared error": "rmse", "absolute error": "mae"}
# Of each user kept, and what pairs of methods are compared by.
COMPARED = ("ndcg@10", "squared error")


# --- the questions --------------------------------------------------------------------


def after_one_moment(ratings: pd.DataFrame) -> Split:
    """Cut at one moment, and let the first ratings of newcomers be known."""
    cut = global_temporal_split(ratings)
    later = cut.test.sort_values(["timestamp", "movie_id"])
    is_new = ~later["user_id"].isin(cut.train["user_id"])
    is_known = is_new & (later.groupby("user_id").cumcount() < N_KNOWN)
    train = pd.concat([cut.train, later[is_known]], ignore_index=True)
    return Split("one moment", train, later[~is_known].reset_index(drop=True))


FIRST, NEW_MOVIES = "user temporal", "cold-start movies"
QUESTIONS: Mapping[str, Callable[[pd.DataFrame], Split]] = {
    FIRST: user_temporal_split,
    "random": random_split,
    "one moment": after_one_moment,
    NEW_MOVIES: cold_start_movies,
}
# Of what `evaluate` measures: by every question, and by the first alone.
ALWAYS_KEPT = ("rmse", "ndcg@10")
KEPT_OF_FIRST = (
    *("mae", "ndcg@10 (any)", "recall@20", "coverage@10"),
    *("novelty@10", "diversity@10", "popularity lift@10", "gini@10"),
    *("fit_cpu_s", "score_cpu_s", "peak_mib"),
)


# --- the methods ----------------------------------------------------------------------


def switched_stars(known: Known) -> SwitchedStars:
    towers = two_towers(known, **chosen_settings("two towers, stars"))
    return SwitchedStars(made("neighbours, stars", known), towers)


def switched_lists(known: Known) -> SwitchedLists:
    settings = chosen_settings("two towers, lists, features only")
    of_features = retrieval_towers(known, with_ids=False, **settings)
    return SwitchedLists(made("EASE", known), of_features)


def searched(name: str, n_seeds: int) -> dict[str, tuple[Callable[[Known], Any], int]]:
    """Enter a method of `trials.py`."""
    return {name: (partial(made, name), n_seeds)}


SWITCHES = {
    "neighbours, towers for new movies": (switched_stars, 3),
    "EASE, one in ten new": (switched_lists, 3),
}
# Name: how it is made, and with how many seeds (one, if it leaves nothing to chance).
METHODS: Mapping[str, tuple[Callable[[Known], Any], int]] = {
    "random choice": (lambda known: RandomChoice(known.seed), 3),
    "global mean": (lambda known: GlobalMean(), 1),
    **searched("popularity", 1),
    **searched("bias model", 1),
    **searched("neighbours, stars", 1),
    **searched("neighbours, lists", 1),
    **searched("EASE", 1),
    **searched("EASE, dates", 1),
    "ALS, source's settings": (lambda known: Als(seed=known.seed), 3),
    **searched("ALS", 3),
    **searched("ALS, scaled penalty", 3),
    **searched("BPR", 3),
    **searched("Keras factors, ids only", 3),
    **searched("Keras factors, everything", 3),
    **searched("Keras network", 3),
    **searched("two towers, stars", 3),
    **searched("two towers, lists", 3),
    **searched("two towers, lists, features only", 3),
    **searched("entities", 3),
    **searched("posters", 1),
    **searched("blend of stars", 3),
    **searched("blend of lists", 3),
    **SWITCHES,
}
# Switches are about new movies and what they cost. Blends take minutes, and what they
# are to show, the first question shows.
NOT_ASKED = dict.fromkeys(SWITCHES, ("random", "one moment"))
NOT_ASKED |= dict.fromkeys(BLENDS, ("random", "one moment", NEW_MOVIES))
# Of the two that predict stars by a network, only the factors are quick to make lists.
ONLY_STARS = ("Keras network",)


@dataclass
class MeetsNewcomers:
    """A method that is fitted without some people, who are then described to it."""

    model: Any
    newcomers: ArrayLike

    def fit(self, train: pd.DataFrame) -> Self:
        is_new = train["user_id"].isin(self.newcomers)
        self.model.fit(train[~is_new])
        self.known_ = train[is_new]
        return self

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        rated = self.known_[self.known_["user_id"] == user_id]
        if rated.empty:
            return self.model.recommend(user_id, n, exclude_seen)
        of_movies = rated["movie_id"].isin(self.model.interactions_.movies.ids)
        if of_movies.any() and hasattr(self.model, "recommend_to"):
            return self.model.recommend_to(rated[of_movies], n, exclude_seen)
        # It asks nobody what they like.
        listed = self.model.recommend(user_id, n + len(rated), exclude_seen=False)
        return listed[~listed["movie_id"].isin(rated["movie_id"])].head(n)


@dataclass
class TowersMeetNewcomers(MeetsNewcomers):
    """Two towers, which predict stars too."""

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> NDArray:
        pairs = pd.DataFrame({"user_id": user_ids, "movie_id": movie_ids})
        is_new = pairs["user_id"].isin(self.known_["user_id"]).to_numpy()
        stars = np.empty(len(pairs))
        old = pairs[~is_new]
        stars[~is_new] = self.model.predict(old["user_id"], old["movie_id"])
        new = pairs[is_new].reset_index(drop=True)
        stars[is_new] = stars_of_described(self.model, self.known_, new)
        return stars


def meeting_newcomers(model: Any, split: Split, old: NDArray) -> Any:
    """Let a method meet people as a site would, if it can."""
    newcomers = np.setdiff1d(split.test["user_id"], old)
    if isinstance(model, TwoTowers):
        return TowersMeetNewcomers(model, newcomers)
    if hasattr(model, "recommend_to") or isinstance(model, Popularity | RandomChoice):
        return MeetsNewcomers(model, newcomers)
    return model


# --- what is measured -----------------------------------------------------------------

Key = tuple[str, str]  # question, metric
OfUsers = dict[Key, pd.Series]  # the index of each is the users' ids


class Found(NamedTuple):
    """What a method achieves from one seed."""

    numbers: pd.DataFrame  # method, seed, split, metric, value
    of_users: OfUsers


def measured(edition: str, name: str, seed: int) -> Found:
    """Fit and judge a method by all questions, in a process that does nothing else."""
    print(name, "seed", seed, flush=True)
    reproducible_keras(seed=seed)
    movielens = load_movielens(edition)
    known = Known(movielens, seed, quick=edition == "sample")
    frames, of_users = [], {}
    for question, cut in QUESTIONS.items():
        if question in NOT_ASKED.get(name, ()):
            continue
        split = cut(movielens.ratings)
        model = METHODS[name][0](known)
        numbers, values = judged(model, split, known, name in ONLY_STARS)
        if question == FIRST:
            numbers["peak_mib"] = peak_memory_mib()
        kept = ALWAYS_KEPT + KEPT_OF_FIRST * (question == FIRST)
        numbers = {m: v for m, v in numbers.items() if m in kept or "weight" in m}
        frame = pd.DataFrame({"metric": list(numbers), "value": list(numbers.values())})
        frames.append(frame.assign(split=question))
        of_users |= {
            (question, metric): of_each.rename(None)
            for metric, of_each in values.items()
            if ERRORS.get(metric, metric) in kept
        }
    numbers = pd.concat(frames, ignore_index=True).assign(method=name, seed=seed)
    return Found(numbers, of_users)


def judged(
    model: Any, split: Split, known: Known, only_stars: bool
) -> tuple[dict[str, float], dict[str, pd.Series]]:
    """Fit and judge a method by one question: numbers, and values of each user."""
    if split.name == "one moment":
        before = global_temporal_split(known.movielens.ratings).train
        model = meeting_newcomers(model, split, before["user_id"].unique())
    asked = OnlyStars(model) if only_stars else model
    if split.name == NEW_MOVIES:
        # Lists of all movies would hold hardly any of the new ones.
        return judged_by_new_movies(asked, split)
    found = evaluate(asked, split, movies=known.movies, n_bootstrap=1)
    numbers = found.summary.set_index("metric")["value"].to_dict()
    if isinstance(model, BlendedStars | BlendedLists):
        numbers |= {f"weight of {m}": w for m, w in model.weights_.items()}
    return numbers, dict(found.per_user.items())


def judged_by_new_movies(
    model: Any, split: Split
) -> tuple[dict[str, float], dict[str, pd.Series]]:
    """Judge stars of movies that nobody has rated, and lists of nothing but these."""
    numbers: dict[str, float] = {}
    values: dict[str, pd.Series] = {}
    if isinstance(model, RatingPredictor):
        found = evaluate(OnlyStars(model), split, n_bootstrap=1)
        numbers["rmse"] = found.summary.set_index("metric")["value"]["rmse"]
        values["squared error"] = found.per_user["squared error"]
    else:
        model.fit(split.train)
    if isinstance(model, Recommender):
        new = np.unique(split.test["movie_id"])
        if isinstance(model, RandomChoice):  # it draws from what it has been fitted on
            model = RandomChoice(model.seed).fit(split.test)
        users = pd.Index(np.unique(split.test["user_id"]), name="user_id")
        found = pd.Series(ndcg_of_users(OnlyOf(model, new), split), users)
        numbers["ndcg@10"], values["ndcg@10"] = found.mean(), found
    return numbers, values


# --- records --------------------------------------------------------------------------


def over_seeds(found: list[Found]) -> OfUsers:
    """Average what each user got from a method over its seeds."""
    return {
        key: sum(one.of_users[key] for one in found) / len(found)
        for key in found[0].of_users
    }


def records_of(found: list[Found], of_users: OfUsers, n_ratings: OfUsers) -> Any:
    """Make the records of a method: over all seeds, and of each, if there are several.

    What is a mean over people has an interval over people.
    """
    of_seeds = pd.concat([one.numbers for one in found], ignore_index=True)
    by = ["method", "split", "metric"]
    means = of_seeds.groupby(by, sort=False)["value"].mean().reset_index()
    intervals = []
    for (question, metric), values in of_users.items():
        is_error = metric in ERRORS
        weights = n_ratings[question, "n"].loc[values.index] if is_error else None
        estimate = bootstrap_interval(values, weights=weights)
        ends = estimate[:3]
        if metric == "squared error":
            ends = tuple(np.sqrt(ends))
        intervals.append((question, ERRORS.get(metric, metric), *ends, estimate.n))
    columns = ["split", "metric", "mean", "low", "high", "n"]
    intervals = pd.DataFrame(intervals, columns=columns)
    means = means.merge(intervals, "left", on=["split", "metric"])
    means["value"] = means.pop("mean").fillna(means["value"])
    means["seed"] = pd.NA
    return pd.concat([means, of_seeds]) if len(found) > 1 else means


def differences(of_users: Mapping[str, OfUsers], n_ratings: OfUsers) -> pd.DataFrame:
    """Compare all pairs of methods, user by user, by each question."""
    rows = []
    for question in QUESTIONS:
        for metric in COMPARED:
            key = question, metric
            methods = [name for name in of_users if key in of_users[name]]
            for a, b in combinations(methods, 2):
                of_a, of_b = of_users[a][key], of_users[b][key]
                weights = None
                if metric in ERRORS:  # as the error over all ratings weighs people
                    weights = n_ratings[question, "n"].loc[of_a.index]
                gain = paired_difference(of_a, of_b, weights=weights)
                pair = {"method": f"{a} - {b}", "split": question}
                named = {"metric": f"paired difference of {metric}"}
                rows.append(pair | named | gain._asdict())
    return pd.DataFrame(rows)


def numbers_of_ratings(edition: str) -> OfUsers:
    """Count the ratings by which each user is judged."""
    ratings = load_movielens(edition).ratings
    return {
        (question, "n"): cut(ratings).test.groupby("user_id").size()
        for question, cut in QUESTIONS.items()
    }


# --- the files ------------------------------------------------------------------------

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
    columns = read_npz(values_path(path), names=[f"{FIRST}: user_id"])
    for key, values in columns.items():
        question, _, rest = key.partition(": ")
        name, _, metric = rest.rpartition(": ")
        if name:
            users = pd.Index(columns[f"{question}: user_id"], name="user_id")
            kept = pd.Series(values.astype(np.float64), users)
            of_users.setdefault(name, {})[question, metric] = kept
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
    """Write each user's values as arrays called "<question>: <method>: <metric>".

    Raises
    ------
    ValueError
        If two methods were judged on different users.
    """
    columns: dict[str, ArrayLike] = {}
    for name, found in of_users.items():
        for (question, metric), values in found.items():
            users = columns.setdefault(f"{question}: user_id", values.index.to_numpy())
            if not values.index.equals(pd.Index(users)):
                raise ValueError(
                    f"{name}: {metric} has other users than the methods before it."
                )
            # Halves the file, and means stay the same to the sixth digit.
            columns[f"{question}: {name}: {metric}"] = values.to_numpy(np.float32)
    write_npz(path, columns, compress=True)


def as_written(of_users: Mapping[str, OfUsers]) -> dict[str, OfUsers]:
    """Keep what pairs are compared by, rounded as the file rounds it."""
    return {
        name: {
            key: values.astype(np.float32).astype(np.float64)
            for key, values in found.items()
            if key[1] in COMPARED
        }
        for name, found in of_users.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--add", action="append", choices=list(METHODS))
    parser.add_argument("--workers", type=int, default=1, help="how many at a time")
    arguments = benchmark_arguments(parser, RESULTS)
    edition = "sample" if arguments.quick else "small"
    names = arguments.add or list(METHODS)
    seeds = {name: range(1 if arguments.quick else METHODS[name][1]) for name in names}
    tasks = [(name, seed) for name in names for seed in seeds[name]]
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        arguments.workers, mp_context=fresh, max_tasks_per_child=1
    ) as pool:
        parts = list(pool.map(partial(measured, edition), *zip(*tasks, strict=True)))
    n_ratings = numbers_of_ratings(edition)
    frames, of_users = [], {}
    for name in names:
        found = [part for (of, _), part in zip(tasks, parts, strict=True) if of == name]
        means = over_seeds(found)
        frames.append(records_of(found, means, n_ratings))
        of_users[name] = means
    records = with_origin(pd.concat(frames, ignore_index=True))
    old = stored(arguments.output) if arguments.add else NOTHING
    records, of_users = joined(old, (records, as_written(of_users)))
    write_values(of_users, values_path(arguments.output))
    pairs = with_origin(differences(of_users, n_ratings))
    results = pd.concat([records, pairs], ignore_index=True)
    results = results.assign(name=arguments.output.stem, edition=edition)
    write_results(results.astype({"n": "Int64", "seed": "Int64"}), arguments.output)
    of_all_seeds = results[results["seed"].isna()]
    for question in QUESTIONS:
        print(f"\n{question}")
        table = results_table(of_all_seeds, [*ALWAYS_KEPT], split=question, digits=3)
        print(table.to_string())


def with_origin(frame: pd.DataFrame) -> pd.DataFrame:
    """Note in records by what they are made; records of other runs keep theirs."""
    used = versions("numpy", "pandas", "scipy", "keras", "implicit")
    return frame.assign(
        versions=[used] * len(frame), hardware=hardware(), commit=commit()
    )


if __name__ == "__main__":
    with leave_none_behind("Stopped. The results file is as it was."):
        main()
