# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "opening-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # Assignment 4: New on Friday
#
# Ngozi runs a small streaming service. Every Friday new films come in, and nobody has
# rated them yet. She wants a row *New for you* on the first page, with ten of them for
# each member. Most methods have nothing to say about a film without ratings. Two towers
# do: they look at what is *known* of a member and of a film.
#
# A consultant has offered a model, too. The report shows an error that is far lower than
# anybody's. Before she pays, Ngozi asks you to build towers of your own, so that you know
# what is hard about it, and then to look at the report.
#
# **You need** [chapter 6](https://github.com/five-ways/recommend-a-movie/blob/main/notebooks/06_two_towers.ipynb) of the course, and the
# nDCG of [chapter 2](https://github.com/five-ways/recommend-a-movie/blob/main/notebooks/02_is_it_any_good.ipynb).
#
# **Time** about 165 minutes.
#
# **Points** 100. Ninety are given by checks that run on their own. Some you see: they
# guide you. Others run when your work is graded, on other data. Ten points are for a text
# that a person reads.
#
# | task | minutes | points |
# |---|---|---|
# | 1 Averages that do not know the answer | 12 | 14 |
# | 2 Unknown is not zero | 10 | 12 |
# | 3 The loss of a batch | 25 | 16 |
# | 4 Which way is down? | 40 | 16 |
# | 5 Each side once | 12 | 12 |
# | 6 A picture of fame | 8 | 8 |
# | 7 Find the bug | 23 | 12 |
# | 8 Write to Ngozi | 25 | 10 |
#
# The minutes are estimates; ten more go into reading what is given.
#
# Write your code where it says `Your code here`, in the place of the line
# `raise NotImplementedError`. Write the functions that are asked for yourself, and not by
# calling those of `recsys_helpers` that do the same. Leave
# the names of the functions as they are: the checks call them. You can add cells. Cells
# with checks are put back as they were before grading. When you are done, restart the
# kernel, run everything from top to bottom, and save.

# %% nbgrader={"grade": false, "grade_id": "opening-data", "locked": true, "schema_version": 3, "solution": false, "task": false}
import os

os.environ["RECSYS_DATASET"] = "sample"

import numpy as np
import pandas as pd

from recsys_helpers import datasets, metrics, plots, splits
from recsys_helpers.features.content import genre_flags
from recsys_helpers.interactions import positives, top_n

data = datasets.load_movielens()
ratings, movies = data.ratings, data.movies.set_index("movie_id")
print(f"edition: {data.edition}")
print(f"{len(ratings):,} ratings of {len(movies):,} films")

# %% [markdown] nbgrader={"grade": false, "grade_id": "average-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 1: Averages that do not know the answer (14 points)
#
# How does a film's average rating help to predict a rating? If the rating itself is a
# part of the average, it gives itself away. So each training row is described by the
# average of all *other* ratings of its group: of the same film, or of the same member.
# With the sum $S$ and the number $n$ of the ratings of the group, and
# $r$ for the row's own rating, it is
#
# $$
# \frac{S - r}{n - 1} .
# $$
#
# Write `leave_one_out(groups, stars)`. `groups` and `stars` are arrays with one entry for
# each row: which group it belongs to, and its rating. Return an array with the average of
# the other ratings of the row's group, in the order of the rows. Where there is no other,
# it is NaN: *unknown*.
#
# A **hidden** row has no part in the averages of the training rows, so there is nothing
# to leave out. Write `averages_for(groups, stars, wanted)`. `groups` and `stars` are of
# the training rows; `wanted` are the groups of the hidden rows. Return the plain average
# of each of `wanted`, and NaN for a group without a training row.
#
# *Hint.* `pd.Series(stars).groupby(groups)` has `.transform("sum")`,
# `.transform("count")` and `.mean()`. A Series takes `.reindex(wanted)`. If you use
# pandas, hand back arrays: `.to_numpy()`.


# %% nbgrader={"grade": false, "grade_id": "average-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def leave_one_out(groups, stars):
    """For each row, the average of the other ratings of its group; or NaN."""
    ### BEGIN SOLUTION
    by_group = pd.Series(np.asarray(stars, float)).groupby(np.asarray(groups))
    n_others = by_group.transform("count").to_numpy() - 1.0
    n_others[n_others == 0] = np.nan
    return (by_group.transform("sum").to_numpy() - stars) / n_others
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "average-hidden-rows", "locked": false, "schema_version": 3, "solution": true, "task": false}
def averages_for(groups, stars, wanted):
    """The average rating of each group of wanted; NaN where there is none."""
    ### BEGIN SOLUTION
    by_group = pd.Series(np.asarray(stars, float)).groupby(np.asarray(groups))
    return by_group.mean().reindex(wanted).to_numpy()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "average-visible", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
films, stars = np.array([7, 7, 9, 7]), np.array([5.0, 4.0, 3.0, 1.0])
left = leave_one_out(films, stars)
assert isinstance(left, np.ndarray), "hand back an array"
assert np.allclose(left[[0, 1, 3]], [2.5, 3.0, 4.5]), (
    "the other ratings of film 7: 4 and 1, then 5 and 1, then 5 and 4"
)
assert np.isnan(left[2]), "film 9 has no other rating: unknown"

# %% nbgrader={"grade": true, "grade_id": "plain-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
films, stars = np.array([7, 7, 9, 7]), np.array([5.0, 4.0, 3.0, 1.0])
found = averages_for(films, stars, np.array([9, 8, 7, 7]))
assert isinstance(found, np.ndarray), "hand back an array"
assert np.allclose(found[[0, 2, 3]], [3, 10 / 3, 10 / 3])
assert np.isnan(found[1]), "film 8 has no training row"

# %% nbgrader={"grade": true, "grade_id": "average-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.features import content as content_features
from recsys_helpers.own_work import borrowed

assert not borrowed(
    lambda: leave_one_out(np.array([7, 7]), np.array([5.0, 4.0]))
), "write it yourself, without the course's"
some = ratings.sample(frac=0.5, random_state=3)
before = some.copy()
right = content_features.leave_one_out_averages(some, data.movies)
for column, features in [
    ("user_id", right.users),
    ("movie_id", right.movies),
]:
    mine = leave_one_out(some[column].to_numpy(), some["rating"].to_numpy())
    assert np.allclose(mine, features["average"], equal_nan=True), (
        f"the other ratings of each {column}"
    )
assert some.equals(before), "the ratings are left as they were"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "plain-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.features import content as content_features
from recsys_helpers.own_work import borrowed

assert not borrowed(
    lambda: averages_for(np.array([7]), np.array([5.0]), np.array([7]))
), "write it yourself, without the course's"
some = ratings.sample(frac=0.5, random_state=3)
rest, before = ratings.drop(some.index), some.copy()
right = content_features.average_features(some, data.movies)
for column, averages in [
    ("user_id", right.users),
    ("movie_id", right.movies),
]:
    wanted = rest[column].to_numpy()
    theirs = averages["average"].reindex(wanted).to_numpy()
    given = some[column].to_numpy(), some["rating"].to_numpy()
    assert np.allclose(
        averages_for(*given, wanted), theirs, equal_nan=True
    ), f"the average of each {column}"
assert some.equals(before), "the ratings are left as they were"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "encode-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 2: Unknown is not zero (12 points)
#
# Networks like numbers about as large as each other, and cannot take NaN. So each column
# is *scaled*: less its mean, divided by its standard deviation. And an unknown value? If
# it becomes zero stars, a new member hates everything. Give the network two numbers
# instead: the scaled value, 0 where it is unknown, and a **flag**, 1 where it is known.
#
# Write `encode(train, table)`. Both are arrays with the same $d$ columns; NaN means
# unknown. Mean and standard deviation of a column come from the **known values in
# `train`**, whatever `table` is. (Each column of `train` has a known value.) A column
# that is the same everywhere in `train` is divided by 1. (A deviation below $10^{-9}$ is
# none: it comes from rounding.) Return an array of shape (rows
# of `table`, $2 d$): first the scaled values, then the flags.
#
# *Hint.* `np.nanmean` and `np.nanstd` look at known values only.


# %% nbgrader={"grade": false, "grade_id": "encode-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def encode(train, table):
    """Scaled values, 0 where unknown, and then a flag for each: 1 where known."""
    ### BEGIN SOLUTION
    spread = np.nanstd(train, axis=0)
    spread = np.where(spread > 1e-9, spread, 1)
    scaled = (table - np.nanmean(train, axis=0)) / spread
    known = ~np.isnan(table)
    return np.hstack([np.where(known, scaled, 0), known.astype(float)])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "encode-visible", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
taste = np.array([[2.0, 3.0], [4.0, np.nan]])
encoded = encode(taste, taste)
assert encoded.shape == (2, 4), "two scaled values and two flags a row"
assert np.allclose(encoded[:, 0], [-1, 1]), "mean 3, standard deviation 1"
assert np.allclose(encoded[:, 2:], [[1, 1], [1, 0]]), "flags: 1 is known"
assert encoded[1, 1] == 0, "unknown is 0, and its flag says so"
nobody = np.full((1, 2), np.nan)
assert not encode(taste, nobody).any(), "all unknown: all zeros"
assert np.isclose(encode(taste, taste + 2)[0, 0], 1), "the scale is train's"

# %% nbgrader={"grade": true, "grade_id": "encode-hidden", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.features.encoder import FeatureEncoder
from recsys_helpers.own_work import borrowed

assert not borrowed(lambda: encode(np.eye(2), np.eye(2))), (
    "write it yourself, without the course's"
)
rng = np.random.default_rng(1)
train = rng.normal(3, 2, size=(40, 5))
train[rng.random(train.shape) < 0.3] = np.nan
train[:, 2] = 3.3  # the same everywhere, but for rounding
before = train.copy()
encoder = FeatureEncoder().fit(pd.DataFrame(train))
for table in [train, train[5:9], train[::-2]]:
    right = encoder.transform(pd.DataFrame(table))
    assert np.allclose(encode(train, table), right, atol=1e-5), (
        "scaled values, then flags"
    )
beyond = np.array([[100.0, np.nan, 6, 3, 3]])
mine = encode(train, beyond)[0]
right = (100 - np.nanmean(train[:, 0])) / np.nanstd(train[:, 0])
assert np.isclose(mine[0], right), "scaled as the others are"
assert np.isclose(mine[2], 6 - 3.3), "divided by 1"
assert np.allclose(mine[5:], [1, 0, 1, 1, 1]), "flags: 1 is known"
assert np.array_equal(train, before, equal_nan=True), "left as it was"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "loss-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 3: The loss of a batch (16 points)
#
# Now the towers. Row $k$ of a batch is a member, with the vector $f_k$, and a film that
# they liked, with the vector $g_k$. Of all films in the batch the towers shall *pick* the
# right one. With $n$ rows, the temperature $\tau$, and $q_l$ for the share of all likes
# that are for the film of row $l$:
#
# $$
# L = -\frac1n \sum_k \log \frac{e^{s_{kk}}}{\sum_l e^{s_{kl}}},
# \qquad s_{kl} = \frac{f_k \cdot g_l}{\tau} - \log q_l .
# $$
#
# The last term is the *correction*: a popular film is a wrong answer in nearly every
# batch, and would be pushed away for nothing but being popular. And one more thing: if
# the film of row $k$ comes again in another row $l$, it is no wrong answer. Leave that
# row out of the sum over $l$ (but not $l = k$ itself).
#
# First **with pencil and paper**: a batch of two rows with two films. Both right products
# $f_k \cdot g_k$ are 1, both wrong ones 0. $\tau = 0.5$, and both films have the share
# 0.5. What is $L$, to three decimals? Put it into `loss_on_paper`.
#
# Then write `in_batch_loss(F, G, films, log_share, temperature)`. `F` and `G` have the
# vectors as rows, `films` the number of the film of each row, `log_share` the $\log q$ of
# each row's film. It must not overflow, however large the scores are.
#
# *Hint.* Nothing changes if you take the largest score of each row off all scores of the
# row; then no $e^s$ is above 1. And $e^{-\infty}$ is 0: `-np.inf` is a good score for
# what is left out. `films[:, None] == films` tells where two rows have the same film.

# %% nbgrader={"grade": false, "grade_id": "loss-paper", "locked": false, "schema_version": 3, "solution": true, "task": false}
loss_on_paper = None
### BEGIN SOLUTION
loss_on_paper = 0.127  # -log(e^2 / (e^2 + e^0)): the correction cancels
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "paper-hidden", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert loss_on_paper is not None, "put a number into loss_on_paper"
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
assert np.isclose(loss_on_paper, 0.127, atol=0.0031), "the answer on paper"
### END HIDDEN TESTS


# %% nbgrader={"grade": false, "grade_id": "loss-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def in_batch_loss(F, G, films, log_share, temperature):
    """Mean loss of picking the k-th film for the k-th member of a batch."""
    ### BEGIN SOLUTION
    scores = F @ G.T / temperature - log_share
    again = (films[:, None] == films) & ~np.eye(len(films), dtype=bool)
    scores[again] = -np.inf
    scores -= scores.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(scores).sum(axis=1))
    return np.mean(log_sums - np.diag(scores))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "loss-visible", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
same, zero = np.ones((4, 1)), np.zeros(4)
loss = in_batch_loss(same, same, np.arange(4), zero, 1)
assert np.isclose(loss, np.log(4)), "all scores equal: one in four, log 4"
loss = in_batch_loss(same, same, np.array([5, 6, 5, 5]), zero, 1)
assert np.isclose(loss, (3 * np.log(2) + np.log(4)) / 4), (
    "film 5 is in three rows: each of these picks one out of two"
)
fame, G = np.log([0.5, 0.25]), np.array([[1.0], [0]])
loss = in_batch_loss(same[:2], G, np.arange(2), fame, 1)
assert np.isclose(
    loss, np.log(2 * np.e + 4) - (np.log(2 * np.e) + np.log(4)) / 2
), "the scores are 1 - log 0.5 and 0 - log 0.25: as 2 e to 4"

# %% nbgrader={"grade": true, "grade_id": "loss-hidden", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
import math

from recsys_helpers.own_work import borrowed


def slow_loss(F, G, films, log_share, temperature):
    losses = []
    for k in range(len(F)):
        s = [f @ g for f, g in zip([F[k]] * len(G), G, strict=True)]
        s = [x / temperature - q for x, q in zip(s, log_share, strict=True)]
        sums = sum(
            math.exp(s[m] - s[k])
            for m in range(len(G))
            if m == k or films[m] != films[k]
        )
        losses.append(math.log(sums))
    return sum(losses) / len(losses)


assert not borrowed(
    lambda: in_batch_loss(np.eye(2), np.eye(2), np.arange(2), np.zeros(2), 1)
), "write it yourself, without the course's"
rng = np.random.default_rng(2)
for temperature in [0.3, 1.0]:
    F, G = rng.normal(size=(2, 12, 3))
    films, share = rng.integers(0, 6, 12), np.log(rng.random(6))
    before = F.copy(), G.copy()
    mine = in_batch_loss(F, G, films, share[films], temperature)
    right = slow_loss(F, G, films, share[films], temperature)
    assert np.isclose(mine, right), f"the loss is {right:.4f}, not {mine:.4f}"
    assert np.array_equal([F, G], before), "the vectors are left as they were"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "large-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
no_share, two = np.zeros(2), np.arange(2)
large = in_batch_loss(900 * np.eye(2), np.eye(2), two, no_share, 0.1)
assert np.isclose(large, 0), "the right films have the score 9,000: loss 0"
# Scores of 1200 and 1000, and the wrong film has the larger one in row 1.
large = in_batch_loss(
    np.array([[1200.0], [1000.0]]), np.array([[1.0], [0.8]]), two, no_share, 1
)
assert np.isclose(large, 100), (
    "row 1 has 1000 and 800: a loss of 200, and of 0"
)
large = in_batch_loss(
    np.full((2, 1), 1000.0), np.array([[1.0], [0.999]]), two, no_share, 1
)
right = np.log(1 + np.e) - 0.5
assert np.isclose(large, right), "scores of 1000 and 999, not cut off"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "down-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 4: Which way is down? (16 points)
#
# Our towers are as small as towers can be: one matrix each. Row $k$ of $U$ has the
# features of the member of row $k$ of the batch, row $k$ of $M$ those of the film. The
# vectors are $F = U A$ and $G = M B$. To train is to find $A$ and $B$. For that you need
# the derivative of the loss. Keras works it out by itself. Here you do, with pencil and
# paper, in two steps.
#
# 1. Let $P_{kl} = e^{s_{kl}} / \sum_m e^{s_{km}}$ be the probabilities of the batch (0 for
#    what is left out). Find $D_{kl}$, the derivative of $L$ by the product $f_k \cdot g_l$.
#    You may use that the derivative of $\log \sum_m e^{s_{km}}$ by $s_{kl}$ is $P_{kl}$.
#    Mind $n$ and $\tau$. See whether it makes sense: is it below zero for the right film,
#    whose product should rise, and above zero for a wrong one?
# 2. $F G^T$ has all products, and $F = U A$, $G = M B$. By the chain rule the derivatives
#    by $A$ and by $B$ are products of three matrices, $D$ among them. Which order has the
#    right shape?
#
# Write `gradients(U, M, A, B, films, log_share, temperature)`. It returns the two
# derivatives, `dA` and `dB`, as large as `A` and `B`.
#
# *Hint.* Make $s$ as in task 3. To see whether a derivative is right, change one number
# of `A` by 0.00001, and look by how much your loss changes, as
# [chapter 5](https://github.com/five-ways/recommend-a-movie/blob/main/notebooks/05_keras_collaborative_filtering.ipynb)
# does. Do that with a temperature that is not 1, and with a film that comes twice.


# %% nbgrader={"grade": false, "grade_id": "down-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradients(U, M, A, B, films, log_share, temperature):
    """Derivatives of the loss of a batch by the two towers' matrices."""
    ### BEGIN SOLUTION
    F, G, n = U @ A, M @ B, len(films)
    scores = F @ G.T / temperature - log_share
    again = (films[:, None] == films) & ~np.eye(n, dtype=bool)
    scores[again] = -np.inf
    P = np.exp(scores - scores.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    D = (P - np.eye(n)) / (n * temperature)
    return U.T @ (D @ G), M.T @ (D.T @ F)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "down-visible", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
two, one, zero = np.eye(2), np.ones((2, 1)), np.zeros(2)
of_a, of_b = gradients(
    two, two, one, np.array([[1.0], [0.0]]), np.arange(2), zero, 1
)
assert (of_a.shape, of_b.shape) == ((2, 1), (2, 1)), "as large as A and B"
p = np.e / (np.e + 1)  # both members have the products 1 and 0
assert np.allclose(of_a.ravel(), [(p - 1) / 2, p / 2]), (
    f"film 0 is right for member 0, and wrong for member 1: not {of_a.ravel()}"
)

# %% nbgrader={"grade": false, "grade_id": "down-compare", "locked": true, "schema_version": 3, "solution": false, "task": false}
# No points: a batch in which film 0 comes twice, with a correction, and tau is 2.
U, M = np.array([[1.0, 0], [0, 1], [1, 1]]), np.eye(2)[[0, 1, 0]]
A, B = np.array([[1.0], [2]]), np.array([[1.0], [-1]])
share = np.log([0.75, 0.25, 0.75])
of_a, _ = gradients(U, M, A, B, np.array([0, 1, 0]), share, 2)
print("yours:    ", of_a.ravel().round(4))
print("should be: [-0.2182  0.2338]")

# %% nbgrader={"grade": true, "grade_id": "films-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
two, one, zero = np.eye(2), np.ones((2, 1)), np.zeros(2)
_, of_b = gradients(
    two, two, one, np.array([[1.0], [0.0]]), np.arange(2), zero, 1
)
p = np.e / (np.e + 1)
assert np.allclose(of_b.ravel(), [(2 * p - 1) / 2, (1 - 2 * p) / 2]), (
    "film 0 is pushed down: member 1 was sure of it, and wrong"
)


# %% nbgrader={"grade": true, "grade_id": "down-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.own_work import borrowed


def loss_of(U, M, A, B, films, log_share, temperature):
    s = (U @ A) @ (M @ B).T / temperature - log_share
    twice = np.equal.outer(films, films) & (np.eye(len(films)) == 0)
    s[twice] = -np.inf
    return np.mean(np.log(np.exp(s).sum(axis=1)) - np.diag(s))


def measured(side, batch, sides, rest):
    """Derivatives of one matrix, one number after the other."""
    slope = np.zeros_like(sides[side])
    for cell in np.ndindex(slope.shape):
        for step in (1e-5, -1e-5):
            there = [sides[0].copy(), sides[1].copy()]
            there[side][cell] += step
            slope[cell] += loss_of(*batch, *there, *rest) / (2 * step)
    return slope


rng = np.random.default_rng(3)
for temperature in [0.5, 1.0]:
    films = rng.integers(0, 5, 9)
    batch = rng.normal(size=(9, 4)), rng.normal(size=(5, 3))[films]
    rest = films, np.log(rng.random(5))[films], temperature
    sides = [rng.normal(size=(4, 2)), rng.normal(size=(3, 2))]
    mine = gradients(*batch, *sides, *rest)[0]
    right = measured(0, batch, sides, rest)
    assert np.allclose(mine, right, atol=1e-6), "dA, as measured"
assert not borrowed(lambda: gradients(*batch, *sides, *rest)), (
    "write it yourself, without the course's"
)
### END HIDDEN TESTS


# %% nbgrader={"grade": true, "grade_id": "films-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
# `measured` is made in the cell above, before anything can fail there.
rng = np.random.default_rng(3)
for temperature in [0.5, 1.0]:
    films = rng.integers(0, 5, 9)
    batch = rng.normal(size=(9, 4)), rng.normal(size=(5, 3))[films]
    rest = films, np.log(rng.random(5))[films], temperature
    sides = [rng.normal(size=(4, 2)), rng.normal(size=(3, 2))]
    mine = gradients(*batch, *sides, *rest)[1]
    right = measured(1, batch, sides, rest)
    assert np.allclose(mine, right, atol=1e-6), "dB, as measured"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "steep-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
three = np.eye(3)
large = gradients(
    900 * three, three, three, three, np.arange(3), np.zeros(3), 0.1
)
assert np.allclose(large[0], 0), "large scores"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "train-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Your towers at work
#
# The next four cells are given. The first makes features. Of a film: its genres and its
# year. Of a member: which share of the films they like has which genre, beside that of
# all members. In a training row the film to be picked is left out of it: you know why.

# %% nbgrader={"grade": false, "grade_id": "train-features", "locked": true, "schema_version": 3, "solution": false, "task": false}
genres = genre_flags(data.movies)
film_ids = genres.index.to_numpy()
decade = (
    movies["year"].astype(float).fillna(1990).to_numpy()[:, None] - 1990
) / 10
content = np.hstack([np.ones_like(decade), genres, decade, decade**2])


def member_features(counts, n_likes, usual):
    """Tastes: shares of the genres among somebody's likes, beside the usual."""
    shares = counts / np.maximum(n_likes, 1)[:, None]
    return np.hstack([np.ones((len(counts), 1)), (shares - usual) / 0.15])


def columns_of(rows):
    return np.searchsorted(film_ids, rows["movie_id"])


# %% [markdown] nbgrader={"grade": false, "grade_id": "train-adam-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The others train: they go down along your gradients, with Adam's steps, 20 times through
# all likes. (`films` are the columns of the films in the table of their features. The
# small number beside the slope keeps the matrices small.)

# %% nbgrader={"grade": false, "grade_id": "train-adam", "locked": true, "schema_version": 3, "solution": false, "task": false}
from threadpoolctl import threadpool_limits


def adam_step(side, slope, memory, t):
    """One step down for one matrix; memory has its mean slope and square."""
    slope = slope + 0.01 * side
    memory[0] = 0.9 * memory[0] + 0.1 * slope
    memory[1] = 0.999 * memory[1] + 0.001 * slope**2
    spread = np.sqrt(memory[1] / (1 - 0.999**t)) + 1e-8
    return side - 0.02 * memory[0] / (1 - 0.9**t) / spread


# %% nbgrader={"grade": false, "grade_id": "train-loop", "locked": true, "schema_version": 3, "solution": false, "task": false}
def train_towers(U, features, films, log_share, seed=0):
    """Find A and B; features has a row for each film."""
    rng = np.random.default_rng(seed)
    widths = U.shape[1], features.shape[1]
    sides = [0.1 * rng.normal(size=(width, 16)) for width in widths]
    memories, t = [[0, 0], [0, 0]], 0
    for _ in range(20):
        for b in np.array_split(rng.permutation(len(U)), len(U) // 250):
            t, share = t + 1, log_share[films[b]]
            batch = U[b], features[films[b]]
            slopes = gradients(*batch, *sides, films[b], share, 1)
            for i in (0, 1):
                sides[i] = adam_step(sides[i], slopes[i], memories[i], t)
    return sides


# %% nbgrader={"grade": false, "grade_id": "train-towers", "locked": true, "schema_version": 3, "solution": false, "task": false}
def towers_for(train, features, corrected=True):
    """Train on the likes of some ratings; vectors of members and films."""
    likes = positives(train, 4)
    films, flags = columns_of(likes), genres.to_numpy()
    ids, member = np.unique(likes["user_id"], return_inverse=True)
    counts, n = np.zeros((len(ids), flags.shape[1])), np.bincount(member)
    np.add.at(counts, member, flags[films])
    usual = flags[films].mean(axis=0)
    U = member_features(counts[member] - flags[films], n[member] - 1, usual)
    n_likes = np.bincount(films, minlength=len(features))
    share = np.log(np.maximum(n_likes, 1) / len(films))
    with threadpool_limits(1):
        A, B = train_towers(
            U, features, films, share if corrected else 0 * share
        )
    F = member_features(counts, n, usual) @ A
    return ids, F, features @ B, n_likes


# %% [markdown] nbgrader={"grade": false, "grade_id": "once-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 5: Each side once (12 points)
#
# The two sides meet in a dot product, and nowhere else. So the vector of a member is
# computed **once**, and not once for each film.
#
# Write `best_films(user_tower, movie_tower, user, films, n)`. The towers are functions:
# they take features, one row each, and return vectors, one row each. `user` has the
# features of one member, shape (number of features,), and `films` those of all films, one
# row each. Return the rows of the `n` films with the highest dot products, best first; of
# two equal ones the lower row comes first. Each tower is called once. The user tower gets
# a single row.
#
# Which films are near each other? For vectors $a$ and $b$ of **length 1**
#
# $$
# |a - b|^2 = 2 - 2 \, a \cdot b ,
# $$
#
# so the squared distances of *all* pairs are one matrix product. Write
# `squared_distances(V)`: for the rows of `V`, none of them all zeros, bring each to length
# 1, and return the table of the squared distances. No loop. Rounding must not leave a
# number below 0.


# %% nbgrader={"grade": false, "grade_id": "once-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def best_films(user_tower, movie_tower, user, films, n):
    """Rows of the n films with the highest score for one member."""
    ### BEGIN SOLUTION
    vector = user_tower(user[None, :])[0]
    scores = movie_tower(films) @ vector
    return np.argsort(-scores, kind="stable")[:n]
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "once-distances", "locked": false, "schema_version": 3, "solution": true, "task": false}
def squared_distances(V):
    """Squared distances of all pairs of rows of V, each brought to length 1."""
    ### BEGIN SOLUTION
    unit = V / np.linalg.norm(V, axis=1, keepdims=True)
    return np.maximum(2 - 2 * unit @ unit.T, 0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "once-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
films = np.array([[1.0, 0], [0, 1], [2, 2], [1, 1]])
best = best_films(lambda u: 2 * u, lambda m: m, np.array([1.0, 0]), films, 3)
assert list(best) == [2, 0, 3], "scores 2, 0, 4, 2: equal ones by row"

# %% nbgrader={"grade": true, "grade_id": "distances-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
table = squared_distances(np.array([[3.0, 0], [0, 5.0], [-1.0, 0], [2, 0]]))
assert table.shape == (4, 4), "all pairs"
assert np.allclose(table[0], [0, 2, 4, 0]), (
    "at a right angle 2, opposite 4, in the same direction 0"
)

# %% nbgrader={"grade": true, "grade_id": "once-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(5)
A, B = rng.normal(size=(4, 3)), rng.normal(size=(6, 3))
user, films = rng.normal(size=4), rng.normal(size=(50, 6))
calls = []


def counted(name, matrix):
    def tower(features):
        calls.append((name, np.shape(features)))
        return np.tanh(features @ matrix)

    return tower


best = best_films(counted("user", A), counted("films", B), user, films, 7)
scores = np.tanh(films @ B) @ np.tanh(user @ A)
assert np.array_equal(best, top_n(scores, 7)), "the best films"
assert [name for name, _ in sorted(calls)] == ["films", "user"], (
    f"each tower is called once; yours were {calls}"
)
assert dict(calls)["user"] == (1, 4), "the user tower gets a single row"
assert dict(calls)["films"] == (50, 6), "the movie tower gets all films"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "distances-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.own_work import borrowed

assert not borrowed(lambda: squared_distances(np.eye(3))), (
    "write it yourself, without the course's"
)
rng = np.random.default_rng(5)
V = rng.normal(size=(30, 5)) * rng.uniform(0.1, 9, size=(30, 1))
before = V.copy()
unit = V / np.sqrt((V**2).sum(axis=1))[:, None]
right = [[np.sum((a - b) ** 2) for b in unit] for a in unit]
mine = squared_distances(V)
assert np.allclose(mine, right), "the squared distances of all pairs"
assert (mine >= 0).all(), "rounding has left a number below 0"
assert np.array_equal(V, before), "V is left as it was"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "friday-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Friday's films
#
# Hide every rating of a tenth of the films, as if they had come in today. The towers
# train on the rest and make a list of ten of the *new* films for each member. Beside them
# stand three simple rows: ten new films drawn by chance, the ten that came out last, and
# what the towers would show to the average member, the same for everybody.

# %% nbgrader={"grade": false, "grade_id": "friday-towers", "locked": true, "schema_version": 3, "solution": false, "task": false}
cold = splits.cold_start_movies(ratings)
ids, F, G, n_likes = towers_for(cold.train, content)
is_new, rng = (
    ~np.isin(film_ids, cold.train["movie_id"]),
    np.random.default_rng(0),
)

# %% nbgrader={"grade": false, "grade_id": "friday-numbers", "locked": true, "schema_version": 3, "solution": false, "task": false}
rows = {
    "towers": F @ G.T,
    "same for all": np.ones((len(ids), 1)) * (G @ F.mean(axis=0)),
    "by chance": rng.random((len(ids), len(G))),
    "the newest": np.ones((len(ids), 1)) * decade[:, 0],
}
of_member = {}
for name, scores in rows.items():
    scores = np.where(is_new, scores, -np.inf)
    best = film_ids[np.array([top_n(row, 10) for row in scores])]
    hits = metrics.hits_of(best, positives(cold.test, 4), ids)
    of_member[name] = metrics.ndcg_at_k(*hits, 10)
    mean = np.nanmean(of_member[name])
    print(f"{name:12} nDCG@10 among new films {mean:.3f}")

# %% nbgrader={"grade": false, "grade_id": "friday-interval", "locked": true, "schema_version": 3, "solution": false, "task": false}
from recsys_helpers.intervals import paired_difference

for other in ["same for all", "by chance", "the newest"]:
    gap = paired_difference(of_member["towers"], of_member[other])
    print(f"towers - {other}: {gap.low:+.3f} to {gap.high:+.3f}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "fame-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 6: A picture of fame (8 points)
#
# What is the correction worth? For this we let the towers know each film by itself (its
# features are a column for each film, 1 in its own), and train twice: with the
# correction, and without. Then each member gets a list of ten films that they have not
# rated.
#
# Write `draw_fame(fame, ax)`. `fame` is a dictionary: for each name an array with one
# number for each place in the lists, the number of likes of the film that stands there.
# For each name draw one line into `ax`: over $x$ the share of the places whose film has
# **at most** $x$ likes. (One way: sort the numbers for $x$, and the shares are
# $1/n, 2/n, \dots, 1$.) The label of a line is the name. Label both axes, add a legend,
# and return `ax`. It should look like this:
#
# ![Two lines that rise from 0 to 1 over the number of likes of the listed films. The one
# without the correction rises steeply at the left; the corrected one rises
# later.](pictures/04_fame.png)


# %% nbgrader={"grade": false, "grade_id": "fame-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def draw_fame(fame, ax):
    """One line a name: the share of places with at most x likes, over x."""
    ### BEGIN SOLUTION
    for name, n_likes in fame.items():
        shares = np.arange(1, len(n_likes) + 1) / len(n_likes)
        ax.plot(np.sort(n_likes), shares, label=name)
    ax.set(xlabel="likes of the film", ylabel="share of the places")
    ax.legend()
    ### END SOLUTION
    return ax


# %% nbgrader={"grade": false, "grade_id": "fame-lists", "locked": true, "schema_version": 3, "solution": false, "task": false}
by_time = splits.user_temporal_split(ratings)
with_ids = np.hstack([content, np.eye(len(content))])
fame = {}
for name in ["corrected", "not corrected"]:
    ids, F, G, n_likes = towers_for(
        by_time.train, with_ids, name == "corrected"
    )
    scores = F @ G.T
    rated = by_time.train[by_time.train["user_id"].isin(ids)]
    scores[
        np.searchsorted(ids, rated["user_id"]), columns_of(rated)
    ] = -np.inf
    best = np.array([top_n(row, 10) for row in scores])
    fame[name] = n_likes[best].ravel()
    hits = metrics.hits_of(film_ids[best], positives(by_time.test, 4), ids)
    print(f"{name:13} nDCG@10 {np.nanmean(metrics.ndcg_at_k(*hits, 10)):.3f}")

# %% mystnb={"image": {"alt": "Two lines that rise from 0 to 1 over the number of likes of the listed films. The one without the correction rises steeply at the left; the corrected one rises later."}} nbgrader={"grade": false, "grade_id": "fame-drawn", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["picture-04_fame"]
ax = draw_fame(fame, plots.new_axes(None))

# %% nbgrader={"grade": true, "grade_id": "fame-visible", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
import matplotlib.pyplot as plt

small = {"mine": np.array([30, 10, 20, 10]), "yours": np.array([5, 7])}
ax = plt.figure().subplots()
plt.figure()  # draw into the axes that are given, not into these
draw_fame(small, ax)
plt.close("all")
labels = [line.get_label() for line in ax.get_lines()]
assert labels == ["mine", "yours"], f"one line a name, labelled: {labels}"
assert ax.get_xlabel(), "say what the x axis shows"
assert ax.get_ylabel(), "say what the y axis shows"
assert ax.get_legend() is not None, "a reader needs a legend"

# %% nbgrader={"grade": true, "grade_id": "fame-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
import matplotlib.pyplot as plt

numbers = np.array([30, 10, 20, 10])
small = {"a": numbers, "b": np.array([7, 5])}
ax = plt.figure().subplots()
plt.figure()
assert draw_fame(small, ax) is ax, "return the axes"
lines = {line.get_label(): line for line in ax.get_lines()}
plt.close("all")
assert set(lines) == {"a", "b"}, "one line a name, in the given axes"
for name, values in small.items():
    x, y = map(np.asarray, lines[name].get_data())
    assert (np.diff(x) >= 0).all(), "the numbers of likes ascend"
    for value in values:
        # Where several points have the same x, the highest of them counts.
        share, drawn = np.mean(values <= value), y[x <= value].max(initial=0)
        assert np.isclose(drawn, share), (
            f"of {values}, {share} are at most {value}: your line says {drawn}"
        )
assert numbers.tolist() == [30, 10, 20, 10], "fame is left as it was"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "bug-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 7: Find the bug (12 points)
#
# The consultant's model predicts stars from two numbers: the average rating of the
# member, and that of the film. Here is how the report makes them, and the error that it
# claims.

# %% nbgrader={"grade": false, "grade_id": "bug-report", "locked": true, "schema_version": 3, "solution": false, "task": false}
from sklearn.linear_model import LinearRegression


def inputs_of_report(train, test):
    """Averages of member and film: for the training and for the hidden rows."""
    table = pd.concat([train, test])
    for column in ["user_id", "movie_id"]:
        mean = table.groupby(column)["rating"].transform("mean")
        table[f"average of {column}"] = mean
    made = table.filter(like="average").to_numpy()
    return made[: len(train)], made[len(train) :]


def error_with(make_inputs, train, test):
    """RMSE on the hidden rows."""
    for_train, for_test = make_inputs(train, test)
    model = LinearRegression().fit(for_train, train["rating"])
    return np.sqrt(np.mean((model.predict(for_test) - test["rating"]) ** 2))


# %% nbgrader={"grade": false, "grade_id": "bug-numbers", "locked": true, "schema_version": 3, "solution": false, "task": false}
chance = splits.random_split(ratings)
error = error_with(inputs_of_report, chance.train, chance.test)
mean = chance.train["rating"].mean()
always = np.sqrt(np.mean((mean - chance.test["rating"]) ** 2))
print(f"the report: RMSE {error:.3f}; always the mean: {always:.3f}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "bug-tasks", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Can that be? Read the code. But Ngozi will be shown other code next year. So write a
# **test** that any such function must pass: *what it makes must not change when the stars
# of the hidden rows change*. (Who rated which film in the hidden rows is
# no secret; how many stars they gave is.)
#
# - Write `knows_the_answers(make_inputs, train, test)`. It returns `True` if
#   `make_inputs` looks at the stars of `test`: if other stars there change what it makes,
#   for the training rows **or** for the hidden ones. Else `False`. It leaves `test` as it
#   was.
# - Write `honest_inputs(train, test)`: what `inputs_of_report` should have made, a pair of
#   numpy arrays, for the rows of `train` and for those of `test`. Each has two columns, for
#   the member and for the film. Which averages belong where is for you to find out (task 1
#   is of use). What is unknown becomes the mean of all stars in `train`.
#
# *Hint.* Draw other stars at random, so that their order changes and their mean. There
# can be NaN in what is made: `np.array_equal(a, b, equal_nan=True)`.


# %% nbgrader={"grade": false, "grade_id": "bug-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def knows_the_answers(make_inputs, train, test):
    """Whether what is made changes with the stars of the hidden rows."""
    ### BEGIN SOLUTION
    noise = np.random.default_rng(0).random(len(test))
    others = test.assign(rating=noise)
    before, after = make_inputs(train, test), make_inputs(train, others)
    return not all(
        np.array_equal(a, b, equal_nan=True)
        for a, b in zip(before, after, strict=True)
    )
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "honest-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def honest_inputs(train, test):
    """Averages of member and film that know no answer: (for_train, for_test)."""
    ### BEGIN SOLUTION
    for_train, for_test = [], []
    stars = train["rating"].to_numpy()
    for column in ["user_id", "movie_id"]:
        groups = train[column].to_numpy()
        for_train.append(leave_one_out(groups, stars))
        for_test.append(averages_for(groups, stars, test[column].to_numpy()))
    return tuple(
        np.nan_to_num(np.column_stack(made), nan=stars.mean())
        for made in (for_train, for_test)
    )
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bug-visible", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
few = pd.DataFrame(
    {"user_id": [1, 1, 2], "movie_id": [7, 8, 7], "rating": [5.0, 3, 1]}
)
more = pd.DataFrame(
    {"user_id": [2, 9], "movie_id": [8, 7], "rating": [4.0, 2]}
)
assert knows_the_answers(inputs_of_report, few, more), "the report"
assert not knows_the_answers(
    lambda a, b: (a[["rating"]].to_numpy(), b["user_id"].to_numpy()),
    few,
    more,
), "to know who is in the hidden rows is no fault"
assert knows_the_answers(
    lambda a, b: (a[["rating"]].to_numpy(), b["rating"].to_numpy()), few, more
), "what is made for the hidden rows must not change either"

# %% nbgrader={"grade": true, "grade_id": "bug-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
some = splits.random_split(ratings, seed=5)
before = some.test.copy()


def constant(rows, value):
    return np.full((len(rows), 1), value)


leaks = {
    "the mean of the hidden stars": lambda a, b: (
        constant(a, b["rating"].mean()),
        constant(b, 1),
    ),
    "the hidden stars themselves": lambda a, b: (
        constant(a, 1),
        b[["rating"]].to_numpy(),
    ),
    "the order of the hidden stars": lambda a, b: (
        constant(a, 1),
        b[["rating"]].rank().to_numpy(),
    ),
    "the spread of the hidden stars": lambda a, b: (
        constant(a, np.nan),
        constant(b, b["rating"].std()),
    ),
}
for name, leak in leaks.items():
    assert knows_the_answers(leak, some.train, some.test), (
        f"what is made has {name} in it: that is a leak"
    )
honest = {
    "unknown everywhere": lambda a, b: (
        constant(a, np.nan),
        constant(b, np.nan),
    ),
    "the stars of the training rows": lambda a, b: (
        a[["rating"]].to_numpy(),
        constant(b, len(b)),
    ),
}
for name, make in honest.items():
    assert not knows_the_answers(make, some.train, some.test), (
        f"{name}: no leak"
    )
assert some.test.equals(before), "test is left as it was"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "honest-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
few = pd.DataFrame(
    {"user_id": [1, 1, 2], "movie_id": [7, 8, 7], "rating": [5.0, 3, 1]}
)
more = pd.DataFrame(
    {"user_id": [2, 9], "movie_id": [8, 7], "rating": [4.0, 2]}
)
for_train, for_test = honest_inputs(few, more)
assert isinstance(for_train, np.ndarray), "two arrays: the first is none"
assert isinstance(for_test, np.ndarray), "two arrays: the second is none"
assert np.allclose(for_train, [[3, 1], [5, 3], [3, 5]]), (
    "member 2 has no other rating, nor has film 8: the mean of train, 3"
)
assert np.allclose(for_test, [[1, 3], [3, 3]]), "member 9 is unknown: 3"

# %% nbgrader={"grade": true, "grade_id": "honest-hidden", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.features import content as content_features

some = splits.random_split(ratings, seed=5)
before = some.train.copy(), some.test.copy()
for_train, for_test = honest_inputs(some.train, some.test)
for mine, other in zip(
    (for_train, for_test),
    honest_inputs(some.train, some.test.assign(rating=0.5)),
    strict=True,
):
    assert np.array_equal(mine, other), "it knows the answers"
left = content_features.leave_one_out_averages(some.train, data.movies)
plain = content_features.average_features(some.train, data.movies)
mean = some.train["rating"].mean()
for place, side, ids in [(0, "users", "user_id"), (1, "movies", "movie_id")]:
    right = getattr(left, side)["average"].fillna(mean)
    assert np.allclose(for_train[:, place], right), (
        f"training rows, averages of {side}"
    )
    right = getattr(plain, side)["average"].reindex(some.test[ids])
    assert np.allclose(for_test[:, place], right.fillna(mean)), (
        f"hidden rows, averages of {side}"
    )
assert some.train.equals(before[0]), "train is left as it was"
assert some.test.equals(before[1]), "test is left as it was"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "report-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# And the consultant's model, with honest inputs:

# %% nbgrader={"grade": false, "grade_id": "report-numbers", "locked": true, "schema_version": 3, "solution": false, "task": false}
error = error_with(inputs_of_report, chance.train, chance.test)
honest = error_with(honest_inputs, chance.train, chance.test)
print(f"RMSE of the report {error:.3f}, honest {honest:.3f}")
told = knows_the_answers(inputs_of_report, chance.train, chance.test)
print("the report knows the answers:", told)

# %% [markdown] nbgrader={"grade": false, "grade_id": "letter-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 8: Write to Ngozi (10 points)
#
# Ngozi is good with numbers, and has never trained a model. In 100 to 200 words: what is
# wrong with the consultant's report and what is the model really worth, should she use
# your towers for *New for you*, and what can they **not** do? A person reads this text
# and gives points as follows.
#
# | points | for |
# |---|---|
# | 4 | What is wrong with the report, so that Ngozi understands it; what the model is worth; how she can test the next one |
# | 3 | A recommendation for *New for you* that your numbers support, with how sure you are |
# | 2 | A limit of your towers that matters to her |
# | 1 | Plain words, and no more than asked for |

# %% [markdown] nbgrader={"grade": true, "grade_id": "letter-answer", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Dear Ngozi, please do not pay for that number. The report describes each hidden rating
# by averages of which this rating is itself a part, so the model was told a bit of each
# answer. Without that its error is 0.91 stars and not 0.84. A test for next time:
# change the stars in the hidden rows. If the inputs of the model change, it has looked.
# For *New for you*, take the towers. Among films that nobody had rated they found far
# more of what members liked than chance or the newest ten, and a little more than one
# list for everybody. With other members they would be ahead, too. But they know no more
# of a film than its genres and its year, and somebody who has liked nothing gets no row
# of their own. And I have tried one set of hidden films only.
# ### END SOLUTION
