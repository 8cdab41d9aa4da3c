"""Measure the methods of chapters 3 and 4 on `small`, beside their baselines.

    python benchmarks/neighbours_and_als.py [--split-seed 7] [--output FILE]

Stars on a random split, five folds and the last fifth of each user's ratings; lists on
the latter and on a cut at one moment. Settings called "chosen" are the best of 12 drawn
combinations by their mean nDCG@10 on three cuts of the training rows of the user
temporal split; its test rows took no part. (The cut at one moment is a check only: some
of its test rows are among those.) Paired differences of nDCG@10 are between
users. The seed is that of the random split and of the folds (7 and 42 when none is
given).
"""

import argparse
from functools import partial
from pathlib import Path

import pandas as pd
from baselines import mean_over_folds

from recsys_helpers.datasets import MovieLens, load_movielens
from recsys_helpers.evaluation import Evaluation, evaluate
from recsys_helpers.intervals import paired_difference
from recsys_helpers.methods.als import Als
from recsys_helpers.methods.baselines import BiasModel, Popularity
from recsys_helpers.methods.ease import Ease
from recsys_helpers.methods.hybrids import Fallback
from recsys_helpers.methods.neighbours import (
    ImplicitNeighbours,
    LikeNeighbours,
    RatingNeighbours,
)
from recsys_helpers.results import results_table, versions, write_results
from recsys_helpers.splits import (
    Split,
    cross_validation,
    global_temporal_split,
    random_split,
    user_temporal_split,
)
from recsys_helpers.tuning import best_settings, inner_splits, sample_settings, search

EDITION = "small"
SEEDS = {"random": 7, "folds": 42}
RESULTS = Path(__file__).parent / "results" / "neighbours_and_als.json"
N_TRIALS, N_CUTS = 12, 3

STAR_METHODS = {
    "bias model": BiasModel(),
    "neighbours, users": RatingNeighbours("users"),
    "neighbours, movies": RatingNeighbours("movies"),
}
EASE_SPACE = {
    "l2": [50, 100, 150, 250],
    "half_like_from": [None, 3.0],
    "recency": [None, 0.25, 0.5, 1.0],
    "years": [False, True],
}
ALS_SPACE = {
    "n_factors": [16, 32, 64, 96],
    "regularization": [1, 2, 5, 10, 15, 20],
    "like_threshold": [None, 3.5, 4.0],
    "weighting": ["constant", "linear"],
    "alpha": [0.0, 0.5, 1.0, 2.0],
    "n_iterations": [15],
}
PAIRS = [
    ("neighbours, movies", "popularity"),
    ("EASE", "neighbours, movies"),
    ("EASE, chosen", "EASE"),
    ("ALS, chosen", "popularity"),
    ("ALS, chosen", "ALS, the source's settings"),
    ("EASE", "ALS, chosen"),
    ("EASE, chosen", "ALS, chosen"),
]


def main() -> None:
    arguments = parse_arguments()
    movielens = load_movielens(EDITION)
    seeds = SEEDS
    if arguments.split_seed is not None:
        seeds = dict.fromkeys(SEEDS, arguments.split_seed)
    by_user_time = user_temporal_split(movielens.ratings)
    methods = list_methods(movielens, by_user_time)
    frames = stars(movielens, seeds)
    for split in (global_temporal_split(movielens.ratings), by_user_time):
        found = {
            name: measured(movielens, name, methods[name], split) for name in methods
        }
        frames += [one.summary for one in found.values()]
    # What was found last is of the user temporal split.
    frames.append(differences(found, by_user_time))
    results = pd.concat(frames, ignore_index=True)
    used = versions("numpy", "pandas", "scipy", "implicit")
    write_results(results.assign(versions=[used] * len(results)), arguments.output)
    print(results_table(results[results["metric"] == "rmse"], ["rmse"], split="random"))
    wanted = ["ndcg@10", "ndcg@10 (any)", "recall@20", "coverage@10"]
    print(results_table(results, wanted, split=by_user_time.name).to_string())


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split-seed", type=int)
    parser.add_argument("--output", type=Path, default=RESULTS)
    return parser.parse_args()


def list_methods(movielens: MovieLens, split: Split) -> dict[str, object]:
    """Make every method that gives lists, the chosen ones after a search."""
    years = movielens.movies.set_index("movie_id")["year"]
    inner = inner_splits(split.train, user_temporal_split, N_CUTS)
    ease = partial(ease_with, years)
    chosen_ease = chosen(ease, EASE_SPACE, inner)
    chosen_als = chosen(Als, ALS_SPACE, inner)
    print("EASE, chosen:", chosen_ease, "\nALS, chosen:", chosen_als)
    likes = {"like_threshold": 4}
    return {
        "popularity": Popularity(),
        "neighbours, users": LikeNeighbours("users"),
        "neighbours, movies": LikeNeighbours("movies"),
        "implicit cosine": ImplicitNeighbours("cosine"),
        "implicit TF-IDF": ImplicitNeighbours("tfidf"),
        "implicit BM25": ImplicitNeighbours("bm25"),
        "implicit TF-IDF, likes, k 500": ImplicitNeighbours("tfidf", k=500, **likes),
        "implicit BM25, likes, k 100, b .2": ImplicitNeighbours(
            "bm25", k=100, b=0.2, **likes
        ),
        "EASE": Ease(),
        "EASE, l2 150, recency .5, years": ease(l2=150, recency=0.5, years=True),
        "EASE, chosen": ease(**chosen_ease),
        "ALS, the source's settings": Als(),
        "ALS, chosen": Als(**chosen_als),
        "ALS, chosen, or popularity": Fallback(Als(**chosen_als), Popularity()),
        "ALS, chosen, seed 1": Als(**chosen_als, seed=1),
        "ALS, chosen, seed 2": Als(**chosen_als, seed=2),
    }


def ease_with(release_years: pd.Series, years: bool, **settings: object) -> Ease:
    """Make an EASE that knows the movies' years, or does not."""
    return Ease(release_years=release_years if years else None, **settings)


def chosen(make: object, space: dict, inner: list[Split]) -> dict:
    """Search for the settings with the best mean nDCG@10 over the inner splits."""
    return best_settings(search(make, sample_settings(space, N_TRIALS, seed=0), inner))


def stars(movielens: MovieLens, seeds: dict[str, int]) -> list[pd.DataFrame]:
    """Errors of the methods that predict stars, on three kinds of split."""
    ratings = movielens.ratings
    splits = [random_split(ratings, seed=seeds["random"]), user_temporal_split(ratings)]
    folds = cross_validation(ratings, seed=seeds["folds"])
    frames = []
    for method, model in STAR_METHODS.items():
        for split in splits:
            frames.append(only_stars(measured(movielens, method, model, split).summary))
        of_folds = [measured(movielens, method, model, fold).summary for fold in folds]
        frames.append(only_stars(mean_over_folds(of_folds)))
    return frames


def only_stars(results: pd.DataFrame) -> pd.DataFrame:
    """Leave the bias model's lists out: `baselines.py` has them."""
    return results[results["metric"].isin(["rmse", "mae", "fit_cpu_s", "score_cpu_s"])]


def measured(
    movielens: MovieLens, method: str, model: object, split: Split
) -> Evaluation:
    return evaluate(
        model, split, movies=movielens.movies, edition=EDITION, method=method
    )


def differences(found: dict[str, Evaluation], split: Split) -> pd.DataFrame:
    """Paired differences of nDCG@10 between users."""
    of_users = {name: one.per_user["ndcg@10"] for name, one in found.items()}
    rows = []
    for better, worse in PAIRS:
        gain = paired_difference(of_users[better], of_users[worse])
        print(f"{better} - {worse}: {gain.value:.4f} [{gain.low:.4f}, {gain.high:.4f}]")
        rows.append({"method": f"{better} - {worse}", **gain._asdict()})
    return pd.DataFrame(rows).assign(
        metric="paired difference of ndcg@10", split=split.name, edition=EDITION
    )


if __name__ == "__main__":
    main()
