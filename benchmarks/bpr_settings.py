"""Choose the settings of BPR, in two rounds of as many trials as EASE and ALS had.

    python benchmarks/bpr_settings.py [--output FILE]

The best of 12 drawn combinations by their mean nDCG@10 on three cuts of the training
rows of the user temporal split, as in `neighbours_and_als.py`. `CHOSEN_BPR` is the one
marked "(used)".

This is the second round. The first had 50 to 400 iterations and learning rates of 0.01
to 0.1; its best was at the end with the fewest and lowest, so the space was moved. Its
trials are not in the file: BPR has had twice the trials of the others.
"""

import argparse
from pathlib import Path

import pandas as pd
from neighbours_and_als import EDITION, N_CUTS, N_TRIALS

from recsys_helpers.datasets import load_movielens
from recsys_helpers.methods.bpr import CHOSEN_BPR, Bpr
from recsys_helpers.results import versions, write_results
from recsys_helpers.splits import user_temporal_split
from recsys_helpers.tuning import inner_splits, sample_settings, search

RESULTS = Path(__file__).parent / "results" / "bpr_settings.json"
SPACE = {
    "n_factors": [16, 32, 64, 96],
    "n_iterations": [10, 20, 50, 100],
    "learning_rate": [0.003, 0.01, 0.03],
    "regularization": [0.01, 0.03, 0.1],
    "like_threshold": [None, 3.5, 4.0],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    split = user_temporal_split(load_movielens(EDITION).ratings)
    inner = inner_splits(split.train, user_temporal_split, N_CUTS)
    trials = search(Bpr, sample_settings(SPACE, N_TRIALS, seed=0), inner)
    print(trials.to_string())
    results = pd.DataFrame(
        {
            "method": [name_of(one) for one in trials[list(SPACE)].to_dict("records")],
            "metric": "inner ndcg@10",
            "value": trials["ndcg@10"],
            "cpu_s": trials["cpu_s"],
            "split": split.name,
            "edition": EDITION,
        }
    )
    used = versions("numpy", "pandas", "scipy", "implicit")
    write_results(results.assign(versions=[used] * len(results)), arguments.output)


def name_of(settings: dict) -> str:
    """Write settings as the name of a method, and whether they are in use."""
    written = ", ".join(f"{name} {value}" for name, value in settings.items())
    return f"BPR, {written}{' (used)' if settings == CHOSEN_BPR else ''}"


if __name__ == "__main__":
    main()
