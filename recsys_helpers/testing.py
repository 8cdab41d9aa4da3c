"""What every method promises, as tests that a method of your own can inherit.

A class for what recommends and one for what predicts stars. In a test file of pytest,
name it ``Test...``; ``check()`` runs the same tests without pytest, in a notebook say.

The ratings are a checkerboard, whose right answer is known: even users like even movies
and odd users odd ones. What knows a person's taste must find the movie that was held
back from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from copy import copy
from functools import cache
from typing import Any, ClassVar
from unittest import TestCase

import numpy as np
import pandas as pd
from scipy import sparse

from recsys_helpers.evaluation import RatingPredictor, Recommender
from recsys_helpers.interactions import Interactions
from recsys_helpers.methods import NotFittedError

N_USERS, N_MOVIES = 20, 16
FIRST_MOVIE = 101
UNKNOWN = 999
BUSY, SULLEN, DISLIKED = 50, 51, 998


def checkerboard() -> pd.DataFrame:
    """Ratings of users 1 to 20 of movies 101 to 116, liked where both are even or odd.

    Each user has rated all movies but two: of the liked ones (5 stars) the (user mod
    8)-th is held back, of the disliked ones (1 star) likewise.

    Returns
    -------
    DataFrame with `user_id`, `movie_id`, `rating` and `timestamp`, 280 rows
    """
    users, movies = np.meshgrid(
        np.arange(1, N_USERS + 1),
        np.arange(FIRST_MOVIE, FIRST_MOVIE + N_MOVIES),
        indexing="ij",
    )
    held_back = (movies - FIRST_MOVIE) // 2 == users % (N_MOVIES // 2)
    frame = pd.DataFrame({"user_id": users[~held_back], "movie_id": movies[~held_back]})
    liked = (frame["user_id"] + frame["movie_id"]) % 2 == 0
    return frame.assign(rating=np.where(liked, 5.0, 1.0), timestamp=0)


def held_back_and_liked(user_id: int) -> int:
    """Name the one movie of the checkerboard that the user has not seen and would like.

    Examples
    --------
    >>> held_back_and_liked(1), held_back_and_liked(2)
    (103, 106)
    """
    first = FIRST_MOVIE + 2 * (user_id % (N_MOVIES // 2))
    return first if (first + user_id) % 2 == 0 else first + 1


class MethodContract:
    """What all methods promise: inherit from one of the two below, or both.

    Attributes
    ----------
    has_taste : bool
        Whether the method learns the taste of a person, and so must solve the
        checkerboard. A baseline does not.
    bad_settings : mapping of str to object
        Attributes and values with which a fit must raise a ValueError.
    """

    has_taste: ClassVar[bool] = True
    bad_settings: ClassVar[Mapping[str, Any]] = {}

    def make(self) -> Any:
        """Make the method, not fitted, with settings for a few hundred ratings."""
        raise NotImplementedError("Let make(self) return the method to be tested.")

    @classmethod
    def check(cls) -> list[str]:
        """Run all tests, without pytest.

        Returns
        -------
        list of str
            The names of the tests: all passed. Otherwise the first that fails raises
            its error, with a note which test it is.
        """
        names = [name for name in dir(cls) if name.startswith("test_")]
        for name in names:
            try:
                getattr(cls(), name)()
            except Exception as error:
                error.add_note(f"This comes from {cls.__name__}.{name}.")
                raise
        return names

    def fitted(self) -> Any:
        """Give the method, fitted to the checkerboard: once for all tests."""
        model, _, _ = self._fit()
        return model

    @classmethod
    @cache
    def _fit(cls) -> tuple[Any, Any, pd.DataFrame]:
        """Give the fitted model, what `fit` gave back, and its ratings afterwards."""
        model, train = cls().make(), checkerboard()
        return model, model.fit(train), train

    def test_fit_returns_the_model(self) -> None:
        model, returned, _ = self._fit()
        assert returned is model

    def test_fit_does_not_change_the_ratings(self) -> None:
        _, _, train = self._fit()
        pd.testing.assert_frame_equal(train, checkerboard())

    def test_a_fit_to_bad_ratings_leaves_the_model_as_it_was(self) -> None:
        fewer = checkerboard().query("movie_id < 105")
        matrix = Interactions.from_ratings(fewer).matrix
        model = copy(self.fitted())
        before = _answers_of(model)
        with _refused(TypeError, "DataFrame"):
            model.fit(matrix)
        with _refused(ValueError, "rating"):
            model.fit(fewer.assign(rating=fewer["rating"].mask(fewer["user_id"] == 3)))
        assert _answers_of(model) == before

    def test_a_fit_with_a_bad_setting_leaves_the_model_as_it_was(self) -> None:
        fewer = checkerboard().query("movie_id < 105")
        before = _answers_of(self.fitted())
        for setting, value in self.bad_settings.items():
            model = copy(self.fitted())  # which alone gets the setting
            good = getattr(model, setting)
            setattr(model, setting, value)
            with _refused(ValueError):
                model.fit(fewer)
            setattr(model, setting, good)
            assert _answers_of(model) == before


class RecommenderContract(MethodContract):
    """What a method promises that recommends movies.

    Attributes
    ----------
    answers_anyone : bool
        Whether an unknown user gets a list, the one that suits everyone. If not, an
        `UnknownIdError` names the user.

    Examples
    --------
    >>> from recsys_helpers.methods.baselines import Popularity
    >>> class TestPopularity(RecommenderContract):
    ...     has_taste = False
    ...     answers_anyone = True
    ...
    ...     def make(self):
    ...         return Popularity()
    >>> "test_the_best_comes_first" in TestPopularity.check()
    True
    """

    answers_anyone: ClassVar[bool] = False

    @classmethod
    @cache
    def _fit_twice(cls) -> tuple[dict[int, pd.DataFrame], Any]:
        """Give lists after a fit to `_with_odd_ones`, and the model, fitted anew."""
        model = cls().make().fit(_with_odd_ones())
        lists = {user: model.recommend(user, n=1000) for user in (BUSY, SULLEN, 3)}
        return lists, model.fit(checkerboard())

    def test_it_recommends(self) -> None:
        assert isinstance(self.make(), Recommender)

    def test_recommending_before_fit_says_to_fit(self) -> None:
        with _refused(NotFittedError, "fit"):
            self.make().recommend(1)

    def test_a_recommendation_is_a_frame_of_movie_and_score(self) -> None:
        best = self.fitted().recommend(1, n=2)
        assert list(best.columns) == ["movie_id", "score"]

    def test_the_best_comes_first(self) -> None:
        best = self.fitted().recommend(1, exclude_seen=False)
        assert best["score"].is_monotonic_decreasing

    def test_what_the_user_has_seen_is_left_out(self) -> None:
        for user_id, seen in checkerboard().groupby("user_id")["movie_id"]:
            assert not set(self.fitted().recommend(user_id)["movie_id"]) & set(seen)

    def test_asking_for_more_than_there_is_gives_what_there_is(self) -> None:
        best = self.fitted().recommend(1, n=1000)
        assert len(best) == 2  # two movies are held back from each user

    def test_with_the_seen_ones_every_movie_comes_once(self) -> None:
        best = self.fitted().recommend(1, n=1000, exclude_seen=False)
        assert sorted(best["movie_id"]) == _all_movies()

    def test_a_shorter_list_is_the_start_of_a_longer_one(self) -> None:
        short = self.fitted().recommend(1, n=3, exclude_seen=False)
        long = self.fitted().recommend(1, n=7, exclude_seen=False)
        pd.testing.assert_frame_equal(short, long[:3])

    def test_a_list_of_no_movies_cannot_be_asked_for(self) -> None:
        with _refused(ValueError, r"\bn\b"):
            self.fitted().recommend(1, n=0)

    def test_a_new_fit_forgets_the_old_one_and_gives_what_a_first_does(self) -> None:
        _, model = self._fit_twice()
        for user_id in (1, 2, 3):
            pd.testing.assert_frame_equal(
                model.recommend(user_id, n=1000, exclude_seen=False),
                self.fitted().recommend(user_id, n=1000, exclude_seen=False),
            )

    def test_who_has_seen_everything_gets_an_empty_list(self) -> None:
        lists, _ = self._fit_twice()
        best = lists[BUSY]
        assert list(best.columns) == ["movie_id", "score"]
        assert best.empty

    def test_who_likes_nothing_gets_every_movie_ranked(self) -> None:
        lists, _ = self._fit_twice()
        best = lists[SULLEN]
        assert sorted(best["movie_id"]) == [*_all_movies()[1:], DISLIKED]
        assert np.isfinite(best["score"]).all()

    def test_a_movie_that_nobody_likes_still_has_a_place(self) -> None:
        lists, _ = self._fit_twice()
        best = lists[3]
        assert DISLIKED in set(best["movie_id"])
        assert np.isfinite(best["score"]).all()

    def test_a_user_id_of_another_type_is_refused(self) -> None:
        for user_id in (1.0, "1", None, True, np.nan):
            with _refused(ValueError, "user_id"):
                self.fitted().recommend(user_id)

    def test_what_is_no_number_is_never_recommended_as_if_it_had_a_score(self) -> None:
        for wrong in (np.nan, np.inf, -np.inf):
            model = copy(self.fitted())
            # What an overflow or a division by 0 in `fit` would leave behind.
            for name, learned in vars(model).items():
                if isinstance(learned, np.ndarray) and learned.dtype.kind == "f":
                    setattr(model, name, np.full_like(learned, wrong))
                elif sparse.issparse(learned) and learned.dtype.kind == "f":
                    setattr(model, name, learned * wrong)
            with suppress(ValueError), np.errstate(all="ignore"):
                assert np.isfinite(model.recommend(1, n=1000)["score"]).all()

    def test_an_unknown_user_gets_what_suits_everyone_or_is_named(self) -> None:
        if not self.answers_anyone:
            with _refused(KeyError, str(UNKNOWN)):
                self.fitted().recommend(UNKNOWN)
            return
        for user_id in (-1, 0, UNKNOWN, 2**63 - 1):
            best = self.fitted().recommend(user_id, n=99)
            assert sorted(best["movie_id"]) == _all_movies()

    def test_the_movie_that_was_held_back_comes_first(self) -> None:
        if self.has_taste:
            for user_id in range(1, N_USERS + 1):
                best = self.fitted().recommend(user_id, n=1)
                assert best["movie_id"].tolist() == [held_back_and_liked(user_id)]


class PredictorContract(MethodContract):
    """What a method promises that predicts ratings in stars."""

    def test_it_predicts(self) -> None:
        assert isinstance(self.make(), RatingPredictor)

    def test_predicting_before_fit_says_to_fit(self) -> None:
        with _refused(NotFittedError, "fit"):
            self.make().predict([1], [101])

    def test_there_is_one_rating_a_pair(self) -> None:
        assert np.shape(self.fitted().predict([1, 2, 3], [101, 101, 105])) == (3,)

    def test_no_pairs_have_no_ratings(self) -> None:
        nobody = np.array([], dtype=int)
        assert len(self.fitted().predict(nobody, nobody)) == 0

    def test_ratings_are_stars_even_for_the_unknown(self) -> None:
        users, movies = [1, 1, UNKNOWN, UNKNOWN], [101, UNKNOWN, 101, UNKNOWN]
        ratings = self.fitted().predict(users, movies)
        assert ((ratings >= 0.5) & (ratings <= 5)).all()

    def test_pairs_of_ids_of_another_type_are_refused(self) -> None:
        for other in ("1", 1.0, 101.5, np.nan):
            with _refused(ValueError, "user_id"):
                self.fitted().predict([other], [101])
            with _refused(ValueError, "movie_id"):
                self.fitted().predict([1], [other])

    def test_users_and_movies_must_pair_up(self) -> None:
        with _refused(ValueError, "movies"):
            self.fitted().predict([1, 2], [101])
        with _refused(ValueError, "movies"):
            self.fitted().predict([[1, 2]], [[101, 102]])

    def test_liked_movies_are_predicted_above_disliked_ones(self) -> None:
        if self.has_taste:
            users = np.arange(1, N_USERS + 1)
            liked = np.array([held_back_and_liked(int(user)) for user in users])
            disliked = np.where(liked % 2 == 1, liked + 1, liked - 1)
            predict = self.fitted().predict
            assert (predict(users, liked) > predict(users, disliked)).all()


def _with_odd_ones() -> pd.DataFrame:
    """Add a movie that nobody likes, who has seen everything, and who likes nothing."""
    rated = [(1, DISLIKED, 0.5), (2, DISLIKED, 0.5), (SULLEN, FIRST_MOVIE, 0.5)]
    rated += [(BUSY, DISLIKED, 0.5), *((BUSY, movie, 4.0) for movie in _all_movies())]
    odd_ones = pd.DataFrame(rated, columns=["user_id", "movie_id", "rating"])
    return pd.concat([checkerboard(), odd_ones.assign(timestamp=0)], ignore_index=True)


def _all_movies() -> list[int]:
    return list(range(FIRST_MOVIE, FIRST_MOVIE + N_MOVIES))


def _answers_of(model: Any) -> list:
    """Give all that a fitted model says of users 1 to 3."""
    answers: list = []
    if isinstance(model, Recommender):
        answers += [model.recommend(u, n=99).to_dict("list") for u in (1, 2, 3)]
    if isinstance(model, RatingPredictor):
        users, movies = np.repeat([1, 2, 3], N_MOVIES), np.tile(_all_movies(), 3)
        answers += np.asarray(model.predict(users, movies)).tolist()
    return answers


def _refused(kind: type[Exception], naming: str = "") -> AbstractContextManager:
    # As pytest.raises does, without pytest.
    return TestCase().assertRaisesRegex(kind, naming)  # noqa: PT027
