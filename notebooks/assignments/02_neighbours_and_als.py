# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "opening-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# # Assignment 2: The program that Petra left behind
#
# A film club in a harbour town sends each member a letter at the end of the month, with
# ten films to watch next. Petra wrote the program that chooses them, and moved away.
# Since then, Jonas prints the letters. The members say that the films are *odd*:
# well-known films all of them, and never what they like.
#
# Jonas asks you for a new program. You build two and compare them. One asks the
# neighbours of a film. The other finds the hidden tastes of members and films, by
# alternating least squares (ALS). Then you look into Petra's program, and find out what
# is wrong with it.
#
# **You need** [chapter 3](https://github.com/five-ways/recommend-a-movie/blob/main/notebooks/03_neighbours.ipynb) and
# [chapter 4](https://github.com/five-ways/recommend-a-movie/blob/main/notebooks/04_als.ipynb) of the course.
#
# **Time** about 145 minutes.
#
# **Points** 100. Ninety are given by checks that run on their own. Some you see: they
# guide you. Others run when your work is graded, on other data. Ten points are for a text
# that a person reads.
#
# | task | minutes | points |
# |---|---|---|
# | 1 How alike are two films? | 15 | 12 |
# | 2 The k nearest | 8 | 8 |
# | 3 Ten films for a member | 10 | 10 |
# | 4 One half-step | 20 | 14 |
# | 5 The loss falls | 22 | 18 |
# | 6 Somebody new | 18 | 12 |
# | 7 Find the bug | 22 | 16 |
# | 8 Write to Jonas | 20 | 10 |
#
# The minutes are estimates; ten more go into reading what is given.
#
# Write your code where it says `Your code here`, in the place of the line
# `raise NotImplementedError`. Write the functions that are asked for with Python and numpy,
# and not by calling the similarities, the factorisation or the lists of `recsys_helpers`.
# Leave the names of the functions as they are: the checks call them. You can add cells.
# Cells with checks are put back as they were before grading. When you are done, restart the
# kernel, run everything from top to bottom, and save.

# %% nbgrader={"grade": false, "grade_id": "opening-data", "locked": true, "schema_version": 3, "solution": false, "task": false}
import os

os.environ["RECSYS_DATASET"] = "sample"

import numpy as np

from recsys_helpers import datasets, metrics, plots, splits
from recsys_helpers.interactions import Interactions, positives, top_n

data = datasets.load_movielens()
titles = data.movies.set_index("movie_id")["title"]
split = splits.user_temporal_split(data.ratings)
# The ratings as a table, with the ids of its rows and of its columns.
known = Interactions.from_ratings(split.train)
R = known.matrix.toarray()  # stars; 0 where there is no rating
L = (R >= 4).astype(float)  # 1 for a like
print(f"edition: {data.edition}")
print(f"{R.shape[0]} members in rows, {R.shape[1]:,} films in columns")
print(f"{(R > 0).sum():,} ratings, {L.sum():,.0f} of them likes")

# %% [markdown] nbgrader={"grade": false, "grade_id": "names-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# These names stay the same all through:
#
# - `R` holds the stars, with one **row** for each member and one **column** for each
#   film. A zero means "no rating". `L` has a one for each like (four stars or more), else
#   a zero.
# - A film is spoken of by its *column*. `known.movies.ids[column]` is its id, and
#   `titles[id]` its title. The other way round, `known.movies.rows([id])` has the column of
#   an id, and `known.users.ids[row]` is the id of a member.
#
# All of them are plain numpy arrays. The club is small, so they fit into memory.

# %% [markdown] nbgrader={"grade": false, "grade_id": "similar-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 1: How alike are two films? (12 points)
#
# Two films are alike if the same members like them. Let $m_i$ be the column of film $i$
# in a matrix $M$, and $n_{ij}$ the number of members for whom *both* films have a number
# that is not zero. (So a centred rating of exactly 0 does not count here, and in chapter 3
# it does. This is meant: in a plain array, it looks like no rating.) The similarity, with
# shrinkage $\lambda$, is
#
# $$
# s_{ij} = \frac{m_i \cdot m_j}{|m_i| \, |m_j|} \cdot \frac{n_{ij}}{n_{ij} + \lambda} .
# $$
#
# The first fraction is the cosine. The second makes little of films that few members have
# in common.
#
# Write `similarities(M, shrinkage)`. `M` has shape (members, films). It need not be ones
# and zeros: it can hold centred stars, too, and then some are negative. Return an array
# of shape (films, films). It is 0 where two films have no member in common, and on the
# diagonal: no film is its own neighbour. There must be no NaN and no warning, even where
# a column has only zeros, or where $\lambda$ is 0.
#
# *Hint.* `M.T @ M` has all dot products of columns at once. `(M != 0)` shows where there
# is a number; as floats, such a table can be multiplied in the same way. For divisions by
# zero, `np.maximum(below, 1e-12)` in the denominator helps.


# %% nbgrader={"grade": false, "grade_id": "similar-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def similarities(M, shrinkage):
    """Shrunk cosine of all pairs of columns of M; zeros on the diagonal."""
    ### BEGIN SOLUTION
    filled = (M != 0).astype(float)
    n_both = filled.T @ filled
    lengths = np.sqrt((M**2).sum(axis=0))
    S = M.T @ M / np.maximum(np.outer(lengths, lengths), 1e-12)
    S = S * n_both / np.maximum(n_both + shrinkage, 1e-12)
    np.fill_diagonal(S, 0)
    return S
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "similar-visible", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
_three = np.array([[1.0, 1, 0], [1, 1, 1], [0, 1, 1], [0, 1, 0]])
_S = similarities(_three, 0)
assert _S.shape == (3, 3), "one row and one column for each film"
assert np.isclose(_S[0, 1], 2 / np.sqrt(2 * 4)), (
    "films 0 and 1: 2 members like both, 2 like the one, 4 the other"
)
assert _S[1, 1] == 0, "no film is its own neighbour"
assert np.isclose(similarities(_three, 2)[0, 1], _S[0, 1] * 2 / (2 + 2)), (
    "2 members in common: shrunk by 2 / (2 + 2)"
)

# %% nbgrader={"grade": true, "grade_id": "similar-hidden", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
import warnings

from scipy import sparse

from recsys_helpers.methods.similarity import similarity
from recsys_helpers.own_work import borrowed

assert not borrowed(lambda: similarities(np.eye(3), 1)), (
    "write it yourself, without the course's"
)
rng = np.random.default_rng(2)
centred = rng.normal(size=(30, 12)) * (rng.random((30, 12)) < 0.3)
centred[:, 4] = 0  # a film that nobody has rated
before = centred.copy()
columns = sparse.csr_array(centred.T)
for shrinkage in [0, 5]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mine = similarities(centred, shrinkage)
    right = similarity(columns, columns, shrinkage=shrinkage)
    np.fill_diagonal(right, 0)
    assert np.isfinite(mine).all(), "NaN, or a division by zero"
    assert np.allclose(mine, right), f"the similarities for {shrinkage = }"
assert np.array_equal(centred, before), "M is left as it was"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "nearest-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 2: The k nearest (8 points)
#
# Thousands of faint similarities add up, and drown the few that matter. So let only the
# $k$ nearest films speak.
#
# Write `keep_k(S, k)`. It returns an array like `S`, in which each **row** keeps its `k`
# largest numbers; all others are 0. Numbers of 0 or below are never kept, so a row can
# have fewer than `k`. Of two equal numbers the one in the lower column is kept. `S` stays
# as it was.
#
# *Hint.* `np.argsort(-row, kind="stable")` gives the columns of a row, largest number
# first, and of equal numbers the lower column first.


# %% nbgrader={"grade": false, "grade_id": "nearest-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def keep_k(S, k):
    """Keep the k largest positive numbers of each row; all others become 0."""
    ### BEGIN SOLUTION
    kept = np.zeros_like(S)
    for row, numbers in enumerate(S):
        largest = np.argsort(-numbers, kind="stable")[:k]
        kept[row, largest] = np.maximum(numbers[largest], 0)
    return kept
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "nearest-visible", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
_S = np.array([[0.0, 0.5, 0.2, 0.9], [0.5, 0, -0.4, 0], [0.3, 0.3, 0, 0.3]])
_kept = keep_k(_S, 2)
assert _kept[0].tolist() == [0, 0.5, 0, 0.9], "the two largest of row 0"
assert _kept[1].tolist() == [0.5, 0, 0, 0], "a number below 0 is not kept"
assert _kept[2].tolist() == [0.3, 0.3, 0, 0], "equal: the lower columns"

# %% nbgrader={"grade": true, "grade_id": "nearest-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.interactions import k_largest
from recsys_helpers.own_work import borrowed

assert not borrowed(lambda: keep_k(np.eye(3), 1)), (
    "write it yourself, without the course's"
)
rng = np.random.default_rng(4)
S = rng.integers(-4, 9, size=(25, 18)) / 8  # many ties
before = S.copy()
for k in [1, 5, 18, 40]:
    assert np.allclose(keep_k(S, k), k_largest(S, k)), f"the {k} largest"
assert np.array_equal(S, before), "S is left as it was"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "tips-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 3: Ten films for a member (10 points)
#
# Now the neighbours vote. `W` holds the similarities that were kept: row $i$ has the
# neighbours of film $i$. `likes` has a one for each film that the member likes, else a
# zero. The score of a film is the sum of its similarities with the films that the member
# likes:
#
# $$
# \text{score}(i) = \sum_j W_{ij} \, \text{likes}_j .
# $$
#
# Write `tips(W, likes, seen, n)`. `seen` is an array of `True` and `False`: which films
# the member has rated. Return the columns of the `n` films with the highest scores, best
# first. Leave out films that were seen, and films with a score of 0. So the list can be
# shorter. Of two equal scores the lower column comes first.


# %% nbgrader={"grade": false, "grade_id": "tips-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def tips(W, likes, seen, n):
    """Columns of the n best unseen films, best first."""
    ### BEGIN SOLUTION
    scores = np.where(seen, 0, W @ likes)
    best = np.argsort(-scores, kind="stable")[:n]
    return best[scores[best] > 0]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "tips-visible", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
_W = np.array(
    [[0, 0.9, 0, 0.1], [0.9, 0, 0.5, 0], [0, 0.5, 0, 0], [0.1, 0.4, 0, 0]]
)
_likes = np.array([0.0, 1, 0, 0])
_seen = np.array([False, True, False, False])
assert list(tips(_W, _likes, _seen, 3)) == [0, 2, 3], (
    "film 1 is liked: 0 is nearest to it (0.9), then 2 (0.5), then 3 (0.4). "
    "Row i of W has the neighbours of film i: is your W turned?"
)
assert list(tips(_W, _likes, _seen, 1)) == [0], "no more than n"
_seen = np.array([True, True, False, False])
assert list(tips(_W, _likes, _seen, 3)) == [2, 3], "film 0 was seen, too"

# %% nbgrader={"grade": true, "grade_id": "tips-hidden", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(6)
for _ in range(30):
    W = rng.integers(0, 4, size=(15, 15)) * (rng.random((15, 15)) < 0.3) / 4
    seen = rng.random(15) < 0.4
    likes = (seen & (rng.random(15) < 0.5)).astype(float)
    before = W.copy()
    scores = W @ likes
    right = top_n(scores, 6, exclude=seen | (scores == 0))
    assert np.array_equal(tips(W, likes, seen, 6), right), "the best six"
    assert np.array_equal(W, before), "W is left as it was"
none = tips(np.ones((3, 3)), np.ones(3), np.ones(3, bool), 2)
assert len(none) == 0, "all films were seen"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "films-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Your neighbours at work
#
# The five films nearest to *Toy Story*, and the first letter:

# %% nbgrader={"grade": false, "grade_id": "films-numbers", "locked": true, "schema_version": 3, "solution": false, "task": false}
W = keep_k(similarities(L, 5), 20)
toy_story = known.movies.rows([1])[0]  # the column of the film with id 1
for column in np.argsort(-W[toy_story], kind="stable")[:5]:
    print(f"{W[toy_story, column]:.2f} {titles[known.movies.ids[column]]}")
print("\nFor the member in row 0:")
for column in tips(W, L[0], R[0] > 0, 10):
    print(f"  {titles[known.movies.ids[column]]}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "half-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 4: One half-step (14 points)
#
# The second program gives each member $u$ a vector $x_u$ and each film $i$ a vector
# $y_i$, of $f$ numbers each (the *factors*). Their dot product is the score. Each cell of
# the table has two numbers: the preference $p_{ui}$, 1 for a like and else 0, and the
# confidence $c_{ui}$, how sure we are of it. Both fit into one matrix `C`: where $u$
# likes $i$ it holds the confidence (above 0), everywhere else a 0. **A 0 in `C` means a
# preference of 0 with a confidence of 1.**
#
# First the matrix. Petra handed the stars over as they are: half a star became a weak
# *like*. Do it better. Write `confidence_matrix(stars, threshold, alpha)`: $1 + \alpha$
# for each rating of at least `threshold` stars, and 0 for all other cells.
#
# Then the half-step. The films are held fixed, and each member gets the vector that makes
# the loss smallest. (Its formula stands in task 5; you don't need it here.) With
# $\lambda$ for the regularisation, $I$ for the identity matrix, and $y_i y_i^T$ for
# column times row, a matrix of $f$ by $f$ numbers, $x_u$ solves
#
# $$
# \Bigl( \sum_i c_{ui} \, y_i y_i^T + \lambda I \Bigr) \, x_u = \sum_i c_{ui} \, p_{ui} \, y_i .
# $$
#
# The sums run over **all** films, liked or not. Work one case **with pencil and paper**.
# One factor; three films with $y = 2, 1, 1$; a member likes the first, with confidence 4;
# $\lambda = 3$. Put $x$, a number with three decimals, into `x_on_paper`.
#
# Then write `half_step(C, Y, regularization)`. `C` has shape (members, films), `Y`
# (films, factors). Return the members' vectors, shape (members, factors).
#
# *Hint.* For one member, let `c` be the confidences of all films:
# `np.where(C[u] > 0, C[u], 1)`. With the vectors as rows of `Y`, the sum on the left is
# `(Y.T * c) @ Y`. For the right, think about which films have $p_{ui} = 1$.
# `np.linalg.solve(A, b)` solves $A x = b$.


# %% nbgrader={"grade": false, "grade_id": "half-matrix", "locked": false, "schema_version": 3, "solution": true, "task": false}
def confidence_matrix(stars, threshold, alpha):
    """1 + alpha where there are at least threshold stars, else 0."""
    ### BEGIN SOLUTION
    return np.where(stars >= threshold, 1.0 + alpha, 0.0)
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "half-paper", "locked": false, "schema_version": 3, "solution": true, "task": false}
# x_on_paper = a number with three decimals
### BEGIN SOLUTION
x_on_paper = 0.381  # 4 * 2 / (4 * 4 + 1 + 1 + 3) = 8 / 21
### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "paper-hidden", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
assert isinstance(x_on_paper, float), "x_on_paper is a number"
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
assert np.isclose(x_on_paper, 0.381, atol=0.0011), "the answer on paper"
### END HIDDEN TESTS


# %% nbgrader={"grade": false, "grade_id": "half-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def half_step(C, Y, regularization):
    """The best vector of each row of C, with Y, those of the columns, held."""
    ### BEGIN SOLUTION
    penalty = regularization * np.eye(Y.shape[1])
    X = np.zeros((len(C), Y.shape[1]))
    for u, of_user in enumerate(C):
        c = np.where(of_user > 0, of_user, 1)
        X[u] = np.linalg.solve((Y.T * c) @ Y + penalty, Y.T @ of_user)
    return X
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "matrix-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
_stars = np.array([[0.5, 4.0, 0], [5, 0, 3.5]])
_C = confidence_matrix(_stars, 4, 2)
assert _C.tolist() == [[0, 3, 0], [3, 0, 0]], "half a star is no like"

# %% nbgrader={"grade": true, "grade_id": "half-visible", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
_X = half_step(np.array([[3.0, 0.0]]), np.array([[1.0], [2.0]]), 1)
assert _X.shape == (1, 1), (
    "one row for each member, one column for each factor"
)
assert np.isclose(_X[0, 0], 3 / (3 * 1 + 1 * 4 + 1)), (
    "a film that is not liked counts on the left, with confidence 1"
)

# %% nbgrader={"grade": true, "grade_id": "half-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from scipy import sparse

from recsys_helpers.methods.als import solve_factors
from recsys_helpers.own_work import borrowed

assert not borrowed(lambda: half_step(np.eye(2), np.ones((2, 1)), 1)), (
    "write it yourself, without the course's"
)
rng = np.random.default_rng(7)
C = rng.uniform(0.3, 6, size=(9, 14)) * (rng.random((9, 14)) < 0.4)
C[3] = 0  # a member who likes nothing
Y = rng.normal(size=(14, 4))
before = C.copy(), Y.copy()
for regularization in [0.1, 5]:
    right = solve_factors(sparse.csr_array(C), Y, regularization)
    assert np.allclose(half_step(C, Y, regularization), right), (
        "the vectors of the members"
    )
assert np.array_equal(C, before[0]), "C is left as it was"
assert np.array_equal(Y, before[1]), "Y is left as it was"
X = rng.normal(size=(9, 2))
right = solve_factors(sparse.csr_array(C.T), X, 2)
assert np.allclose(half_step(C.T, X, 2), right), "the films' side"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "matrix-hidden", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
stars = np.random.default_rng(7).integers(0, 11, size=(8, 8)) / 2
for threshold, alpha in [(3.5, 0), (4, 10)]:
    right = (stars >= threshold) * (1 + alpha)
    assert np.allclose(confidence_matrix(stars, threshold, alpha), right), (
        f"{threshold = }, {alpha = }"
    )
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "loss-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 5: The loss falls (18 points)
#
# Members, films, members, films: the two sides take turns. What falls at each half-step
# is the loss,
#
# $$
# \sum_{u, i} c_{ui} \, (p_{ui} - x_u \cdot y_i)^2
#   + \lambda \Bigl( \sum_u |x_u|^2 + \sum_i |y_i|^2 \Bigr) ,
# $$
#
# where the first sum runs over all cells, and $c$ and $p$ are what `C` says in task 4.
#
# 1. Write `als_loss(C, X, Y, regularization)`. It returns one number.
# 2. Write `alternate(solve, C, Y, n_rounds, regularization)`.
#    `solve(C, Y, regularization)` is a half-step, such as yours; it is handed in so that
#    you can try others. A round is one half-step for the members and then one for the
#    films. Note the loss after **each half-step**. Return `X, Y, losses`; `losses` is a
#    list of `2 * n_rounds` numbers.
# 3. Write `draw_losses(losses, ax)`: a line of the losses over the number of half-steps,
#    from 1 on. Label both axes and return `ax`.
#
# *Hint.* For the loss, make two arrays of the shape of `C` first: all $c$, as in task
# 4, and all $p$. `X @ Y.T` has all scores. For the films' turn, films must be the rows.
# What do you do with `C`?
#
# In the club, it should look like this:
#
# ![A line of the loss over ten half-steps. It falls steeply during the first four and slowly
# afterwards, and never rises.](pictures/02_losses.png)


# %% nbgrader={"grade": false, "grade_id": "loss-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def als_loss(C, X, Y, regularization):
    """The loss of ALS over all cells, with the penalty."""
    ### BEGIN SOLUTION
    c = np.where(C > 0, C, 1)
    errors = (C > 0) - X @ Y.T
    penalty = regularization * (np.sum(X**2) + np.sum(Y**2))
    return np.sum(c * errors**2) + penalty
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "loss-alternate", "locked": false, "schema_version": 3, "solution": true, "task": false}
def alternate(solve, C, Y, n_rounds, regularization):
    """Take turns, from the films' vectors Y on; give X, Y and the losses."""
    losses = []
    ### BEGIN SOLUTION
    for _ in range(n_rounds):
        X = solve(C, Y, regularization)
        losses.append(als_loss(C, X, Y, regularization))
        Y = solve(C.T, X, regularization)
        losses.append(als_loss(C, X, Y, regularization))
    ### END SOLUTION
    return X, Y, losses


# %% nbgrader={"grade": false, "grade_id": "loss-draw", "locked": false, "schema_version": 3, "solution": true, "task": false}
def draw_losses(losses, ax):
    """One line: the loss after each half-step."""
    ### BEGIN SOLUTION
    half_steps = range(1, len(losses) + 1)
    ax.plot(half_steps, losses, "o-")
    ax.set(xlabel="half-steps", ylabel="loss", xticks=half_steps)
    ### END SOLUTION
    return ax


# %% nbgrader={"grade": false, "grade_id": "loss-fit", "locked": true, "schema_version": 3, "solution": false, "task": false}
C = confidence_matrix(R, 4, 2)
start = np.random.default_rng(0).random((C.shape[1], 16)) * 0.01
X, Y, losses = alternate(half_step, C, start, 5, 3)
print("falls at every half-step:", np.all(np.diff(losses) < 0))

# %% mystnb={"image": {"alt": "A line of the loss over ten half-steps. It falls steeply during the first four and slowly afterwards, and never rises."}} nbgrader={"grade": false, "grade_id": "loss-drawn", "locked": true, "schema_version": 3, "solution": false, "task": false} tags=["picture-02_losses"]
ax = draw_losses(losses, plots.new_axes(None))

# %% nbgrader={"grade": true, "grade_id": "loss-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
_C, _ones = np.array([[3.0, 0], [0, 2]]), np.ones((2, 1))
assert np.isclose(als_loss(_C, 0 * _ones, 0 * _ones, 1), 3 + 2), (
    "all scores are 0: the likes are wrong by 1, with confidence 3 and 2"
)
assert np.isclose(als_loss(_C, _ones, _ones, 0.5), 2 + 0.5 * 4), (
    "all scores are 1: the zeros are wrong by 1, with confidence 1 each"
)

# %% nbgrader={"grade": true, "grade_id": "alternate-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
_C = np.array([[3.0, 0, 1], [0, 2, 0]])
_X, _Y, _losses = alternate(
    lambda C, Y, _: 0.5 + 0 * C[:, :1], _C, np.ones((3, 1)), 2, 1
)
assert (_X.shape, _Y.shape) == ((2, 1), (3, 1)), "2 members and 3 films"
assert len(_losses) == 4, "two rounds are four half-steps"

# %% nbgrader={"grade": true, "grade_id": "draw-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
import matplotlib.pyplot as plt

_ax = plt.figure().subplots()
plt.figure()  # draw into the axes that are given, not into these
draw_losses([9, 4, 3], _ax)
plt.close("all")
assert all([_ax.get_xlabel(), _ax.get_ylabel()]), "say what the axes show"

# %% nbgrader={"grade": true, "grade_id": "loss-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from scipy import sparse

from recsys_helpers.methods import als as factorisation
from recsys_helpers.own_work import borrowed

assert not borrowed(
    lambda: als_loss(np.eye(2), np.ones((2, 1)), np.ones((2, 1)), 1)
), "write it yourself, without the course's"
rng = np.random.default_rng(8)
C = rng.uniform(0.3, 6, size=(9, 14)) * (rng.random((9, 14)) < 0.4)
X, Y = rng.normal(size=(9, 3)), rng.normal(size=(14, 3))
for regularization in [0, 0.7]:
    right = factorisation.als_loss(sparse.csr_array(C), X, Y, regularization)
    mine = als_loss(C, X, Y, regularization)
    assert np.isclose(mine, right), f"the loss is {right:.3f}, not {mine:.3f}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "alternate-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from scipy import sparse

from recsys_helpers.methods import als as factorisation


def right_step(C, Y, regularization):
    return factorisation.solve_factors(sparse.csr_array(C), Y, regularization)


rng = np.random.default_rng(8)
C = rng.uniform(0.3, 6, size=(9, 14)) * (rng.random((9, 14)) < 0.4)
first = rng.random((14, 3)) * 0.01
before = C.copy(), first.copy()
X, Y, losses = alternate(right_step, C, first, 4, 0.7)
films, right = first, []
for _ in range(4):
    members = right_step(C, films, 0.7)
    sides = members, films
    right.append(als_loss(C, *sides, 0.7))
    films = right_step(C.T, members, 0.7)
    sides = members, films
    right.append(als_loss(C, *sides, 0.7))
assert np.allclose(X, members), "the members' vectors"
assert np.allclose(Y, films), "the films' vectors"
assert np.allclose(losses, right), "the loss after each half-step"
assert np.array_equal(C, before[0]), "C is left as it was"
assert np.array_equal(first, before[1]), "Y is left as it was"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "draw-hidden", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
import matplotlib.pyplot as plt

ax = plt.figure().subplots()
plt.figure()
assert draw_losses([9.0, 4.0, 3.5], ax) is ax, "return the axes"
lines = ax.get_lines()
plt.close("all")
assert len(lines) == 1, "one line, in the given axes"
assert list(lines[0].get_xdata()) == [1, 2, 3], "half-steps from 1 on"
assert np.allclose(lines[0].get_ydata(), [9, 4, 3.5]), "the losses"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "fold-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 6: Somebody new (12 points)
#
# A new member likes three films. Nothing has to be learned anew: the films' vectors are
# there, and the equation of task 4 is one small system for one member. This is called
# *fold-in*.
#
# Write `fold_in(liked, confidence, Y, regularization)`. `liked` is a list or an array of
# columns, and `confidence` the one confidence that all of them have. Return the member's
# vector, of shape (factors,). Who likes nothing gets a vector of zeros: the list may be
# empty. `Y[liked]` works with an empty list, too, and with an array if it holds whole
# numbers: `np.array(liked, dtype=int)`.
#
# And the new member asks: *why this film?* A score falls apart into one term for each
# liked film. With $A$ for the bracket of the equation in task 4, the term of the liked
# film $j$ in the score of film $i$ is
#
# $$
# c \; y_i^T A^{-1} y_j .
# $$
#
# Write `reasons(liked, confidence, Y, regularization, film)`. `film` is the column $i$.
# Return an array with one term for each film of `liked`, in that order. Its sum is the
# score of the film.
#
# *Hint.* Make $A$ in a function of its own and use it twice. The confidences of all films
# are `c = np.ones(len(Y))`, with `confidence` at the places `liked`; the rest is as in
# task 4. You can have `np.linalg.solve` work out $A^{-1} y_i$ for all terms at once, since
# $A$ is symmetric.


# %% nbgrader={"grade": false, "grade_id": "fold-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fold_in(liked, confidence, Y, regularization):
    """The vector of a new member, from the columns of the films they like."""
    ### BEGIN SOLUTION
    A = left_side(liked, confidence, Y, regularization)
    return np.linalg.solve(A, confidence * Y[liked].sum(axis=0))


def left_side(liked, confidence, Y, regularization):
    """Make the matrix of the member's equation."""
    c = np.ones(len(Y))
    c[liked] = confidence
    return (Y.T * c) @ Y + regularization * np.eye(Y.shape[1])
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "fold-reasons", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reasons(liked, confidence, Y, regularization, film):
    """How much each liked film adds to the score of a film."""
    ### BEGIN SOLUTION
    A = left_side(liked, confidence, Y, regularization)
    return confidence * Y[liked] @ np.linalg.solve(A, Y[film])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "fold-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
_Y = np.array([[2.0, 0], [0, 1.0], [1.0, 1.0]])
_x = fold_in([0], 4, _Y, 1)
assert _x.shape == (2,), "one number for each factor"
_A = (
    4 * np.outer(_Y[0], _Y[0])
    + np.outer(_Y[1], _Y[1])
    + np.outer(_Y[2], _Y[2])
)
assert np.allclose((_A + np.eye(2)) @ _x, 4 * _Y[0]), "x solves the equation"

# %% nbgrader={"grade": true, "grade_id": "reasons-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
_Y = np.array([[2.0, 0], [0, 1.0], [1.0, 1.0]])
_A = 4 * _Y[[0, 2]].T @ _Y[[0, 2]] + np.outer(_Y[1], _Y[1]) + np.eye(2)
_x = np.linalg.solve(_A, 4 * (_Y[0] + _Y[2]))  # likes films 0 and 2
_terms = reasons([0, 2], 4, _Y, 1, film=1)
assert _terms.shape == (2,), "one term for each liked film"
assert np.isclose(_terms.sum(), _x @ _Y[1]), "the terms add up to the score"

# %% nbgrader={"grade": true, "grade_id": "fold-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from scipy import sparse

from recsys_helpers.methods.als import solve_factors

rng = np.random.default_rng(9)
Y = rng.normal(size=(20, 5))
before = Y.copy()
for liked, confidence in [([3, 7, 11], 3.0), ([19], 0.5), ([4, 0, 9, 2], 12)]:
    row = np.zeros((1, 20))
    row[0, liked] = confidence
    right = solve_factors(sparse.csr_array(row), Y, 2.5)[0]
    assert np.allclose(fold_in(liked, confidence, Y, 2.5), right), (
        f"who likes the columns {liked}, with confidence {confidence}"
    )
assert np.array_equal(fold_in([], 3.0, Y, 1), np.zeros(5)), "likes nothing"
assert np.array_equal(Y, before), "Y is left as it was"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "reasons-hidden", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(9)
Y = rng.normal(size=(20, 5))
before = Y.copy()
for liked, confidence in [([3, 7, 11], 3.0), ([19], 0.5), ([4, 0, 9, 2], 12)]:
    is_liked = np.isin(np.arange(20), liked)
    c = np.where(is_liked, confidence, 1)
    inverse = np.linalg.inv((Y.T * c) @ Y + 2.5 * np.eye(5))
    for film in [1, 9]:
        right = [confidence * Y[film] @ inverse @ Y[j] for j in liked]
        assert np.allclose(reasons(liked, confidence, Y, 2.5, film), right), (
            f"the terms of {liked} in the score of film {film}"
        )
assert np.array_equal(Y, before), "Y is left as it was"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "both-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ### Both programs at work
#
# Beside your two programs stands the simplest one: the most liked films for everybody.
# (In chapter 4, popularity counts all ratings, so its numbers differ from these.) From the
# library come `top_n`, the columns of the highest scores; `hits_of`, which places of each
# list are hits, and how many films each member liked; and the nDCG of chapter 2. The second
# cell has 95 % intervals of the differences, as in chapter 2.

# %% nbgrader={"grade": false, "grade_id": "both-numbers", "locked": true, "schema_version": 3, "solution": false, "task": false}
C = confidence_matrix(R, 4, 2)
X, Y, _ = alternate(half_step, C, start, 8, 3)
scores = {
    "popularity": np.ones((len(R), 1)) * L.sum(axis=0),
    "neighbours": L @ W.T,
    "ALS": X @ Y.T,
}
likes_hidden, of_member = positives(split.test, 4), {}
for name, of_all in scores.items():
    unseen = np.where(R > 0, -np.inf, of_all)
    best = np.array([top_n(of_member, 10) for of_member in unseen])
    lists, members = known.movies.ids[best], known.users.ids
    hits = metrics.hits_of(lists, likes_hidden, members)
    of_member[name] = metrics.ndcg_at_k(*hits, 10)
    print(f"{name:11} nDCG@10 {np.nanmean(of_member[name]):.3f}", end="   ")
    print(f"coverage@10 {len(np.unique(best)) / R.shape[1]:.2f}")

# %% nbgrader={"grade": false, "grade_id": "both-intervals", "locked": true, "schema_version": 3, "solution": false, "task": false}
from recsys_helpers.intervals import paired_difference

for one, other in [
    ("neighbours", "popularity"),
    ("ALS", "popularity"),
    ("neighbours", "ALS"),
]:
    gap = paired_difference(of_member[one], of_member[other])
    print(f"{one} - {other}: {gap.low:+.3f} to {gap.high:+.3f}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "newcomer-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# And somebody new, who likes *Toy Story*, *Aladdin* and *The Lion King*:

# %% nbgrader={"grade": false, "grade_id": "both-newcomer", "locked": true, "schema_version": 3, "solution": false, "task": false}
newcomer = known.movies.rows([1, 588, 364])  # the columns of these ids
x = fold_in(newcomer, 3, Y, 3)
for column in top_n(Y @ x, 4, exclude=newcomer):  # films but these three
    why = reasons(newcomer, 3, Y, 3, column)
    because = titles[known.movies.ids[newcomer[np.argmax(why)]]]
    film = titles[known.movies.ids[column]]
    print(f"{Y[column] @ x:.2f} {film}, most of all for {because}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "bug-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 7: Find the bug (16 points)
#
# Here is Petra's program. It takes the busiest members and the best-known films, a
# hundred of each: more was too much for the old computer of the club. `fit` is a library:
# it takes a matrix and gives back two tables of vectors, the first for its rows, the second
# for its columns. Petra had the manual of an older version, from 2015, and followed it.
#
# One fault you know from task 4: it hands the stars over as they are, so even half a star
# counts as a weak like. There is another, and it is worse.

# %% nbgrader={"grade": false, "grade_id": "bug-program", "locked": true, "schema_version": 3, "solution": false, "task": false}
from scipy.sparse import csr_array

from recsys_helpers.methods.als import factorise


def fit(matrix):
    return factorise(csr_array(matrix), n_factors=10)


busiest = np.argsort(-(R > 0).sum(axis=1), kind="stable")[:100]
famous = np.argsort(-(R > 0).sum(axis=0), kind="stable")[:100]
square = R[np.ix_(busiest, famous)]
of_members, of_films = fit(square.T)  # as the manual of 2015 says

# %% nbgrader={"grade": false, "grade_id": "bug-letters", "locked": true, "schema_version": 3, "solution": false, "task": false}
for place in range(2):
    unseen = np.where(
        square[place] > 0, -np.inf, of_members[place] @ of_films.T
    )
    best = known.movies.ids[famous[top_n(unseen, 3)]]
    print(
        f"member {known.users.ids[busiest[place]]}: {'; '.join(titles[best])}"
    )

# %% [markdown] nbgrader={"grade": false, "grade_id": "bug-tasks", "locked": true, "schema_version": 3, "solution": false, "task": false}
# No error, and real films in every letter. The tables have the right shapes, too: 100 and
# 100. So how can you *prove* to Jonas that something is wrong? Petra has not kept the ids
# with her tables. But you have the table of likes.
#
# - Write `is_turned(of_members, of_films, C)`. `C` has members in rows and films in
#   columns; a number above 0 is a like. Return `True` if the first table holds the
#   vectors of the **films** and the second those of the members, and `False` if they are
#   as they should be. It must work when there are as many members as films, and when
#   there are not.
# - Nothing has to be trained again: the vectors of the films are there, in the wrong
#   place. Write `nearest_films(vectors, film, n)`. `vectors` has one row for each film,
#   `film` is a row. Return the rows of the `n` films whose vectors have the highest
#   cosine with that film's, nearest first, **without the film itself**. A vector of zeros
#   has the cosine 0 with every other. Of two equal cosines the lower row comes first.
#
# *Hint.* `of_members @ of_films.T` has a score for each cell. What should be true of the
# scores of the cells with a like?


# %% nbgrader={"grade": false, "grade_id": "bug-solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def is_turned(of_members, of_films, C):
    """Whether the two tables of vectors have changed places."""
    ### BEGIN SOLUTION
    if len(of_members) != len(of_films):
        return len(of_members) != len(C)
    liked = C > 0
    scores = of_members @ of_films.T
    as_it_is = scores[liked].mean() - scores[~liked].mean()
    turned = scores.T[liked].mean() - scores.T[~liked].mean()
    return bool(turned > as_it_is)
    ### END SOLUTION


# %% nbgrader={"grade": false, "grade_id": "bug-nearest", "locked": false, "schema_version": 3, "solution": true, "task": false}
def nearest_films(vectors, film, n):
    """Rows of the n films with the highest cosine with a film, nearest first."""
    ### BEGIN SOLUTION
    lengths = np.linalg.norm(vectors, axis=1)
    dots = vectors @ vectors[film]
    cosines = dots / np.maximum(lengths * lengths[film], 1e-12)
    cosines[film] = -np.inf
    return np.argsort(-cosines, kind="stable")[:n]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bug-visible", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
_members, _films = np.array([[1.0], [0.0]]), np.array([[0.9], [1.0]])
_C = np.array([[1.0, 1.0], [0.0, 0.0]])
assert not is_turned(_members, _films, _C), "member 0 likes both: all is well"
assert is_turned(_films, _members, _C), "as many members as films, and turned"
assert is_turned(np.ones((3, 2)), np.ones((5, 2)), np.ones((5, 3))), (
    "the first table has 3 vectors, and there are 5 members"
)

# %% nbgrader={"grade": true, "grade_id": "films-visible", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
_vectors = np.array([[1.0, 0], [9.0, 9], [1.0, 0.1], [0, 1]])
assert list(nearest_films(_vectors, 0, 2)) == [2, 1], (
    "the angle counts and not the length, and film 0 itself is left out"
)

# %% nbgrader={"grade": true, "grade_id": "bug-hidden", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from scipy import sparse

from recsys_helpers.methods import als as factorisation

for seed, shape in enumerate(
    [(30, 30), (30, 30), (25, 25), (20, 35), (35, 20)]
):
    rng = np.random.default_rng(seed)
    tastes = rng.random((shape[0], 3)) @ rng.random((3, shape[1]))
    C = 3.0 * (tastes > np.quantile(tastes, 0.8))
    of_rows, of_columns = factorisation.factorise(sparse.csr_array(C), 4, 8)
    table = f"{shape[0]} members and {shape[1]} films"
    assert not is_turned(of_rows, of_columns, C), f"as it should be: {table}"
    assert is_turned(of_columns, of_rows, C), f"changed places: {table}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "films-hidden", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
# More checks run here when your work is graded.
### BEGIN HIDDEN TESTS
from recsys_helpers.own_work import borrowed

assert not borrowed(lambda: nearest_films(np.eye(3), 0, 1)), (
    "write it yourself, without the course's"
)
rng = np.random.default_rng(12)
vectors = rng.normal(size=(12, 3))
vectors[5] = 0
before = vectors.copy()
unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1)[:, None], 1e-12)
for film in [0, 7]:
    right = [f for f in np.argsort(-unit @ unit[film]) if f != film][:10]
    assert list(nearest_films(vectors, film, 10)) == right, "the nearest ten"
assert np.array_equal(vectors, before), "the vectors are left as they were"
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": false, "grade_id": "club-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# What is near the best-known film of the club, before and after?

# %% nbgrader={"grade": false, "grade_id": "club-numbers", "locked": true, "schema_version": 3, "solution": false, "task": false}
print("turned:", is_turned(of_members, of_films, square >= 4))
print("near", titles[known.movies.ids[famous[0]]])
for name, vectors in {"Petra": of_films, "mended": of_members}.items():
    near = known.movies.ids[famous[nearest_films(vectors, 0, 3)]]
    print(f"{name:7} {'; '.join(titles[near])}")

# %% [markdown] nbgrader={"grade": false, "grade_id": "letter-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# ## Task 8: Write to Jonas (10 points)
#
# Jonas knows every film, and no mathematics. In 80 to 150 words: what was wrong with
# Petra's program, why did nobody see it, which program should he take now, and what will
# it **not** be able to do? A person reads this text and gives points as follows.
#
# | points | for |
# |---|---|
# | 4 | What was wrong, so that Jonas understands it, and why nobody saw it |
# | 3 | A recommendation that your numbers support, beside the simplest program |
# | 2 | A limit of the new program, and what to do there |
# | 1 | Plain words, and no more than asked for |

# %% [markdown] nbgrader={"grade": true, "grade_id": "letter-answer", "locked": false, "points": 10, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# Dear Jonas, in the old program members and films had changed places. There were a hundred
# of each, so nothing failed: the computer took a number that stood for a member, looked it
# up in the list of films, and out came the title of a real film. Only somebody who knows
# films could notice. There was a second fault: half a star was taken for a little liking.
# Take the new program that asks the neighbours of a film. On likes that we had hidden it
# did clearly better than a letter with the most liked films for everybody, and it shows
# more different films. The second program does about as well, but neighbours are easier to
# explain. Neither has anything to say about a film that nobody has rated yet, or to a
# member who has liked nothing. Send those what most people like.
# ### END SOLUTION
