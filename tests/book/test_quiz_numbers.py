"""Every number that a quiz asks for is worked out again, and so are the wrong ones."""

import numpy as np
import pytest
import quiz
from quiz_file import load_quiz

from recsys_helpers import metrics

NUMBERS = {
    question.id: question
    for path in sorted(quiz.FOLDER.glob("*.yml"))
    for question in load_quiz(path)
    if question.kind == "number"
}
HIT = np.array([[False, True, False]])
ACTUAL, PREDICTED = np.array([5.0, 4.0]), np.array([3.0, 4.0])
ANN, CEM = np.array([5.0, 1.0]), np.array([1.0, 5.0])

# The right answer first, then what the mistakes lead to.
WORKED_OUT = {
    "sparsity-by-hand": [1 - 6 / (4 * 5), 6 / 20, 20 - 6],
    "head-of-five": [
        1 + np.argmax(np.cumsum([50, 30, 10, 6, 4]) >= 80),
        0.8 * 5,
        1 + np.argmax(np.cumsum([50, 30, 10, 6, 4]) > 80),
        5,
    ],
    "the-busy-one": [920 / (4 * 20 + 920), 1 / 5],
    "rmse-by-hand": [
        metrics.rmse(ACTUAL, PREDICTED),
        metrics.mae(ACTUAL, PREDICTED),
        metrics.mse(ACTUAL, PREDICTED),
    ],
    "ndcg-by-hand": [
        metrics.ndcg_at_k(HIT, [1], 3)[0],
        1 / 2,
        metrics.precision_at_k(HIT, [1], 3)[0],
        metrics.recall_at_k(HIT, [1], 3)[0],
    ],
    "raw-cosine": [
        ANN @ CEM / np.sqrt(ANN @ ANN * (CEM @ CEM)),
        (ANN - 3)
        @ (CEM - 3)
        / np.sqrt((ANN - 3) @ (ANN - 3) * ((CEM - 3) @ (CEM - 3))),
        ANN @ CEM,
    ],
    "weighted-votes": [
        3.5 + (0.6 - 0.2) / (0.6 + 0.2),
        3.5 + (1 - 1) / 2,
        3.5 + (0.6 - 0.2),
        (0.6 - 0.2) / (0.6 + 0.2),
    ],
    "als-step": [4 / (4 * 1 + 1 * 4 + 1), 4 / (4 + 1), 4 / (4 + 4)],
    "one-pull": [0.5 - 0.1 * 0.5, 0.5 + 0.1 * 0.5, 0.1 * 0.5, 0.5 - 0.5],
    "lambda-in-ratings": [0.0001 * 50_000, 0.0001, 50_000 / 0.0001],
    "leave-one-out": [(3 + 4) / 2, (5 + 3 + 4) / 3, (12 - 5) / 3],
    "each-side-once": [5_000 + 1_000, 5_000 * 1_000, 2 * 5_000 * 1_000, 5_000],
    "idf-by-hand": [
        np.log(1000 / 10),
        np.log10(1000 / 10),
        1000 / 10,
        np.log(10 / 1000),
    ],
    "softmax-of-two": [np.e / (np.e + 1), 1 / (1 + 0), 1 / (np.e + 1), 1 / 2],
    "size-after-sliding": [3 * 3, 5 * 5, 3, 2 * 2],
    "pooled-by-hand": [np.mean([0, 0, 4, 8]), 8, 0 + 0 + 4 + 8, np.mean([4, 8])],
    "accidents": [40 * 0.05, 0, 40 * 0.95],
    "fuse-two-lists": [
        0.5 / (1 + 1) + 0.5 / (1 + 3),
        1 / (1 + 1) + 1 / (1 + 3),
        0.5 / 1 + 0.5 / 3,
        0.5 / (1 + 1),
    ],
    "bytes-of-ratings": [4 * 8, 8, 4 + 4 + 1 + 4],
    "copies-of-a-vector": [
        len({i % 4 for i in (0, 3, 4, 7, 8, 10)}),
        len((0, 3, 4, 7, 8, 10)),
        4,
    ],
    "spark-lambda": [0.05 * 80, 0.05, 0.05 / 80],
    "index-recall": [
        np.isin(range(10), [*range(8), 40, 41]).mean(),
        1 - np.isin(range(10), [*range(8), 40, 41]).mean(),
        np.isin(range(10), [*range(8), 40, 41]).mean() + 1 / 10,
    ],
    "index-cells": [100 + 4 * (10_000 / 100), 4 * (10_000 / 100)],
    "slow-pages": [100 * (1 - 0.99**50), 50 * 1, 1],
    "every-fourth-user": [4 * 14_700, 2 * 14_700, 14_700],
}


def test_no_number_is_left_out():
    assert set(WORKED_OUT) == set(NUMBERS)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_what_comes_out(name):
    question, worked_out = NUMBERS[name], WORKED_OUT[name]
    given = [reply.given for reply in question.replies]
    assert given == pytest.approx(worked_out, abs=question.tolerance / 2)
    if "wo decimals" in question.ask:
        assert abs(round(worked_out[0], 2) - given[0]) <= question.tolerance
