"""Every split: nothing lost, nothing twice, and the rows that its rule says."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_helpers import splits
from recsys_helpers.datasets import load_movielens

SPLITTERS = {
    "random": splits.random_split,
    "global temporal": splits.global_temporal_split,
    "user temporal": splits.user_temporal_split,
    "leave last out": splits.leave_last_out,
    "cross-validation": lambda ratings: splits.cross_validation(ratings)[1],
    "cold-start movies": splits.cold_start_movies,
    "cold-start users": splits.cold_start_users,
}
SHARED_OUT = [
    splits.random_split,
    splits.global_temporal_split,
    splits.user_temporal_split,
    splits.cold_start_movies,
    splits.cold_start_users,
]


def random_ratings(n_users=8, n_movies=30, seed=0, n_moments=40):
    """Every user rates half of the movies, at moments that often coincide."""
    rng = np.random.default_rng(seed)
    pairs = rng.permutation(n_users * n_movies)[: n_users * n_movies // 2]
    return pd.DataFrame(
        {
            "user_id": (pairs // n_movies + 1).astype("int32"),
            "movie_id": (pairs % n_movies + 1).astype("int32"),
            "rating": rng.integers(1, 11, len(pairs)) / 2,
            "timestamp": rng.integers(0, n_moments, len(pairs)),
        }
    )


def by_hand(rows):
    return pd.DataFrame(rows, columns=["user_id", "movie_id", "timestamp"]).assign(
        rating=3.0
    )


def keys(frame):
    return list(zip(frame["user_id"], frame["movie_id"], strict=True))


@pytest.mark.parametrize("split", SPLITTERS.values(), ids=SPLITTERS)
@given(st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_every_rating_is_in_exactly_one_part(split, seed):
    ratings = random_ratings(seed=seed)
    made = split(ratings)
    assert sorted(keys(made.train) + keys(made.test)) == sorted(keys(ratings))


@pytest.mark.parametrize("split", SPLITTERS.values(), ids=SPLITTERS)
def test_rows_keep_their_order_and_get_a_fresh_index(split):
    ratings = random_ratings()
    made = split(ratings)
    for part in (made.train, made.test):
        inside = ratings.set_index(["user_id", "movie_id"]).index.isin(keys(part))
        pd.testing.assert_frame_equal(part, ratings[inside].reset_index(drop=True))


@pytest.mark.parametrize("split", SPLITTERS.values(), ids=SPLITTERS)
def test_the_given_ratings_are_not_changed(split):
    ratings = random_ratings()
    before = ratings.copy()
    split(ratings)
    pd.testing.assert_frame_equal(ratings, before)


@pytest.mark.parametrize("split", SHARED_OUT)
def test_a_share_that_is_none_is_refused(split):
    with pytest.raises(ValueError, match="share"):
        split(random_ratings(), 20)


@pytest.mark.parametrize("split", SPLITTERS.values(), ids=SPLITTERS)
def test_a_table_too_small_to_split_is_refused(split):
    with pytest.raises(ValueError, match=r"empty|no ratings|number of ratings"):
        split(random_ratings().iloc[:1])


@pytest.mark.parametrize(("setting", "seed"), [({}, 7), ({"seed": 3}, 3)])
def test_random_split_is_the_permutation_the_docstring_says(setting, seed):
    ratings = random_ratings()  # 120 rows
    train = np.sort(np.random.default_rng(seed).permutation(120)[:96])
    expected = ratings.iloc[train].reset_index(drop=True)
    made = splits.random_split(ratings, **setting)
    pd.testing.assert_frame_equal(made.train, expected)
    assert made.seed == seed


def test_a_share_is_not_off_by_one_through_rounding():
    # 1 - 0.9 is a little less than 0.1 in binary; ten rows still leave one to train.
    ratings = random_ratings().iloc[:10]
    assert len(splits.random_split(ratings, test_share=0.9).train) == 1


def test_the_global_cut_puts_all_of_the_future_into_the_test():
    split = splits.global_temporal_split(random_ratings())
    assert split.train["timestamp"].max() < split.test["timestamp"].min()


def test_ratings_of_one_moment_do_not_straddle_the_global_cut():
    # 20 % of 5 is the last row; its moment is shared, so both its rows are test.
    ratings = by_hand([(1, 1, 10), (1, 2, 20), (1, 3, 30), (2, 1, 40), (2, 2, 40)])
    assert keys(splits.global_temporal_split(ratings).test) == [(2, 1), (2, 2)]


def test_a_global_cut_through_a_single_moment_is_refused():
    with pytest.raises(ValueError, match="train"):
        splits.global_temporal_split(by_hand([(1, 1, 10), (1, 2, 10), (2, 1, 10)]))


def test_user_temporal_takes_each_users_last_fifth():
    # User 1: 5 ratings, floor(1.0) = 1 in test. User 2: 4 ratings, floor(0.8) = 0.
    ratings = by_hand(
        [
            *[(1, 9, 50), (1, 8, 40), (1, 7, 30), (1, 6, 20), (1, 5, 10)],
            *[(2, 1, 1), (2, 2, 2), (2, 3, 3), (2, 4, 99)],
        ]
    )
    assert keys(splits.user_temporal_split(ratings).test) == [(1, 9)]


def test_user_temporal_breaks_ties_in_time_by_movie_id():
    ratings = by_hand([(1, m, 10) for m in (40, 20, 50, 30, 10)])
    assert keys(splits.user_temporal_split(ratings).test) == [(1, 50)]


@given(st.integers(0, 1000), st.sampled_from([0.1, 0.2, 0.5]))
@settings(max_examples=25, deadline=None)
def test_no_users_own_future_is_in_their_training_rows(seed, share):
    split = splits.user_temporal_split(random_ratings(seed=seed), share)
    last = split.train.groupby("user_id")["timestamp"].max()
    first = split.test.groupby("user_id")["timestamp"].min()
    assert (last.reindex(first.index) <= first).all()


def test_leave_last_out_takes_one_rating_a_user():
    ratings = by_hand([(1, 1, 30), (1, 2, 10), (2, 1, 5), (2, 3, 5), (3, 1, 7)])
    # User 2 is tied in time: movie 3 comes later by id. User 3 has a single rating.
    assert keys(splits.leave_last_out(ratings).test) == [(1, 1), (2, 3)]


def test_folds_are_those_the_docstring_says():
    ratings = random_ratings()
    fold = np.sort(
        np.array_split(np.random.default_rng(42).permutation(len(ratings)), 5)[2]
    )
    expected = ratings.iloc[fold].reset_index(drop=True)
    third = splits.cross_validation(ratings)[2]
    pd.testing.assert_frame_equal(third.test, expected)


def test_every_rating_is_tested_in_exactly_one_fold():
    ratings = random_ratings()
    tested = [k for s in splits.cross_validation(ratings, 3) for k in keys(s.test)]
    assert sorted(tested) == sorted(keys(ratings))


@pytest.mark.parametrize("n_folds", [0, 1, 121, "5", None, 2.5])
def test_a_number_of_folds_that_cannot_be_is_refused(n_folds):
    with pytest.raises(ValueError, match="n_folds"):
        splits.cross_validation(random_ratings(), n_folds)


@pytest.mark.parametrize(
    ("split", "column"),
    [
        (splits.cold_start_movies, "movie_id"),
        (splits.cold_start_users, "user_id"),
    ],
)
def test_cold_ids_are_in_the_test_only(split, column):
    made = split(random_ratings(), 0.25)
    assert not set(made.train[column]) & set(made.test[column])


def test_a_tenth_of_the_movies_is_cold():
    assert splits.cold_start_movies(random_ratings()).test.movie_id.nunique() == 3


def test_cold_slices_tell_new_from_rare_from_warm():
    train = by_hand([(1, m, 0) for m in (10, 20, 30)] + [(2, 10, 0)])
    test = by_hand([(1, 40, 1), (1, 10, 1), (2, 10, 1), (3, 20, 1)])
    slices = splits.cold_slices(splits.Split("by hand", train, test), few=1)
    # Movie 10 has 2 ratings in train, 20 has 1, 40 none; user 1 has 3, 2 has 1.
    assert slices.to_dict("list") == {
        "new_movie": [True, False, False, False],
        "rare_movie": [False, False, False, True],
        "new_user": [False, False, False, True],
        "rare_user": [False, False, True, False],
        "warm": [False, True, False, False],
    }


def test_the_temporal_split_of_small_is_the_published_one():
    made = splits.user_temporal_split(load_movielens("small").ratings)
    assert len(made.test) == 19_753
    assert splits.cold_slices(made)["new_movie"].sum() == 1_508
    assert made.test.query("rating >= 4")["user_id"].nunique() == 656


# --- what a changed line of the splits would break --------------------------------


def ten_moments():
    return by_hand([(user, 10 * user, 100 + user) for user in range(1, 11)])


@pytest.mark.parametrize(
    ("share", "first_in_test"), [(0.2, 109), (0.25, 108), (0.9, 102), (1e-12, 110)]
)
def test_the_global_cut_is_at_the_quantile(share, first_in_test):
    made = splits.global_temporal_split(ten_moments(), share)
    assert made.test["timestamp"].min() == first_in_test
    assert made.train["timestamp"].max() == first_in_test - 1


def test_the_name_of_a_split_says_how_it_was_made():
    ratings = random_ratings()
    names = {name: split(ratings).name for name, split in SPLITTERS.items()}
    assert names.pop("cross-validation") == "fold 2 of 5"
    assert names == {name: name for name in names}


def test_splits_by_chance_note_their_seed_and_those_by_time_none():
    ratings = random_ratings()
    for split in (splits.cold_start_movies, splits.cold_start_users):
        assert split(ratings, seed=3).seed == 3
    assert {fold.seed for fold in splits.cross_validation(ratings, seed=3)} == {3}
    assert splits.leave_last_out(ratings).seed is None
    assert splits.user_temporal_split(ratings).seed is None


@pytest.mark.parametrize("split", [splits.cold_start_movies, splits.cold_start_users])
def test_the_default_seed_is_part_of_the_promise(split):
    ratings = random_ratings()
    assert keys(split(ratings).test) == keys(split(ratings, seed=7).test)


@pytest.mark.parametrize("n_folds", [2, 10])
def test_folds_may_be_two_or_as_many_as_ratings(n_folds):
    folds = splits.cross_validation(ten_moments(), n_folds)
    assert [len(fold.test) for fold in folds] == [10 // n_folds] * n_folds
    assert folds[0].name == f"fold 1 of {n_folds}"


@pytest.mark.parametrize("split", [splits.cold_start_movies, splits.cold_start_users])
def test_cold_ids_follow_the_seed_and_are_drawn_once(split):
    ratings = by_hand([(n, n, n) for n in range(1, 101)])
    drawn = [set(split(ratings, 0.5, seed).test["user_id"]) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert [len(ids) for ids in drawn] == [50, 50, 50]


def test_five_ratings_are_few_and_six_are_not():
    train = by_hand([(user, 10, user) for user in range(1, 6)])
    train = pd.concat([train, by_hand([(user, 20, user) for user in range(1, 7)])])
    test = by_hand([(1, 10, 9), (1, 20, 9)])
    slices = splits.cold_slices(splits.Split("by hand", train, test))
    assert slices["rare_movie"].tolist() == [True, False]


def test_no_ratings_cannot_be_cut_at_a_moment():
    with pytest.raises(ValueError, match="ratings"):
        splits.global_temporal_split(random_ratings()[:0])
    with pytest.raises(ValueError, match="train"):
        splits.global_temporal_split(random_ratings()[:1])


# --- ids and times of other types ----------------------------------------------------

BY_TIME = ["global temporal", "user temporal", "leave last out"]


@pytest.mark.parametrize("name", BY_TIME)
def test_splits_by_time_refuse_what_is_no_time(name):
    ratings = by_hand([(1, movie, 0) for movie in range(1, 6)])
    with pytest.raises(ValueError, match="timestamp"):
        SPLITTERS[name](ratings.assign(timestamp=["8", "9", "10", "11", "12"]))


@pytest.mark.parametrize("name", BY_TIME)
def test_times_that_passed_a_new_digit_stay_in_order(name):
    ratings = by_hand([(1, movie, 999_999_995 + 2 * movie) for movie in range(1, 6)])
    for times in (ratings["timestamp"], ratings["timestamp"].astype(float)):
        made = SPLITTERS[name](ratings.assign(timestamp=times))
        assert made.test["movie_id"].tolist() == [5]


@pytest.mark.parametrize("name", ["user temporal", "cold-start movies"])
def test_movies_whose_ids_are_text_are_refused(name):
    # As text 10 comes before 9, and the order of equal times goes by the id.
    with pytest.raises(ValueError, match="movie_id"):
        SPLITTERS[name](random_ratings().astype({"movie_id": str}))


@pytest.mark.parametrize("part", ["train", "test"])
@pytest.mark.parametrize("column", ["user_id", "movie_id"])
def test_ids_of_another_type_on_one_side_are_not_cold(part, column):
    ratings = random_ratings()
    parts = {"train": ratings, "test": ratings}
    parts[part] = ratings.astype({column: str})
    with pytest.raises(ValueError, match=column):
        splits.cold_slices(splits.Split("by hand", **parts))


@pytest.mark.parametrize("share", [None, 0, 1])
def test_a_share_of_nothing_or_of_all_is_refused(share):
    with pytest.raises(ValueError, match="test_share"):
        splits.random_split(random_ratings(), share)
