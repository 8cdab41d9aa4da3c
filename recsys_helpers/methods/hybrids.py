"""Hybrids: methods made of others.

Blends learn how far to trust each of some methods, on ratings that none of them has
learned from; switches ask one method about most movies, and another, which knows their
content, about those that few have rated. Burke, "Hybrid recommender systems: survey and
experiments", User Modeling and User-Adapted Interaction 12, 2002, calls them weighted
and switching.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls

from recsys_helpers._checks import check_count, check_number, check_positive
from recsys_helpers.evaluation import RatingPredictor, Recommender
from recsys_helpers.interactions import UnknownIdError, integer_ids, positives, top_n
from recsys_helpers.methods._base import (
    Floats,
    as_stars,
    check_ratings_frame,
    checked_pairs,
    require_fitted,
)
from recsys_helpers.metrics import ndcg_at_k
from recsys_helpers.progress import progress_bar
from recsys_helpers.splits import Split, user_temporal_split


@dataclass(eq=False)
class BlendedStars:
    r"""Predict a weighted sum of what several methods predict.

    The training rows are cut once more. The methods learn from the one part and predict
    the other, where the weights are the

    .. math::
        \arg\min_{w \ge 0, b} \sum_n (r_n - b - \sum_m w_m p_{nm})^2
        + \lambda \sum_m (w_m - \tfrac1M)^2

    with :math:`p_{nm}` what method m of M predicts of row n. The penalty pulls them
    towards the plain mean of the methods. Then the methods learn from all rows.
    Wolpert, "Stacked generalization", Neural Networks 5(2), 1992; that no weight is
    below 0 is Breiman's condition, "Stacked regressions", Machine Learning 24, 1996.
    Both learn the weights by cross-validation. Where the question is about later
    ratings, one cut by time asks what will be asked of the blend.

    Parameters
    ----------
    models : mapping of str to method
        At least one, by name. They are fitted anew.
    cut : callable
        Cuts the training rows.
    l2 : float
        The :math:`\lambda`, above 0, in ratings.

    Attributes
    ----------
    weights_ : Series, indexed by the names
    intercept_ : float
        b, in stars.
    """

    models: Mapping[str, RatingPredictor]
    cut: Callable[[pd.DataFrame], Split] = user_temporal_split
    l2: float = 100.0

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn the weights on a part of `train`, and then each method on all of it."""
        check_ratings_frame(train)
        check_positive("l2", self.l2)
        inner = _inner_split(self.models, self.cut, train)
        _fit_all(self.models.values(), inner.train)
        predicted = self._predictions(inner.test["user_id"], inner.test["movie_id"])
        weights, self.intercept_ = _stacked(predicted, inner.test["rating"], self.l2)
        _fit_all(self.models.values(), train)
        self.weights_ = pd.Series(weights, index=list(self.models))
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> Floats:
        """Ratings of n (user, movie) pairs, within 0.5 to 5 stars, shape (n,)."""
        require_fitted(self, "weights_")
        blended = self._predictions(user_ids, movie_ids) @ self.weights_.to_numpy()
        return as_stars(self.intercept_ + blended)

    def _predictions(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> Floats:
        users, movies = checked_pairs(user_ids, movie_ids)
        columns = [model.predict(users, movies) for model in self.models.values()]
        return np.column_stack(columns).astype(np.float64)


@dataclass(eq=False)
class BlendedLists:
    r"""Blend the lists of several methods by the places that movies have on them.

    Scores of different methods are on different scales; places are not. So a movie's
    score is a weighted sum over the lists that it is on,

    .. math::
        \text{score}_i = \sum_m \frac{w_m}{c + \text{place}_m(i)} ,

    which with equal weights is reciprocal rank fusion: Cormack, Clarke and Büttcher,
    SIGIR 2009. The weights are learned. The training rows are cut once more and the
    methods learn from the one part. On the other, methods are added to the blend one
    at a time, each time the one with which the mean nDCG is highest, the same one again
    if that is best; a method's weight is how often it was added. The best blend on
    the way is taken: Caruana, Niculescu-Mizil, Crew and Ksikes, "Ensemble selection
    from libraries of models", ICML 2004. Then the methods learn from all rows.

    Parameters
    ----------
    models : mapping of str to method
        At least one, by name. They are fitted anew.
    cut : callable
        Cuts the training rows.
    depth : int
        How many places of each list are looked at, if not more are asked for.
    offset : float
        The c, at least 0: the larger, the less the first places stand out.
    like_threshold : float
        A rating of at least this many stars is relevant.
    k : int
        At which the nDCG is taken.
    n_rounds : int
        How many times a method is added.

    Attributes
    ----------
    weights_ : Series, indexed by the names
        They sum to 1.
    rounds_ : DataFrame, one row a round
        `added`, the name, and the `ndcg` of the blend on the inner test.
    """

    models: Mapping[str, Recommender]
    cut: Callable[[pd.DataFrame], Split] = user_temporal_split
    depth: int = 100
    offset: float = 5.0
    like_threshold: float = 4.0
    k: int = 10
    n_rounds: int = 20

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn the weights on a part of `train`, and then each method on all of it."""
        check_ratings_frame(train)
        for name in ("depth", "k", "n_rounds"):
            check_count(name, getattr(self, name))
        check_number("offset", self.offset)
        inner = _inner_split(self.models, self.cut, train)
        _fit_all(self.models.values(), inner.train)
        counts, rounds = self._selected(self._asked(inner))
        _fit_all(self.models.values(), train)
        self.weights_ = pd.Series(counts / counts.sum(), index=list(self.models))
        self.rounds_ = rounds
        return self

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Movies with the highest blended score: `movie_id` and `score`.

        Equal scores come in the order of the ids. Each of the methods has to know the
        user.
        """
        require_fitted(self, "weights_")
        check_count("n", n)
        movie_ids, parts = self._parts(user_id, max(n, self.depth), exclude_seen)
        scores = parts @ self.weights_.to_numpy()
        best = top_n(scores, n)
        return pd.DataFrame({"movie_id": movie_ids[best], "score": scores[best]})

    def _asked(self, inner: Split) -> list[tuple[Floats, NDArray[np.bool_], int]]:
        """Give of each user the parts of `_parts`, which movies are liked, how many."""
        known = inner.test["user_id"].isin(inner.train["user_id"])
        liked = positives(inner.test[known], self.like_threshold)
        if liked.empty:
            raise ValueError(
                "The cut of the training rows leaves no like of a known user to learn "
                "the weights from. Lower like_threshold, or cut off more."
            )
        asked = []
        by_user = liked.groupby("user_id")["movie_id"]
        with progress_bar(by_user.ngroups, "Blending", "user") as bar:
            for user_id, relevant in by_user:
                movie_ids, parts = self._parts(user_id, self.depth, True)
                asked.append((parts, np.isin(movie_ids, relevant), len(relevant)))
                bar.update()
        return asked

    def _selected(self, asked: list) -> tuple[NDArray[np.int64], pd.DataFrame]:
        """Add methods one at a time; count how often each is in the best blend."""
        names, added, gains = list(self.models), [], []
        counts = np.zeros(len(names), dtype=np.int64)
        for _ in range(self.n_rounds):
            tried = counts + np.eye(len(names), dtype=np.int64)
            found = self._gains(asked, tried)
            best = int(found.argmax())
            counts = tried[best]
            added.append(best)
            gains.append(found[best])
        in_best = added[: int(np.argmax(gains)) + 1]
        rounds = pd.DataFrame({"added": [names[i] for i in added], "ndcg": gains})
        return np.bincount(in_best, minlength=len(names)), rounds

    def _gains(self, asked: list, tried: NDArray[np.int64]) -> Floats:
        """Mean nDCG of each row of weights over the users of the inner test."""
        total = np.zeros(len(tried))
        for parts, liked, n_liked in asked:
            order = np.argsort(-(parts @ tried.T), axis=0, kind="stable")
            hits, n_relevant = liked[order[: self.k]].T, np.full(len(tried), n_liked)
            total += ndcg_at_k(hits, n_relevant, self.k, padded=True)
        return total / len(asked)

    def _parts(
        self, user_id: int, n: int, exclude_seen: bool
    ) -> tuple[NDArray[np.int64], Floats]:
        """Give what each list adds to each movie on any, shape (n_movies, n_models)."""
        asked = (m.recommend(user_id, n, exclude_seen) for m in self.models.values())
        lists = [integer_ids(listed["movie_id"], "movie_id") for listed in asked]
        movie_ids = np.unique(np.concatenate(lists))
        parts = np.zeros((len(movie_ids), len(lists)))
        for column, listed in enumerate(lists):
            places = self.offset + 1 + np.arange(len(listed))
            parts[np.searchsorted(movie_ids, listed), column] = 1 / places
        return movie_ids, parts


@dataclass(eq=False)
class SwitchedStars:
    """Predict by one method, and for movies with up to `few` ratings by another."""

    model: RatingPredictor
    for_rare: RatingPredictor
    few: int = 0

    def fit(self, train: pd.DataFrame) -> Self:
        """Fit both, and count the ratings."""
        self.n_ratings_ = _counted(train, self.few)
        _fit_all((self.model, self.for_rare), train)
        return self

    def predict(self, user_ids: ArrayLike, movie_ids: ArrayLike) -> Floats:
        """Ratings of n (user, movie) pairs, shape (n,)."""
        require_fitted(self, "n_ratings_")
        users, movies = checked_pairs(user_ids, movie_ids)
        rare = self.n_ratings_.reindex(movies, fill_value=0).to_numpy() <= self.few
        stars = np.empty(len(movies))
        for model, rows in ((self.model, ~rare), (self.for_rare, rare)):
            if rows.any():
                stars[rows] = model.predict(users[rows], movies[rows])
        return stars


@dataclass(eq=False)
class SwitchedLists:
    """List by one method, and keep some places for movies that few have rated.

    The scores of two methods cannot be compared. So every tenth place, say, belongs to
    the other method, which fills it with the best of the rare movies. The score of a
    movie is 1 / its place.

    Parameters
    ----------
    few : int
        Up to this many training ratings are few; 0: none at all.
    one_in : int
        One place in so many is for a rare movie, at least 1: 10 makes one of ten.
    """

    model: Recommender
    for_rare: Recommender
    few: int = 0
    one_in: int = 10

    def fit(self, train: pd.DataFrame) -> Self:
        """Fit both, and count the ratings."""
        check_count("one_in", self.one_in)
        self.n_ratings_ = _counted(train, self.few)
        _fit_all((self.model, self.for_rare), train)
        return self

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """List the best of the one, with the best rare ones of the other in between.

        Where the other has too few, the first fills up. Both have to know the user.
        """
        require_fitted(self, "n_ratings_")
        check_count("n", n)
        rare = self._rare_for(user_id, n // self.one_in, exclude_seen)
        most = self.model.recommend(user_id, n, exclude_seen)["movie_id"].to_numpy()
        most = most[~np.isin(most, rare)]
        # Before the tenth of the others, the twentieth, and so on, counting the rare.
        before = (self.one_in - 1) * np.arange(1, len(rare) + 1)
        listed = np.insert(most, np.minimum(before, len(most)), rare)[:n]
        places = np.arange(1, len(listed) + 1)
        return pd.DataFrame({"movie_id": listed, "score": 1 / places})

    def _rare_for(
        self, user_id: int, n: int, exclude_seen: bool
    ) -> NDArray[np.integer]:
        if n == 0:
            return np.empty(0, dtype=np.int64)
        # All that it knows: rare movies may stand far down.
        everything = self.for_rare.recommend(user_id, 10**6, exclude_seen)["movie_id"]
        counts = self.n_ratings_.reindex(everything, fill_value=0).to_numpy()
        return everything.to_numpy()[counts <= self.few][:n]


@dataclass
class Fallback:
    """Ask a method, and another one about the users whom it does not know.

    `otherwise` has an answer for everybody, like `Popularity`. Any error of `model` but
    `UnknownIdError` comes through.
    """

    model: Recommender
    otherwise: Recommender

    def fit(self, train: pd.DataFrame) -> Self:
        """Fit both."""
        _fit_all((self.model, self.otherwise), train)
        return self

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> pd.DataFrame:
        """Recommend by `model`, or by `otherwise` to a user it does not know."""
        try:
            return self.model.recommend(user_id, n, exclude_seen)
        except UnknownIdError:
            return self.otherwise.recommend(user_id, n, exclude_seen)


def _inner_split(
    models: Mapping[str, object],
    cut: Callable[[pd.DataFrame], Split],
    train: pd.DataFrame,
) -> Split:
    if not models:
        raise ValueError("There is no method to blend. Give at least one, by name.")
    inner = cut(train)
    if inner.train.empty or inner.test.empty:
        raise ValueError(
            "The cut of the training rows leaves nothing to learn the weights from: "
            f"{len(inner.train)} rows to fit and {len(inner.test)} to blend."
        )
    return inner


def _fit_all(
    models: Iterable[RatingPredictor | Recommender], train: pd.DataFrame
) -> None:
    for model in models:
        model.fit(train)


def _stacked(predicted: Floats, ratings: ArrayLike, l2: float) -> tuple[Floats, float]:
    """Weights from 0 up, near the plain mean, that fit best; and the intercept."""
    ratings = np.asarray(ratings, dtype=np.float64)
    means, n_models = predicted.mean(axis=0), predicted.shape[1]
    # The penalty acts like one row more for each model, which wants the mean's weight.
    pull = np.sqrt(l2) * np.eye(n_models)
    rows = np.vstack([predicted - means, pull])
    weights, _ = nnls(rows, [*(ratings - ratings.mean()), *pull.mean(axis=0)])
    return weights, float(ratings.mean() - means @ weights)


def _counted(train: pd.DataFrame, few: int) -> pd.Series:
    check_ratings_frame(train)
    check_count("few", few, at_least=0)
    return train.groupby("movie_id").size()
