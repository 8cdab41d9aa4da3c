# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Can your neighbours tell what you will like?
#
# :::{admonition} Before you start
# :class: note
#
# **You will learn** to find people who rate like you, and movies that are rated alike; to
# predict stars and to make lists from them; what goes wrong when neighbours have one movie
# in common, or when everybody's neighbour is the same blockbuster; and how ten lines of
# linear algebra, called EASE, let the data choose the neighbours.
#
# **You need** {doc}`02_is_it_any_good`: the split, RMSE, nDCG and the two baselines to
# beat. From algebra: the dot product of two vectors, and the product of two matrices.
#
# **Time** {chapter-time}`about three quarters of an hour; the cells run in a minute`.
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

from recsys_helpers import (
    datasets,
    display,
    method_plots,
    metrics,
    plots,
    splits,
)

data = datasets.load_movielens()
ratings, movies = data.ratings, data.movies
titles = movies.set_index("movie_id")["title"]
print(f"edition: {data.edition}")
print(f"{len(ratings):,} ratings of {len(movies):,} movies")

# %% [markdown]
# ## Why anyone wants this
#
# You want to know whether a movie is for you. You ask a friend whose taste is like yours.
# That is the oldest idea of this field: the first systems of the 1990s asked, for every
# reader of a news article, what people who had agreed with that reader thought of it
# {cite}`resnick1994grouplens`. It needs to know nothing about the articles, or the
# movies: only who liked what. So it is called
# {term}`collaborative filtering <Collaborative filtering>`.
#
# It is still worth knowing, for three reasons. It *explains* itself ("because you liked
# ..."). A new rating counts at once, with nothing to train. And it is hard to beat: at the
# end of this chapter stands a member of the family that few neural networks get past.
#
# ## The idea in a picture
#
# Five people, invented for this page, have rated some of six movies.

# %% mystnb={"image": {"alt": "A grid of five people and six movies. Ann likes the three family films and dislikes the action films. Ben rates like Ann, a star lower. Cem likes the action films and dislikes the others. Dora has rated two movies. Eli's ratings lie close together. Ann's cell for Speed is empty."}}
nothing = np.nan
people = pd.DataFrame(
    {
        "Toy Story": [5, 4, 2, 5, 3.5],
        "Babe": [4.5, 3.5, 1.5, nothing, 4],
        "Aladdin": [4, nothing, 2, nothing, 4],
        "Heat": [2, 1, 5, nothing, 3],
        "GoldenEye": [1.5, 0.5, 4.5, nothing, nothing],
        "Speed": [nothing, 1, 5, 4, 2.5],
    },
    index=["Ann", "Ben", "Cem", "Dora", "Eli"],
)
ax = method_plots.rating_grid(people)

# %% [markdown]
# What would **Ann** give *Speed*? Ben is stricter than Ann, and otherwise rates as she does.
# Cem is her opposite. Dora agrees with her on the one movie that both have rated. Eli likes
# what she likes, if less loudly. You have an answer in your head by now. Keep it: we teach
# the computer to find it.
#
# ## From scratch: who is like Ann?
#
# ### The maths
#
# Write the ratings of user $u$ as a vector $r_u$ with a zero where there is no rating. The
# {term}`cosine similarity <Cosine similarity>` of two users $u$ and $v$ is
#
# $$
# \text{sim}(u, v) = \frac{r_u \cdot r_v}{|r_u| \, |r_v|} .
# $$ (eq-cosine)
#
# It is 1 when two vectors point the same way, and 0 when the two have no movie in common.


# %% tags=["nbval-check-output"]
def cosine(rows):
    """Cosine similarity of every pair of rows."""
    lengths = np.sqrt((rows**2).sum(axis=1))
    return rows @ rows.T / np.outer(lengths, lengths)


def with_ann(rows):
    """How similar is each of the others to Ann?"""
    similar = pd.DataFrame(cosine(rows), people.index, people.index)
    return similar.loc["Ann"].drop("Ann").round(2)


raw = with_ann(people.fillna(0).to_numpy())
print(raw.to_string())
assert raw["Cem"] > 0.5

# %% [markdown]
# Ben and Eli come first, good. But Cem, who likes what Ann dislikes, is *similar* too. The
# reason: a rating of two stars is a positive number, so every movie that two people have in
# common makes them more alike, whatever they think of it.
#
# The cure is to **centre**: take each person's mean off their ratings. Then a number above
# zero means "better than this person's average", one below zero "worse", and the zero of
# an empty cell means what it should: no news.

# %% tags=["nbval-check-output"]
centred = people.sub(people.mean(axis=1), axis=0)
alike = with_ann(centred.fillna(0).to_numpy())
print(alike.to_string())
assert alike["Cem"] < 0 < alike["Ben"]

# %% [markdown]
# Now Cem is the opposite of Ann, as he should be. Ben's strictness is gone with his mean.
#
# To predict, Ann's {term}`neighbours <Neighbours>` vote. Each says how far above or below
# their own mean $\bar r_v$ they put the movie, the more similar the louder:
#
# $$
# \hat r_{ui} = \bar r_u +
#   \frac{\sum_{v \in N} \text{sim}(u, v) \, (r_{vi} - \bar r_v)}
#        {\sum_{v \in N} \text{sim}(u, v)}
# $$ (eq-user-neighbours)
#
# where $N$ holds the $k$ most similar users who have rated movie $i$, and whose similarity
# is above zero.

# %% tags=["nbval-check-output"]
votes = centred["Speed"].drop("Ann")
weights = alike.clip(lower=0)
print(pd.DataFrame({"vote": votes, "weight": weights}).round(2).to_string())
vote = (weights * votes).sum() / weights.sum()
ann = people.loc["Ann"].mean()
print(f"\nAnn's mean {ann:.2f} + vote {vote:.2f} = {ann + vote:.2f} stars")
assert ann + vote < ann

# %% [markdown]
# Below her average. Was that your answer?
#
# ### The same on real ratings
#
# Three changes. The matrix is nearly empty, so it is *sparse*: only the ratings are stored,
# and a product of two such matrices skips the empty cells. We stand on chapter 2's split.
# And we look at all pairs of people at once.

# %% tags=["nbval-check-output"]
from recsys_helpers.interactions import Interactions

by_user_time = splits.user_temporal_split(ratings)
train, test = by_user_time.train, by_user_time.test
user_means = train.groupby("user_id")["rating"].transform("mean")
centred = train.assign(centred=train["rating"] - user_means)
stars = Interactions.from_ratings(train)
centred = Interactions.from_ratings(centred, values="centred")
Z = centred.matrix  # users in rows, movies in columns
print(f"{Z.shape[0]:,} users, {Z.shape[1]:,} movies, {Z.nnz:,} ratings")


# %%
def sparse_cosine(A):
    """Cosine similarity of every pair of rows of a sparse matrix."""
    lengths = np.sqrt((A * A).sum(axis=1))
    return (A @ A.T).toarray() / np.maximum(np.outer(lengths, lengths), 1e-12)


# %% tags=["nbval-check-output"]
pairs = np.triu_indices(Z.shape[0], k=1)  # each pair of users once
met = (stars.matrix @ stars.matrix.T).toarray()[pairs] > 0
raw = sparse_cosine(stars.matrix)[pairs][met]
mild = sparse_cosine(Z)[pairs][met]
print(f"pairs of people with a movie in common: {met.mean():.0%}")
print(f"similar (above zero) by raw stars:      {(raw > 0).mean():.0%}")
print(f"similar when centred:                   {(mild > 0).mean():.0%}")
assert (raw > 0).all()
assert (mild > 0).mean() < 0.75

# %% [markdown]
# With raw stars *all* pairs that have a movie in common are similar. Centred, people agree a
# little more often than they disagree, which is what one would expect.
#
# ### One movie in common
#
# Something is left to settle: which lengths belong under the fraction? Equation
# {eq}`eq-cosine` takes *all* ratings of both people. The textbook form takes only the movies
# that both have rated. It is called Pearson correlation (and, for movies, adjusted cosine
# {cite}`sarwar2001item`), and it is easy to state. Look what it does. We take the user for
# whom the most others are a perfect match:

# %%
rated = Z.copy()
rated.data = np.ones_like(rated.data)
n_common = (rated @ rated.T).toarray().astype(int)
# [u, v]: the sum of u's squares, over the movies that v has rated.
squares = ((Z * Z) @ rated.T).toarray()
below = np.sqrt(squares * squares.T)
pearson = (Z @ Z.T).toarray() / np.maximum(below, 1e-12)
np.fill_diagonal(pearson, 0)  # nobody is their own neighbour


# %%
def nearest_to(row, similar, n=5):
    """Show the n users most similar to a user."""
    best = np.argsort(-similar[row], kind="stable")[:n]
    shown = {
        "user_id": centred.users.ids[best],
        "similarity": similar[row, best],
        "movies in common": n_common[row, best],
    }
    return pd.DataFrame(shown)


# %% tags=["nbval-check-output"]
perfect = (pearson > 0.9999).sum(axis=1)
somebody = int(np.argmax(perfect))
print(
    f"user {centred.users.ids[somebody]}: {perfect[somebody]} perfect matches"
)
print(nearest_to(somebody, pearson).round(2).to_string(index=False))
few = n_common[somebody][pearson[somebody] > 0.9999].max()
assert few <= 5

# %% [markdown]
# Perfect strangers. Two people with one movie in common, both above their own means, have a
# correlation of exactly 1. It is the same trouble as the movie with a single rating of five
# stars, and it has the same cure, {term}`shrinkage <Shrinkage>`: little evidence, little
# weight {cite}`herlocker1999algorithmic`. With $n_{uv}$ movies in common and a constant
# $\lambda$ (here 20), multiply by
#
# $$
# \frac{n_{uv}}{n_{uv} + \lambda} .
# $$ (eq-significance)

# %% tags=["nbval-check-output"]
shrunk = pearson * n_common / (n_common + 20)
print(nearest_to(somebody, shrunk).round(2).to_string(index=False))
mean_before = nearest_to(somebody, pearson)["movies in common"].mean()
mean_after = nearest_to(somebody, shrunk)["movies in common"].mean()
assert mean_after > mean_before

# %% [markdown]
# Fewer miracles, more in common. The cosine over *all* ratings {eq}`eq-cosine` shrinks by
# itself, in its own way: one movie in common is a small part of two long vectors.
#
# ## Movies have neighbours, too
#
# Turn the table on its side. Now each *movie* is a vector: what everybody thought of it. Two
# movies are near when the same people rated both above their own average. To predict what
# $u$ thinks of movie $i$, ask the movies $j$ that $u$ has rated, the more similar to $i$ the
# louder:
#
# $$
# \hat r_{ui} = b_{ui} +
#   \frac{\sum_{j \in N} \text{sim}(i, j) \, (r_{uj} - b_{uj})}
#        {\delta + \sum_{j \in N} \text{sim}(i, j)}
# $$ (eq-item-neighbours)
#
# Two details are new. In the place of a plain mean stands $b_{ui}$, the
# {term}`bias <Bias>` model of {doc}`02_is_it_any_good`: neighbours need to explain only what
# it leaves open. And a small $\delta$ in the denominator keeps a single faint neighbour from
# having the full say.
#
# Shops took this side first {cite}`linden2003amazon`. They have more customers than products;
# what is near a product changes slowly and can be worked out over night; and "because you
# liked *Heat*" is a better sentence than "because customer 4711 liked it".
#
# ### With the library
#
# `RatingNeighbours` in `recsys_helpers` does both sides. (Its maths are the lines above; it
# works in blocks, so that it never holds all pairs.) First, which movies are near one that
# you may know? `centre` says what is taken off the ratings; `common_only=True` is the
# textbook form.

# %%
from recsys_helpers.methods.neighbours import RatingNeighbours

textbook = RatingNeighbours(common_only=True, shrinkage=0).fit(train)
ours = RatingNeighbours().fit(train)
GOLDENEYE = 10
strangers = textbook.similar(GOLDENEYE, n=5)
friends = ours.similar(GOLDENEYE, n=5)
for frame, caption in [(strangers, "Textbook"), (friends, "Shrunk")]:
    frame["title"] = frame["movie_id"].map(titles)
    shown = frame[["title", "similarity", "n_common"]]
    print(f"{caption}\n{shown.round(2).to_string(index=False)}\n")

# %%
assert strangers["n_common"].mean() < friends["n_common"].mean()

# %% [markdown]
# Now all hidden ratings. For stars we take the random split, as published numbers do. "All of
# it" stands for our settings: centre, shrink, and let the biases go first.

# %%
from recsys_helpers.evaluation import evaluate, ndcg_of_users
from recsys_helpers.methods.baselines import BiasModel
from recsys_helpers.results import results_table

# %%
at_random = splits.random_split(ratings)
plain = {"baseline": "global mean", "damping": 0, "shrinkage": 0}
centring = {"baseline": "user mean", "damping": 0, "shrinkage": 0}
star_models = {
    "bias model": BiasModel(),
    "users, raw stars": RatingNeighbours("users", "nothing", **plain),
    "users, centred": RatingNeighbours("users", **centring),
    "users, all of it": RatingNeighbours("users"),
    "movies, raw stars": RatingNeighbours(centre="nothing", **plain),
    "movies, textbook": RatingNeighbours(common_only=True, **centring),
    "movies, all of it": RatingNeighbours(),
}

# %%
star_results = pd.concat(
    evaluate(model, at_random, method=name)
    for name, model in star_models.items()
)

# %% tags=["nbval-check-output"]
print(results_table(star_results, ["rmse", "mae"], digits=3).to_string())
rmse = star_results.query("metric == 'rmse'").set_index("method")["value"]
best_two = rmse.sort_values().index[:2]
print("best two:", ", ".join(best_two))
assert best_two[0] == "movies, all of it"

# %% [markdown]
# The bias model knows nothing about taste, and neighbours in their plain forms, raw or
# textbook, do *worse* than it. The same neighbours with the small print in place do better:
# the gain is in the centring, the shrinking and the biases, more than in the neighbours. When
# you read that a new method "beats neighbours", ask which row was measured.
#
# ## From stars to a list
#
# {doc}`02_is_it_any_good` showed that the best predicted stars make poor lists. The fault
# is in the fraction. It makes a *mean*, and a mean from one enthusiast is as good as a mean
# from fifty. For a list, leave the denominator out, and let the neighbours *add up*. Let
# $\ell_{uj}$ be 1 if user $u$ liked movie $j$ (four stars or more), else 0:
#
# $$
# \text{score}(u, i) = \sum_{j \in N_k(i)} \text{sim}(i, j) \, \ell_{uj}
# $$ (eq-votes)
#
# where $N_k(i)$ are the $k$ movies nearest to $i$, and two movies are near when the same
# people liked them. To begin with let $k$ be *all* movies. Then the whole thing is two
# matrix products.

# %% tags=["nbval-check-output"]
from recsys_helpers.interactions import positives, top_n

likes = positives(train, threshold=4)
rows_and_columns = {"users": stars.users, "movies": stars.movies}
L = Interactions.from_ratings(likes, values=None, **rows_and_columns).matrix
n_likes = L.sum(axis=0)  # of each movie
print(f"{L.nnz:,} likes; the most liked movie has {n_likes.max():.0f}")


# %%
def all_scores(power):
    """Score all movies for all users, similarity = n_common / (n_i n_j)**power."""
    weight = np.maximum(n_likes, 1) ** -power
    scaled = L * weight  # every column times its weight
    return (scaled @ L.T).toarray().T @ scaled


# %% [markdown]
# ### Why the popular neighbour wins
#
# How near are two movies, $i$ and $j$, that were liked by $n_i$ and $n_j$ people, $n_{ij}$ of
# them by the same? The first idea is to count, $n_{ij}$. The cosine divides by
# $\sqrt{n_i n_j}$. One could go further and divide by $n_i n_j$ itself, which is called
# *lift*. So there is a dial, the power $p$:
#
# $$
# \text{sim}_p(i, j) = \frac{n_{ij}}{(n_i n_j)^p}
# $$ (eq-dial)
#
# with $p = 0$ for the count, ½ for the cosine and 1 for lift. Turn it, and look at the ten
# nearest movies of a film: how many people liked *them*?

# %%
dial = {"count, p = 0": 0, "cosine, p = ½": 0.5, "lift, p = 1": 1}
known = np.flatnonzero(n_likes >= 10)
asked = known[:: max(1, len(known) // 300)]  # at most about 300 movies
in_common = (L.T[asked] @ L).toarray()
fame_of_nearest = {}
for name, power in dial.items():
    similar = (
        in_common / np.maximum(np.outer(n_likes[asked], n_likes), 1) ** power
    )
    similar[np.arange(len(asked)), asked] = 0  # not its own neighbour
    nearest = [top_n(row, 10) for row in similar]
    fame_of_nearest[name] = np.median(n_likes[nearest], axis=1)

# %% mystnb={"image": {"alt": "Scatter plot on logarithmic axes: likes of a movie against the median likes of its ten nearest movies. By count all points lie near the top, whatever the movie. By cosine the points rise with the movie's own likes. By lift they lie at the bottom."}}
with plots.course_style():
    fig, ax = plt.subplots()
    for (name, fame), marker in zip(
        fame_of_nearest.items(), "os^", strict=True
    ):
        ax.plot(n_likes[asked], fame, marker, ms=4, alpha=0.6, label=name)
    ax.set(xscale="log", yscale="log", xlabel="Likes of the movie")
    ax.set(ylabel="Median likes of its ten nearest")
    ax.legend(title="Similarity")

# %% tags=["nbval-check-output"]
medians = {name: np.median(fame) for name, fame in fame_of_nearest.items()}
for name, median in medians.items():
    print(f"{name:14} the nearest were liked by {median:.0f} people")
by_count, by_cosine, by_lift = medians.values()
assert by_count > by_cosine > by_lift

# %% [markdown]
# By count, *everything* is near the same few blockbusters: whoever liked some film also liked
# *Forrest Gump*, since everybody did. By lift, everything is near movies that almost nobody
# knows: one like in common with a movie that has a single like is a perfect match. The cosine
# stands between. What is that worth in a list?


# %%
def ndcg_and_fame(scores):
    """Make everybody's list; return its nDCG@10 and its movies' median likes."""
    scores = np.where(stars.matrix.toarray() > 0, -np.inf, scores)
    best = np.array([top_n(row, 10) for row in scores])
    users = stars.users.ids
    lists = stars.movies.ids[best]
    hits = metrics.hits_of(lists, positives(test, 4), users)
    return np.nanmean(metrics.ndcg_at_k(*hits, 10)), np.median(n_likes[best])


powers = [0, 0.25, 0.5, 0.75, 1]
turned = pd.DataFrame(
    [ndcg_and_fame(all_scores(power)) for power in powers],
    index=pd.Index(powers, name="p"),
    columns=["nDCG@10", "likes"],
)
turned.loc["likes alone"] = ndcg_and_fame(
    np.tile(n_likes, (len(stars.users), 1))
)

# %% tags=["nbval-check-output"]
print(turned.round({"nDCG@10": 3, "likes": 0}).to_string())
assert turned["nDCG@10"].idxmax() not in (0, 1, "likes alone")

# %% [markdown]
# Down the column of likes you see the blockbusters go; with them goes, at the far end, the
# quality. The count hardly differs from popularity: it *is* popularity, with a detour. The
# best lists come from in between. Every method of this course has a dial of this kind, under
# one name or another, and it is worth asking where it stands.
#
# ### How many neighbours?
#
# The sum {eq}`eq-votes` over all movies has a fault. Thousands of faint similarities add up,
# and popular movies have the most of them. So let only the $k$ nearest speak. `LikeNeighbours`
# does it, for either side.

# %%
from recsys_helpers.methods.baselines import Popularity
from recsys_helpers.methods.neighbours import LikeNeighbours

ks = [2, 5, 20, 100, 500]
by_k = []
for k in ks:
    result = evaluate(LikeNeighbours(k=k), by_user_time, n_bootstrap=200)
    by_k.append(result.query("metric == 'ndcg@10'").assign(k=k))
by_k = pd.concat(by_k)

# %% mystnb={"image": {"alt": "Line of nDCG at 10 against the number of neighbours k on a logarithmic axis, with a shaded interval. It rises from two neighbours, is highest in the middle and falls a little for many."}}
with plots.course_style():
    fig, ax = plt.subplots()
    ax.plot(by_k["k"], by_k["value"], "o-")
    ax.fill_between(by_k["k"], by_k["low"], by_k["high"], alpha=0.2)
    ax.set(xscale="log", xticks=ks, xticklabels=ks)
    ax.set(xlabel="Neighbours k", ylabel="nDCG@10, 95 % interval")

# %% [markdown]
# A handful is too few, and beyond a few dozen it hardly matters: the interval is wider than
# the difference. Take 20.
#
# ### With another library
#
# `implicit` is a fast library for lists, and we use it in the next chapter. It has three
# neighbour methods for movies. All three take the user by movie matrix and keep the 20
# nearest; they differ in how ratings are weighted first.
#
# - **Cosine** is ours.
# - **TF-IDF** gives less weight to a user who rates a great many movies: a like from
#   somebody who likes everything says little.
# - **BM25**, from text search, also lets a movie's large number of ratings count for less
#   and less {cite}`robertson2009bm25`. It has two settings, $K_1$ and $B$.
#
# One pitfall: the matrix must hold 64-bit floats, or `implicit` refuses with a message about
# types. `ImplicitNeighbours` sees to that.

# %%
from recsys_helpers.methods.neighbours import ImplicitNeighbours

list_models = {
    "popularity": Popularity(),
    "users": LikeNeighbours("users"),
    "movies": LikeNeighbours("movies"),
    "implicit cosine": ImplicitNeighbours("cosine"),
    "implicit TF-IDF": ImplicitNeighbours("tfidf"),
    "implicit BM25": ImplicitNeighbours("bm25"),
    "BM25, likes, other settings": ImplicitNeighbours(
        "bm25", k=100, k1=1.2, b=0.2, like_threshold=4
    ),
}
list_results = pd.concat(
    evaluate(model, by_user_time, movies=movies, method=name)
    for name, model in list_models.items()
)

# %% tags=["nbval-check-output"]
wanted = ["ndcg@10", "recall@20", "coverage@10"]
print(results_table(list_results, wanted, digits=3).to_string())

# %% [markdown]
# Every row is above popularity, and the lists hold several times as many different movies. The three rows in the middle take all ratings, stars as weights, which is
# what most examples on the web do; the last row takes likes only. BM25 as it comes has its
# dial set against famous movies (its $B$ is meant for long and short *texts*), and with
# another $B$ it is among the best. Settings are part of a method.
#
# ## EASE: let the data choose the neighbours
#
# A similarity is a guess at what predicts a like. Why guess? We have the likes: *learn*
# the weights that predict them {cite}`steck2019ease`. Write $X$ for the matrix of likes
# (ours is called $L$ above; the paper says $X$). Find a matrix $B$, movies by movies, such
# that each person's likes, multiplied by $B$, give back their likes:
#
# $$
# \min_B \; \lVert X - X B \rVert^2 + \lambda \lVert B \rVert^2
# \quad \text{where } B_{jj} = 0 \text{ for all } j .
# $$ (eq-ease)
#
# The condition matters. Without it the best $B$ is the identity: every movie predicts
# itself, and nothing is learnt. The penalty $\lambda$ keeps the weights small; it is
# shrinkage once more. Now comes the surprise: there is no need to train anything. The
# solution can be written down:
#
# $$
# B_{ij} = - \frac{P_{ij}}{P_{jj}} \quad (i \ne j), \qquad
# P = (X^T X + \lambda I)^{-1} .
# $$ (eq-ease-solution)
#
# $P$ is as large as all pairs of movies, and to invert that takes long. But there are fewer
# *users* than movies, and the same numbers can be had from the matrix of all pairs of
# *users*, $K = (X X^T + \lambda I)^{-1}$, since
#
# $$
# X P = K X \qquad \text{and} \qquad
# P_{jj} = \frac{1 - x_j^T K x_j}{\lambda},
# $$ (eq-woodbury)
#
# where $x_j$ is the column of movie $j$. (Both follow from the identity of Woodbury. An
# exercise asks you to try them on a small matrix.) So all scores, $X B$, are
# $X - K X / P_{jj}$, column by column:


# %%
def ease_scores(X, l2):
    """Score all movies for all users, with the weights that EASE learns."""
    n_users = X.shape[0]
    K = np.linalg.inv((X @ X.T).toarray() + l2 * np.eye(n_users))
    KX = (X.T @ K).T  # K is symmetric; the sparse matrix goes first
    x_K_x = np.asarray((X * KX).sum(axis=0)).ravel()
    P_diagonal = (1 - x_K_x) / l2
    return X.toarray() - KX / P_diagonal


ndcg_ease, fame_ease = ndcg_and_fame(ease_scores(L, l2=100))

# %% tags=["nbval-check-output"]
print(f"EASE nDCG@10 {ndcg_ease:.3f}, median likes {fame_ease:.0f}")
assert ndcg_ease > turned["nDCG@10"].max()

# %% [markdown]
# Five lines of numpy, and it beats every row above. What has it found that a cosine has
# not? Look at two rows of weights: what makes EASE recommend a movie, by cosine and by
# learnt weight.

# %%
from recsys_helpers.methods.ease import Ease

ease = Ease().fit(train)
cosine_20 = LikeNeighbours("movies", k=20).fit(train)
STAR_WARS = 260
columns = {}
for name, model in {"cosine": cosine_20, "EASE": ease}.items():
    near = model.similar(STAR_WARS, n=8)
    columns[name] = near["movie_id"].map(titles)
display.movie_table(
    pd.DataFrame(columns), caption=f"Near {titles[STAR_WARS]}"
)

# %% [markdown]
# The cosine lists everything that goes along with the film. EASE asks what each movie adds
# *when the others are known already*. If two sequels always come together, one of them
# says it all and the other's weight is small: what is explained twice is counted once.
# Weights below zero exist, too, so a like can speak *against* a movie.
#
# ## Does it beat the baselines?
#
# First, choose the settings, and not on the test. Cut the training rows once more in the same
# way, try a few settings on that part, and say how many were tried. A single cut is a small
# jury, so we cut again what is left, and again, and take the mean of the three. EASE has one
# setting, $\lambda$. We add three ideas about *likes*, each of which can be switched off:
#
# - `half_like_from=3`: three stars are half a like;
# - `recency`: in a person's *own* history the latest likes speak louder, by
#   $e^{-a/\tau}$, where $a$ is 0 for the latest rating and 1 for the oldest;
# - `release_years`: do not recommend a movie that came out after the year of the person's
#   last rating. It did not exist.

# %%
from recsys_helpers.tuning import (
    best_settings,
    inner_splits,
    sample_settings,
    search,
)

inner = inner_splits(train, splits.user_temporal_split, 3)
year_of = movies.set_index("movie_id")["year"]


def ease_with(years, **settings):
    """Make an EASE that knows the years of the movies, or does not."""
    return Ease(release_years=year_of if years else None, **settings)


space = {
    "l2": [50, 100, 150, 250],
    "half_like_from": [None, 3.0],
    "recency": [None, 0.25, 0.5, 1.0],
    "years": [False, True],
}
trials = search(ease_with, sample_settings(space, 12, seed=0), inner)

# %% tags=["nbval-check-output"]
n_combinations = np.prod([len(values) for values in space.values()])
print(f"{len(trials)} of {n_combinations} combinations tried; the best five:")
print(trials.drop(columns="cpu_s").head().round(4).to_string())

# %% [markdown]
# These numbers are for choosing only: the model learnt from fewer rows, and was asked about
# others. Now the best of them learns from all training rows, and meets the test once.

# %%
new_models = {
    "EASE": Ease(),
    "EASE, chosen": ease_with(**best_settings(trials)),
}
new_results = pd.concat(
    evaluate(model, by_user_time, movies=movies, method=name)
    for name, model in new_models.items()
)
old = ["popularity", "movies"]
final_models = {name: list_models[name] for name in old} | new_models
old_results = list_results[list_results["method"].isin(old)]
final_results = pd.concat([old_results, new_results])

# %% tags=["nbval-check-output"]
wanted = ["ndcg@10", "ndcg@10 (any)", "recall@20", "coverage@10"]
print(results_table(final_results, wanted, digits=3).T.to_string())

# %% mystnb={"image": {"alt": "Dots with whiskers for the nDCG at 10 of four methods. Popularity is lowest, then movie neighbours, EASE, and EASE with chosen settings."}}
of_ndcg = final_results.query("metric == 'ndcg@10'")
ax = plots.interval_plot(of_ndcg, label="nDCG@10, 95 % interval")

# %% [markdown]
# The whiskers overlap. Compare user by user, as chapter 2 taught:

# %% tags=["nbval-check-output"]
from recsys_helpers.intervals import paired_difference

per_user = {
    name: ndcg_of_users(model, by_user_time)
    for name, model in final_models.items()
}


def compare(better, worse):
    """Print and return the paired difference of two methods' nDCG@10."""
    gain = paired_difference(per_user[better], per_user[worse])
    print(f"{better} - {worse}:", end=" ")
    print(f"{gain.value:.3f} [{gain.low:.3f}, {gain.high:.3f}]")
    return gain


over_popularity = compare("movies", "popularity")
compare("EASE", "movies")
compare("EASE, chosen", "EASE")
assert over_popularity.low > 0

# %% [markdown]
# An interval that holds zero says: on these users we cannot tell. Movie neighbours against
# popularity is not in doubt.
#
# ## What goes wrong
#
# :::{admonition} What goes wrong, 1: an empty cell is read as a rating
# :class: warning
#
# Raw stars are all positive and an empty cell is a zero, so the cosine sees agreement in
# every movie that two people have in common. Centre first. On the random split it costs the
# difference between the second and the third row of the table of stars, and puts neighbours
# *behind* a model without any taste.
# :::
#
# :::{admonition} What goes wrong, 2: one rating in common makes a perfect match
# :class: warning
#
# A correlation over a single movie is 1 or -1. Shrink by the number in common, and look at
# that number before you believe a neighbour.
# :::
#
# :::{admonition} What goes wrong, 3: everybody's neighbour is the same blockbuster
# :class: warning
#
# Counts in common are popularity with a detour, and lift is its opposite: both ends of the
# dial lose. If your "similar movies" look the same for every movie, ask for the number of
# likes beside each of them.
# :::
#
# :::{admonition} What goes wrong, 4: all pairs at once
# :class: warning
#
# A table of all pairs of movies fills the memory long before the ratings do. Keep the $k$
# nearest only, found block by block.
# :::

# %% tags=["nbval-check-output"]
W = final_models["movies"].neighbours_
all_pairs = 8 * W.shape[0] ** 2 / 2**20
kept = (W.data.nbytes + W.indices.nbytes + W.indptr.nbytes) / 2**20
print(f"all pairs of {W.shape[0]:,} movies: {all_pairs:,.1f} MiB")
print(f"the {W.nnz:,} nearest that we keep: {kept:.1f} MiB")

# %% [markdown]
# ## Exercises
#
# ```{exercise} By hand
# :label: ex-movies-by-hand
#
# Back to the invented five. How similar are *Toy Story* and *Heat*, by the cosine over all
# ratings, with each *person's* mean taken off? Work it out with pencil and paper. (Dora has
# not rated *Heat*: she counts in the length of *Toy Story* only.) What is the sign, and why?
# Then check.
# ```

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-movies-by-hand
# :class: dropdown
# ````
#
# Take off the means (Ann 3.4, Ben 2.5, ...), multiply the two columns cell by cell, add up,
# and divide by the two lengths. Whoever likes the one is below average on the other.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
by_person = people.sub(people.mean(axis=1), axis=0).fillna(0)
toy_story, heat = by_person["Toy Story"], by_person["Heat"]
print(by_person[["Toy Story", "Heat"]].round(2).to_string())
lengths = np.sqrt((toy_story**2).sum() * (heat**2).sum())
by_hand = (toy_story * heat).sum() / lengths
print(f"similarity {by_hand:.2f}")
assert by_hand < 0

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ```{exercise} Why this one?
# :label: ex-explain-neighbours
#
# A sum can be taken apart. For the first user with at least five likes, take the first movie
# that `LikeNeighbours("movies")` recommends, and show the three of the user's own likes that
# added most to its score. (`final_models["movies"].neighbours_` holds the similarities: row
# $i$ has the $k$ movies nearest to $i$. `L` holds the likes.)
# ```

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-explain-neighbours
# :class: dropdown
# ````
#
# The terms of {eq}`eq-votes` are the row of the recommended movie times the user's likes.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
user_row = np.flatnonzero(L.sum(axis=1) >= 5)[0]
user_id = stars.users.ids[user_row]
first = final_models["movies"].recommend(user_id, n=1)
movie_row = stars.movies.rows(first["movie_id"])[0]
terms = (W[[movie_row]] * L[[user_row]]).toarray().ravel()
print(
    f"user {user_id} is shown {titles[first['movie_id'][0]]}, since they liked"
)
for column in top_n(terms, 3):
    print(f"  {titles[stars.movies.ids[column]]}: {terms[column]:.3f}")
assert np.isclose(terms.sum(), first["score"][0])

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ```{exercise} The small matrix does the work of the large one
# :label: ex-woodbury
#
# Make a random matrix $X$ of 6 users and 9 movies, with ones and zeros. Compute $P$ from its
# definition in {eq}`eq-ease-solution`, and $K$. Check both halves of {eq}`eq-woodbury`. Then
# compute $B$ from $P$, and check that `ease_scores` gives $X B$. Which of the two inverses
# would you rather compute for a shop with a million customers and ten thousand products?
# ```

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-woodbury
# :class: dropdown
# ````
#
# The smaller of the two: for the shop that is the one over products. Here there are fewer
# users than movies, so the one over users.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
from scipy import sparse

X = np.random.default_rng(0).integers(0, 2, size=(6, 9)).astype(float)
l2 = 2.0
P = np.linalg.inv(X.T @ X + l2 * np.eye(9))
K = np.linalg.inv(X @ X.T + l2 * np.eye(6))
assert np.allclose(X @ P, K @ X)
assert np.allclose(np.diag(P), [(1 - x @ K @ x) / l2 for x in X.T])
B = -P / np.diag(P)
np.fill_diagonal(B, 0)
assert np.allclose(X @ B, ease_scores(sparse.csr_array(X), l2))
print("all the same")

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ````{exercise} Find the bug
# :label: ex-centring-bug
#
# A colleague has read this chapter and centres. "It makes no difference," they say, "nearly
# all pairs of people are still similar." Their code:
#
# ```python
# R = stars.matrix.toarray()
# centred = R - R.mean(axis=1, keepdims=True)
# similar = sparse_cosine(centred)
# ```
#
# (They also replaced `A @ A.T` by the dense product.) What is wrong? Measure the share of the
# pairs with a movie in common that are similar, by their centring and by ours. What does
# theirs say of pairs with *no* movie in common?
# ````


# %% tags=["exercise"]
def colleagues_centring(stars):
    """The colleague's function: users in rows, movies in columns, dense."""
    R = stars.matrix.toarray()
    return R - R.mean(axis=1, keepdims=True)


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-centring-bug
# :class: dropdown
# ````
#
# The mean is taken over the whole row, empty cells included, so it is a small number near
# zero. It is then taken off the empty cells as well, which turns every one of them into the
# same small dislike. The stars stay what they were, all positive; and two people who have
# nothing in common now have thousands of "ratings" in common.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
theirs = cosine(colleagues_centring(stars))[pairs]
ours_too = sparse_cosine(Z)[pairs]
print(f"similar, raw stars:  {(raw > 0).mean():.0%}")
print(f"similar, theirs:     {(theirs[met] > 0).mean():.0%}")
print(f"similar, ours:       {(ours_too[met] > 0).mean():.0%}")
print(f"nothing in common, theirs: {np.median(theirs[~met]):.3f}")
print(f"nothing in common, ours:   {np.median(ours_too[~met]):.3f}")
assert (theirs[~met] != 0).all()
assert (ours_too[~met] == 0).all()

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ## Recap
#
# - Neighbours vote: people who rate like you, or the movies you liked for the movies like
#   them. Centre first, shrink what rests on little.
# - Stars are a *mean* of votes on top of the bias model, lists are a *sum* of votes.
# - How near is near? Between counting (everything is near the blockbusters) and lift
#   (everything is near the unknown) lies a dial, and the cosine stands well on it.
# - EASE learns the weights by one matrix inverse, and the smaller of two inverses will do.
# - Settings are chosen on a part of the training rows; the number tried is reported.
#
# ## References
#
# {cite:t}`resnick1994grouplens` started it; {cite:t}`herlocker1999algorithmic` weighed the
# evidence; {cite:t}`sarwar2001item` and {cite:t}`linden2003amazon` turned to items;
# {cite:t}`koren2010factor` put neighbours on top of the bias model;
# {cite:t}`robertson2009bm25` explain BM25; {cite:t}`steck2019ease` is EASE, and short;
# {cite:t}`dacrema2019progress` is what happened when such methods were set beside neural ones.

# %% tags=["hide-input"]
from recsys_helpers.measure import this_run

print(this_run(data.edition))
