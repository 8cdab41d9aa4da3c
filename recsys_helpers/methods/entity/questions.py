"""What vectors of films are good for: three questions, a reader's taste, and critics.

Are the near films the right ones? To look at a few neighbours and nod is no test. These
questions, whose answers are known, are asked of thousands of films:

franchise
    Are the film's sequels among its ten nearest? All links are known to the model.
director
    Are films of the same director? The model must not know who directed: every link
    from a film to a person who directs it is held out, whatever else they do in it.
genre
    Have the nearest films the same genres? Links to genres are held out.

A reader's own taste and what critics say are learned from vectors that know of neither,
and judged by films that were left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from recsys_helpers._checks import check_choice, check_count, check_positive
from recsys_helpers.datasets import Films, entities_of
from recsys_helpers.interactions import IdIndex, top_n
from recsys_helpers.intervals import bootstrap_interval
from recsys_helpers.methods._base import require_fitted
from recsys_helpers.titles import franchise_matrix
from recsys_helpers.vectors import MovieVectors
from recsys_helpers.vectors.nearest import unit_rows

METRICS = {
    "franchise": ("recall@10",),
    "director": ("precision@10", "recall@10"),
    "genre": ("jaccard@10",),
}
QUESTIONS = tuple(METRICS)
N_NEAREST = 10
KERNELS = ("linear", "rbf")
CRITICS = ("metascore", "tomato_meter", "tomato_rating")
_FEWEST = 2  # films of each kind, so that one can be left out
_N_FOLDS = 5
_ALPHAS = (0.1, 1, 10, 100)  # penalties of the ridge regression to choose from
_SHARE_HELD_BACK = 0.2  # of the training films, to choose the penalty by


def held_out_pairs(films: Films, question: str, min_films: int = 3) -> pd.DataFrame:
    """Give the pairs that a model may learn from before it is asked a question.

    Parameters
    ----------
    question : {"franchise", "director", "genre"}
    min_films : int
        See `Films.pairs`; counted before anything is held out.

    Returns
    -------
    pandas.DataFrame with ``film_id`` and ``entity``
        For `FilmLinks.from_pairs`, which takes all ``film_id`` beside it.
    """
    _check(films, question)
    if question == "genre":
        others = [kind for kind in films.kinds if kind != "genre"]
        return films.pairs(others, min_films=min_films)
    pairs = films.pairs(min_films=min_films)
    if question == "franchise":
        return pairs
    directed = films.links[films.links["kind"] == "director"]
    known = pd.MultiIndex.from_arrays([directed["film_id"], entities_of(directed)])
    is_known = pd.MultiIndex.from_frame(pairs[["film_id", "entity"]]).isin(known)
    return pairs[~is_known].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class FilmQuestion:
    """A question with its answers, made by `FilmQuestion.of`.

    Attributes
    ----------
    name : str
        One of `QUESTIONS`.
    films : IdIndex
        All films; a row is a place among them, as in `FilmLinks`.
    queries : numpy.ndarray of int, shape (n_queries,)
        Rows of the films that are asked about: those that have an answer.
    answers : scipy.sparse.csr_array of bool
        Shape (n_films, n_films): which films are right answers; for "genre" shape
        (n_films, n_genres): which genres a film has.
    """

    name: str
    films: IdIndex
    queries: NDArray[np.intp]
    answers: sparse.csr_array

    @classmethod
    def of(cls, films: Films, question: str) -> FilmQuestion:
        """Find the right answers."""
        _check(films, question)
        index = IdIndex.of(films.films["film_id"], "film_id")
        if question == "franchise":
            in_order = films.films.sort_values("film_id")["title"]
            answers = franchise_matrix(in_order.tolist())
        else:
            answers = _has(films, index, question)
        if question == "director":
            together = (answers.astype(np.int32) @ answers.T.astype(np.int32)).tolil()
            together.setdiag(0)
            answers = together.tocsr().astype(bool)
            answers.eliminate_zeros()
        queries = np.flatnonzero(np.diff(answers.indptr))
        return cls(question, index, queries, answers)

    @property
    def metrics(self) -> tuple[str, ...]:
        """What `scores` gives: "recall@10", for instance."""
        return METRICS[self.name]

    def scores(self, neighbours: NDArray[np.integer]) -> pd.DataFrame:
        r"""Score lists of neighbours, query by query.

        * ``precision@10``: right answers among the ten, divided by 10.
        * ``recall@10``: the same, divided by the number of right answers, or by 10 if
          there are more, so that 1 can be reached (`recsys_helpers.metrics.recall_at_k`
          always divides by their number).
        * ``jaccard@10``: the mean, over the ten, of the genres that both films have,
          divided by those that either has.

        Parameters
        ----------
        neighbours : numpy.ndarray of int, shape (n_films, n)
            Rows of each film's nearest films, best first; of more than ten the first
            ten count, and fewer than ten are ten with wrong ones at the end.

        Returns
        -------
        pandas.DataFrame, one row a query, indexed by film_id
            With a column for each of `metrics`.
        """
        lists = self._checked(neighbours)[self.queries, :N_NEAREST]
        if self.name == "genre":
            found = {"jaccard@10": self._jaccard(lists)}
        else:
            asked = np.repeat(self.queries, lists.shape[1])
            right = self.answers[asked, lists.ravel()]
            hits = np.asarray(right).reshape(lists.shape).sum(axis=1)
            n_answers = np.diff(self.answers.indptr)[self.queries]
            found = {
                "precision@10": hits / N_NEAREST,
                "recall@10": hits / np.minimum(n_answers, N_NEAREST),
            }
        ids = pd.Index(self.films.ids[self.queries], name="film_id")
        return pd.DataFrame(found, index=ids)[list(self.metrics)]

    def estimates(self, neighbours: NDArray[np.integer], seed: int = 0) -> pd.DataFrame:
        """Means of the `scores` over the n queries, and how sure they are.

        One row a metric, as `recsys_helpers.intervals.bootstrap_interval` gives it.
        """
        scores = self.scores(neighbours)
        rows = [
            {"metric": metric, **bootstrap_interval(column, seed=seed)._asdict()}
            for metric, column in scores.items()
        ]
        return pd.DataFrame(rows)

    def _checked(self, neighbours: NDArray[np.integer]) -> NDArray[np.integer]:
        neighbours = np.asarray(neighbours)
        if neighbours.ndim != 2 or len(neighbours) != len(self.films):
            raise ValueError(
                f"There are {len(self.films):,} films, and each needs a row of "
                f"neighbours; got the shape {neighbours.shape}."
            )
        if not np.issubdtype(neighbours.dtype, np.integer):
            raise ValueError("Neighbours are rows of films, whole numbers.")
        lists = neighbours[:, :N_NEAREST]
        if lists.size and not (lists.min() >= 0 and lists.max() < len(self.films)):
            raise ValueError(
                f"A neighbour is a row from 0 to {len(self.films) - 1:,}; these go "
                f"from {lists.min()} to {lists.max()}. For film_ids: neighbour_rows."
            )
        return lists

    def _jaccard(self, lists: NDArray[np.integer]) -> NDArray[np.float64]:
        genres = self.answers.toarray()
        own = genres[self.queries]
        total = np.zeros(len(lists))
        for place in lists.T:
            theirs = genres[place]
            total += (own & theirs).sum(axis=1) / (own | theirs).sum(axis=1)
        return total / N_NEAREST


def neighbour_rows(vectors: MovieVectors, n: int = N_NEAREST) -> NDArray[np.intp]:
    """Rows of the nearest films of all films, by cosine, for `FilmQuestion.scores`.

    The vectors are in the order of the films' ids; the rows have the shape
    (n_films, min(n, n_films - 1)).
    """
    index = IdIndex.of(vectors.movie_ids, "film_id")
    if not np.array_equal(index.ids, vectors.movie_ids):
        raise ValueError("The vectors have to be in the order of the films' ids.")
    film_ids, _ = vectors.neighbours_of_all(n)
    return index.rows(film_ids)


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
    seed : int
        Of the folds: five, or fewer where there are fewer films.

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
    seed: int = 0

    def fit(
        self,
        vectors: MovieVectors,
        liked: Iterable[int | str],
        disliked: Iterable[int | str],
    ) -> Self:
        """Learn a taste from examples: ids, or titles, at least two of each."""
        check_choice("kernel", self.kernel, KERNELS)
        check_positive("C", self.C)
        check_count("seed", self.seed, at_least=0)
        rows, is_liked = _examples(vectors, list(liked), list(disliked))
        from sklearn.model_selection import StratifiedKFold, cross_val_score
        from sklearn.svm import SVC

        X = unit_rows(vectors.matrix)
        model = SVC(kernel=self.kernel, C=self.C, class_weight="balanced")
        fewest = int(min(is_liked.sum(), (~is_liked).sum()))
        folds = StratifiedKFold(
            min(_N_FOLDS, fewest), shuffle=True, random_state=self.seed
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
        return self._ranked(1, n)

    def avoid(self, n: int = 10) -> pd.DataFrame:
        """Films that they would like least, worst first; as in `recommend`."""
        return self._ranked(-1, n)

    def _ranked(self, sign: int, n: int) -> pd.DataFrame:
        require_fitted(self, "model_", "fit(vectors, liked, disliked)")
        best = top_n(sign * self._scores, n, exclude=self._examples)
        frame = pd.DataFrame({"movie_id": self.vectors_.movie_ids[best]})
        if self.vectors_.titles is not None:
            frame["title"] = [self.vectors_.titles[row] for row in best]
        return frame.assign(score=self._scores[best])


def critics_scores(films: Films, critic: str = "tomato_meter") -> pd.Series:
    """Scores of critics, of the films that have one.

    Parameters
    ----------
    critic : {"metascore", "tomato_meter", "tomato_rating"}
        0 to 100, the first two; the share of critics who liked it, the second; their
        mean from 0 to 10, the third.

    Returns
    -------
    pandas.Series of float64, indexed by film_id, ascending
    """
    check_choice("critic", critic, CRITICS)
    if critic not in films.films:
        raise ValueError(f"These films, {films.edition}, have no {critic}.")
    scores = films.films.set_index("film_id")[critic].astype("Float64").dropna()
    return scores.astype("float64").sort_index()


def compare_regressions(
    features: Mapping[str, Any],
    target: ArrayLike,
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
    seed : int
        Of the five folds, which are the same for all features.

    Returns
    -------
    pandas.DataFrame, one row a set of features, after "mean", which has none
        ``features``, ``rmse`` with its bootstrap interval ``low`` to ``high``, ``r2``,
        ``n``.
    """
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

    folds = list(KFold(_N_FOLDS, shuffle=True, random_state=seed).split(y))
    means = np.empty(len(y))
    for train, test in folds:
        means[test] = y[train].mean()
    rows = [_row("mean", y, means, means)]
    for name, matrix in features.items():
        predicted = np.empty(len(y))
        for train, test in folds:
            model = _ridge(matrix[train], y[train], seed)
            predicted[test] = model.predict(matrix[test])
        rows.append(_row(name, y, predicted, means))
    return pd.DataFrame(rows)


def _check(films: Films, question: str) -> None:
    check_choice("question", question, QUESTIONS)
    if question != "franchise" and question not in films.kinds:
        raise ValueError(
            f"This question asks about links of the kind {question}, and the kinds "
            f"here are {', '.join(films.kinds)}."
        )


def _has(films: Films, index: IdIndex, kind: str) -> sparse.csr_array:
    """Which film has which links of a kind, shape (n_films, n_names), bool."""
    links = films.links[films.links["kind"] == kind]
    codes, names = pd.factorize(links["name"], sort=True)
    rows = index.rows(links["film_id"])
    shape = (len(index), len(names))
    return sparse.csr_array((np.ones(len(rows), dtype=bool), (rows, codes)), shape)


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


def _ridge(X: Any, y: NDArray, seed: int) -> Any:
    """Fit a ridge regression with the best of the penalties."""
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import train_test_split

    # Sparse features need a solver that leaves them sparse.
    solver = "sparse_cg" if sparse.issparse(X) else "auto"
    models = [Ridge(alpha, solver=solver, random_state=seed) for alpha in _ALPHAS]
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
