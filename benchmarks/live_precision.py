"""How well the live page's short numbers give the lists of the methods themselves.

    python benchmarks/live_precision.py [--output FILE] [--quick]

New users: five to twenty of the ratings of a user of `small`, with a like among them.
Their list by a method, of the films that the page shows, against the list that the page
computes from numbers that were rounded and cut: how many of ten films are the same, on
average, and what the numbers take when compressed. `--quick` tries it on `sample`.
"""

import argparse
import gzip
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from recsys_helpers.datasets import load_movielens
from recsys_helpers.intervals import bootstrap_interval
from recsys_helpers.live import tastes
from recsys_helpers.live.catalogue import catalogue_part
from recsys_helpers.live.export import script_of
from recsys_helpers.live.methods import LiveMethods, fit_live_methods
from recsys_helpers.results import versions, write_results

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests" / "helpers"))
from live_data import LiveData, best_films

RESULTS = Path(__file__).parent / "results" / "live_precision.json"
MOST_USERS = 300
N_WEIGHTS = (20, 35, 50, 70, 100)
Ratings = dict[int, float]  # stars by position in the catalogue


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    data = load_movielens("sample" if arguments.quick else "small")
    methods = fit_live_methods(data)
    users = new_users(methods)
    records = [row for name in MEASURED for row in measured(methods, users, name)]
    used = versions("numpy", "pandas", "scipy", "keras", "implicit")
    about = {"edition": data.edition, "versions": used}
    write_results([about | record for record in records], arguments.output)


def new_users(methods: LiveMethods) -> list[Ratings]:
    """Take some ratings of each user, with a like among them."""
    rng = np.random.default_rng(0)
    position = pd.Series(np.arange(len(methods.movie_ids)), methods.movie_ids)
    ratings = methods.data.ratings
    ratings = ratings[ratings["movie_id"].isin(position.index)]
    users = []
    for _, theirs in ratings.groupby("user_id"):
        some = theirs.sample(min(len(theirs), rng.integers(5, 21)), random_state=0)
        if (some["rating"] >= 4).any():
            films = position[some["movie_id"]]
            users.append(dict(zip(films, some["rating"], strict=True)))
    return users[:MOST_USERS]


def measured(methods: LiveMethods, users: list[Ratings], name: str):
    """Compare the lists of one method with those from its numbers in each form."""
    expected = [listed(methods, name, ratings) for ratings in users]
    catalogue = catalogue_part(methods)
    for form, make in MEASURED[name].items():
        numbers = make(getattr(methods, name), methods.movie_ids)
        part = {"likeThreshold": methods.ease.like_threshold, name: numbers}
        live = LiveData({"n": len(methods.movie_ids)}, catalogue, {}, part, {})
        scores = getattr(live, f"{name}_scores")
        shared = [
            len(np.intersect1d(best_films(scores(ratings), ratings), theirs))
            for ratings, theirs in zip(users, expected, strict=True)
        ]
        found = bootstrap_interval(shared)._asdict()
        size = len(gzip.compress(script_of(name, numbers), 9))
        print(f"{name}, {form}: {found['value']:.2f} of 10, {size:,} bytes", flush=True)
        method = f"{name}, {form}"
        yield {"method": method, "metric": "films shared of 10", **found}
        yield {"method": method, "metric": "bytes as gzip", "value": size}


def listed(methods: LiveMethods, name: str, ratings: Ratings) -> np.ndarray:
    """Ten films that the method itself recommends, by position in the catalogue."""
    ids = methods.movie_ids
    given = {"movie_id": ids[list(ratings)], "rating": list(ratings.values())}
    best = getattr(methods, name).recommend_to(given, n=len(methods.data.movies))
    scores = best.set_index("movie_id")["score"].reindex(ids).fillna(-np.inf)
    return best_films(scores, ratings)


def with_bits(make: Callable) -> dict[str, Callable]:
    return {
        f"{bits} bits": lambda method, ids, bits=bits: make(method, ids, bits)
        for bits in (8, 16)
    }


MEASURED = {
    "ease": {
        f"{n} weights a film": lambda ease, ids, n=n: tastes.ease_rows(ease, ids, n)
        for n in N_WEIGHTS
    },
    "als": with_bits(tastes.als_numbers),
    "towers": with_bits(tastes.towers_numbers),
}


if __name__ == "__main__":
    main()
