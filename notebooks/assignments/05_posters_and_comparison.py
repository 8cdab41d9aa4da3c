# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "opening-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # Assignment 5: A shop full of posters
#
# Tomás sells second-hand film posters. He has thousands. People come in, hold one up
# and say: "Have you more like this?" He would like to take a photograph of it and see.
# He also has a list of what his regulars liked, and wants to put ten films into the
# newsletter of each.
#
# His nephew has already built something. It finds posters "of the same genre far more
# often than anybody could by guessing". But in the shop it seems to find far less than
# the report says. You build it anew, from the pixels up,
# let it work together with other methods, find out which differences are real, and tell
# Tomás what to use for what.
#
# **You need** [chapter 8](https://github.com/five-ways/recommend-a-movie/blob/main/notebooks/08_posters.ipynb) and
# [chapter 9](https://github.com/five-ways/recommend-a-movie/blob/main/notebooks/09_five_methods.ipynb) of the course, and the bootstrap of
# [chapter 2](https://github.com/five-ways/recommend-a-movie/blob/main/notebooks/02_is_it_any_good.ipynb).
#
# **Time** about 125 minutes.
#
# **Points** 100. Ninety are given by checks that run on their own. Some you see: they
# guide you. Others run when your work is graded, on other data. Ten points are for a text
# that a person reads.
#
# | task | minutes | points |
# |---|---|---|
# | 1 A convolution | 18 | 14 |
# | 2 Pooling | 6 | 10 |
# | 3 What looks like this? | 20 | 16 |
# | 4 Of the same genre | 10 | 12 |
# | 5 Two lists become one | 12 | 12 |
# | 6 Which differences are real? | 12 | 16 |
# | 7 Find the bug | 17 | 10 |
# | 8 Advise Tomás | 20 | 10 |
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

import matplotlib.pyplot as plt
import numpy as np

from recsys_helpers import datasets, plots

data = datasets.load_movielens()
ratings, movies = data.ratings, data.movies
print(f"edition: {data.edition}")
print(f"{len(ratings):,} ratings of {len(movies):,} movies")

# %% [markdown] nbgrader={"grade": false, "grade_id": "opening-posters", "locked": true, "schema_version": 3, "solution": false, "task": false}
# The posters are drawn by the course, so that you need no network: the genre decides
# what is on them, chance decides the rest. We take six genres, and small pictures.
# `greys` holds them without colour: tables of brightness, from 0 (black) to 1 (white).

# %% nbgrader={"grade": false, "grade_id": "opening-drawn", "locked": true, "schema_version": 3, "solution": false, "task": false}
from recsys_helpers.images.baselines import movies_for_the_task
from recsys_helpers.posters import draw_posters

asked = movies_for_the_task(movies, 12)
six = ["Crime", "Horror", "Romance", "Sci-Fi", "War", "Western"]
asked = asked[asked["genre"].isin(six)].reset_index(drop=True)
genres = asked["genre"].to_numpy(dtype=str)
posters = list(draw_posters(asked, size=(58, 87)))
greys = [
    np.asarray(poster.convert("L"), dtype=float) / 255 for poster in posters
]
print(f"{len(posters)} posters, each a table of {greys[0].shape} numbers")

# %% [markdown] nbgrader={"grade": false, "grade_id": "convolve-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 1: A convolution (14 points)
#
# A small table of numbers, the *window* $w$, slides over a picture $x$. At each place,
# multiply what lies below it and add up. With $S$ rows and $T$ columns in the window,
# and a number $b$ to start from:
#
# $$
# y_{ij} = b + \sum_{s=0}^{S-1} \sum_{t=0}^{T-1} w_{st} \, x_{i+s,\; j+t}
# $$
#
# The window must lie inside the picture everywhere. So $y$ has $S - 1$ rows and $T - 1$
# columns fewer than $x$. Large networks save work: with a **step** $d$ the window moves
# $d$ places at a time, to the right as well as down, from the upper left corner on. What
# becomes of the formula, and how many rows and columns has $y$ then?
#
# First **with pencil and paper**:
#
# $$
# x = \begin{pmatrix} 1 & 2 & 0 \\ 0 & 1 & 3 \\ 2 & 0 & 1 \end{pmatrix}, \qquad
# w = \begin{pmatrix} 1 & 2 \\ 0 & -1 \end{pmatrix}, \qquad b = 1 .
# $$
#
# Put $y$ (with step 1) into `y_on_paper`, as a list of lists. Then write
# `convolve(x, w, b, step)`, without a library's convolution. The window need not be
# square, and is not turned round.
#
# Hint: two loops over all *places of the picture* work, and are slow. There are far fewer
# places in the *window*. Take the whole picture, shifted by $s$ and $t$, times $w_{st}$.

# %% nbgrader={"grade": false, "grade_id": "paper-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
y_on_paper = None
### BEGIN SOLUTION
y_on_paper = [[5, 0], [3, 7]]
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "paper-hidden", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert np.ndim(y_on_paper) == 2, "y_on_paper is a list of lists"
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
assert np.allclose(y_on_paper, [[5, 0], [3, 7]]), "the answer on paper"
### END HIDDEN TESTS


# %% nbgrader={"grade": false, "grade_id": "convolve-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def convolve(x, w, b=0.0, step=1):
    """Slide w over x, `step` places at a time."""
    x, w = np.asarray(x, dtype=float), np.asarray(w, dtype=float)
    ### BEGIN SOLUTION
    height, width = (n - m + 1 for n, m in zip(x.shape, w.shape, strict=True))
    y = np.full((height, width), float(b))
    for s in range(w.shape[0]):
        for t in range(w.shape[1]):
            y += w[s, t] * x[s : s + height, t : t + width]
    return y[::step, ::step]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "convolve-visible", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
square = np.arange(9.0).reshape(3, 3)
assert np.shape(convolve(square, np.ones((2, 2)))) == (2, 2), (
    "a 2 x 2 window has 2 x 2 places in a 3 x 3 picture"
)
summed = convolve(square, np.ones((2, 2)))
assert np.allclose(summed, [[8, 12], [20, 24]]), (
    f"0 + 1 + 3 + 4 is 8: {summed}"
)
rise = convolve([[1, 1, 5, 5]], [[-1, 1]], 0.5)
assert np.allclose(rise, [[0.5, 4.5, 0.5]]), "one rise, from 1 to 5, and b"

# %% nbgrader={"grade": true, "grade_id": "steps-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
wide = convolve([[1, 2, 3, 4, 5]], [[1]], 0, 2)
assert np.allclose(wide, [[1, 3, 5]]), (
    f"each second place, from the first: {wide}"
)

# %% nbgrader={"grade": true, "grade_id": "convolve-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from scipy.signal import correlate2d

from recsys_helpers.own_work import borrowed

assert not borrowed(lambda: convolve(np.eye(3), np.eye(2))), (
    "write it yourself, without the course's"
)
rng = np.random.default_rng(1)
for of_picture, of_window in [
    ((9, 7), (3, 3)),
    ((5, 12), (2, 4)),
    ((6, 6), (6, 1)),
    ((4, 3), (1, 1)),
    ((3, 5), (3, 5)),
]:
    x, w = rng.normal(size=of_picture), rng.normal(size=of_window)
    before = x.copy()
    y = convolve(x, w, 0.25)
    right = correlate2d(x, w, mode="valid") + 0.25
    told = f"a window {of_window} on a picture {of_picture}"
    assert np.shape(y) == right.shape, f"{told}: {np.shape(y)}"
    assert np.allclose(y, right), told
    assert np.array_equal(x, before), "the picture is left as it was"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "steps-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from scipy.signal import correlate2d

rng = np.random.default_rng(1)
for of_picture, step in [((9, 7), 2), ((8, 11), 3), ((4, 4), 5)]:
    x, w = rng.normal(size=of_picture), rng.normal(size=(3, 2))
    right = correlate2d(x, w, mode="valid")[::step, ::step] - 1
    y, told = (
        convolve(x, w, -1, step),
        f"step {step} on a picture {of_picture}",
    )
    assert np.shape(y) == right.shape, f"{told}: {np.shape(y)}"
    assert np.allclose(y, right), told
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "pool-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 2: Pooling (10 points)
#
# Where exactly an edge is does not matter, but roughly how much of it there is. So cut
# the table into squares of `side` times `side` numbers, from the upper left, and keep
# one number of each. What is left over on the right and below, too little for a square,
# is dropped.
#
# Write `pool(x, side, kind)`. With `kind="average"` it keeps the mean of each square, with
# `kind="max"` the largest number. A table of 7 by 5 becomes, with `side=2`, one of 3 by 2.
#
# Hint: after `x.reshape(rows, side, columns, side)`, what do the axes 1 and 3 hold?


# %% nbgrader={"grade": false, "grade_id": "pool-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def pool(x, side, kind="average"):
    """One number for each square: shape (height // side, width // side)."""
    x = np.asarray(x, dtype=float)
    ### BEGIN SOLUTION
    rows, columns = x.shape[0] // side, x.shape[1] // side
    whole = x[: rows * side, : columns * side]
    squares = whole.reshape(rows, side, columns, side)
    reduce_squares = {"average": np.mean, "max": np.max}[kind]
    return reduce_squares(squares, axis=(1, 3))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "pool-visible", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
table = [[1, 3, 0, 9], [5, 7, 2, 9], [8, 8, 8, 8]]
average = pool(table, 2)
assert np.shape(average) == (1, 2), "the third row is left over, and dropped"
assert np.allclose(average, [[4, 5]]), f"means are 4 and 5, not {average}"
assert np.allclose(pool(table, 2, "max"), [[7, 9]]), "the largest: 7 and 9"

# %% nbgrader={"grade": true, "grade_id": "pool-hidden", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.own_work import borrowed

assert not borrowed(lambda: pool(np.eye(4), 2)), (
    "write it yourself, without the course's"
)
rng = np.random.default_rng(2)
for shape, side in [((7, 5), 2), ((9, 12), 3), ((4, 4), 4), ((6, 2), 1)]:
    x = rng.normal(size=shape) - 1
    for kind, function in (("average", np.mean), ("max", np.max)):
        right = [
            [
                function(x[i : i + side, j : j + side])
                for j in range(0, shape[1] - side + 1, side)
            ]
            for i in range(0, shape[0] - side + 1, side)
        ]
        mine = pool(x, side, kind)
        told = f"{kind}, side {side}, a table {shape}"
        assert np.shape(mine) == np.shape(right), f"{told}: {np.shape(mine)}"
        assert np.allclose(mine, right), told
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "features-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Your windows at work
#
# Four windows look for edges in four directions. What is below zero is cut off, then comes
# pooling. It should look like this:
#
# ![Four pictures in a row. A grey drawn poster; the same with its upright edges bright on black; with
# its level edges bright on black; and the level edges pooled, a coarse table of
# squares.](pictures/05_edges.png)

# %% nbgrader={"grade": false, "grade_id": "features-edges", "locked": true, "schema_version": 3, "solution": false, "task": false}
upright = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 4
slanted = np.array([[0, 1, 2], [-1, 0, 1], [-2, -1, 0]]) / 4
directions = [upright, upright.T, slanted, slanted[::-1]]
# Each direction twice: from dark to bright, and from bright to dark.
windows = [sign * w for w in directions for sign in (1, -1)]


def channels(x):
    """What each window sees on a poster, without what is below zero."""
    return [np.maximum(convolve(x, w), 0) for w in windows]


# %% mystnb={"image": {"alt": "Four pictures in a row. A grey drawn poster; the same with its upright edges bright on black; with its level edges bright on black; and the level edges pooled, a coarse table of squares."}} nbgrader={"grade": false, "grade_id": "features-drawn", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["picture-05_edges"]
chosen = int(np.flatnonzero(genres == "Western")[0])
seen = channels(greys[chosen])
shown = {
    "a poster": greys[chosen],
    "upright": seen[0] + seen[1],
    "level": seen[2] + seen[3],
    "pooled": pool(seen[2] + seen[3], 8),
}
with plots.course_style():
    fig, axes = plt.subplots(1, 4, figsize=(7, 2.9))
    for ax, (name, picture) in zip(axes, shown.items(), strict=True):
        ax.imshow(picture, cmap="gray")
        ax.set_title(name)
        ax.axis("off")

# %% [markdown] nbgrader={"grade": false, "grade_id": "features-vectors", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Now every poster becomes a row of numbers, its **features**: all pooled channels, one
# behind the other. Beside it stand three rivals: the pooled *brightness* without any
# window, how much there is of each *colour*, and *random* numbers. All are
# standardised: each column has mean 0 and deviation 1.

# %% nbgrader={"grade": false, "grade_id": "features-matrices", "locked": true, "schema_version": 3, "solution": false, "task": false}
from recsys_helpers.images import standardised
from recsys_helpers.images.baselines import colour_histograms

edges = [
    np.concatenate([pool(channel, 8).ravel() for channel in channels(x)])
    for x in greys
]
features = {
    "edges": np.array(edges),
    "brightness": np.array([pool(x, 8).ravel() for x in greys]),
    "colours": colour_histograms(posters).matrix,
    "random": np.random.default_rng(1).normal(size=(len(posters), 64)),
}
features = {name: standardised(matrix) for name, matrix in features.items()}
for name, matrix in features.items():
    print(f"{name:10} {matrix.shape[1]} numbers for each poster")

# %% [markdown] nbgrader={"grade": false, "grade_id": "nearest-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 3: What looks like this? (16 points)
#
# Two posters with features $v$ and $u$ are alike as far as their vectors point the same
# way:
#
# $$
# \cos(v, u) = \frac{v \cdot u}{|v| \, |u|}
# $$
#
# Write `nearest(matrix, n)`. `matrix` has a row for each poster, shape `(n_posters,
# n_features)`. It returns an array of whole numbers: for each poster the rows of the `n`
# posters with the highest cosine, highest first. Three things need care.
#
# - A poster is **not** its own neighbour. But a *second copy* of it, in another row, is.
# - A row of zeros has no direction. Its cosine with everything is 0, and not NaN.
# - Of two posters that are equally near, the one in the lower row comes first. Where
#   there are fewer than `n` other posters, all of them are listed: shape `(n_posters,
#   n_posters - 1)`.
#
# Hint: `np.argsort(-cosines, axis=1, kind="stable")` sorts each row, the highest first, and
# leaves ties in order. How do you keep the poster itself at the very end?


# %% nbgrader={"grade": false, "grade_id": "nearest-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def nearest(matrix, n):
    """Rows of the n posters nearest to each, without itself: shape (n_posters, n)."""
    matrix = np.asarray(matrix, dtype=float)
    ### BEGIN SOLUTION
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    unit = matrix / np.where(lengths > 0, lengths, 1)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    order = np.argsort(-cosines, axis=1, kind="stable")
    return order[:, : min(n, len(matrix) - 1)]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "nearest-visible", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
corner = np.array([[1.0, 0.0], [2.0, 0.1], [0.0, 1.0], [-1.0, 0.0]])
two = np.asarray(nearest(corner, 2))
assert two.shape == (4, 2), f"two neighbours for each of four: {two.shape}"
assert all(row not in two[row] for row in range(4)), "nobody is its own"
assert two[0].tolist() == [1, 2], (
    f"row 1 points nearly the same way, row 2 is at a right angle: {two[0]}"
)
assert nearest(corner, 10).shape == (4, 3), "only three others are there"

# %% nbgrader={"grade": true, "grade_id": "nearest-hidden", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.own_work import borrowed
from recsys_helpers.vectors.nearest import nearest_rows

assert not borrowed(lambda: nearest(np.eye(3), 1)), (
    "write it yourself, without the course's"
)

rng = np.random.default_rng(3)
for n_posters, n_features, n in [
    (30, 5, 7),
    (12, 40, 11),
    (2, 3, 1),
    (6, 4, 20),
]:
    x = rng.normal(size=(n_posters, n_features)) * rng.uniform(
        0.1, 9, size=(n_posters, 1)
    )
    before = x.copy()
    itself = np.arange(n_posters)[:, None]
    right, _ = nearest_rows(x, x, n, "cosine", exclude=itself)
    assert np.array_equal(nearest(x, n), right), (
        f"the {n} nearest of {n_posters} posters"
    )
    assert np.array_equal(x, before), "the matrix is left as it was"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "copies-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
copies = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 0.0], [1.0, 0.0]])
right = [[2, 3, 1], [0, 2, 3], [0, 3, 1], [0, 2, 1]]
assert np.array_equal(nearest(copies, 3), right), "copies, and ties"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "zeros-hidden", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    empty = nearest(np.array([[-1.0, 0], [0, 0], [1, 0], [0, 0]]), 3)
right = [[1, 3, 2], [0, 2, 3], [1, 3, 0], [0, 1, 2]]
assert np.array_equal(empty, right), "a row of zeros has cosine 0 with all"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "nearest-look", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Look at what you have built: three posters, and the four nearest to each by their edges.

# %% mystnb={"image": {"alt": "Three rows of five small drawn posters. The first of each row is the one asked about; the other four look like it in parts, and some are of the same genre."}} nbgrader={"grade": false, "grade_id": "nearest-drawn", "locked": true, "schema_version": 3, "solution": false, "task": false}
by_edges = nearest(features["edges"], 4)
with plots.course_style():
    fig, axes = plt.subplots(3, 5, figsize=(6, 5.6))
    for line, row in zip(axes, [chosen, 0, 5], strict=True):
        for ax, shown_row in zip(line, [row, *by_edges[row]], strict=True):
            ax.imshow(posters[shown_row])
            ax.set_title(genres[shown_row], fontsize=9)
            ax.axis("off")

# %% [markdown] nbgrader={"grade": false, "grade_id": "agreement-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 4: Of the same genre (12 points)
#
# Three rows of pictures prove nothing. Count. Write two functions.
#
# - `agreement(neighbours, genres, k)`: for each poster, the share of its first `k`
#   neighbours that have its genre. `neighbours` is an array of rows as `nearest` gives
#   it, with at least `k` columns; `genres` is an array of text. It returns one number
#   for each poster.
# - `agreement_by_chance(genres)`: one number. If each poster's neighbours were drawn at
#   random from the *other* posters, what would the mean agreement be? No dice are
#   needed. For one poster, how many of the others have its genre? Then take the mean
#   over all posters.


# %% nbgrader={"grade": false, "grade_id": "agreement-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def agreement(neighbours, genres, k):
    """Share of the first k neighbours with the poster's genre: shape (n_posters,)."""
    neighbours, genres = np.asarray(neighbours), np.asarray(genres)
    ### BEGIN SOLUTION
    theirs = genres[neighbours[:, :k]]
    return np.mean(theirs == genres[:, None], axis=1)
    ### END SOLUTION


def agreement_by_chance(genres):
    """Mean agreement that neighbours drawn at random would have."""
    genres = np.asarray(genres)
    ### BEGIN SOLUTION
    n_same = (genres[:, None] == genres).sum(axis=1) - 1
    return np.mean(n_same / (len(genres) - 1))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "agreement-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
four = np.array(["War", "War", "Crime", "War"])
share = agreement([[1, 2], [3, 0], [0, 1], [2, 0]], four, 2)
assert np.allclose(share, [0.5, 1, 0, 0.5]), f"not {share}"
first = agreement([[1, 2], [3, 0], [0, 1], [2, 0]], four, 1)
assert np.allclose(first, [1, 1, 0, 0]), f"only the first counts: {first}"

# %% nbgrader={"grade": true, "grade_id": "chance-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
four = np.array(["War", "War", "Crime", "War"])
chance = agreement_by_chance(four)
assert np.isclose(chance, 0.5), (
    f"2/3, 2/3, 0 and 2/3: on average 1/2, not {chance}"
)

# %% nbgrader={"grade": true, "grade_id": "agreement-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.images.baselines import genre_agreement
from recsys_helpers.own_work import borrowed
from recsys_helpers.vectors.nearest import nearest_rows

rng = np.random.default_rng(4)
x, names = rng.normal(size=(40, 6)), rng.choice(["a", "b", "c"], size=40)
rows, _ = nearest_rows(x, x, 9, "cosine", exclude=np.arange(40)[:, None])
for k in [1, 4, 9]:
    mine = agreement(rows, names, k)
    right = genre_agreement(x, names, k)
    assert np.allclose(mine, right), f"the first {k} neighbours"
assert not borrowed(lambda: agreement(rows, names, 1)), (
    "write it yourself, without the course's"
)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "chance-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
names = np.random.default_rng(4).choice(["a", "b", "c"], size=40)
of_each = [np.sum(names == name) - 1 for name in names]
mine, right = agreement_by_chance(names), np.mean(of_each) / 39
assert np.isclose(mine, right), f"by chance {right:.3f}, not {mine:.3f}"
assert np.isclose(agreement_by_chance(["a", "b", "c"]), 0), "all different"
assert np.isclose(agreement_by_chance(["a", "a", "a"]), 1), "all the same"
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "agreement-table", "locked": true, "schema_version": 3, "solution": false, "task": false}
of_poster = {
    name: agreement(nearest(matrix, 5), genres, 5)
    for name, matrix in features.items()
}
for name, shares in of_poster.items():
    print(f"{name:10} agreement@5 {shares.mean():.3f}")
print(f"by chance  {agreement_by_chance(genres):.3f}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "agreement-note", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Random numbers know nothing, so they end near chance. With so few posters such a mean
# still moves about. Task 6 says how much.

# %% [markdown] nbgrader={"grade": false, "grade_id": "fuse-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 5: Two lists become one (12 points)
#
# Now the newsletter. Several methods make a list for the same person, and their scores
# cannot be added: one counts in cosines, the next in likes. But every list has
# *places*. By **reciprocal rank fusion** a film's score is
#
# $$
# \text{score}_i = \sum_m \frac{1}{c + \text{place}_m(i)} ,
# $$
#
# where $\text{place}_m(i)$ is the place of film $i$ on list $m$, counted from 1. A film
# gets nothing from a list that it is not on. The number $c$ says how much the first
# places stand out.
#
# **On paper**: the lists are `[10, 20, 30]` and `[30, 40, 20]`, and $c = 3$. In which
# order do the four films come? Put the list into `fused_on_paper`. Then write
# `fuse(lists, c, n)`: the `n` film ids with the highest scores, best first, as a list.
# Of two films with the same score the lower id comes first. (Round the scores to nine
# decimals before you compare them.) The lists may differ in length.

# %% nbgrader={"grade": false, "grade_id": "paper2-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
fused_on_paper = None
### BEGIN SOLUTION
fused_on_paper = [30, 20, 10, 40]  # 1/6 + 1/4, 1/5 + 1/6, 1/4, 1/5
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "paper2-hidden", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert np.shape(fused_on_paper) == (4,), "a list of the four films"
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
assert list(fused_on_paper) == [30, 20, 10, 40], "the answer on paper"
### END HIDDEN TESTS


# %% nbgrader={"grade": false, "grade_id": "fuse-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fuse(lists, c, n):
    """The n best movie ids of several lists, by their places."""
    ### BEGIN SOLUTION
    scores = {}
    for listed in lists:
        for place, movie in enumerate(listed, start=1):
            scores[movie] = scores.get(movie, 0) + 1 / (c + place)
    return sorted(scores, key=lambda movie: (-scores[movie], movie))[:n]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fuse-visible", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
assert list(fuse([[7, 8, 9]], 1, 2)) == [7, 8], "one list stays as it is"
assert list(fuse([[5, 6], [7, 6]], 20, 3)) == [6, 5, 7], (
    "6 is on both lists; 5 and 7 have the same score, so 5 comes first"
)
assert list(fuse([[5, 6], [7, 6]], 0, 3)) == [5, 6, 7], (
    "with c = 0 each of the three films has the score 1: the lower id first"
)

# %% nbgrader={"grade": true, "grade_id": "fuse-hidden", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from fractions import Fraction

from recsys_helpers.own_work import borrowed

assert not borrowed(lambda: fuse([[1, 2], [2, 3]], 1, 2)), (
    "write it yourself, without the course's"
)
rng = np.random.default_rng(5)
for c, n_lists in [(1, 2), (20, 3), (60, 2)]:
    lists = [
        rng.permutation(30)[: rng.integers(3, 12)].tolist()
        for _ in range(n_lists)
    ]
    exact = {
        movie: sum(
            Fraction(1, c + one.index(movie) + 1)
            for one in lists
            if movie in one
        )
        for movie in sorted(set().union(*lists))
    }
    mine = list(fuse(lists, c, 10))
    assert len(mine) == min(10, len(exact)), "n films, each once"
    assert len(set(mine)) == len(mine), "n films, each once"
    got = [float(exact[movie]) for movie in mine]
    best = sorted(map(float, exact.values()), reverse=True)[: len(mine)]
    assert np.allclose(got, best), f"{lists} with c = {c}: not {mine}"
assert list(fuse([[3, 1], [1, 3]], 5, 2)) == [1, 3], "the lower id first"
assert list(fuse([[], [4, 2]], 5, 5)) == [4, 2], "an empty list says nothing"
kept = [[1, 2], [2, 3]]
fuse(kept, 1, 1)
assert kept == [[1, 2], [2, 3]], "the lists are left as they were"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "lists-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Your fusion at work
#
# Three methods of the course make lists of fifty for each person: popularity, movie
# neighbours, and EASE. You fuse the last two. The last fifth of each person's ratings
# is hidden, and the first ten of each list are judged by nDCG@10 (assignment 1).

# %% nbgrader={"grade": false, "grade_id": "lists-made", "locked": true, "schema_version": 3, "solution": false, "task": false}
from recsys_helpers import metrics
from recsys_helpers.evaluation import recommend_all
from recsys_helpers.interactions import positives
from recsys_helpers.methods.baselines import Popularity
from recsys_helpers.methods.ease import Ease
from recsys_helpers.methods.neighbours import LikeNeighbours
from recsys_helpers.splits import user_temporal_split

split = user_temporal_split(ratings)
people = np.unique(split.test["user_id"])
methods = {
    "popularity": Popularity(),
    "neighbours": LikeNeighbours("movies"),
    "EASE": Ease(),
}
lists = {
    name: recommend_all(method.fit(split.train), people, 50)
    for name, method in methods.items()
}

# %% nbgrader={"grade": false, "grade_id": "lists-judged", "locked": true, "schema_version": 3, "solution": false, "task": false}
both = zip(lists["neighbours"], lists["EASE"], strict=True)
lists["fused"] = np.array([fuse([a, b], 20, 50) for a, b in both])
liked = positives(split.test, 4.0)
of_person = {
    name: metrics.ndcg_at_k(
        *metrics.hits_of(listed[:, :10], liked, people), 10
    )
    for name, listed in lists.items()
}
for name, values in of_person.items():
    print(f"{name:11} nDCG@10 {np.nanmean(values):.3f}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "decide-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 6: Which differences are real? (16 points)
#
# EASE and the neighbours are not far apart. With other people, who would be ahead?
#
# Write `decide(a, b, n_draws, seed)`. `a` and `b` are arrays with one value for each
# person (or poster) under two methods, in the same order. Larger is better. Leave out
# those for whom either is NaN, and take the difference `a - b` of each person. Then,
# `n_draws` times: draw as many people as there are, with replacement, and take the mean
# of their differences. `low` and `high` are the 2.5 % and the 97.5 % quantile of these
# means. Make your generator from `seed`.
#
# It returns `(low, high, verdict)`. The verdict is `"a"` if the whole interval lies
# above 0, `"b"` if it lies below 0, and `"not decided"` otherwise. (An end that is
# exactly 0 decides nothing.)
#
# Mind that a person has the same place in both arrays.


# %% nbgrader={"grade": false, "grade_id": "decide-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def decide(a, b, n_draws=1000, seed=0):
    """95 % bootstrap interval of the mean of a - b, and what it decides."""
    ### BEGIN SOLUTION
    differences = np.asarray(a, dtype=float) - np.asarray(b, dtype=float)
    differences = differences[~np.isnan(differences)]
    rng = np.random.default_rng(seed)
    drawn = rng.choice(differences, size=(n_draws, len(differences)))
    low, high = np.quantile(drawn.mean(axis=1), [0.025, 0.975])
    verdict = "a" if low > 0 else "b" if high < 0 else "not decided"
    return low, high, verdict
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "decide-visible", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
low, high, verdict = decide([0.5, 0.75, 0.25], [0.25, 0.5, 0.0])
assert np.allclose([low, high], 0.25), (
    "for everybody a is ahead by 0.25, whoever is drawn"
)
assert verdict == "a", f"the interval lies above 0: a, not {verdict}"
assert decide([0.0, 0.5], [0.5, 1.0])[2] == "b", "and here below 0"
assert decide([0.0, 1.0], [1.0, 0.0])[2] == "not decided", (
    "each is ahead once"
)

# %% nbgrader={"grade": true, "grade_id": "decide-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.intervals import paired_difference
from recsys_helpers.own_work import borrowed

assert not borrowed(lambda: decide(np.ones(2), np.zeros(2), 9, 1)), (
    "write it yourself, without the course's"
)
rng = np.random.default_rng(6)
hard = rng.random(90)
for ahead, noise, right in [
    (0.05, 0.1, "a"),
    (-0.05, 0.1, "b"),
    (0.0, 0.3, "not decided"),
]:
    # Differences between people are large, those between methods small.
    better = hard + rng.permutation(np.linspace(-noise, noise, 90)) + ahead
    before = better.copy()
    low, high, verdict = decide(better, hard, 2000, 1)
    known = paired_difference(better, hard, n_resamples=2000)
    near = np.allclose([low, high], [known.low, known.high], atol=0.006)
    told = f"{known.low:.3f} to {known.high:.3f}: {right}"
    assert near, f"{told}, not {low:.3f} to {high:.3f}"
    assert verdict == right, f"{told}, not {verdict}"
    assert np.array_equal(better, before), "the values are left as they were"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "known-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.intervals import paired_difference

hard = np.random.default_rng(6).random(90)
holed = np.where(np.arange(90) < 20, np.nan, hard)
low, high, verdict = decide(hard + 0.01, holed, 100, 2)
assert np.allclose([low, high], 0.01), "leave out those with NaN, in b too"
assert decide(holed, hard + 0.01, 100, 2)[2] == "b", "and in a"
# Six people are known: draw six, and not ninety of whom few are known.
few = np.full(90, np.nan)
few[:6] = hard[:6] + np.linspace(-1, 1, 6)
low, high, _ = decide(few, hard, 4000, 2)
known = paired_difference(few, hard, n_resamples=4000)
assert np.allclose([low, high], [known.low, known.high], atol=0.05), (
    "draw as many as there are people for whom both are known"
)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "pairs-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
hard = np.random.default_rng(6).random(90)
assert decide(hard, hard)[2] == "not decided", "the same, twice"
# The same values, dealt out to other people: a sorted comparison sees nothing.
dealt = np.random.default_rng(7).permutation(hard)
low, high, _ = decide(dealt, hard, 2000, 1)
assert high - low > 0.1, "people were sorted, or are not paired"
one, again, other = (decide(dealt, hard, 50, seed)[:2] for seed in (1, 1, 2))
assert tuple(one) == tuple(again), "the same seed, the same interval"
assert tuple(one) != tuple(other), "another seed, other draws"
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "decide-use", "locked": true, "schema_version": 3, "solution": false, "task": false}
pairs = [
    ("edges", "colours", of_poster),
    ("edges", "brightness", of_poster),
    ("colours", "random", of_poster),
    ("neighbours", "popularity", of_person),
    ("EASE", "popularity", of_person),
    ("EASE", "neighbours", of_person),
    ("fused", "EASE", of_person),
]
for a, b, values in pairs:
    low, high, verdict = decide(values[a], values[b])
    ahead = {"a": f"{a} is ahead", "b": f"{b} is ahead"}.get(verdict, verdict)
    print(f"{a} - {b}: {low:+.3f} to {high:+.3f}, {ahead}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "bug-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 7: Find the bug (10 points)
#
# This is how the nephew looks for neighbours, and what he reports.


# %% nbgrader={"grade": false, "grade_id": "bug-program", "locked": true, "schema_version": 3, "solution": false, "task": false}
def nearest_of_report(matrix, n):
    """Rows of the n nearest posters, as in the report."""
    matrix = np.asarray(matrix, dtype=float)
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.argsort(-(unit @ unit.T), axis=1, kind="stable")[:, :n]


for name, matrix in features.items():
    reported = agreement(nearest_of_report(matrix, 3), genres, 3)
    print(f"{name:10} agreement@3, as in the report: {reported.mean():.3f}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "bug-tasks", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Compare with the chance of task 4: even random numbers look far better. Find out why. Write
#
# - `example_of_the_bug()`: returns `(matrix, genres)` of at least four made-up posters.
#   No row is all zeros, no two rows point the same way, and every genre occurs at least
#   twice. The report's agreement@2 is 0.5 for each poster, and the right agreement@1 is
#   0 for each.
# - `mended(reported, k)`: `reported` is an array with the report's agreement@k of each
#   poster. Compute from it the *right* agreement@(k - 1), without looking for neighbours
#   again. `k` is at least 2. (Posters are as in the example: no zeros, no copies.)


# %% nbgrader={"grade": false, "grade_id": "bug-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def example_of_the_bug():
    """(matrix, genres) for which the report says 0.5, and 0 is right."""
    ### BEGIN SOLUTION
    rows = [[1, 0], [1, 0.1], [0, 1], [0.1, 1]]
    return np.array(rows), np.array(["War", "Crime", "War", "Crime"])
    ### END SOLUTION


def mended(reported, k):
    """The right agreement@(k - 1), from the agreement@k of the report."""
    ### BEGIN SOLUTION
    n_agreeing = np.asarray(reported, dtype=float) * k
    return (n_agreeing - 1) / (k - 1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "mended-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
of_report = np.array([1 / 3, 2 / 3, 1.0])
assert np.allclose(mended(of_report, 3), [0, 0.5, 1]), (
    "the report counts one, two and three of three; right is 0, 1 and 2 of two"
)

# %% nbgrader={"grade": true, "grade_id": "example-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
made_up, names = example_of_the_bug()
found = nearest_of_report(made_up, 2)
share = np.mean(
    np.asarray(names)[found] == np.asarray(names)[:, None], axis=1
)
assert np.allclose(share, 0.5), f"the report says 0.5 for each, not {share}"

# %% nbgrader={"grade": true, "grade_id": "example-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.images.baselines import genre_agreement
from recsys_helpers.vectors.nearest import unit_rows

made_up, names = map(np.asarray, example_of_the_bug())
assert len(made_up) == len(names) >= 4, "at least four posters"
assert np.unique(names, return_counts=True)[1].min() >= 2, "each genre twice"
unit = unit_rows(made_up.astype(float))
assert np.abs(unit).max(axis=1).min() > 0, "no row is all zeros"
cosines = unit @ unit.T - 2 * np.eye(len(unit))
assert cosines.max() < 1 - 1e-9, "no two rows point the same way"
assert not genre_agreement(made_up, names, 1).any(), "the right one is 0"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "mended-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.images.baselines import genre_agreement

rng = np.random.default_rng(7)
x, kinds = rng.normal(size=(30, 5)), rng.choice(["a", "b"], size=30)
for k in [2, 6]:
    others = genre_agreement(x, kinds, k - 1)
    counted = ((k - 1) * others + 1) / k
    assert np.allclose(mended(counted, k), others), f"from agreement@{k}"
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "bug-use", "locked": true, "schema_version": 3, "solution": false, "task": false}
chance = agreement_by_chance(genres)
for name, matrix in features.items():
    reported = agreement(nearest_of_report(matrix, 3), genres, 3)
    print(f"{name:10} reported {reported.mean():.3f}", end=", ")
    print(f"mended {mended(reported, 3).mean():.3f}")
print(f"by chance  {chance:.3f}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "advice-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 8: Advise Tomás (10 points)
#
# Every week new posters come in that nobody has rated. The newsletter goes to regulars
# whose likes he knows. His nephew would rather fuse all that
# there is. In 100 to 170 words: which method would you choose for which of the two, and
# why? What was wrong with the nephew's report? A person reads this text and gives
# points as follows.
#
# | points | for |
# |---|---|
# | 3 | A method for the posters in the hand and one for the newsletter, each with its reason |
# | 3 | Numbers that support it, what they are compared with, and how sure you are |
# | 2 | The fault of the report, so that Tomás understands it |
# | 2 | A limit of what you have measured, and what it changes for him |

# %% [markdown] nbgrader={"grade": true, "grade_id": "advice-answer", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Dear Tomás, use two methods. For the poster in your hand, compare edges. It needs only
# the picture, so it works for what came in this morning. About half of the five nearest
# had the same genre; by chance it would be one in six, and colours find clearly fewer.
# Plain brightness does about as well as edges: that difference is not decided, so take
# brightness if it is easier. For the newsletter, use your regulars' likes. Movie
# neighbours and EASE are both clearly ahead of listing what is popular. Which of these
# two is better my numbers do not decide, and fusing them brought nothing that I could
# measure. Take the neighbours: their lists are the easiest to explain. Neither can list a film
# that nobody has liked yet. In your nephew's report every poster counted itself among
# its neighbours, so each had one sure hit. One warning: drawn posters show little
# besides their genre. Real ones will be harder, and I measured only some seventy.
# ### END SOLUTION
