"""A fallback answers for the unknown user, and for nothing else."""

import pytest

from recsys_helpers.interactions import UnknownIdError
from recsys_helpers.methods.hybrids import Fallback


class Scripted:
    """Notes what it is asked, and gives the answer or raises the error it holds."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def fit(self, train):
        self.train = train
        return self

    def recommend(self, user_id, n=10, exclude_seen=True):
        self.asked.append((user_id, n, exclude_seen))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_both_learn_from_the_same_rows():
    model, otherwise = Scripted("a"), Scripted("b")
    Fallback(model, otherwise).fit("the rows")
    assert (model.train, otherwise.train) == ("the rows", "the rows")


def test_a_known_user_is_answered_by_the_model_alone():
    model, otherwise = Scripted("its list"), Scripted("popular")
    assert Fallback(model, otherwise).recommend(1) == "its list"
    assert otherwise.asked == []


def test_an_unknown_user_is_answered_otherwise():
    model, otherwise = Scripted(UnknownIdError("who?")), Scripted("popular")
    assert Fallback(model, otherwise).recommend(1) == "popular"


def test_what_was_asked_is_passed_on_to_both():
    model, otherwise = Scripted(UnknownIdError("who?")), Scripted("popular")
    Fallback(model, otherwise).recommend(7, 3, False)
    assert model.asked == otherwise.asked == [(7, 3, False)]


@pytest.mark.parametrize("error", [ValueError("n"), KeyError("column"), OSError()])
def test_another_error_of_the_model_comes_through(error):
    with pytest.raises(type(error)):
        Fallback(Scripted(error), Scripted("popular")).recommend(1)
