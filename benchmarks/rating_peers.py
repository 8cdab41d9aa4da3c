"""Measure other libraries' rating predictors on the rows of `keras_ratings.py`.

    python benchmarks/rating_peers.py [--split-seed 7] [--output FILE]

On the random split of `small`. The libraries are not among the course's dependencies,
and want older versions of some. In an environment of their own:

    pip install . "setuptools<81" scikit-surprise==1.1.5 myfm==0.4.0

Surprise's models (Hug, JOSS 5(52), 2020) have the library's default settings unless
their name says otherwise. myFM (Ohtsuki) samples from the posterior of a factorisation
machine; it is given ids only, or the sets, genres and years that our models know too.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from recsys_helpers.datasets import load_movielens
from recsys_helpers.evaluation import evaluate
from recsys_helpers.features.content import genre_and_year_matrix, set_matrix
from recsys_helpers.interactions import IdIndex, Interactions
from recsys_helpers.results import results_table, versions, write_results
from recsys_helpers.splits import random_split

EDITION = "small"
RESULTS = Path(__file__).parent / "results" / "rating_peers.json"
SEED = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split-seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    movielens = load_movielens(EDITION)
    split = random_split(movielens.ratings, seed=arguments.split_seed)
    frames = []
    for name, model in peers(movielens.movies).items():
        found = evaluate(model, split, edition=EDITION, method=name).summary
        print(results_table(found, ["rmse", "mae", "fit_cpu_s"]), flush=True)
        frames.append(found)
    results = pd.concat(frames, ignore_index=True)
    used = versions("numpy", "scikit-surprise", "myfm")
    write_results(results.assign(versions=[used] * len(results)), arguments.output)


def peers(movies: pd.DataFrame) -> dict[str, Any]:
    import surprise

    by_movie = {"name": "pearson_baseline", "user_based": False}
    tuned = {"n_factors": 200, "n_epochs": 60, "reg_all": 0.09}
    quiet = {"verbose": False}
    return {
        "Surprise SVD": Surprise(surprise.SVD(random_state=SEED)),
        "Surprise SVD, 200 factors": Surprise(surprise.SVD(random_state=SEED, **tuned)),
        "Surprise SVD++": Surprise(surprise.SVDpp(random_state=SEED)),
        "Surprise KNNBaseline, movies": Surprise(
            surprise.KNNBaseline(sim_options=by_movie, bsl_options=quiet, **quiet)
        ),
        "myFM, ids only": Myfm(),
        "myFM, everything": Myfm(movies),
    }


@dataclass
class Surprise:
    """One of Surprise's algorithms."""

    algorithm: Any

    def fit(self, train: pd.DataFrame) -> Self:
        from surprise import Dataset, Reader

        columns = train[["user_id", "movie_id", "rating"]]
        data = Dataset.load_from_df(columns, Reader(rating_scale=(0.5, 5)))
        self.algorithm.fit(data.build_full_trainset())
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> NDArray:
        pairs = zip(user_ids, movie_ids, strict=True)
        return np.array([self.algorithm.predict(u, i).est for u, i in pairs])


@dataclass
class Myfm:
    """A Bayesian factorisation machine, with sets, genres and years if given movies."""

    movies: pd.DataFrame | None = None
    rank: int = 10
    n_samples: int = 300

    def fit(self, train: pd.DataFrame) -> Self:
        import myfm

        index = None
        if self.movies is not None:
            index = IdIndex.of(self.movies["movie_id"], "movie_id")
        known = Interactions.from_ratings(train, movies=index)
        of_users, of_movies = [one_hot(known.users)], [one_hot(known.movies)]
        if self.movies is not None:
            features, _ = genre_and_year_matrix(self.movies, known.movies.ids)
            of_users.append(with_unknown(set_matrix(known.matrix)))
            of_movies.append(with_unknown(set_matrix(known.matrix.T.tocsr())))
            of_movies.append(with_unknown(features))
        self.known_ = known
        self.tables_ = [sparse.hstack(t, format="csr") for t in (of_users, of_movies)]
        self.model_ = myfm.MyFMRegressor(rank=self.rank, random_seed=SEED)
        groups = [part.shape[1] for part in (*of_users, *of_movies)]
        self.model_.fit(
            None,
            train["rating"].to_numpy(),
            X_rel=self._blocks(train["user_id"], train["movie_id"]),
            group_shapes=groups,
            n_iter=self.n_samples,
            n_kept_samples=self.n_samples - 20,
        )
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> NDArray:
        stars = self.model_.predict(None, self._blocks(user_ids, movie_ids))
        return np.clip(stars, 0.5, 5)

    def _blocks(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> list[Any]:
        from myfm import RelationBlock

        # Row 0 is for what the training rows do not have.
        rows = (
            self.known_.users.find(user_ids) + 1,
            self.known_.movies.find(movie_ids) + 1,
        )
        return [
            RelationBlock(of_side.astype(np.int64), sparse.csr_matrix(table))
            for of_side, table in zip(rows, self.tables_, strict=True)
        ]


def one_hot(index: IdIndex) -> sparse.csr_array:
    return with_unknown(sparse.eye_array(len(index), format="csr"))


def with_unknown(matrix: sparse.csr_array) -> sparse.csr_array:
    return sparse.vstack([sparse.csr_array((1, matrix.shape[1])), matrix], format="csr")


if __name__ == "__main__":
    main()
