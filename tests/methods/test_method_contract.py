"""Every method keeps the contract of `recsys_helpers.testing`.

A new method joins by a class: what makes it, which of the two contracts it keeps, and
what is special about it.
"""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from recsys_helpers.methods.als import Als
from recsys_helpers.methods.baselines import (
    BiasModel,
    GlobalMean,
    MeanRating,
    Popularity,
    RandomChoice,
)
from recsys_helpers.methods.bpr import Bpr
from recsys_helpers.methods.collaborative import KerasFactors, KerasNetwork
from recsys_helpers.methods.ease import Ease
from recsys_helpers.methods.hybrids import (
    BlendedLists,
    BlendedStars,
    Fallback,
    SwitchedLists,
    SwitchedStars,
)
from recsys_helpers.methods.liked_vectors import LikedVectors
from recsys_helpers.methods.neighbours import (
    ImplicitNeighbours,
    LikeNeighbours,
    RatingNeighbours,
)
from recsys_helpers.methods.two_tower import RetrievalTowers, TwoTowers
from recsys_helpers.splits import user_temporal_split
from recsys_helpers.testing import (
    N_USERS,
    PredictorContract,
    RecommenderContract,
    held_back_and_liked,
)
from recsys_helpers.vectors import MovieVectors

# --- the baselines: no taste, and an answer for anyone --------------------------------


class BaselineContract(RecommenderContract):
    has_taste = False
    answers_anyone = True

    def test_no_baseline_solves_the_checkerboard(self):
        users = range(1, N_USERS + 1)
        best = {user: self.fitted().recommend(user, n=1) for user in users}
        solved = [best[u]["movie_id"][0] == held_back_and_liked(u) for u in users]
        assert sum(solved) < N_USERS * 3 / 4


class TestGlobalMean(PredictorContract):
    has_taste = False

    def make(self):
        return GlobalMean()


class TestBiasModel(BaselineContract, PredictorContract):
    bad_settings = {"n_iterations": 0.5}

    def make(self):
        return BiasModel()


class TestPopularity(BaselineContract):
    def make(self):
        return Popularity()


class TestMeanRating(BaselineContract, PredictorContract):
    bad_settings = {"shrinkage": -1}

    def make(self):
        return MeanRating()


class TestRandomChoice(BaselineContract):
    bad_settings = {"seed": -1}

    def make(self):
        return RandomChoice()


# --- neighbours and factors -----------------------------------------------------------


class TestRatingNeighboursOfMovies(PredictorContract):
    bad_settings = {"centre": "mean"}

    def make(self):
        return RatingNeighbours("movies")


class TestRatingNeighboursOfUsers(PredictorContract):
    def make(self):
        return RatingNeighbours("users")


class TestLikeNeighboursOfMovies(RecommenderContract):
    bad_settings = {"like_threshold": "four"}

    def make(self):
        return LikeNeighbours("movies")


class TestLikeNeighboursOfUsers(RecommenderContract):
    bad_settings = {"k": 0}

    def make(self):
        return LikeNeighbours("users")


class TestImplicitNeighbours(RecommenderContract):
    bad_settings = {"like_threshold": np.nan}

    def make(self):
        # Without a threshold a rating of 1 would be a like, and all like each other.
        return ImplicitNeighbours(like_threshold=4)


class TestEase(RecommenderContract):
    bad_settings = {"l2": np.nan}

    def make(self):
        return Ease()


class TestEaseWithRecency(RecommenderContract):
    bad_settings = {"recency": 0}

    def make(self):
        return Ease(recency=0.5, half_like_from=3)


class TestAls(RecommenderContract):
    bad_settings = {"regularization": 0}

    def make(self):
        return Als(like_threshold=4)


class TestBpr(RecommenderContract):
    bad_settings = {"n_factors": 0, "learning_rate": 0, "regularization": -1}

    def make(self):
        return Bpr(n_factors=8, learning_rate=0.1, like_threshold=4)


# --- Keras: few ratings ask for small penalties and large steps -----------------------


class TestKerasFactors(RecommenderContract, PredictorContract):
    bad_settings = {"factor_l2": -1, "patience": 3}

    def make(self):
        # The sets bring in all of the code.
        return KerasFactors(
            n_factors=4,
            factor_l2=0.5,
            bias_l2=0.5,
            set_l2=1,
            n_epochs=6,
            learning_rate=0.1,
            batches_per_epoch=9,
            with_sets=True,
        )


class TestKerasNetwork(RecommenderContract, PredictorContract):
    bad_settings = {"dropout": 1}

    def make(self):
        return KerasNetwork(
            n_factors=4,
            factor_l2=0.1,
            n_hidden=16,
            dropout=0.1,
            n_epochs=8,
            learning_rate=0.03,
            batches_per_epoch=20,
        )


def movie_ids_in(train):
    """Give the movies of a ratings frame, and none if it is no such frame."""
    return train["movie_id"].unique() if isinstance(train, pd.DataFrame) else []


def that_know_content(towers, **settings):
    """Let two towers know of each movie that they learn from whether its id is even."""

    class KnowsContent(towers):
        def fit(self, train):
            ids = movie_ids_in(train)
            genres = [("Even",) if i % 2 == 0 else ("Odd",) for i in ids]
            self.movies = pd.DataFrame(
                {"movie_id": ids, "genres": genres, "year": 1990}
            )
            return super().fit(train)

    few = {"movies": None, "n_factors": 4, "batch_size": 20, "n_epochs": 6}
    return KnowsContent(**few, hidden=(), dropout=0, learning_rate=0.03, **settings)


class TestTwoTowers(RecommenderContract, PredictorContract):
    bad_settings = {
        "n_folds": 1,
        "hide_movies": 1,
        "short_histories": 1.5,
        "hidden": (64, 0),
        "patience": 3,
    }

    def make(self):
        return that_know_content(TwoTowers, n_folds=5)


class TestRetrievalTowers(RecommenderContract):
    bad_settings = {"temperature": 0, "like_threshold": 6}

    def make(self):
        return that_know_content(RetrievalTowers)


# --- made of others -------------------------------------------------------------------


class TestLikedVectors(RecommenderContract):
    bad_settings = {"like_threshold": np.nan}

    def make(self):
        class KnowsVectors(LikedVectors):
            def fit(self, train):
                ids = movie_ids_in(train)
                if len(ids):
                    self.vectors = MovieVectors(ids, np.eye(2)[ids % 2])
                return super().fit(train)

        return KnowsVectors(vectors=None)


class TestFallback(RecommenderContract):
    answers_anyone = True

    def make(self):
        return Fallback(Als(like_threshold=4), Popularity())


class TestBlendedStars(PredictorContract):
    bad_settings = {"l2": 0}

    def make(self):
        return BlendedStars({"neighbours": RatingNeighbours(), "bias": BiasModel()})


class TestBlendedLists(RecommenderContract):
    bad_settings = {"depth": 0, "offset": -1}

    def make(self):
        return BlendedLists(
            {"EASE": Ease(), "neighbours": LikeNeighbours()},
            cut=partial(user_temporal_split, test_share=0.4),
            n_rounds=3,
        )


class TestSwitchedStars(PredictorContract):
    bad_settings = {"few": -1}

    def make(self):
        return SwitchedStars(RatingNeighbours(), BiasModel())


class TestSwitchedLists(RecommenderContract):
    bad_settings = {"few": -1, "one_in": 0}

    def make(self):
        return SwitchedLists(Ease(), Popularity())


# --- the contract itself --------------------------------------------------------------


class AtLeastOne(Popularity):
    """Has one movie for who asks for none."""

    def recommend(self, user_id, n=10, exclude_seen=True):
        return super().recommend(user_id, max(n, 1), exclude_seen)


def test_a_broken_promise_is_named():
    class Broken(BaselineContract):
        def make(self):
            return AtLeastOne()

    with pytest.raises(AssertionError) as failed:
        Broken.check()
    (note,) = failed.value.__notes__
    assert "Broken.test_a_list_of_no_movies_cannot_be_asked_for" in note


def test_a_contract_without_a_method_asks_for_one():
    with pytest.raises(NotImplementedError, match="make"):
        RecommenderContract.check()
