"""Measure what a switch for new movies costs and brings, beside `five_methods.py`.

    python benchmarks/switches.py [--output FILE] [--quick]

The same split, rows and measures, three seeds, each in a process of its own. Stars:
movie neighbours, and for movies without a training rating two towers. Lists: EASE that
knows what is recent, with one place in ten, or in five, for a new movie, by two towers
that know the content alone. "paired difference of ndcg@10" is with the same EASE
without such places, of the seed 0.
"""

import argparse
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pandas as pd
from five_methods import METHODS, Known, OfUsers, judged, retrieval_towers, two_towers

from recsys_helpers.intervals import paired_difference
from recsys_helpers.large.processes import leave_none_behind
from recsys_helpers.methods.ease import CHOSEN_EASE, Ease
from recsys_helpers.methods.hybrids import SwitchedLists, SwitchedStars
from recsys_helpers.methods.neighbours import RatingNeighbours
from recsys_helpers.results import results_table, versions, write_results

RESULTS = Path(__file__).parent / "results" / "switches.json"
WITHOUT = {"ndcg@10": "EASE, recency", "squared error": "neighbours, stars"}
SEEDS = (0, 1, 2)


def switched_stars(known: Known) -> SwitchedStars:
    return SwitchedStars(RatingNeighbours("movies"), two_towers(known))


def switched_lists(known: Known, one_in: int) -> SwitchedLists:
    content = retrieval_towers(known, with_ids=False)
    return SwitchedLists(Ease(**CHOSEN_EASE), content, one_in=one_in)


SWITCHES = {
    "neighbours, towers for new movies": switched_stars,
    "EASE, recency, one in ten new": partial(switched_lists, one_in=10),
    "EASE, recency, one in five new": partial(switched_lists, one_in=5),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    edition = "sample" if arguments.quick else "small"
    tasks = [(name, seed) for name in SWITCHES for seed in SEEDS]
    tasks += [(name, 0) for name in WITHOUT.values()]
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh, max_tasks_per_child=1) as pool:
        parts = list(pool.map(partial(measured, edition), *zip(*tasks, strict=True)))
    frames = [
        frame
        for (name, _), (frame, _) in zip(tasks, parts, strict=True)
        if name in SWITCHES
    ]
    of_users = {
        name: found
        for (name, seed), (_, found) in zip(tasks, parts, strict=True)
        if seed == 0
    }
    frames.append(prices(of_users))
    results = pd.concat(frames, ignore_index=True)
    used = versions("numpy", "pandas", "scipy", "keras")
    results = results.assign(
        versions=[used] * len(results), edition=edition, split="user temporal"
    ).astype({"n": "Int64", "seed": "Int64"})
    write_results(results, arguments.output)
    shown = results[results["seed"].fillna(0) == 0]
    metrics = shown["metric"].unique().tolist()
    print(results_table(shown, metrics, digits=4).T.to_string())


def measured(edition: str, name: str, seed: int) -> tuple[pd.DataFrame, OfUsers]:
    make = SWITCHES[name] if name in SWITCHES else METHODS[name][0]
    frame, of_users = judged(edition, name, make, seed)
    return frame.assign(seed=seed), of_users


def prices(of_users: dict[str, OfUsers]) -> pd.DataFrame:
    """Compare each switch with the method that it starts from, user by user."""
    rows = [
        {
            "method": f"{name} - {without}",
            "metric": f"paired difference of {metric}",
            **paired_difference(found[metric], of_users[without][metric])._asdict(),
        }
        for metric, without in WITHOUT.items()
        for name, found in of_users.items()
        if name in SWITCHES and metric in found
    ]
    return pd.DataFrame(rows)


if __name__ == "__main__":
    with leave_none_behind("Stopped. The results file is as it was."):
        main()
