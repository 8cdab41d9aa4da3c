"""What a server holds in memory, and the answers it gives from that.

Two of the course's methods work together. ALS has a vector for every user and every
movie, and computes one for a new user with one small system of equations: from vectors
come the candidates, and what is similar. EASE is among the best of the course at lists,
but has no short vectors to search in: it orders the candidates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers._checks import check_count, check_positive
from recsys_helpers.interactions import IdIndex, misfit
from recsys_helpers.methods import popular_where_silent
from recsys_helpers.methods.als import Als, confidence_values, solve_row
from recsys_helpers.methods.ease import Ease, like_values
from recsys_helpers.serving.ranking import (
    EaseRanker,
    at_most_each,
    retrieve,
    row_of,
    search_titles,
    series_of,
    top_finite,
)
from recsys_helpers.vectors import LARGEST_VALUE
from recsys_helpers.vectors.nearest import unit_rows

#: How many movies retrieval hands to ranking; the benchmark of the server says why.
CANDIDATES = 300
#: So many films of one series stand on a list at most.
OF_ONE_SERIES = 2


@dataclass(frozen=True)
class Movie:
    """A movie by its id and its title."""

    movie_id: int
    title: str


@dataclass(frozen=True)
class ScoredMovie(Movie):
    """A movie and how much speaks for it; scores of two lists do not compare."""

    score: float


class Recommendations(NamedTuple):
    """Movies, best first, and whether they come from likes or from popularity."""

    movies: list[ScoredMovie]
    based_on_likes: bool


class Counts(NamedTuple):
    """How much a model has learned from."""

    users: int
    movies: int
    ratings: int


class Settings(NamedTuple):
    """The two methods as they were set in training; neither is fitted."""

    als: Als
    ease: Ease


@dataclass(eq=False)
class Recommender:
    """A trained model, ready to answer: only arrays, nothing is learned here.

    Make one with `recsys_helpers.serving.training.train_recommender`, or load one with
    `recsys_helpers.serving.model_file.load`. Many threads can ask at the same time.

    Parameters
    ----------
    edition : str
        Which data it was trained on.
    settings : Settings
    titles : tuple of str, length n_movies
    users, movies : IdIndex
    user_vectors, movie_vectors : array of float32, shape (n, n_factors)
        Of ALS; zeros where nobody liked anything.
    seen, likes, queries : scipy.sparse.csr_array, shape (n_users, n_movies)
        All ratings; EASE's X; X as users are asked about: another one if recent likes
        count more.
    gram_inverse : array of float64, shape (n_users, n_users)
    scale : array of float64, shape (n_movies,)
        EASE's K, and ``l2 * diag(P)``.

    Raises
    ------
    ValueError
        If a part has another length than the users or movies, or a number or a setting
        cannot be.
    """

    edition: str
    settings: Settings
    titles: tuple[str, ...]
    users: IdIndex
    movies: IdIndex
    user_vectors: NDArray[np.float32]
    movie_vectors: NDArray[np.float32]
    seen: sparse.csr_array
    likes: sparse.csr_array
    queries: sparse.csr_array
    gram_inverse: NDArray[np.float64]
    scale: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check that all parts fit, and compute once what every request needs."""
        _check_parts(self)
        regularization = self.settings.als.regularization
        check_positive("regularization", regularization)
        vectors = self.movie_vectors.astype(np.float64)
        penalty = regularization * np.eye(vectors.shape[1])
        self._shared = vectors.T @ vectors + penalty
        self._directions = unit_rows(self.movie_vectors)
        self._counts = np.bincount(self.seen.indices, minlength=len(self.movies))
        self._popularity = popular_where_silent(
            np.zeros(len(self.movies)), self._counts
        )
        self._ranker = EaseRanker(self.likes, self.gram_inverse, self.scale)
        self._series = [series_of(title) for title in self.titles]
        search_titles("a", self.titles, 1)  # prepares them, once
        # A setting that cannot be shows now, and not when the first request comes.
        self.recommend_to({int(self.movies.ids[0]): 5.0}, 1)

    @property
    def counts(self) -> Counts:
        """How many users, movies and ratings it was trained on."""
        return Counts(len(self.users), len(self.movies), self.seen.nnz)

    @cached_property
    def fingerprint(self) -> str:
        """Twelve letters and digits that differ as soon as one number does."""
        digest = sha256()
        for given in fields(self):
            value = getattr(self, given.name)
            if isinstance(value, IdIndex):
                value = value.ids
            if sparse.issparse(value):
                parts = [value.data, value.indices, value.indptr]
            else:
                parts = [value]
            for part in parts:
                is_array = isinstance(part, np.ndarray)
                digest.update(part.tobytes() if is_array else repr(part).encode())
        return digest.hexdigest()[:12]

    def similar(self, movie_id: int, n: int = 10) -> list[ScoredMovie]:
        """Movies whose vectors point in the same direction, by cosine.

        There are none where nobody liked the movie, so that it has no direction. An
        `UnknownIdError` is raised if nobody rated it.
        """
        row = int(self.movies.rows(movie_id))
        vector = self._directions[row]
        if not vector.any():
            return []
        silent = np.asarray(~self._directions.any(axis=1))
        silent[row] = True
        scores = np.einsum("if,f->i", self._directions, vector)
        best = top_finite(scores, n, silent)
        return self._listed(best, scores[best])

    def recommend(
        self, user_id: int, n: int = 10, exclude_seen: bool = True
    ) -> Recommendations:
        """Movies for somebody who was there in training, or an `UnknownIdError`.

        Fewer than `n` come back where the rules leave fewer of the candidates. What the
        user has rated is left out, unless `exclude_seen` is False.
        """
        check_count("n", n)
        row = int(self.users.rows(user_id))
        columns, values = row_of(self.queries, row)
        seen, _ = row_of(self.seen, row)
        unwanted = seen if exclude_seen else seen[:0]
        return self._ranked(self.user_vectors[row], columns, values, unwanted, n)

    def recommend_to(
        self, ratings: Mapping[int, float], n: int = 10
    ) -> Recommendations:
        """Movies for somebody new, without training anew; nothing of theirs is kept.

        `ratings` are stars, 0.5 to 5, by movie id. An `UnknownIdError` is raised if
        nobody rated one of the movies, a ValueError without any.
        """
        check_count("n", n)
        if not ratings:
            raise ValueError("The new user has no ratings; at least one is needed.")
        rated = self.movies.rows(np.fromiter(ratings, dtype=np.int64))
        stars = np.fromiter(ratings.values(), dtype=np.float64)
        ease = self.settings.ease
        values = like_values(stars, ease.like_threshold, ease.half_like_from)
        liked = values > 0
        vector = self._fold_in(rated, stars)
        return self._ranked(vector, rated[liked], values[liked], rated, n)

    def search(self, query: str, n: int = 10) -> list[Movie]:
        """Movies that a title leads to, the likeliest first."""
        return self._named(search_titles(query, self.titles, n, self._counts))

    def unknown_movies(self, movie_ids: list[int]) -> list[int]:
        """Those of some ids that nothing is known of, in their order."""
        found = self.movies.find(np.array(movie_ids, dtype=np.int64))
        return [one for one, row in zip(movie_ids, found, strict=True) if row < 0]

    def nearest_ids(self, movie_id: int, n: int = 3) -> list[Movie]:
        """Movies whose ids are nearest to a number."""
        distances = np.abs(self.movies.ids.astype(np.int64) - movie_id)
        return self._named(np.argsort(distances, kind="stable")[:n])

    def candidates(self, user_id: int, n: int = CANDIDATES) -> NDArray[np.integer]:
        """Ids that retrieval finds for a user: the first of the two steps alone."""
        row = int(self.users.rows(user_id))
        seen, _ = row_of(self.seen, row)
        found = retrieve(self.user_vectors[row], self.movie_vectors, n, seen)
        return self.movies.ids[found]

    def _ranked(
        self,
        vector: NDArray[np.floating],
        columns: NDArray[np.integer],
        values: NDArray[np.float64],
        unwanted: NDArray[np.integer],
        n: int,
    ) -> Recommendations:
        if len(columns) == 0:
            best = top_finite(self._popularity, n, unwanted)
            popular = self._listed(best, self._popularity[best])
            return Recommendations(popular, False)
        if vector.any():
            found = retrieve(vector, self.movie_vectors, CANDIDATES, unwanted)
        else:  # Halves of a like may be none to ALS.
            found = top_finite(self._popularity, CANDIDATES, unwanted)
        found = np.sort(found)  # equal scores come in the order of the ids
        liked = np.asarray(columns, dtype=np.intp)
        scores = self._ranker.scores(liked, values, found)
        order = top_finite(scores, CANDIDATES)
        kept = at_most_each([self._series[found[i]] for i in order], OF_ONE_SERIES)
        best = order[kept][:n]
        return Recommendations(self._listed(found[best], scores[best]), True)

    def _fold_in(
        self, rated: NDArray[np.intp], stars: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Do what `Als.fold_in` does, without implicit."""
        als = self.settings.als
        confidences = confidence_values(
            stars, als.like_threshold, als.weighting, als.alpha
        )
        positive = confidences > 0
        if not positive.any():
            return np.zeros(self.movie_vectors.shape[1])
        vectors = self.movie_vectors[rated[positive]].astype(np.float64)
        solved = solve_row(self._shared, vectors, confidences[positive])
        return solved.astype(np.float64)

    def _named(self, rows: Iterable[int]) -> list[Movie]:
        return [Movie(int(self.movies.ids[row]), self.titles[row]) for row in rows]

    def _listed(
        self, rows: NDArray[np.integer], scores: NDArray[np.floating]
    ) -> list[ScoredMovie]:
        ids = self.movies.ids[rows].tolist()
        return [
            ScoredMovie(movie_id, self.titles[row], score)
            for movie_id, row, score in zip(ids, rows, scores.tolist(), strict=True)
        ]


def _check_parts(model: Recommender) -> None:
    """Raise a ValueError if a part has a wrong length, or a number cannot be."""
    n_users, n_movies = len(model.users), len(model.movies)
    n_factors = model.movie_vectors.shape[-1]
    for name, shape in {
        "user_vectors": (n_users, n_factors),
        "movie_vectors": (n_movies, n_factors),
        "gram_inverse": (n_users, n_users),
        "scale": (n_movies,),
    }.items():
        values = getattr(model, name)
        if values.shape != shape:
            raise ValueError(f"{name} has shape {values.shape}, and not {shape}.")
        _check_numbers(name, values)
    if not (model.scale > 0).all():
        raise ValueError("A number in scale is not above 0.")
    for name in ("seen", "likes", "queries"):
        matrix = getattr(model, name)
        problem = misfit(matrix.shape, model.users, model.movies)
        if problem:
            raise ValueError(f"{name}: {problem}")
        _check_numbers(name, matrix.data)
    if len(model.titles) != n_movies:
        raise ValueError(f"There are {len(model.titles)} titles, and not {n_movies}.")


def _check_numbers(name: str, values: NDArray[np.floating]) -> None:
    # What is larger could overflow where it is multiplied. NaN is not below anything.
    if not (np.abs(values) <= LARGEST_VALUE).all():
        raise ValueError(
            f"A number in {name} is NaN, infinite or above {LARGEST_VALUE:.0e}."
        )
