# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What hidden tastes stand behind the likes?
#
# :::{admonition} Before you start
# :class: note
#
# **You will learn** to squeeze a table of likes into a few numbers for each person and each
# movie, by solving one small least-squares problem after the other (*alternating least
# squares*, ALS); what counts as a like, and how much; to find similar movies, to recommend,
# to explain a recommendation, and to serve somebody who came a minute ago; and how to notice
# that you have trained on the wrong matrix.
#
# **You need** {doc}`02_is_it_any_good`, and {doc}`03_neighbours` up to the lists. From
# algebra: the dot product, the inverse of a matrix, and the derivative of $x^2$.
#
# **Time** {chapter-time}`about an hour; the cells run in a minute`.
# :::

# %% tags=["remove-cell"]
# On Colab, this cell installs the course's package. Elsewhere it does nothing.
import subprocess
import sys

if "google.colab" in sys.modules:
    repository = "git+https://github.com/five-ways/recommend-a-movie"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            repository,
            "implicit",
        ],
        check=True,
    )

# %% tags=["nbval-check-output"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from recsys_helpers import datasets, display, method_plots, plots, splits
from recsys_helpers.interactions import Interactions

data = datasets.load_movielens()
ratings, movies = data.ratings, data.movies
titles = movies.set_index("movie_id")["title"]
by_user_time = splits.user_temporal_split(ratings)
train, test = by_user_time.train, by_user_time.test
print(f"edition: {data.edition}")
print(f"{len(train):,} ratings to learn from, {len(test):,} hidden")

# %% [markdown]
# ## Why anyone wants this
#
# Two people who have no movie in common can have the same taste. Neighbours cannot see it:
# they compare movie by movie. Suppose that behind the thousands of movies there are a few
# *tastes*, such as "likes animation" or "likes what was new in 1995". If we knew how much of
# each taste is in a person, and how much each movie speaks to it, a product of a few numbers
# would tell us who likes what. Nobody has written these numbers down. But they can be
# worked out from the likes alone.
#
# Methods of this kind led the competition for the Netflix Prize {cite}`koren2009matrix`, and
# are still the first thing that many companies run: they are fast, they are small, and every
# movie becomes a vector, from which much more can be done than making lists.
#
# ## The idea in a picture
#
# Here are the five invented people of {doc}`03_neighbours`. This time we look only at which
# movies each of them *liked* (1), and give every person and every movie a point in the plane.
# How the points are found is what this chapter is about.

# %%
from recsys_helpers.methods.als import factorise

liked = pd.DataFrame(
    {
        "Toy Story": [1, 1, 0, 1, 0],
        "Babe": [1, 1, 0, 0, 1],
        "Aladdin": [1, 0, 0, 0, 1],
        "Heat": [0, 0, 1, 0, 0],
        "GoldenEye": [0, 0, 1, 0, 0],
        "Speed": [0, 0, 1, 1, 0],
    },
    index=["Ann", "Ben", "Cem", "Dora", "Eli"],
)

# %%
from scipy import sparse

confidence = sparse.csr_array(3.0 * liked.to_numpy())
people, films = factorise(confidence, n_factors=2, regularization=0.2)

# %% mystnb={"image": {"alt": "A plane with five arrows for the people and six dots for the movies. Ann, Ben and Eli point towards Toy Story, Babe and Aladdin; Cem points towards Heat, GoldenEye and Speed; Dora points between the two groups."}} tags=["hide-input"]
with plots.course_style():
    fig, ax = plt.subplots(figsize=(6.4, 4.6))
    for (x, y), name in zip(people, liked.index, strict=True):
        ax.annotate(
            "", (x, y), (0, 0), arrowprops={"arrowstyle": "->", "lw": 2}
        )
        ax.annotate(name, (x, y), color=plots.BLUE, weight="bold")
    ax.plot(*films.T, "o", color=plots.VERMILION)
    for (x, y), name in zip(films, liked.columns, strict=True):
        beside = (6, -11 if name == "GoldenEye" else 5)
        ax.annotate(name, (x, y), beside, textcoords="offset points")
    ax.axhline(0, color=plots.GREY, lw=0.8)
    ax.axvline(0, color=plots.GREY, lw=0.8)
    ax.set(xlabel="First factor", ylabel="Second factor")
    ax.margins(0.18)

# %% [markdown]
# Arrows are people, dots are movies. Ann, Ben and Eli point to the family films, Cem to the
# action films, and Dora, who liked one of each, between them. The score of a movie for a
# person is the dot product of the two: large where the movie lies far out in the direction
# of the arrow.

# %% tags=["nbval-check-output"]
scores = pd.DataFrame(people @ films.T, liked.index, liked.columns)
print(scores.round(2).to_string())
unseen = scores.where(liked == 0)
print("\nfor Ben:", unseen.loc["Ben"].idxmax())
assert unseen.loc["Ben"].idxmax() == "Aladdin"

# %% [markdown]
# Compare with the likes. The product of two small tables, five by two and two by six, nearly
# gives back the five by six: ones are near one, and zeros near zero. Where it does *not*, it
# has something to say. Ben has not met *Aladdin*; it suits him.
#
# The numbers in a vector are called {term}`latent factors <Latent factor>`: latent, since
# nobody told the computer about families or action.
#
# ## What is a like?
#
# Stars are an answer to a question. Most data is no such thing: somebody watched, clicked,
# bought. We know what they chose; of the rest we know nothing. {cite:t}`hu2008collaborative`
# made this the starting point. For every user $u$ and movie $i$ there are two numbers:
#
# - the **preference** $p_{ui}$: 1 if $u$ chose $i$, else 0;
# - the **confidence** $c_{ui}$ in it: 1 for all the zeros (perhaps they never met), and more
#   for the ones.
#
# To use it with stars we must say which ratings are ones, and how sure we are. Three ways:

# %% tags=["nbval-check-output"]
from recsys_helpers.methods.als import confidences

few = pd.DataFrame({"rating": [0.5, 2.0, 3.5, 4.0, 5.0]})
ways = {
    "every rating, c = stars": confidences(few, weighting="stars"),
    "4 or more, c = 2": confidences(few, 4, "constant", alpha=1),
    "4 or more, c = 1 + 10 r": confidences(few, 4, "linear", alpha=10),
}
table = pd.DataFrame(
    {
        name: way.set_index("rating")["confidence"]
        for name, way in ways.items()
    }
)
print(table.reindex(few["rating"]).map("{:g}".format).replace("nan", "-"))

# %% [markdown]
# The first column is what the course's source does: it hands the stars to the library as they
# are. Read its first row. Somebody gave a movie *half a star*, the lowest there is, and the
# model is told: "preference 1, confidence one half". A hated movie counts as liked, a little.
# The other two columns leave it out (a dash): the cell is a zero like any other. In the
# tables below we measure what the choice is worth.
#
# ## The maths
#
# Give every user a vector $x_u$ and every movie a vector $y_i$, of $f$ numbers each. Make
#
# $$
# \sum_{u, i} c_{ui} \, (p_{ui} - x_u \cdot y_i)^2
#   + \lambda \Bigl( \sum_u |x_u|^2 + \sum_i |y_i|^2 \Bigr)
# $$ (eq-als-loss)
#
# as small as possible. The sum runs over **all** cells, the zeros too: without them, vectors
# that say "everybody likes everything" would be perfect. $\lambda$, the
# {term}`regularisation <Regularisation>`, keeps the vectors short.
#
# With both $x$ and $y$ unknown this is a hard problem. But *hold all the movies fixed*, and
# look at one user. What is left is a plain least-squares problem in $x_u$. Set the derivative
# to zero:
#
# $$
# \sum_i c_{ui} \, (x_u \cdot y_i - p_{ui}) \, y_i + \lambda x_u = 0 .
# $$
#
# Write $Y$ for the matrix with the $y_i$ as rows, and sort:
#
# $$
# \Bigl( \sum_i c_{ui} \, y_i y_i^T + \lambda I \Bigr) \, x_u
#   = \sum_i c_{ui} \, p_{ui} \, y_i .
# $$ (eq-als-step)
#
# That is $f$ equations with $f$ unknowns: `np.linalg.solve`. Do it for every user. Then hold
# the users fixed and do the same for every movie; then the users again, and so on,
# *alternating*. Each step finds the best there is for its side, so the loss {eq}`eq-als-loss`
# can only fall.
#
# One trick makes it fast. The sum on the left runs over all movies, thousands for each user.
# But the confidence is 1 for all but a few:
#
# $$
# \sum_i c_{ui} \, y_i y_i^T = Y^T Y + \sum_{i \,\text{liked by}\, u} (c_{ui} - 1) \, y_i y_i^T .
# $$ (eq-als-trick)
#
# $Y^T Y$ is the same for everybody and computed once. What remains is as much work as the
# user has likes.
#
# ## From scratch


# %%
def solve_side(C, Y, regularization):
    """Best vector for each row of C, the vectors Y of its columns held fixed."""
    n_factors = Y.shape[1]
    shared = Y.T @ Y + regularization * np.eye(n_factors)
    X = np.zeros((C.shape[0], n_factors))
    for u in range(C.shape[0]):
        liked = slice(C.indptr[u], C.indptr[u + 1])
        Y_u, c_u = Y[C.indices[liked]], C.data[liked]
        left = shared + (Y_u.T * (c_u - 1)) @ Y_u
        X[u] = np.linalg.solve(left, Y_u.T @ c_u)
    return X


# %% [markdown]
# The first two lines of the loop take the movies that user $u$ liked and the confidences from
# the sparse matrix, the next two are {eq}`eq-als-step` with the trick. For the movies' side
# the same function does: give it the transposed matrix. Try it on the training rows, with the
# source's settings (stars as confidences, 10 factors, $\lambda = 0.1$).

# %%
from recsys_helpers.methods.als import als_loss

stars = Interactions.from_ratings(train)
C = stars.matrix  # users in rows, movies in columns, stars as confidences
C_by_movie = C.T.tocsr()
rng = np.random.default_rng(0)
Y = rng.random((C.shape[1], 10)) * 0.01

losses = []
for _ in range(5):
    X = solve_side(C, Y, regularization=0.1)
    losses.append(als_loss(C, X, Y, regularization=0.1))
    Y = solve_side(C_by_movie, X, regularization=0.1)
    losses.append(als_loss(C, X, Y, regularization=0.1))

# %% mystnb={"image": {"alt": "Line of the loss after each half-step. It falls steeply during the first three half-steps and slowly afterwards, and never rises."}}
with plots.course_style():
    fig, ax = plt.subplots()
    ax.plot(range(1, len(losses) + 1), losses, "o-")
    ax.set(xlabel="Half-steps (users, movies, users, ...)", ylabel="Loss")
    ax.set(xticks=range(1, len(losses) + 1))

# %% tags=["nbval-check-output"]
falls = np.all(np.diff(losses) < 0)
print(f"the loss falls at every half-step: {falls}")
assert falls

# %% [markdown]
# ### Is it right?
#
# A loss that falls proves little. Compare with a library that many people use, `implicit`,
# from the same random start, on a part of the matrix. (`implicit` can solve each small problem
# approximately, which is faster; `use_cg=False` asks for the exact solution. It computes with
# 32-bit numbers, of about seven digits, so we ask for agreement to a thousandth, relative to
# the largest score.)

# %% tags=["nbval-check-output"]
from implicit.cpu.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

part = sparse.csr_matrix(C[:100, :300])
settings = {"factors": 10, "iterations": 20, "regularization": 0.1}
with threadpool_limits(1, "blas"):
    library = AlternatingLeastSquares(
        use_cg=False, random_state=0, **settings
    )
    library.fit(part, show_progress=False)

X, Y = factorise(sparse.csr_array(part), 10, 20, 0.1, seed=0)
theirs = library.user_factors @ library.item_factors.T
difference = np.abs(X @ Y.T - theirs).max() / np.abs(theirs).max()
print(f"the same to a thousandth: {difference < 1e-3}")
assert difference < 1e-3

# %% [markdown]
# (`factorise` is the loop above as a function.) `threadpool_limits` tells the linear algebra
# beneath numpy to use one thread. `implicit` starts threads of its own; with both at once they
# get into each other's way, and it warns about it.
#
# ## With the library
#
# From here on we let `implicit` do the work. `Als` in `recsys_helpers` wraps it: it takes a
# table of ratings, keeps ids and positions apart, limits the threads and sets the seed. The
# source's settings are its defaults.

# %%
from recsys_helpers.evaluation import evaluate, ndcg_of_users
from recsys_helpers.methods.als import Als
from recsys_helpers.methods.baselines import Popularity
from recsys_helpers.results import results_table

first_results = pd.concat(
    evaluate(model, by_user_time, movies=movies, method=name)
    for name, model in {"popularity": Popularity(), "ALS": Als()}.items()
)

# %% tags=["nbval-check-output"]
wanted = ["ndcg@10", "recall@20", "coverage@10"]
print(results_table(first_results, wanted, digits=3).to_string())
ndcg = first_results.query("metric == 'ndcg@10'").set_index("method")["value"]
assert ndcg["ALS"] > ndcg["popularity"]

# %% [markdown]
# Clearly better than popularity, with far more different movies in the lists.
#
# ## Similar movies
#
# Every movie is a vector now. Two movies are similar if their vectors point in the same
# direction, that is, by the {term}`cosine <Cosine similarity>`: the *length* of a vector says
# mostly how popular a movie is. `movie_vectors` gives a `MovieVectors`, the type that all
# methods of this course end in.
#
# The source shows the neighbours of three movies. Here are its tables beside ours, learnt from
# all ratings, as there, with the source's settings.

# %%
source_tables = {
    10: [208, 316, 592, 185, 153],  # GoldenEye
    500: [586, 587, 597, 539, 344],  # Mrs. Doubtfire
    1: [527, 356, 260, 318, 593],  # Toy Story
}
as_source = Als(seed=0).fit(ratings).movie_vectors(titles)
ours = {
    movie_id: as_source.neighbours(movie_id, n=5)["movie_id"]
    for movie_id in source_tables
}

# %%
rows = [
    {
        "of": titles[movie_id],
        "the source": titles.get(theirs, "(not in this edition)"),
        "ours": titles[mine],
    }
    for movie_id in source_tables
    for theirs, mine in zip(
        source_tables[movie_id], ours[movie_id], strict=True
    )
]
display.movie_table(pd.DataFrame(rows), caption="Five nearest movies")

# %% tags=["nbval-check-output"]
for movie_id, theirs in source_tables.items():
    shared = len(set(theirs) & set(ours[movie_id]))
    print(f"{titles[movie_id]}: {shared} of 5 in common")

# %%
of_goldeneye = ours[10].to_frame().merge(movies, on="movie_id")
display.poster_strip(of_goldeneye, caption="Near GoldenEye (1995)")

# %% [markdown]
# Nobody told the method about genres, and yet the first two lists make sense: what was on at
# the same time, for the same people. (The source remarks on it, too.) The third does not.
# *Silence of the Lambs*, for somebody who liked *Toy Story*? The source calls this list "not
# relevant" and goes on. We do not.
#
# ### Diagnosis
#
# Suspect number one: chance. ALS begins with random numbers. Begin with others and look whether
# the list stays.

# %%
seeds = range(3)
by_seed = [
    Als(seed=seed).fit(ratings).movie_vectors(titles) for seed in seeds
]


def stability(movie_id):
    """How many of the 5 nearest are the same from seed to seed, on average."""
    lists = [set(v.neighbours(movie_id, n=5)["movie_id"]) for v in by_seed]
    pairs = [(a, b) for a in lists for b in lists if a is not b]
    return np.mean([len(a & b) for a, b in pairs])


# %% tags=["nbval-check-output"]
n_ratings = ratings["movie_id"].value_counts()
for movie_id in source_tables:
    near = as_source.neighbours(movie_id, n=5)
    fame = n_ratings[near["movie_id"]].median()
    print(f"{titles[movie_id]}")
    print(f"  the same from seed to seed: {stability(movie_id):.1f} of 5")
    print(f"  median ratings of the nearest: {fame:.0f}")

# %% [markdown]
# On the full data the lists of the first two hardly move, and that of *Toy Story* does. Its
# nearest movies are also among the most rated of all. So this is suspect number two, known
# from {doc}`03_neighbours`: popularity. Nearly everybody has rated *Toy Story*. Ten factors are
# too few to give it a direction of its own; it ends up where "movies that everybody has rated"
# lie, and the order there is left to chance.
#
# If that is so, more factors should help, and so should asking for *likes* and not for ratings
# of any kind.

# %%
tuned_by_hand = Als(
    n_factors=64,
    n_iterations=15,
    regularization=15,
    like_threshold=4,
    weighting="constant",
    alpha=1,
)
finer = tuned_by_hand.fit(ratings).movie_vectors(titles)
of_toy_story = finer.neighbours(1, n=5).drop(columns="title")
display.poster_strip(
    of_toy_story.merge(movies, on="movie_id"), caption="Near Toy Story (1995)"
)

# %% tags=["nbval-check-output"]
genres = movies.set_index("movie_id")["genres"]
for name, vectors in {"source": as_source, "ours": finer}.items():
    near = vectors.neighbours(1, n=5)["movie_id"]
    n_children = sum("Children" in genres[movie_id] for movie_id in near)
    print(f"{name:7} {n_children} of 5 are children's films")

# %% [markdown]
# That is a different list. The model has been told nothing new: same ratings, same method.
# What a like is, and how much room a vector has, made the difference. These settings are good
# ones that we knew beforehand; below they are found honestly.
#
# ## What do the factors mean?
#
# Is there a factor for "animation"? Take one factor of the source's model, and sort the
# well-known movies by it.

# %%
is_known = n_ratings[as_source.movie_ids].to_numpy() >= 30
known_ids = as_source.movie_ids[is_known]
M = as_source.matrix[is_known]


def ends(values, n=6):
    """Titles of the movies with the lowest and the highest values."""
    order = np.argsort(values, kind="stable")
    lowest, highest = known_ids[order[:n]], known_ids[order[::-1][:n]]
    return pd.DataFrame(
        {"low": titles[lowest].tolist(), "high": titles[highest].tolist()}
    )


FACTOR = 1
display.movie_table(
    ends(M[:, FACTOR]), caption=f"The two ends of factor {FACTOR}"
)

# %% [markdown]
# There often seems to be a meaning: on the full data, the summer hits of one year at one end
# and admired classics at the other. Be careful with it. Turn all vectors, of people and of
# movies, by the same angle, and *nothing* that the model says changes, since dot products
# do not. But each factor is now a mixture of the old ones:

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(0)
turn, _ = np.linalg.qr(rng.normal(size=(10, 10)))  # a random rotation
source_model = Als().fit(ratings)
X, Y = source_model.user_factors_, source_model.movie_factors_
same = np.allclose((X @ turn) @ (Y @ turn).T, X @ Y.T, atol=1e-4)
print(f"the same scores after a turn: {same}")
assert same

# %% [markdown]
# So a single factor has no meaning of its own. What has meaning is the cloud as a whole, and
# the directions in which it is longest: the *principal components*. The singular value
# decomposition finds them, whichever way the cloud is turned. We scale all vectors to length 1
# first, so that fame does not come out on top.

# %%
unit = M / np.linalg.norm(M, axis=1, keepdims=True)
unit = unit - unit.mean(axis=0)
_, _, directions = np.linalg.svd(unit, full_matrices=False)
position = unit @ directions[:2].T

# %% tags=["nbval-check-output"]
year = movies.set_index("movie_id")["year"]
along_year = np.corrcoef(position[:, 0], year[known_ids].astype(float))[0, 1]
print(
    f"correlation of the first direction with the year: {abs(along_year):.2f}"
)

# %% mystnb={"image": {"alt": "A map of well-known movies by their first two principal directions. Movies from before 1980 and movies since 2000 lie in different parts of it. A dozen well-known titles are written beside their points."}}
from recsys_helpers.vectors import MovieVectors

on_map = MovieVectors(known_ids, position, titles[known_ids].tolist())
famous = n_ratings[known_ids].sort_values(ascending=False).index[:60:5]
ax = method_plots.movie_map(
    on_map,
    labelled=famous.tolist(),
    groups={
        "before 1980": known_ids[(year[known_ids] < 1980).to_numpy(bool)],
        "since 2000": known_ids[(year[known_ids] >= 2000).to_numpy(bool)],
    },
)

# %% [markdown]
# Old and new movies lie apart, and the model has never seen a year. It has seen *people*: those
# who rate old films, and those who rate what is new. A latent factor is a pattern in what
# people choose, whether or not there is a word for it.
#
# ## Choosing the settings
#
# The method has half a dozen settings, and the best of one depends on the others. As in
# {doc}`03_neighbours` we cut the training rows three times more, draw combinations at random
# {cite}`bergstra2012random`, and take the mean of each over the three cuts. The number of
# combinations is the *budget*, and it belongs in the report: with a larger one, something better
# would be found, a little of it by luck.

# %%
from recsys_helpers.tuning import (
    best_settings,
    inner_splits,
    sample_settings,
    search,
)

inner = inner_splits(train, splits.user_temporal_split, 3)
space = {
    "n_factors": [16, 32, 64, 96],
    "regularization": [1, 2, 5, 10, 15, 20],
    "like_threshold": [None, 3.5, 4.0],
    "weighting": ["constant", "linear"],
    "alpha": [0.0, 0.5, 1.0, 2.0],
    "n_iterations": [15],
}
trials = search(Als, sample_settings(space, 12, seed=0), inner)

# %% tags=["nbval-check-output"]
n_combinations = np.prod([len(values) for values in space.values()])
print(f"{len(trials)} of {n_combinations} combinations tried")
shown = trials.drop(columns=["cpu_s", "n_iterations"]).round(4)
print(pd.concat([shown.head(4), shown.tail(2)]).to_string())

# %% [markdown]
# Best above, worst below. Between them lies more than between many papers. Now the test, once,
# for the best of them; and for three models that differ in *what a like is* and in nothing
# else.

# %%
chosen = best_settings(trials)
what_is_a_like = {
    "chosen": {},
    "chosen, but every rating": {"like_threshold": None},
    "chosen, but stars": {"like_threshold": None, "weighting": "stars"},
    "chosen, but 1 + 40 r": {"weighting": "linear", "alpha": 40.0},
}
models = {"popularity": Popularity(), "source's settings": Als()}
models |= {
    name: Als(**(chosen | own)) for name, own in what_is_a_like.items()
}
results = pd.concat(
    evaluate(model, by_user_time, movies=movies, method=name)
    for name, model in models.items()
)

# %% [markdown]
# ## Does it beat the baselines?

# %% tags=["nbval-check-output"]
wanted = ["ndcg@10", "recall@20", "coverage@10"]
print(results_table(results, wanted, digits=3).to_string())

# %% mystnb={"image": {"alt": "Dots with whiskers for the nDCG at 10 of popularity, ALS with the source's settings, and four variants of the chosen settings. Popularity is lowest by far."}}
of_ndcg = results.query("metric == 'ndcg@10'")
ax = plots.interval_plot(of_ndcg, label="nDCG@10, 95 % interval")

# %% tags=["nbval-check-output"]
from recsys_helpers.intervals import paired_difference
from recsys_helpers.methods.ease import Ease

models["EASE"] = Ease().fit(train)
per_user = {
    name: ndcg_of_users(m, by_user_time) for name, m in models.items()
}
for other in ["popularity", "source's settings", "EASE"]:
    gain = paired_difference(per_user["chosen"], per_user[other])
    print(f"chosen - {other + ':':18} {gain.value:+.3f}", end=" ")
    print(f"[{gain.low:+.3f}, {gain.high:+.3f}]")
over_popularity = paired_difference(
    per_user["chosen"], per_user["popularity"]
)
assert over_popularity.low > 0

# %% [markdown]
# Far above popularity. (Each line is a paired difference; where the interval holds zero, we
# cannot tell the two apart.) The last line is against EASE, the best neighbours of
# {doc}`03_neighbours`. Fewer than a hundred numbers for each movie do about as well as a weight
# for every pair.
#
# The four variants show what a like is worth. Large confidences ({cite:t}`hu2008collaborative`
# used $1 + 40 r$, where $r$ was how often somebody had watched a programme) do not suit ratings,
# of which a person gives one to a movie.
#
# One seed is one throw of the dice. Three more:

# %% tags=["nbval-check-output"]
over_seeds = []
for seed in [1, 2, 3]:
    model = Als(**(chosen | {"seed": seed})).fit(train)
    over_seeds.append(np.nanmean(ndcg_of_users(model, by_user_time)))
print("other seeds:", np.round(over_seeds, 3))
print(f"popularity:  {np.nanmean(per_user['popularity']):.3f}")
assert min(over_seeds) > np.nanmean(per_user["popularity"])

# %% [markdown]
# ### A check: the cut at one moment
#
# The protocol asks for a second look, with a test that lies wholly after the training rows.

# %% tags=["nbval-check-output"]
at_one_moment = splits.global_temporal_split(ratings)
test_users = pd.Series(at_one_moment.test["user_id"].unique())
n_known = test_users.isin(at_one_moment.train["user_id"]).sum()
print(f"{n_known} of {len(test_users)} test users have training ratings")

# %% [markdown]
# The others are strangers to the method: they have no vector. It has nothing to say to them,
# which counts as a list of misses. A real site would show them what is popular. `Fallback` does:

# %%
from recsys_helpers.methods.fallback import Fallback

check_models = {
    "popularity": Popularity(),
    "ALS": Als(**chosen),
    "ALS, else popularity": Fallback(Als(**chosen), Popularity()),
}
check = pd.concat(
    evaluate(model, at_one_moment, method=name)
    for name, model in check_models.items()
)

# %% tags=["nbval-check-output"]
print(
    results_table(check, ["ndcg@10", "user coverage"], digits=3).to_string()
)
plain, both = check_models["popularity"], check_models["ALS, else popularity"]
gain = paired_difference(
    ndcg_of_users(both, at_one_moment), ndcg_of_users(plain, at_one_moment)
)
print(f"\ngain {gain.value:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]")

# %% [markdown]
# On this test almost everybody is new, so *what to show to a stranger* decides, and the method
# for the few others hardly matters. (It is a check and no more: the settings were chosen on rows
# of which some are in this test.) Below we come to a better answer for strangers: let them rate
# a few movies.
#
# ## Recommend, and say why
#
# Take the first user with at least twenty likes. What did they like, and what do we show them?

# %%
from recsys_helpers.interactions import positives

model = models["chosen"]
n_likes = positives(train, 4)["user_id"].value_counts().sort_index()
somebody = int(n_likes[n_likes >= 20].index[0])
shown = model.recommend(somebody, n=6)
display.poster_strip(
    shown.merge(movies, on="movie_id"), caption=f"For user {somebody}"
)

# %% [markdown]
# Why the first of them? Put the solution of {eq}`eq-als-step` into the score, and it falls apart
# into one term for each movie that the user liked:
#
# $$
# x_u \cdot y_i = \sum_{j \,\text{liked by}\, u}
#   c_{uj} \; y_i^T A_u^{-1} y_j ,
# $$ (eq-als-explain)
#
# where $A_u$ is the matrix in the bracket of {eq}`eq-als-step`. Read it as a neighbour method:
# $y_i^T A_u^{-1} y_j$ is how similar $i$ and $j$ are *in the eyes of this user*. `explain` asks
# `implicit` for the terms.

# %%
first_movie = int(shown["movie_id"][0])
why = model.explain(somebody, first_movie, n=5)
why["because they liked"] = why["movie_id"].map(titles)
display.movie_table(
    why[["because they liked", "contribution"]],
    caption=f"Why {titles[first_movie]}?",
)

# %% tags=["nbval-check-output"]
every_part = model.explain(somebody, first_movie, n=None)
adds_up = np.isclose(
    every_part["contribution"].sum(), shown["score"][0], atol=1e-3
)
print(f"all {len(every_part)} terms add up to the score: {adds_up}")
assert adds_up

# %% [markdown]
# ## Somebody new
#
# A person arrives and rates five movies. Must everything be learnt anew? No: the movies'
# vectors are there, and {eq}`eq-als-step` is one small system of equations for one user. This
# is called {term}`fold-in <Fold-in>`.

# %%
new_ratings = pd.DataFrame(
    {
        "movie_id": [1, 364, 588, 595, 10],
        "rating": [5.0, 4.5, 4.0, 4.5, 1.5],
    }
)
rated = new_ratings.assign(title=new_ratings["movie_id"].map(titles))
display.movie_table(rated[["title", "rating"]], caption="Somebody new")

# %%
for_new_user = model.recommend_to(new_ratings, n=6)
display.poster_strip(
    for_new_user.merge(movies, on="movie_id"), caption="For somebody new"
)

# %% [markdown]
# To see that nothing is lost, pretend that a user we know is new, and fold their own ratings in:

# %% tags=["nbval-check-output"]
own = train[train["user_id"] == somebody]
again = model.recommend_to(own[["movie_id", "rating"]], n=6)
same_list = list(again["movie_id"]) == list(shown["movie_id"])
print(f"folded in, user {somebody} gets the same list: {same_list}")
assert same_list

# %% [markdown]
# The other side has no such way out. A *movie* that nobody has rated has a vector of zeros, and
# ALS will never recommend it. That is the {term}`cold start <Cold start>`, and the reason for
# later chapters, which look at what a movie *is*.
#
# ## What does it cost?
#
# Each half-step does as much work for a user as they have likes, plus a small system. So twice
# the ratings should take about twice as long. We measured it on made-up data with a long tail
# like that of real ratings, up to ten million. (Too long for a page; the numbers come from a
# results file of the course's repository, which `benchmarks/als_growth.py` writes.)

# %% mystnb={"image": {"alt": "Two logarithmic axes: number of interactions against CPU seconds of one iteration. The lines of implicit with 10 and with 64 factors are nearly straight and follow a dotted line that grows in proportion. Those of the from-scratch version lie above and rise more slowly."}}
from recsys_helpers.results import published_results

growth = published_results("als_growth")
seconds = growth.query("metric == 'cpu_s per iteration'")
ax = method_plots.growth_plot(seconds, label="CPU seconds an iteration")

# %% [markdown]
# The two lines of `implicit` run along the dotted one: in proportion. Ours start far above and
# rise more slowly, since at small sizes most of their time goes into the Python loop itself.
# ALS is the method found in the largest systems, and this is why. EASE needs the inverse of a
# matrix as wide as the catalogue, or as there are users, and the time for that grows with the
# third power.
#
# ## What goes wrong
#
# :::{admonition} What goes wrong, 1: half a star is a like
# :class: warning
#
# Stars handed over as confidences turn the worst rating into a weak like. The table above
# shows what it costs, in the row with the stars. Decide what a positive is before you choose
# anything else.
# :::
#
# :::{admonition} What goes wrong, 2: the matrix is turned round
# :class: warning
#
# The source calls `fit(user_item.T)`: items in rows. That was right when it was written. In
# version 0.5 the library changed its mind, and now wants *users* in rows. The old call does
# **not** fail.
# :::
#
# See what happens. We follow the source to the letter, and ask for movies near GoldenEye.

# %%
everything = Interactions.from_ratings(ratings)
user_items = sparse.csr_matrix(everything.matrix)
with threadpool_limits(1, "blas"):
    turned = AlternatingLeastSquares(
        factors=10, regularization=0.1, random_state=0
    )
    turned.fit(user_items.T.tocsr(), show_progress=False)

row = int(everything.movies.rows([10])[0])
found, scores = turned.similar_items(row, N=6)
looks_fine = titles[everything.movies.ids[found]].to_frame("near GoldenEye?")
display.movie_table(looks_fine, caption="From the wrong matrix")

# %% [markdown]
# No error, no warning, and six titles of real movies. But these are numbers of *users*, looked
# up in the list of movies. GoldenEye is movie number 9 or so in the matrix; the model has told
# us which users are like user number 9. Whoever does not know the films will believe it. How
# would you notice? That is an exercise below. Our own classes check it:

# %% tags=["nbval-check-output"]
try:
    Interactions(
        everything.users, everything.movies, everything.matrix.T.tocsr()
    )
except ValueError as error:
    print(error)

# %% [markdown]
# :::{admonition} What goes wrong, 3: the answer has another shape
# :class: warning
#
# The source takes `similar_items` apart as a list of pairs, `[item[0] for item in similars]`.
# Today it returns two arrays, ids and scores, so that line gives the first id and the first
# *score*. And the first movie found is always the one you asked about.
# :::

# %% tags=["nbval-check-output"]
with threadpool_limits(1, "blas"):
    right = AlternatingLeastSquares(
        factors=10, regularization=0.1, random_state=0
    )
    right.fit(user_items, show_progress=False)
similars = right.similar_items(row, N=6)
as_in_the_source = [item[0] for item in similars]
print(f"asked for 6, got {len(as_in_the_source)}: an id and a score")
print(f"the first id is the movie itself: {as_in_the_source[0] == row}")
assert len(as_in_the_source) == 2
assert as_in_the_source[0] == row

# %% [markdown]
# :::{admonition} What goes wrong, 4: a picture called nan
# :class: warning
#
# The source shows posters and leaves a movie out if its address is the empty text. But pandas
# marks what is missing by `NaN`, which is *not equal* to the empty text (it is not equal to
# anything, itself included). So the page asks a server for an image by the name of `nan`.
# :::

# %% tags=["nbval-check-output"]
missing = float("nan")
print(f"NaN != '' is {missing != ''}; NaN == NaN is {missing == missing}")
address = "http://image.example/w185/" + str(missing)
print(f"so the page asks for {address}")
strip = display.poster_strip(movies.head(1), poster_urls=[missing])
assert "<img" not in strip.html  # ours draws a card instead

# %% [markdown]
# ## Exercises
#
# ```{exercise} One step by hand
# :label: ex-als-by-hand
#
# One factor. Three movies have the vectors $y = 1, 2, 1$. A user liked the first and the second,
# with confidence 3. Let $\lambda = 1$. Write {eq}`eq-als-step` down for this user (it is a
# single equation) and solve it. What is the score of the third movie? Check with `solve_side`.
# ```

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-als-by-hand
# :class: dropdown
# ````
#
# On the left stand $3 \cdot 1 + 3 \cdot 4 + 1 \cdot 1 + \lambda$, on the right
# $3 \cdot 1 + 3 \cdot 2$. The vectors have one number, so the score of the third movie is that
# of the user times one.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
left, right_side = 3 * 1 + 3 * 4 + 1 * 1 + 1, 3 * 1 + 3 * 2
by_hand = right_side / left
C_small = sparse.csr_array([[3.0, 3.0, 0.0]])
checked = solve_side(C_small, np.array([[1.0], [2.0], [1.0]]), 1.0)
print(f"x = {right_side} / {left} = {by_hand:.4f}")
assert np.isclose(checked[0, 0], by_hand)

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ```{exercise} The latest likes
# :label: ex-als-recency
#
# People change. Fold every test user in from their *latest half* of ratings only (the movies'
# vectors stay as they are), and compare the nDCG@10 with that of the whole history, by a paired
# difference. Mind that what they rated in the older half must still not be recommended.
# (`model.fold_in` gives the vector, `model.movie_factors_` the movies', and
# `model.interactions_.best_movies` a list without what was seen.)
# ```

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-als-recency
# :class: dropdown
# ````
#
# A small class with a `recommend` is all that `ndcg_of_users` needs. Whether the gain is real is
# for the interval to say.


# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution"]
class LatestHalf:
    """Recommend from the latest half of what a user rated."""

    def fit(self, train):
        in_order = train.sort_values(["user_id", "timestamp", "movie_id"])
        place = in_order.groupby("user_id").cumcount(ascending=False)
        size = in_order.groupby("user_id")["movie_id"].transform("size")
        self.latest = dict(
            list(in_order[place < size / 2].groupby("user_id"))
        )
        return self

    def recommend(self, user_id, n=10, exclude_seen=True):
        x = model.fold_in(self.latest[user_id][["movie_id", "rating"]])
        scores = model.movie_factors_ @ x
        return model.interactions_.best_movies(
            user_id, scores, n, exclude_seen
        )


# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
latest = ndcg_of_users(LatestHalf().fit(train), by_user_time)
gain = paired_difference(latest, per_user["chosen"])
print(f"latest half {np.nanmean(latest):.3f}")
print(f"gain {gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]")

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ````{exercise} Find the bug
# :label: ex-transposed
#
# Somebody has trained for you, and hands you only the fitted object: `turned`, from above. They
# say that it recommends well. You suspect that the matrix was turned round. Find at least three
# ways to notice, of which one needs no knowledge of movies at all. (Look at the shapes; ask for
# something that must be impossible; compare a number that you know from elsewhere.) Then write a
# function `check_orientation(model, interactions)` that raises a clear error.
# ````


# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-transposed
# :class: dropdown
# ````
#
# 1. *Shapes.* There should be as many item vectors as movies. This needs no knowledge at all,
#    and fails only if there happen to be as many users as movies.
# 2. *The impossible.* The last movie has a higher number than there are users, so asking for
#    what is near it raises an `IndexError`. And nearly all the "movies" found have low numbers.
# 3. *A known number.* On the test, its lists are no better than chance; it should beat
#    popularity. Or look a movie up whose sequel everybody knows.
#
# Where both sides are equally long, only names can tell. So keep the ids with the matrix, as
# `Interactions` does.


# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution"]
def check_orientation(model, interactions):
    """Raise ValueError if `model` was fitted on the transposed matrix."""
    n_items, n_movies = len(model.item_factors), len(interactions.movies)
    if n_items != n_movies:
        raise ValueError(
            f"The model has {n_items:,} item vectors and there are {n_movies:,} "
            "movies: was it fitted on the transposed matrix?"
        )


# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
check_orientation(right, everything)
try:
    check_orientation(turned, everything)
except ValueError as error:
    print(error)
last_movie = len(everything.movies) - 1
try:
    turned.similar_items(last_movie)
except IndexError as error:
    print("IndexError:", error)
highest = max(turned.similar_items(u)[0].max() for u in range(20))
print(f"highest number found: {highest}, of {last_movie}")
assert highest < len(everything.users)

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ## Recap
#
# - A table of likes is nearly a product of two small ones: a vector for each person, a vector
#   for each movie.
# - Hold one side fixed and the other is a plain least-squares problem. Take turns. The zeros
#   count, and a trick makes them cheap.
# - What a like is comes first: with stars as confidences, half a star is one.
# - Few factors and popular movies give neighbours that are famous and nothing else. A single
#   factor has no meaning; the cloud of vectors has.
# - A new user is folded in without training. A new movie is out of reach.
#
# ## References
#
# {cite:t}`hu2008collaborative` is the method, trick and explanation included, and easy to
# read; {cite:t}`takacs2011cg` made each step faster, which is what `implicit` runs;
# {cite:t}`koren2009matrix` tell the story of matrix factorisation for stars;
# {cite:t}`bergstra2012random` defend random search; {cite:t}`rendle2022ials` show how far
# ALS gets when it is tuned with care.

# %% tags=["hide-input"]
from recsys_helpers.measure import this_run

print(this_run(data.edition))
