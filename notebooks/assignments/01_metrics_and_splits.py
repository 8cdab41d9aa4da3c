# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "opening-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # Assignment 1: The report on Amina's desk
#
# Amina runs the film library of a small town. People borrow films, and give them stars
# when they bring them back. She wants a shelf next to the door, *You may like these*,
# with ten films for each member. Two people have offered to fill it. One says: "Put there
# what most people borrow." The other has sent a report, with numbers that look very good.
#
# Amina cannot tell whether the numbers are good. You can. You build the ruler yourself,
# measure, find out what is wrong with the report, and write to her.
#
# **You need** [chapter 1](https://github.com/five-ways/recommend-a-movie/blob/main/notebooks/01_the_data_and_its_long_tail.ipynb) and
# [chapter 2](https://github.com/five-ways/recommend-a-movie/blob/main/notebooks/02_is_it_any_good.ipynb) of the course.
#
# **Time** about 125 minutes.
#
# **Points** 100. Ninety are given by checks that run on their own. Some you see: they
# guide you. Others run when your work is graded, on other data. Ten points are for a text
# that a person reads.
#
# | task | minutes | points |
# |---|---|---|
# | 1 Hide the last ratings of each member | 15 | 14 |
# | 2 Precision and recall | 10 | 14 |
# | 3 nDCG | 15 | 14 |
# | 4 The most popular films, and coverage | 15 | 18 |
# | 5 Is the difference real? | 12 | 12 |
# | 6 A picture for Amina | 10 | 8 |
# | 7 Find the bug | 18 | 10 |
# | 8 Write to Amina | 20 | 10 |
#
# The minutes are estimates; ten more go into reading what is given.
#
# Write your code where it says `Your code here`, in the place of the line
# `raise NotImplementedError`. Write the functions that are asked for with Python, numpy and
# pandas, and not by calling the ruler, the splits or the methods of `recsys_helpers`. Leave
# the names of the functions as they are: the checks call them. You can add cells. Cells
# with checks are put back as they were before grading. When you are done, restart the
# kernel, run everything from top to bottom, and save.

# %% nbgrader={"grade": false, "grade_id": "opening-data", "locked": true, "schema_version": 3, "solution": false, "task": false}
import os

os.environ["RECSYS_DATASET"] = "sample"

import numpy as np
import pandas as pd

from recsys_helpers import datasets, plots

data = datasets.load_movielens()
ratings, movies = data.ratings, data.movies
print(f"edition: {data.edition}")
print(f"{len(ratings):,} ratings of {len(movies):,} movies")

# %% [markdown] nbgrader={"grade": false, "grade_id": "split-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 1: Hide the last ratings of each member (14 points)
#
# Before anything is learned, a part of the ratings is hidden. What Amina asks is: *what
# will this member like next?* So hide what each member rated **last**.
#
# Write `hide_last(ratings, share)`. For a member with $n$ ratings it hides the last
# $\lfloor \text{share} \cdot n \rfloor$ (rounded down). *Last* is by `timestamp`; among
# ratings of the same second, the higher `movie_id` counts as later. It returns two
# frames, `train` and `test`, and leaves `ratings` as it was.
#
# The rows of `ratings` are not sorted by time: look at the first five. Below them is a
# tiny library to try your function on. Members 2 and 4 gave both of their ratings in the
# same second, and half of the one rating of member 3 is, rounded down, none.
#
# *Hint.* Sort the rows first. Then `groupby("user_id")["movie_id"]` has two methods that
# give one number for each row: `cumcount()` says which of the member's rows it is, from 0
# on, and `transform("size")` how many the member has. Compare the two.

# %% nbgrader={"grade": false, "grade_id": "split-look", "locked": true, "schema_version": 3, "solution": false, "task": false}
print(ratings.head().to_string())

tiny = pd.DataFrame(
    {
        "user_id": [1, 1, 1, 1, 2, 2, 3, 4, 4],
        "movie_id": [10, 20, 30, 40, 20, 10, 10, 20, 10],
        "rating": [4.0, 3.0, 5.0, 2.0, 4.0, 4.0, 5.0, 3.0, 3.0],
        "timestamp": [40, 30, 20, 10, 7, 7, 50, 7, 7],
    }
)


# %% nbgrader={"grade": false, "grade_id": "split-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def hide_last(ratings, share):
    """Split ratings into (train, test); test holds the last share of each user."""
    ### BEGIN SOLUTION
    in_order = ratings.sort_values(["user_id", "timestamp", "movie_id"])
    of_user = in_order.groupby("user_id")["movie_id"]
    place = of_user.cumcount()
    n = of_user.transform("size")
    hidden = place >= n - np.floor(share * n)
    return in_order[~hidden], in_order[hidden]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "split-visible", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
_train, _test = hide_last(tiny, 0.5)
assert len(_train) + len(_test) == len(tiny), (
    "every rating is in one of the parts"
)
_hidden = sorted(zip(_test["user_id"], _test["movie_id"], strict=True))
assert (3, 10) not in _hidden, (
    "half of one rating, rounded down, is none: nothing of user 3 is hidden"
)
assert not {(2, 10), (4, 10)} & set(_hidden), (
    "users 2 and 4, two films in the same second: 20 counts as the later"
)
assert _hidden == [(1, 10), (1, 20), (2, 20), (4, 20)], (
    f"user 1 rated 20 and 10 last, not 30 and 40; you hid {_hidden}"
)

# %% nbgrader={"grade": true, "grade_id": "split-hidden", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.own_work import borrowed
from recsys_helpers.splits import user_temporal_split

assert not borrowed(lambda: hide_last(tiny, 0.5)), (
    "write it yourself, without the course's"
)
before = ratings.copy()
for share in [0.2, 0.25]:
    right = user_temporal_split(ratings, share)
    for mine, theirs in zip(
        hide_last(ratings, share), [right.train, right.test], strict=True
    ):
        columns = ["user_id", "movie_id", "rating", "timestamp"]
        mine = mine[columns].sort_values(columns).to_numpy()
        theirs = theirs[columns].sort_values(columns).to_numpy()
        assert np.array_equal(mine, theirs), "the parts hold other rows"
pd.testing.assert_frame_equal(ratings, before)
tied = tiny.assign(timestamp=5).sample(frac=1, random_state=0)
assert sorted(hide_last(tied, 0.5)[1]["movie_id"]) == [20, 20, 30, 40], (
    "ties by movie_id"
)
assert hide_last(tiny, 0.3)[1]["user_id"].tolist() == [1], "rounded down"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "precision-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 2: Precision and recall (14 points)
#
# A member gets a list of films, best first. Later you see which films were *relevant* for
# them: those that they gave four stars or more in the hidden part.
#
# Write `precision_and_recall(recommended, relevant, k)` for **one** member.
# `recommended` is a list of movie ids, `relevant` a set of movie ids. Only the first `k`
# places count. Precision is the share of the **k places** that is relevant, also when the
# list has fewer than `k` films: an empty place is a miss. Recall is the share of the
# relevant films that was found. For a member with nothing relevant both are `np.nan`:
# return a pair in this case, too.


# %% nbgrader={"grade": false, "grade_id": "precision-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def precision_and_recall(recommended, relevant, k):
    """Precision@k and recall@k of one user, as a pair of numbers."""
    ### BEGIN SOLUTION
    if not relevant:
        return np.nan, np.nan
    n_hits = sum(movie in relevant for movie in recommended[:k])
    return n_hits / k, n_hits / len(relevant)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "precision-visible", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
_precision, _recall = precision_and_recall([7, 8, 9, 10], {7, 9, 99}, 4)
assert np.isclose(_precision, 2 / 4), (
    f"two of four places are hits, not {_precision}"
)
assert np.isclose(_recall, 2 / 3), f"two of three were found, not {_recall}"
_precision, _recall = precision_and_recall([7, 8], {7}, 5)
assert np.isclose(_precision, 1 / 5), (
    f"one of five places is a hit, and three are empty: not {_precision}"
)
_nothing = precision_and_recall([7, 8], set(), 2)
assert np.shape(_nothing) == (2,), "nothing relevant: a pair, too"
assert np.isnan(_nothing).all(), "nothing relevant: both are NaN"

# %% nbgrader={"grade": true, "grade_id": "precision-hidden", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.own_work import borrowed

assert not borrowed(lambda: precision_and_recall([1], {1}, 1)), (
    "write it yourself, without the course's"
)
cases = [
    ([1, 2, 3, 4, 5, 6], {6}, 5, (0, 0)),
    ([1, 2, 3, 4, 5, 6], {1}, 5, (1 / 5, 1)),
    ([1, 2], {1, 2}, 10, (2 / 10, 1)),
    ([], {3}, 4, (0, 0)),
    ([4, 3, 2, 1], {1, 2, 3, 4, 5, 6, 7, 8}, 2, (1, 2 / 8)),
]
for recommended, relevant, k, right in cases:
    values = precision_and_recall(recommended, relevant, k)
    assert np.allclose(values, right), (
        f"list {recommended}, relevant {relevant}, k = {k}: {right}, not {values}"
    )
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "ndcg-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 3: nDCG (14 points)
#
# On a shelf, the first place is seen by everybody and the tenth by few. nDCG takes that
# into account: a hit at place $p$ counts $1 / \log_2(p + 1)$. The sum is divided by the
# sum of the best list there could be, which has its hits at the first $\min(k, m)$
# places, for $m$ relevant films.
#
# First work one case **with pencil and paper**. A list of five films has hits at the
# places 2 and 3, and the member has three relevant films. What is nDCG@5? Put your
# answer, a number with three decimals, into `ndcg_on_paper`. Then write
# `ndcg(recommended, relevant, k)`, with the arguments of task 2, and `np.nan` for a member
# with nothing relevant.


# %% nbgrader={"grade": false, "grade_id": "paper-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
# ndcg_on_paper = a number with three decimals
### BEGIN SOLUTION
ndcg_on_paper = 0.531  # (0.631 + 0.5) / (1 + 0.631 + 0.5)
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ndcg-paper", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert isinstance(ndcg_on_paper, float), "ndcg_on_paper is a number"
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
assert np.isclose(ndcg_on_paper, 0.531, atol=0.0011), "the answer on paper"
### END HIDDEN TESTS


# %% nbgrader={"grade": false, "grade_id": "ndcg-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def ndcg(recommended, relevant, k):
    """nDCG@k of one user."""
    ### BEGIN SOLUTION
    if not relevant:
        return np.nan
    weights = 1 / np.log2(np.arange(1, k + 1) + 1)
    hits = [movie in relevant for movie in recommended[:k]]
    return weights[: len(hits)][hits].sum() / weights[: len(relevant)].sum()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "ndcg-visible", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
assert np.isclose(ndcg([7, 8, 9], {7}, 3), 1), (
    "the only relevant film comes first"
)
assert np.isclose(ndcg([8, 9, 7], {7}, 3), 0.5), (
    "at place 3 it counts 1 / log2(4)"
)
assert np.isclose(ndcg([7, 8], {7, 99}, 2), 1 / (1 + 1 / np.log2(3))), (
    "one was missed"
)

# %% nbgrader={"grade": true, "grade_id": "ndcg-hidden", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers import metrics
from recsys_helpers.own_work import borrowed

assert not borrowed(lambda: ndcg([1], {1}, 1)), (
    "write it yourself, without the course's"
)
rng = np.random.default_rng(3)
for _ in range(50):
    recommended = rng.permutation(40)[:10].tolist()
    relevant = set(rng.permutation(40)[: rng.integers(1, 25)].tolist())
    hits = np.array([[movie in relevant for movie in recommended]])
    right = metrics.ndcg_at_k(hits, [len(relevant)], 10)[0]
    mine = ndcg(recommended, relevant, 10)
    assert np.isclose(mine, right), f"nDCG@10 is {right:.3f}, not {mine:.3f}"
assert np.isclose(ndcg([1, 2], {1, 2}, 10), 1), "a short list can be perfect"
assert np.isclose(ndcg([1, 2, 3], {1, 2, 3, 4, 5}, 3), 1), (
    "k hits are all one can have"
)
assert np.isnan(ndcg([1], set(), 1)), "nothing relevant"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "popular-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 4: The most popular films, and coverage (18 points)
#
# Now the first offer: what most people borrow. Write `popular_lists(train, users, k)`. It
# returns a dictionary from each of `users` to a list of `k` movie ids, or fewer if no more
# are left: the films with the most ratings in `train`, most first, **without** those that
# the member rated in `train`. Of two films with as many ratings the lower id comes first. A
# user who is not in `train` gets the `k` most popular films.
#
# Then write `coverage(lists, n_movies)`: the share of all `n_movies` films that at least
# one member is shown.
#
# *Hint.* Put all films into one order first; it is the same for everybody.
# `train.groupby("user_id")["movie_id"].agg(set)` has the set of films of each user, and
# `.get(user, set())` works for a user who is not in it, too.


# %% nbgrader={"grade": false, "grade_id": "popular-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def popular_lists(train, users, k):
    """The k most rated movies that each user has not rated: {user: [movie, ...]}."""
    ### BEGIN SOLUTION
    n_ratings = train["movie_id"].value_counts()
    by_popularity = sorted(
        n_ratings.index, key=lambda movie: (-n_ratings[movie], movie)
    )
    seen = train.groupby("user_id")["movie_id"].agg(set)
    lists = {}
    for user in users:
        known = seen.get(user, set())
        lists[user] = [
            movie for movie in by_popularity if movie not in known
        ][:k]
    return lists
    ### END SOLUTION


def coverage(lists, n_movies):
    """Share of all movies that are in at least one of the lists."""
    ### BEGIN SOLUTION
    shown = {movie for recommended in lists.values() for movie in recommended}
    return len(shown) / n_movies
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "popular-visible", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
_lists = popular_lists(tiny, [1, 2, 9], 2)
assert list(_lists[9]) == [10, 20], "a new member gets the most popular films"
assert list(_lists[2]) == [30, 40], "user 2 knows 10 and 20"
assert list(_lists[1]) == [], "user 1 knows all four films"

# %% nbgrader={"grade": true, "grade_id": "coverage-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert np.isclose(coverage({1: [10, 20], 2: [20, 30]}, 6), 3 / 6), (
    "10, 20, 30 of six"
)

# %% nbgrader={"grade": true, "grade_id": "popular-hidden", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.methods.baselines import Popularity
from recsys_helpers.own_work import borrowed
from recsys_helpers.splits import user_temporal_split

assert not borrowed(lambda: popular_lists(tiny, [1, 9], 2)), (
    "write it yourself, without the course's"
)
right_train = user_temporal_split(ratings, 0.2).train
some_users = right_train["user_id"].unique()[::5]
lists = popular_lists(right_train, some_users, 12)
model = Popularity().fit(right_train)
assert set(lists) == set(some_users), "a list for each of the users"
for user in some_users:
    right = model.recommend(user, n=12)["movie_id"].tolist()
    assert list(lists[user]) == right, (
        f"the films of user {user} are {right}, not {lists[user]}"
    )
# The number of ratings counts, and not how high they are.
starred = tiny.assign(rating=[5.0, 1, 5, 5, 1, 5, 1, 1, 1])
assert list(popular_lists(starred, [9], 3)[9]) == [10, 20, 30], (
    "count the ratings, not the stars"
)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "coverage-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.own_work import borrowed

assert not borrowed(lambda: coverage({1: [5, 6]}, 8)), (
    "write it yourself, without the course's"
)
assert np.isclose(coverage({1: [5, 6], 2: [], 3: [6, 5]}, 8), 2 / 8), (
    "two films of eight are shown"
)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "measure-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Your ruler at work
#
# The next cells use what you wrote. The first offer, popularity, is set beside lists
# drawn at random: a method that does not beat chance has learned nothing. The random
# lists are drawn from **all** films, and chapter 2 draws from those in `train` only. So
# their coverage is higher here than there.

# %% nbgrader={"grade": false, "grade_id": "measure-lists", "locked": true, "schema_version": 3, "solution": false, "task": false}
train, test = hide_last(ratings, 0.2)
liked = test[test["rating"] >= 4].groupby("user_id")["movie_id"].agg(set)
members = sorted(test["user_id"].unique())
rng = np.random.default_rng(0)
all_ids = movies["movie_id"].to_numpy()
seen = train.groupby("user_id")["movie_id"].agg(set)
shelves = {
    "popularity": popular_lists(train, members, 20),
    "random": {
        user: [
            m
            for m in rng.permutation(all_ids).tolist()
            if m not in seen[user]
        ][:20]
        for user in members
    },
}

# %% nbgrader={"grade": false, "grade_id": "measure-table", "locked": true, "schema_version": 3, "solution": false, "task": false}
of_member = {}  # the nDCG@10 of each member, for each method
for name, lists in shelves.items():
    relevant = [liked.get(user, set()) for user in members]
    of_member[name] = np.array(
        [
            ndcg(lists[u], r, 10)
            for u, r in zip(members, relevant, strict=True)
        ]
    )
    first_ten = {user: lists[user][:10] for user in members}
    print(f"{name:11} nDCG@10 {np.nanmean(of_member[name]):.3f}", end="   ")
    print(f"coverage@10 {coverage(first_ten, len(movies)):.2f}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "interval-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 5: Is the difference real? (12 points)
#
# The library has few members. With other members, would popularity still be ahead?
#
# Write `paired_interval(a, b, n_draws, seed)`. `a` and `b` are arrays with one value for
# each member, in the same order. Leave out members for whom either is NaN. Take the
# difference `a - b` of each member. Then, `n_draws` times: draw as many members as there
# are, with replacement, and take the mean of their differences. Return the 2.5 % and the
# 97.5 % quantile of these means, as a pair. Make your generator from `seed`, so that the
# same call gives the same answer.
#
# *Hint.* `rng = np.random.default_rng(seed)` makes the generator, `rng.choice(values, n)`
# draws `n` of the values with replacement, and `np.quantile` takes a list of quantiles.


# %% nbgrader={"grade": false, "grade_id": "interval-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def paired_interval(a, b, n_draws=1000, seed=0):
    """95 % bootstrap interval of the mean of a - b over users, as (low, high)."""
    ### BEGIN SOLUTION
    difference = np.asarray(a, dtype=float) - np.asarray(b, dtype=float)
    difference = difference[~np.isnan(difference)]
    rng = np.random.default_rng(seed)
    draws = rng.choice(difference, (n_draws, len(difference)))
    low, high = np.quantile(draws.mean(axis=1), [0.025, 0.975])
    return low, high
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "interval-visible", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
_a = np.array([0.5, 0.9, 0.4, 1.0, np.nan, 0.7])
_b = np.array([0.4, 0.8, 0.3, 0.9, 0.2, np.nan])
_low, _high = paired_interval(_a, _b)
assert np.allclose([_low, _high], 0.1), (
    "the first four are ahead by 0.1, whoever is drawn; the last two are "
    f"left out: both ends are 0.1, not {_low} and {_high}"
)
_a, _b = np.array([1.0, 2, 4]), np.array([1.0, 1, 1])
assert np.allclose(
    paired_interval(_a, _b, 50, 7), paired_interval(_a, _b, 50, 7)
), "the same seed must give the same pair"

# %% nbgrader={"grade": true, "grade_id": "interval-hidden", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.intervals import paired_difference
from recsys_helpers.own_work import borrowed

assert not borrowed(lambda: paired_interval(np.ones(2), np.zeros(2), 9)), (
    "write it yourself, without the course's"
)
rng = np.random.default_rng(5)
easy = rng.random(80)
better = easy + 0.1 + 0.05 * rng.standard_normal(80)
# Members differ much and the methods little: unpaired, the interval holds zero.
low, high = paired_interval(better, easy, 2000, 1)
right = paired_difference(better, easy, n_resamples=2000)
assert abs(low - right.low) < 0.005, "the lower end of the pairs' interval"
assert abs(high - right.high) < 0.005, "the upper end of the pairs' interval"
holed = np.where(np.arange(80) < 8, np.nan, easy)
low, high = paired_interval(better, holed, 2000, 1)
right = paired_difference(better, holed, n_resamples=2000)
assert np.allclose([low, high], [right.low, right.high], atol=0.005), (
    "leave out members with NaN"
)
one, other = (paired_interval(better, easy, 50, seed) for seed in [1, 2])
assert not np.array_equal(one, other), "another seed, other draws"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "interval-use", "locked": true, "schema_version": 3, "solution": false, "task": false}
# And for the first offer, against chance:

# %% nbgrader={"grade": false, "grade_id": "interval-shelves", "locked": true, "schema_version": 3, "solution": false, "task": false}
low, high = paired_interval(of_member["popularity"], of_member["random"])
print(f"popularity is ahead by {low:.3f} to {high:.3f}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "picture-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 6: A picture for Amina (8 points)
#
# How many places does the shelf need? Write `draw_recall(shelves, liked, ax)`. `shelves`
# is the dictionary above, `{name: {user: list}}`. `liked` is a pandas Series with the set
# of relevant films of each user who has any; its index has the users. So `liked[user]` is a
# set, and `for user, films in liked.items()` goes through all of them.
#
# For each method draw one line into `ax`: the mean recall@k over the users in `liked`, for
# `k` from 1 to 20. Recall is the second number that your function of task 2 returns. The
# label of a line is the name of the method. Label both axes, add a legend, and return `ax`.
#
# It should look like this:
#
# ![Two lines of the mean recall over the number of places from 1 to 20. The line of
# popularity rises ever higher above the line of random lists.](pictures/01_recall.png)


# %% nbgrader={"grade": false, "grade_id": "picture-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def draw_recall(shelves, liked, ax):
    """One line for each method: mean recall@k over k."""
    places = range(1, 21)
    ### BEGIN SOLUTION
    for name, lists in shelves.items():
        recall = [
            np.mean(
                [
                    precision_and_recall(lists[u], liked[u], k)[1]
                    for u in liked.index
                ]
            )
            for k in places
        ]
        ax.plot(places, recall, label=name)
    ax.set(xlabel="places on the shelf", ylabel="mean recall")
    ax.set_xticks([1, 5, 10, 15, 20])
    ax.legend()
    ### END SOLUTION
    return ax


# %% mystnb={"image": {"alt": "Two lines of the mean recall over the number of places from 1 to 20. The line of popularity rises ever higher above the line of random lists."}} nbgrader={"grade": false, "grade_id": "picture-drawn", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["picture-01_recall"]
ax = draw_recall(shelves, liked, plots.new_axes(None))

# %% nbgrader={"grade": true, "grade_id": "picture-visible", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import matplotlib.pyplot as plt

_few = pd.Series({1: {10, 20}, 2: {30}})
_small = {"mine": {1: [10, 5], 2: [5, 30]}, "yours": {1: [5, 6], 2: [30, 5]}}
_ax = plt.figure().subplots()
plt.figure()  # draw into the axes that are given, not into these
draw_recall(_small, _few, _ax)
plt.close("all")
_labels = [line.get_label() for line in _ax.get_lines()]
assert _labels == ["mine", "yours"], f"one line a method, labelled: {_labels}"
assert _ax.get_xlabel(), "say what the x axis shows"
assert _ax.get_ylabel(), "say what the y axis shows"
assert _ax.get_legend() is not None, "a reader needs a legend"

# %% nbgrader={"grade": true, "grade_id": "picture-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
import matplotlib.pyplot as plt

ids = list(range(100, 120))
few = pd.Series({1: {10, 20}, 2: {30}})
small = {"a": {1: [10, *ids], 2: [5, 30, *ids]}, "b": {1: ids, 2: [30, *ids]}}
ax = plt.figure().subplots()
plt.figure()
assert draw_recall(small, few, ax) is ax, "return the axes"
lines = {line.get_label(): line for line in ax.get_lines()}
plt.close("all")
assert set(lines) == {"a", "b"}, "one line a method, in the given axes"
assert list(lines["a"].get_xdata()) == list(range(1, 21)), "places 1 to 20"
assert np.allclose(lines["a"].get_ydata(), [0.25] + [0.75] * 19), (
    "the mean recall of two users"
)
assert np.allclose(lines["b"].get_ydata(), 0.5), "one of two users found all"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "bug-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 7: Find the bug (10 points)
#
# The second offer counts how often a film was rated, too, and counts a rating of four stars
# or more twice. Its report claims an nDCG@10 many times as high as what you have measured
# above. Here are its ruler, and its shelf.


# %% nbgrader={"grade": false, "grade_id": "bug-report", "locked": true, "schema_version": 3, "solution": false, "task": false}
def ndcg_of_report(recommended, relevant, k):
    """nDCG@k of one user, as in the report."""
    hits = np.array(
        [movie in relevant for movie in recommended[:k]], dtype=float
    )
    weights = 1 / np.log2(np.arange(1, len(hits) + 1) + 1)
    best = np.sort(hits)[::-1]  # the hits first
    return (hits @ weights) / (best @ weights) if hits.any() else np.nan


twice = pd.concat([train, train[train["rating"] >= 4]])
shelves["second offer"] = popular_lists(twice, members, 20)

# %% nbgrader={"grade": false, "grade_id": "bug-numbers", "locked": true, "schema_version": 3, "solution": false, "task": false}
for name, lists in shelves.items():
    values = [
        ndcg_of_report(lists[u], liked.get(u, set()), 10) for u in members
    ]
    print(
        f"{name:13} nDCG@10 with the ruler of the report {np.nanmean(values):.3f}"
    )

# %% [markdown] nbgrader={"grade": false, "grade_id": "bug-tasks", "locked": true, "schema_version": 3, "solution": false, "task": false}
# By this ruler, even a random shelf looks good. Find its two faults. One shows in the
# number of a single member, the other only in the mean.
#
# - Write `example_of_the_bug()`. It returns `(recommended, relevant, k)` for one made-up
#   member, with `k` from 2 to 20, such that the ruler of the report says exactly 1 and the
#   right nDCG@k is below 0.2. Try your example with your own `ndcg`.
# - The mean over members leaves some out although they have relevant films. Write
#   `left_out(lists, liked, k)`: how many of the users in `liked` are those? `liked` is a
#   Series as in task 6.


# %% nbgrader={"grade": false, "grade_id": "bug-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def example_of_the_bug():
    """(recommended, relevant, k) that the report takes for perfect, and that is bad."""
    ### BEGIN SOLUTION
    return list(range(20)), {0, *range(100, 130)}, 20
    ### END SOLUTION


def left_out(lists, liked, k):
    """Count the users with relevant movies whom the mean of the report leaves out."""
    ### BEGIN SOLUTION
    return sum(
        not relevant & set(lists[u][:k]) for u, relevant in liked.items()
    )
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bug-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
from recsys_helpers.metrics import ndcg_at_k

_list, _relevant, _k = example_of_the_bug()
assert 2 <= _k <= 20, "k is from 2 to 20"
_hits = np.array([[movie in _relevant for movie in _list[:_k]]])
_right = ndcg_at_k(_hits, [len(_relevant)], _k, padded=True)[0]
_report = ndcg_of_report(_list, _relevant, _k)
assert np.isclose(_report, 1), f"the report says {_report:.3f}, not 1"
assert _right < 0.2, f"the right nDCG is {_right:.3f}, not below 0.2"

# %% nbgrader={"grade": true, "grade_id": "left-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
_lists = {1: [7, 20], 2: [7, 8]}
_n = left_out(_lists, pd.Series({1: {20}, 2: {30}}), 2)
assert _n == 1, f"user 2 has no hit and is left out: 1, not {_n}"

# %% nbgrader={"grade": true, "grade_id": "bug-hidden", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers import metrics

recommended, relevant, k = example_of_the_bug()
assert len(set(recommended)) == len(recommended), "a list names a film once"
hits = np.array([[m in relevant for m in recommended[:k]]])
right = metrics.ndcg_at_k(hits, [len(relevant)], k, padded=True)[0]
assert right < 0.2, f"the right nDCG is {right}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "left-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
few = pd.Series({1: {10, 20}, 2: {30}, 3: {40}})
small = {1: [7, 20], 2: [7, 8, 30], 3: [7], 4: [9]}
assert left_out(small, few, 2) == 2, "users 2 and 3 have no hit among two"
assert left_out(small, few, 3) == 1, "user 2 has one at place 3"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "offers-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# How many does the report leave out? And the two offers, with your ruler:

# %% nbgrader={"grade": false, "grade_id": "offers-numbers", "locked": true, "schema_version": 3, "solution": false, "task": false}
offers = [shelves["popularity"], shelves["second offer"]]
first, second = (
    np.array([ndcg(lists[u], liked.get(u, set()), 10) for u in members])
    for lists in offers
)
low, high = paired_interval(second, first)
n_left_out = left_out(shelves["second offer"], liked, 10)
print(f"left out: {n_left_out} of {len(liked)} members who liked something")
print(f"first offer  nDCG@10 {np.nanmean(first):.3f}")
print(f"second offer nDCG@10 {np.nanmean(second):.3f}")
print(f"the second is ahead by {low:+.3f} to {high:+.3f}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "letter-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 8: Write to Amina (10 points)
#
# Amina has never heard of nDCG. In 80 to 150 words: which offer should she take, what is
# wrong with the number in the report, and what can your measurement **not** tell her? A
# person reads this text and gives points as follows.
#
# | points | for |
# |---|---|
# | 3 | What is wrong with the report, so that Amina understands it |
# | 3 | A recommendation that your numbers support, with how sure you are |
# | 2 | A limit of the measurement, and what it changes for her |
# | 2 | Plain words, and no more than asked for |

# %% [markdown] nbgrader={"grade": true, "grade_id": "letter-answer", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Dear Amina, please do not trust the number in the report. It compares each list only
# with the hits that are on it, so one lucky hit at the top counts as perfect, and members
# who found nothing were left out. Measured properly, both offers are about equally good:
# some of the ten films will be ones that a member would have liked anyway. Both do far
# better than films drawn by chance, and with other members they would still. Take the
# simpler one: what most people borrow. Two things I cannot tell you. I only know what
# members rated, so a film may please them and count as a miss. And both shelves show the
# same few famous films to everybody, about one in seven of those you have. The others
# would never be seen.
# ### END SOLUTION
