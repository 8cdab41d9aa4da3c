"""Metrics against values worked by hand, against properties, against libraries."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import (
    mean_absolute_error,
    mean_squared_error,
    ndcg_score,
    root_mean_squared_error,
)

from recsys_helpers import metrics

RANKING = {
    "precision": metrics.precision_at_k,
    "recall": metrics.recall_at_k,
    "hit rate": metrics.hit_rate_at_k,
    "average precision": metrics.average_precision_at_k,
    "reciprocal rank": metrics.reciprocal_rank_at_k,
    "ndcg": metrics.ndcg_at_k,
}
every_metric = pytest.mark.parametrize("metric", RANKING.values(), ids=RANKING)

# One user, five ranks, hits at ranks 2 and 4, three relevant movies in all.
HITS = np.array([[False, True, False, True, False]])
THREE = [3]


@st.composite
def lists(draw):
    """Hits of a few users, how many movies are relevant to each, and a k."""
    n_ranks = draw(st.integers(1, 12))
    rows = st.lists(st.booleans(), min_size=n_ranks, max_size=n_ranks)
    hits = np.array(draw(st.lists(rows, min_size=1, max_size=6)))
    missed = draw(st.lists(st.integers(0, 5), min_size=len(hits), max_size=len(hits)))
    return hits, hits.sum(axis=1) + missed, draw(st.integers(1, n_ranks))


# --- rating error ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "by_hand"),
    [
        (metrics.mse, mean_squared_error, (1 + 0 + 4) / 3),
        (metrics.rmse, root_mean_squared_error, np.sqrt(5 / 3)),
        (metrics.mae, mean_absolute_error, (1 + 0 + 2) / 3),
    ],
)
def test_rating_errors_are_those_by_hand_and_of_scikit_learn(ours, theirs, by_hand):
    assert ours([4, 2, 5], [3, 2, 3]) == by_hand
    actual, predicted = np.random.default_rng(0).uniform(0.5, 5, (2, 500))
    assert ours(actual, predicted) == pytest.approx(theirs(actual, predicted))


@pytest.mark.parametrize("error", [metrics.rmse, metrics.mae, metrics.mse])
def test_every_rating_error_checks_its_ratings(error):
    with pytest.raises(ValueError, match=r"predicted .*1 is nan"):
        error([1.0, 2.0], [1.0, np.nan])


@pytest.mark.parametrize(
    ("actual", "predicted", "named"),
    [
        ([1.0], [1.0, 2.0], "length"),
        # numpy would broadcast (2, 1) against (2,) to all four differences.
        ([[1.0], [2.0]], [1.0, 2.0], "flat"),
        ([], [], "ratings"),
        ([np.nan], [1.0], "actual .*0 is nan"),
        ([1.0], [np.nan], "predicted .*0 is nan"),
    ],
)
def test_ratings_that_cannot_be_compared_are_named(actual, predicted, named):
    with pytest.raises(ValueError, match=named):
        metrics.rating_errors(actual, predicted)


# --- hits -----------------------------------------------------------------------


def relevant(*pairs):
    return pd.DataFrame(pairs, columns=["user_id", "movie_id"])


@pytest.mark.parametrize(
    ("recommended", "liked", "users", "expected", "n_expected"),
    [
        ([[5, 6, 7]], [(1, 7), (1, 5), (1, 9)], [1], [[True, False, True]], [3]),
        # What is relevant to one user is no hit for another.
        ([[5], [5]], [(2, 5)], [1, 2], [[False], [True]], [0, 1]),
        # Users come in any order.
        ([[5], [6]], [(1, 6), (3, 5)], [3, 1], [[True], [True]], [1, 1]),
        # User 8 has no list.
        ([[5]], [(1, 5), (8, 5)], [1], [[True]], [1]),
        ([[5, 6]], [], [1], [[False, False]], [0]),
        # Were -1 taken for a movie, user 2's padding would be user 1's last movie.
        ([[9], [-1]], [(1, 9)], [1, 2], [[True], [False]], [1, 0]),
        # What is there twice counts once.
        ([[5]], [(1, 5), (1, 5)], [1], [[True]], [1]),
        # Lists without a rank.
        (np.empty((1, 0), dtype=int), [(7, 1)], [7], [[]], [1]),
    ],
)
def test_hits_mark_the_ranks_of_relevant_movies(
    recommended, liked, users, expected, n_expected
):
    hits, n_relevant = metrics.hits_of(recommended, relevant(*liked), users)
    assert hits.dtype == bool
    assert hits.tolist() == expected
    assert n_relevant.tolist() == n_expected


@pytest.mark.parametrize(
    ("recommended", "users", "message"),
    [
        ([[5, 5]], [1], "List 0 .*movie 5 "),
        ([[1, 2, 3], [4, 9, 9]], [1, 2], "List 1 .*movie 9 "),
        ([[-1, 5]], [1], "padding"),
        ([[5, 6, -1, 7]], [1], "padding"),
        ([5, 6], [1], r"\(n_users, n_ranks\)"),
        ([[5.0]], [1], "movie_id"),
        ([[5], [6]], [1], "users"),
        ([[5], [6]], [1, 1], "users"),
        ([[5], [6]], ["1", "2"], "user_id"),
    ],
)
def test_lists_that_cannot_be_are_refused(recommended, users, message):
    with pytest.raises(ValueError, match=message):
        metrics.hits_of(recommended, relevant((1, 5)), users)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("user_id", ["1", "2"]),
        ("user_id", [1.0, np.nan]),
        ("movie_id", [1.7, 2.0]),
        ("movie_id", ["1", "2"]),
        ("movie_id", [1, np.nan]),
    ],
)
def test_relevant_ids_of_another_type_are_refused(column, values):
    other = relevant((1, 1), (2, 2)).assign(**{column: values})
    with pytest.raises(ValueError, match=column):
        metrics.hits_of([[1], [2]], other, [1, 2])


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int32, object, "Int64"])
def test_whole_numbers_of_any_type_are_the_same_ids(dtype):
    of_users = relevant((1, 5), (2, 6)).astype(dtype)
    hits, _ = metrics.hits_of([[5], [5]], of_users, np.array([1, 2], dtype=np.int16))
    assert hits.tolist() == [[True], [False]]


@pytest.mark.parametrize("first", [76_561_197_970_982_479, 2**63 - 201, -400])
def test_ids_of_64_bits_hit_and_miss_as_small_ones_do(first):
    users = first + np.arange(200)
    movies = first + np.arange(200)
    of_users = pd.DataFrame({"user_id": users, "movie_id": movies})
    lists = np.column_stack([movies[::-1], movies])
    lists[0] = lists[-1] = movies[:2]
    hits, n_relevant = metrics.hits_of(lists, of_users, users)
    assert hits[1:-1].tolist() == [[False, True]] * 198
    assert hits[[0, -1]].tolist() == [[True, False], [False, False]]
    assert n_relevant.tolist() == [1] * 200


def test_the_mark_of_an_empty_place_is_no_movie():
    with pytest.raises(ValueError, match="movie_id -1"):
        metrics.hits_of([[5]], relevant((1, -1)), [1])


# --- ranking metrics by hand ----------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "k", "expected"),
    [
        ("precision", 4, 2 / 4),
        ("precision", 1, 0),
        ("recall", 2, 1 / 3),
        ("recall", 5, 2 / 3),
        ("hit rate", 1, 0),
        ("hit rate", 2, 1),
        # Precision at the ranks of the hits: 1/2 and 2/4; min(5, 3) = 3.
        ("average precision", 5, (1 / 2 + 2 / 4) / 3),
        # At k = 2 only the first hit counts, and min(2, 3) = 2.
        ("average precision", 2, (1 / 2) / 2),
        ("reciprocal rank", 5, 1 / 2),
        ("reciprocal rank", 1, 0),
        # Hits at 2 and 4: 1/log2(3) + 1/log2(5). Best: ranks 1 to 3.
        (
            "ndcg",
            5,
            (1 / np.log2(3) + 1 / np.log2(5)) / (1 + 1 / np.log2(3) + 1 / np.log2(4)),
        ),
        ("ndcg", 2, (1 / np.log2(3)) / (1 + 1 / np.log2(3))),
    ],
)
def test_value_worked_by_hand(metric, k, expected):
    assert RANKING[metric](HITS, THREE, k) == pytest.approx([expected])


@pytest.mark.parametrize(
    "name", ["recall", "hit rate", "average precision", "reciprocal rank", "ndcg"]
)
def test_a_perfect_ranking_is_one(name):
    perfect = np.array([[True, True, False, False]])
    assert RANKING[name](perfect, [2], k=4) == pytest.approx([1])


def test_precision_of_a_perfect_ranking_is_limited_by_what_is_relevant():
    assert metrics.precision_at_k([[True, True, False, False]], [2], k=4) == [0.5]


@every_metric
def test_a_list_without_hits_is_worth_nothing(metric):
    assert metric(np.zeros((1, 5), dtype=bool), [2], k=5) == [0]


@every_metric
def test_a_user_without_relevant_movies_is_undefined(metric):
    values = metric(np.vstack([HITS, np.zeros_like(HITS)]), [3, 0], k=5)
    assert np.isnan(values).tolist() == [False, True]


@every_metric
def test_values_beyond_k_do_not_count(metric):
    longer = np.hstack([HITS, [[True]]])
    assert metric(longer, THREE, k=5) == metric(HITS, THREE, k=5)


@every_metric
def test_a_list_too_short_for_k_is_refused(metric):
    with pytest.raises(ValueError, match=r"k is 6.*5"):
        metric(HITS, THREE, k=6)


@every_metric
def test_a_list_declared_padded_has_misses_at_its_end(metric):
    longer = np.hstack([HITS, np.zeros((1, 3), dtype=bool)])
    assert metric(HITS, THREE, k=8, padded=True) == metric(longer, THREE, k=8)


@every_metric
def test_every_metric_checks_its_input(metric):
    with pytest.raises(ValueError, match=r"\bk\b"):
        metric(HITS, THREE, k=0)
    with pytest.raises(ValueError, match="bool"):
        metric(HITS.astype(int), THREE, k=5)


@pytest.mark.parametrize(
    ("hits", "n_relevant", "k", "named"),
    [
        *((HITS, THREE, k, r"\bk\b") for k in (-1, 2.5, "2", None)),
        (HITS[0], THREE, 5, "bool"),
        (HITS, [3, 3], 5, "users"),
        (HITS, [1], 5, "hits"),
    ],
)
def test_input_that_does_not_fit_is_refused(hits, n_relevant, k, named):
    with pytest.raises(ValueError, match=named):
        metrics.ndcg_at_k(hits, n_relevant, k)


# --- properties -----------------------------------------------------------------


@every_metric
@given(lists())
def test_values_lie_between_zero_and_one(metric, case):
    hits, n_relevant, k = case
    values = metric(hits, n_relevant, k)
    assert ((values >= 0) & (values <= 1) | (n_relevant == 0)).all()


@every_metric
@given(lists(), st.randoms(use_true_random=False))
def test_the_order_of_users_does_not_matter(metric, case, random):
    hits, n_relevant, k = case
    order = random.sample(range(len(hits)), len(hits))
    shuffled = metric(hits[order], n_relevant[order], k)
    np.testing.assert_allclose(shuffled, metric(hits, n_relevant, k)[order], rtol=1e-12)


@every_metric
@given(lists(), st.data())
def test_moving_a_hit_up_never_lowers_the_value(metric, case, data):
    hits, n_relevant, k = case
    upper, lower = sorted(
        data.draw(st.lists(st.integers(0, hits.shape[1] - 1), min_size=2, max_size=2))
    )
    better = hits.copy()
    better[:, upper] = hits[:, upper] | hits[:, lower]
    better[:, lower] = hits[:, upper] & hits[:, lower]
    gain = metric(better, n_relevant, k) - metric(hits, n_relevant, k)
    assert (np.nan_to_num(gain) >= -1e-12).all()


@pytest.mark.parametrize("name", ["recall", "hit rate", "reciprocal rank"])
@given(lists())
def test_a_longer_list_never_lowers_the_value(name, case):
    hits, n_relevant, k = case
    shorter = RANKING[name](hits, n_relevant, 1)
    longer = RANKING[name](hits, n_relevant, k)
    assert (np.nan_to_num(longer - shorter) >= 0).all()


# --- independent libraries ------------------------------------------------------


def random_problem(n_users=40, n_movies=60, n_ranks=20, seed=0):
    """Scores without ties, lists from them, and what is relevant to whom."""
    rng = np.random.default_rng(seed)
    scores = rng.permutation(n_users * n_movies).reshape(n_users, n_movies) / 1e3
    is_relevant = rng.random((n_users, n_movies)) < 0.2
    is_relevant[:, 0] = True  # everyone has something
    recommended = np.argsort(-scores, axis=1)[:, :n_ranks]
    frame = pd.DataFrame(np.argwhere(is_relevant), columns=["user_id", "movie_id"])
    hits, n_relevant = metrics.hits_of(recommended, frame, np.arange(n_users))
    return scores, is_relevant, recommended, hits, n_relevant


@pytest.mark.parametrize("k", [1, 5, 20])
def test_ndcg_agrees_with_scikit_learn(k):
    scores, is_relevant, _, hits, n_relevant = random_problem()
    theirs = ndcg_score(is_relevant, scores, k=k)
    assert metrics.ndcg_at_k(hits, n_relevant, k).mean() == pytest.approx(theirs)


def test_average_precision_and_ndcg_agree_with_implicit():
    evaluation = pytest.importorskip("implicit.evaluation")
    _, is_relevant, recommended, hits, n_relevant = random_problem()

    class Fixed:
        def recommend(self, users, *_, N):
            return recommended[users, :N].astype(np.int32), None

    relevant = sparse.csr_matrix(is_relevant, dtype=float)
    theirs = evaluation.ranking_metrics_at_k(
        Fixed(), sparse.csr_matrix(relevant.shape), relevant, 10, show_progress=False
    )
    ours = metrics.average_precision_at_k(hits, n_relevant, 10)
    assert ours.mean() == pytest.approx(theirs["map"])
    assert metrics.ndcg_at_k(hits, n_relevant, 10).mean() == pytest.approx(
        theirs["ndcg"]
    )


def test_precision_recall_and_reciprocal_rank_agree_with_sets():
    _, is_relevant, recommended, hits, n_relevant = random_problem()
    for user, listed in enumerate(recommended[:, :10].tolist()):
        wanted = set(np.flatnonzero(is_relevant[user]))
        found = [rank for rank, movie in enumerate(listed, 1) if movie in wanted]
        expected = {
            "precision": len(found) / 10,
            "recall": len(found) / len(wanted),
            "reciprocal rank": 1 / found[0] if found else 0,
        }
        for name, value in expected.items():
            of_user = RANKING[name](hits, n_relevant, 10)[user]
            assert of_user == pytest.approx(value), name


# --- what a changed line of the metrics would break -------------------------------


@every_metric
def test_each_user_has_a_value_of_their_own(metric):
    hits = np.array([[False, True, True], [False, False, False], [True, False, True]])
    n_relevant = np.array([2, 1, 4])
    one_by_one = [
        metric(hits[[user]], n_relevant[[user]], 3).item() for user in range(3)
    ]
    assert metric(hits, n_relevant, 3).tolist() == one_by_one
    assert len(set(one_by_one)) > 1


def test_a_perfect_list_of_any_length_is_not_above_one():
    n_ranks = 300
    hits = np.ones((1, n_ranks), dtype=bool)
    values = [
        metrics.ndcg_at_k(hits, [n_ranks], k).item() for k in range(1, n_ranks + 1)
    ]
    assert max(values) == 1.0
    assert min(values) == pytest.approx(1.0)


def test_small_unsigned_stars_do_not_wrap_around():
    errors = metrics.rating_errors(np.uint8([1]), np.uint8([5]))
    assert np.abs(errors).tolist() == [4.0]
