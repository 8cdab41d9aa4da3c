"""What vectors of films are good for: a reader's own taste, and what critics say.

Both tasks start from vectors that have been learned without them, and both are judged
by films that were left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from recsys_helpers.checks import check_choice, check_count, check_positive
from recsys_helpers.films import Films
from recsys_helpers.intervals import bootstrap_interval
from recsys_helpers.methods import NotFittedError
from recsys_helpers.nearest import unit_rows
from recsys_helpers.vectors import MovieVectors

__all__ = ["CRITICS", "FilmTaste", "compare_regressions", "critics_scores"]

KERNELS = ("linear", "rbf")
CRITICS = ("metascore", "tomato_meter", "tomato_rating")
_FEWEST = 2  # films of each kind, so that one can be left out
_SHARE_HELD_BACK = 0.2  # of the training films, to choose the penalty by


@dataclass(kw_only=True)
class FilmTaste:
    """Tell films that somebody likes from films that they don't, by their vectors.

    A support vector machine looks for the border between the two that is farthest from
    both: Cortes and Vapnik, "Support-vector networks", Machine Learning, 1995. How far
    a film lies on the liked side is its score.

    Parameters
    ----------
    kernel : {"linear", "rbf"}
        Whether the border is flat, or may bend.
    C : float
        How much a film on the wrong side counts against a wide border; above 0.
    n_folds : int
        Of the cross-validation, at least 2; fewer where there are fewer films.
    seed : int
        Of the folds.

    Attributes
    ----------
    vectors_ : MovieVectors
    model_ : sklearn.svm.SVC
    accuracy_ : float
        Share of the films told right while they were left out, where liked and
        disliked count half each, however many they are: 0.5 is chance.
    """

    kernel: str = "linear"
    C: float = 1.0
    n_folds: int = 5
    seed: int = 0

    def fit(
        self,
        vectors: MovieVectors,
        liked: Iterable[int | str],
        disliked: Iterable[int | str],
    ) -> Self:
        """Learn a taste from examples.

        Parameters
        ----------
        vectors : MovieVectors
        liked, disliked : iterable of int or str
            Ids, or titles; at least two of each.

        Raises
        ------
        ImportError
            If scikit-learn is not installed.
        UnknownMovieError
            If there is no such film.
        ValueError
            If a film comes twice, there are too few, or a setting cannot be.
        """
        check_choice("kernel", self.kernel, KERNELS)
        check_positive("C", self.C)
        check_count("n_folds", self.n_folds, at_least=2)
        check_count("seed", self.seed, at_least=0)
        rows, is_liked = _examples(vectors, list(liked), list(disliked))
        from sklearn.model_selection import StratifiedKFold, cross_val_score
        from sklearn.svm import SVC

        X = unit_rows(vectors.matrix)
        model = SVC(kernel=self.kernel, C=self.C, class_weight="balanced")
        fewest = int(min(is_liked.sum(), (~is_liked).sum()))
        folds = StratifiedKFold(
            min(self.n_folds, fewest), shuffle=True, random_state=self.seed
        )
        judged = cross_val_score(
            model, X[rows], is_liked, cv=folds, scoring="balanced_accuracy"
        )
        self.accuracy_ = float(judged.mean())
        self.model_ = model.fit(X[rows], is_liked)
        self.vectors_, self._examples = vectors, rows
        self._scores = self.model_.decision_function(X)
        return self

    def recommend(self, n: int = 10) -> pd.DataFrame:
        """Films that they would like most, without the examples, best first.

        Returns
        -------
        pandas.DataFrame with `movie_id`, `title` (if there are titles) and `score`
            Above 0: on the liked side. Equal scores come in row order.
        """
        return self._ranked(-1, n)

    def avoid(self, n: int = 10) -> pd.DataFrame:
        """Films that they would like least, worst first; as in `recommend`."""
        return self._ranked(1, n)

    def _ranked(self, sign: int, n: int) -> pd.DataFrame:
        if not hasattr(self, "model_"):
            raise NotFittedError(
                "This FilmTaste has no examples yet. Call fit(vectors, liked, "
                "disliked) first."
            )
        check_count("n", n)
        order = np.argsort(sign * self._scores, kind="stable")
        best = order[~np.isin(order, self._examples)][:n]
        frame = pd.DataFrame({"movie_id": self.vectors_.movie_ids[best]})
        if self.vectors_.titles is not None:
            frame["title"] = [self.vectors_.titles[row] for row in best]
        return frame.assign(score=self._scores[best])


def critics_scores(films: Films, critic: str = "tomato_meter") -> pd.Series:
    """Scores of critics, of the films that have one.

    Parameters
    ----------
    films : Films
        From `recsys_helpers.datasets.load_films`.
    critic : {"metascore", "tomato_meter", "tomato_rating"}
        0 to 100, the first two; the share of critics who liked it, the second; their
        mean from 0 to 10, the third.

    Returns
    -------
    pandas.Series of float64, indexed by film_id, ascending

    Raises
    ------
    ValueError
        If there is no such critic, or the films have no scores.
    """
    check_choice("critic", critic, CRITICS)
    if critic not in films.films:
        raise ValueError(f"These films, {films.edition}, have no {critic}.")
    scores = films.films.set_index("film_id")[critic].astype("Float64").dropna()
    return scores.astype("float64").sort_index()


def compare_regressions(
    features: Mapping[str, Any],
    target: ArrayLike,
    *,
    alphas: Sequence[float] = (0.1, 1, 10, 100),
    n_folds: int = 5,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Predict a number by ridge regression from several sets of features.

    .. math::
        R^2 = 1 - \frac{\sum_i (y_i - \hat y_i)^2}{\sum_i (y_i - \bar y)^2}

    Each film is predicted while it is left out, by its fold; the mean in it is that of
    the films that were not. The penalty is chosen anew in each fold, by a fifth of
    its training films.

    Parameters
    ----------
    features : mapping of str to array or csr_array, shape (n_films, n_features)
    target : array_like of float, shape (n_films,)
    alphas : sequence of float
        Penalties to choose from, above 0.
    n_folds : int
        At least 2.
    seed : int
        Of the folds, which are the same for all features.

    Returns
    -------
    pandas.DataFrame, one row a set of features, after "mean", which has none
        ``features``, ``rmse`` with its bootstrap interval ``low`` to ``high``, ``r2``,
        ``n``.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    ValueError
        If lengths differ, a number is not finite or a setting cannot be.
    """
    check_count("n_folds", n_folds, at_least=2)
    if not alphas:
        raise ValueError("alphas holds the penalties to choose from: at least one.")
    for alpha in alphas:
        check_positive("Each of alphas", alpha)
    y = np.asarray(target, dtype=np.float64)
    if y.ndim != 1 or not np.isfinite(y).all():
        raise ValueError("The target is one finite number a film.")
    for name, matrix in features.items():
        if np.shape(matrix)[0] != len(y):
            raise ValueError(
                f"{name} has {np.shape(matrix)[0]:,} rows, and there are {len(y):,} "
                "films with a target."
            )
    from sklearn.model_selection import KFold

    folds = list(KFold(n_folds, shuffle=True, random_state=seed).split(y))
    means = np.empty(len(y))
    for train, test in folds:
        means[test] = y[train].mean()
    rows = [_row("mean", y, means, means)]
    for name, matrix in features.items():
        predicted = np.empty(len(y))
        for train, test in folds:
            model = _ridge(matrix[train], y[train], alphas, seed)
            predicted[test] = model.predict(matrix[test])
        rows.append(_row(name, y, predicted, means))
    return pd.DataFrame(rows)


def _examples(
    vectors: MovieVectors, liked: list[Any], disliked: list[Any]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Rows of the films, and whether each is liked."""
    for name, films in (("liked", liked), ("disliked", disliked)):
        if len(films) < _FEWEST:
            raise ValueError(
                f"Name at least {_FEWEST} films as {name}; there are {len(films)}."
            )
    films = [*liked, *disliked]
    rows = np.array([vectors.row(film) for film in films], dtype=np.intp)
    _, first, counts = np.unique(rows, return_index=True, return_counts=True)
    if (counts > 1).any():
        twice = films[first[counts > 1][0]]
        raise ValueError(f"{twice!r} is among the liked and disliked films twice.")
    return rows, np.arange(len(films)) < len(liked)


def _ridge(X: Any, y: NDArray, alphas: Sequence[float], seed: int) -> Any:
    """Fit a ridge regression with the best of the penalties."""
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import train_test_split

    # Sparse features need a solver that leaves them sparse.
    solver = "sparse_cg" if sparse.issparse(X) else "auto"
    models = [Ridge(alpha, solver=solver, random_state=seed) for alpha in alphas]
    if len(models) == 1:
        return models[0].fit(X, y)
    inner, held_back = train_test_split(
        np.arange(len(y)), test_size=_SHARE_HELD_BACK, random_state=seed
    )
    wrong_by = [
        model.fit(X[inner], y[inner]).predict(X[held_back]) - y[held_back]
        for model in models
    ]
    errors = [np.mean(np.square(wrong)) for wrong in wrong_by]
    return models[int(np.argmin(errors))].fit(X, y)


def _row(name: str, y: NDArray, predicted: NDArray, means: NDArray) -> dict[str, Any]:
    squared = (y - predicted) ** 2
    rmse = bootstrap_interval(squared)
    return {
        "features": name,
        "rmse": rmse.value**0.5,
        "low": rmse.low**0.5,
        "high": rmse.high**0.5,
        "r2": 1 - squared.sum() / ((y - means) ** 2).sum(),
        "n": rmse.n,
    }
