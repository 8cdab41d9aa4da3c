"""Measure two towers that are made for newcomers, beside those of chapter 6.

    python benchmarks/tower_newcomers.py [--output FILE]

A tenth of the users of `small` is held out, and is then described by 0, 1, 3, 5 and 10
of their ratings, drawn at random; nothing is trained again. Towers that have met mostly
people with long histories are compared with some that have met everybody with a
shortened one. Their settings are chosen on users that are held out of the training
rows: records "inner rmse" are trials. `benchmarks/two_towers.py` has the other methods
on these rows.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from two_towers import N_KNOWN, SEEDS_OF_MODELS, stars_of_described

from recsys_helpers.datasets import load_movielens
from recsys_helpers.methods.two_tower import TwoTowers
from recsys_helpers.metrics import rmse
from recsys_helpers.nn import reproducible_keras
from recsys_helpers.results import versions, write_results
from recsys_helpers.splits import Split, cold_start_users

RESULTS = Path(__file__).parent / "results" / "tower_newcomers.json"
TRIALS = (
    {"hidden": (256, 128), "dropout": 0.0, "hide_users": 0.05, "short_histories": 0.3},
    {"hidden": (256, 128), "dropout": 0.0, "hide_users": 0.2, "short_histories": 1.0},
    {"hidden": (64, 32), "dropout": 0.1, "hide_users": 0.1, "short_histories": 1.0},
    {"hidden": (64, 32), "dropout": 0.3, "hide_users": 0.1, "short_histories": 1.0},
    {"hidden": (32,), "dropout": 0.1, "hide_users": 0.1, "short_histories": 1.0},
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    reproducible_keras(seed=0)
    movielens = load_movielens("small")
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
    results = results.assign(
        seed=[split.seed for split in results["split"]],
        split=[split.name for split in results["split"]],
        edition=movielens.edition,
        versions=[versions("numpy", "pandas", "scipy", "keras")] * len(results),
    )
    write_results(results, arguments.output)
    print(results[["method", "metric", "value"]].to_string())


def errors_by_number_known(towers: TwoTowers, split: Split) -> dict[int, float]:
    """Judge towers on new users, by how many of their ratings are known."""
    shuffled = split.test.sample(frac=1, random_state=0)
    place = shuffled.groupby("user_id").cumcount()
    rest = shuffled[place >= max(N_KNOWN)]
    return {
        n: rmse(rest["rating"], stars_of_described(towers, shuffled[place < n], rest))
        for n in N_KNOWN
    }


if __name__ == "__main__":
    main()
