# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 3 · Neighbours and EASE: can others tell what you will like?
#
# :::{admonition} Before you start
# :class: note
#
# **You will learn** to find people who rate like you, and movies that are rated alike; to
# predict stars and to make lists from them; what goes wrong when neighbours have one movie
# in common, or when everybody's neighbour is the same blockbuster; and how a few
# lines of linear algebra, called EASE, let the data choose the weights.
#
# **You need** [chapter 2](02_is_it_any_good.ipynb): the split, RMSE, nDCG and the two baselines to
# beat. From algebra: the dot product of two vectors, the product and the inverse of
# matrices. For EASE, the gradient of a sum of squares.
#
# **Time** {chapter-time}`about three quarters of an hour; the cells run in a minute`.
# :::

# %% tags=["remove-cell"]
# On Colab, this cell installs the course's package. Elsewhere it does nothing.
import subprocess
import sys
from importlib.metadata import version

if "google.colab" in sys.modules:
    course = "git+https://github.com/five-ways/recommend-a-movie"
    # Colab's own tools need the major version of pandas that they came with.
    pandas = f"pandas<{int(version('pandas').split('.')[0]) + 1}"
    pip = [sys.executable, "-m", "pip", "install", "-q"]
    subprocess.run([*pip, course, pandas], check=True)

# %% tags=["nbval-check-output"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from recsys_helpers import datasets, display, metrics, plots, splits
from recsys_helpers.datasets import the_text_says

data = datasets.load_movielens()
ratings, movies = data.ratings, data.movies
titles = movies.set_index("movie_id")["title"]
print(f"edition: {data.edition}")
print(f"{len(ratings):,} ratings of {len(movies):,} movies")

# %% [markdown]
# ## Why anyone wants this
#
# You want to know whether a movie is for you. You ask a friend whose taste is like yours.
# That is the oldest idea of this field: one of the first systems, for news articles, asked
# what people who had agreed with a reader before thought of the next one
# {cite}`resnick1994grouplens`. It needs to know nothing about the articles, or the movies:
# only who liked what. So it is called {term}`collaborative filtering <Collaborative
# filtering>`.
#
# It is still worth knowing. It *explains* itself ("because you liked ..."). What you rated a
# moment ago counts in your next list, with nothing to train. And it is hard to beat: when
# {cite:t}`dacrema2019progress` set newer methods beside well-tuned simple ones, neighbours
# among them, the simple ones were often ahead.
#
# ## The idea in a picture
#
# Five people, invented for this page, have rated some of six movies.

# %%
nothing = np.nan
people = pd.DataFrame(
    {
        "Toy Story": [5, 4, 2, 5, 3.5],
        "Babe": [4.5, 4, 1.5, nothing, 4],
        "Aladdin": [4, nothing, 2, nothing, 4],
        "Heat": [2, 1, 5, nothing, 3],
        "GoldenEye": [1.5, 0.5, 4.5, nothing, nothing],
        "Speed": [nothing, 1, 5, 4, 2.5],
    },
    index=["Ann", "Ben", "Cem", "Dora", "Eli"],
)

# %% mystnb={"image": {"alt": "A grid of five people and six movies. Ann likes the three family films and dislikes the action films. Ben rates like Ann, a little lower. Cem likes the action films and dislikes the others. Dora has rated two movies. Eli's ratings lie close together. Ann's cell for Speed is empty."}} tags=["hide-input"]
ax = plots.rating_grid(people)

# %% [markdown]
# One cell of Ann's row is empty. What would **Ann** give *Speed*? Ben is stricter than
# Ann, and otherwise rates as she does. Cem is her opposite. Dora agrees with her on the
# one movie that both have rated. Eli likes what she likes, if less loudly. You have an
# answer in your head by now. Keep it: we teach the computer to find it.
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
# It is 1 when two vectors point the same way, -1 when they point opposite ways, and 0 when
# the two have no movie in common. In the code, cell $(u, v)$ of `rows @ rows.T` is the dot
# product of rows $u$ and $v$, and `np.outer` multiplies every length with every other. Look
# at Cem, Ann's opposite. What should his number be?


# %% tags=["nbval-check-output"]
def cosine(rows):
    """Cosine similarity of every pair of rows."""
    lengths = np.sqrt((rows**2).sum(axis=1))
    return rows @ rows.T / np.outer(lengths, lengths)


def with_ann(rows):
    """How similar is each of the others to Ann?"""
    similar = pd.DataFrame(cosine(rows), people.index, people.index)
    return similar.loc["Ann"].drop("Ann").round(2)


raw_toy = with_ann(people.fillna(0).to_numpy())
print(raw_toy.to_string())

# %% [markdown]
# Ben and Eli come first, good. But Cem is similar too, more so than Dora, who agrees with
# Ann. The reason: a rating of two stars is a positive number, so every movie that two
# people have in common makes them more alike, whatever they think of it.
#
# The cure is to **centre**: take each person's mean off their ratings. Then a number above
# zero means "better than this person's average", one below zero "worse", and the zero of
# an empty cell means what it should: no news.

# %% tags=["nbval-check-output"]
toy_centred = people.sub(people.mean(axis=1), axis=0)
alike = with_ann(toy_centred.fillna(0).to_numpy())
print(alike.to_string())

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
# is above zero. (An opposite like Cem says something, too. But with negative weights the
# denominator can come near zero, so he stays silent.)

# %% tags=["nbval-check-output"]
votes = toy_centred["Speed"].drop("Ann")
weights = alike.clip(lower=0)
print(pd.DataFrame({"vote": votes, "weight": weights}).round(2).to_string())
vote = (weights * votes).sum() / weights.sum()
ann = people.loc["Ann"].mean()
print(f"\nAnn's mean {ann:.2f} + vote {vote:.2f} = {ann + vote:.2f} stars")

# %% tags=["hide-cell"]
assert raw_toy["Cem"] > raw_toy["Dora"]
assert alike["Cem"] < 0 < alike["Ben"]
assert ann + vote < ann

# %% [markdown]
# Below her average. Was that your answer? (Dora gave *Speed* four stars and votes against
# it: four is below *her* mean, which rests on two movies.)
#
# ### The same on real ratings
#
# We use [chapter 2](02_is_it_any_good.ipynb)'s split by each user's time: what did
# somebody enter later, mostly in the same sitting? `Z` is the matrix of the centred
# training ratings. It is nearly empty, so it is *sparse*: only the ratings are stored,
# and a product of two such matrices skips the empty cells. (It has fewer movies than the
# data: some were rated only in the hidden part.)

# %% tags=["nbval-check-output"]
from recsys_helpers.interactions import Interactions

by_user_time = splits.user_temporal_split(ratings)
train, test = by_user_time.train, by_user_time.test
user_means = train.groupby("user_id")["rating"].transform("mean")
with_centred = train.assign(centred=train["rating"] - user_means)

known = Interactions.from_ratings(train)
Z = Interactions.from_ratings(with_centred, values="centred").matrix
print(f"{Z.shape[0]:,} users, {Z.shape[1]:,} movies, {Z.nnz:,} ratings")

# %% [markdown]
# For sparse matrices, `A * A` multiplies cell by cell and `A @ A.T` is the matrix product.
# (The tiny number keeps us from dividing by zero, for somebody who rates everything alike.)


# %%
def sparse_cosine(A):
    """Cosine similarity of every pair of rows of a sparse matrix."""
    lengths = np.sqrt((A * A).sum(axis=1))
    return (A @ A.T).toarray() / np.maximum(np.outer(lengths, lengths), 1e-12)


# %% [markdown]
# Take all pairs of people who have a movie in common. How many of them are similar?

# %% tags=["nbval-check-output"]
pairs = np.triu_indices(Z.shape[0], k=1)  # each pair of users once
met = (known.matrix @ known.matrix.T).toarray()[pairs] > 0
raw_pairs = sparse_cosine(known.matrix)[pairs][met]
centred_pairs = sparse_cosine(Z)[pairs][met]
print(f"pairs of people with a movie in common: {met.mean():.0%}")
print(f"similar (above zero) by raw stars:      {(raw_pairs > 0).mean():.0%}")
print(
    f"similar when centred:                   {(centred_pairs > 0).mean():.0%}"
)

# %% tags=["hide-cell"]
assert (raw_pairs > 0).all()
with the_text_says(data.edition):
    assert (centred_pairs > 0).mean() < 0.75

# %% [markdown]
# With raw stars *all* of them. Centred, about two in three. Why not one in two? Some movies
# are better than others, and most people put them above their mean. We take that off below.
#
# ### One movie in common
#
# Which lengths belong under the fraction? Equation {eq}`eq-cosine` takes *all* ratings of
# both people. The textbook form looks only at $C$, the movies that both have rated. With
# $z$ for the centred ratings:
#
# $$
# \text{sim}(u, v) =
#   \frac{\sum_{i \in C} z_{ui} \, z_{vi}}
#        {\sqrt{\sum_{i \in C} z_{ui}^2} \, \sqrt{\sum_{i \in C} z_{vi}^2}}
# $$ (eq-common)
#
# For users this is (nearly) {term}`Pearson's correlation <Pearson correlation>`, for movies
# the *adjusted cosine* {cite}`sarwar2001item`. Look what it does. We take the user for whom
# the most others are a perfect match:

# %%
rated = Z.copy()
rated.data = np.ones_like(rated.data)  # 1 for every rating
n_common = (rated @ rated.T).toarray().astype(int)
# [u, v]: the sum of u's squares, over the movies that v has rated.
squares = ((Z * Z) @ rated.T).toarray()
below = np.sqrt(squares * squares.T)
textbook = (Z @ Z.T).toarray() / np.maximum(below, 1e-12)
np.fill_diagonal(textbook, 0)  # nobody is their own neighbour


# %% tags=["hide-input"]
def nearest_to(row, similar, n=5):
    """Show the n users most similar to the one in a row of Z."""
    best = np.argsort(-similar[row], kind="stable")[:n]
    shown = {
        "user_id": known.users.ids[best],
        "similarity": similar[row, best],
        "movies in common": n_common[row, best],
    }
    return pd.DataFrame(shown)


# %% tags=["nbval-check-output"]
perfect = (textbook > 0.9999).sum(axis=1)
row = int(np.argmax(perfect))
print(f"user {known.users.ids[row]}: {perfect[row]} perfect matches")
print(nearest_to(row, textbook).round(2).to_string(index=False))
most_in_common = n_common[row][textbook[row] > 0.9999].max()

# %% [markdown]
# Perfect strangers. Two people with one movie in common, on the same side of their own
# means, have a similarity of exactly 1. It is the same trouble as the movie with a
# single rating of five stars, and it has the same kind of cure: little evidence, little
# weight. {cite:t}`herlocker1999algorithmic` multiplied by $\min(n_{uv}, 50) / 50$, with
# $n_{uv}$ movies in common. We take the smoother {term}`shrinkage <Shrinkage>` of
# {cite:t}`koren2010factor`, with a constant $\lambda$ (here 20; each $\lambda$ of this course
# has a value of its own):
#
# $$
# \frac{n_{uv}}{n_{uv} + \lambda} .
# $$ (eq-significance)

# %% tags=["nbval-check-output"]
shrunk = textbook * n_common / (n_common + 20)
print(nearest_to(row, shrunk).round(2).to_string(index=False))
before = nearest_to(row, textbook)["movies in common"].mean()
after = nearest_to(row, shrunk)["movies in common"].mean()

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert most_in_common <= 5
    assert after > before

# %% [markdown]
# Fewer miracles, more in common. That the numbers are small now does no harm: the fraction
# {eq}`eq-user-neighbours` divides by their sum. (The cosine over *all* ratings
# {eq}`eq-cosine` shrinks by itself: one movie is a small part of two long vectors.)
#
# ## Movies have neighbours, too
#
# Turn the table on its side. Now each *movie* is a vector: what everybody thought of it.
# Two movies are near when the same people put both above their own average, or both below.
# To predict what $u$ thinks of movie $i$, ask the movies $j$ that $u$ has rated, the more
# similar to $i$ the louder:
#
# $$
# \hat r_{ui} = b_{ui} +
#   \frac{\sum_{j \in N} \text{sim}(i, j) \, (r_{uj} - b_{uj})}
#        {\delta + \sum_{j \in N} \text{sim}(i, j)}
# $$ (eq-item-neighbours)
#
# where $N$ holds the $k$ movies most similar to $i$ among those that $u$ has rated, and
# sim is shrunk as above. Two details are new. In the place of a plain mean stands
# $b_{ui}$, the {term}`bias <Bias>` model of [chapter 2](02_is_it_any_good.ipynb):
# neighbours need to explain only what it leaves open. And a small $\delta$ in the
# denominator keeps a single faint neighbour from having the full say.
#
# Shops took this side early {cite}`linden2003amazon`. They have more customers than
# products; what is near a product changes slowly and can be worked out overnight; and
# "because you liked *Heat*" is a better sentence than "because customer 4711 liked it".
#
# ### With the library
#
# The class `RatingNeighbours` of `recsys_helpers` does both sides. In its settings, `of` says
# whose neighbours, and `centre` what is taken off the ratings before they are compared;
# `baseline` is the $b$, `shrinkage` the $\lambda$, `damping` the $\delta$; and
# `common_only=True` is {eq}`eq-common`. Which movies are near one that you may know?

# %% tags=["nbval-check-output"]
from recsys_helpers.methods.neighbours import RatingNeighbours

by_the_book = RatingNeighbours(common_only=True, shrinkage=0).fit(train)
full = RatingNeighbours().fit(train)
id_of = pd.Series(titles.index, titles)
ALIEN, GOLDENEYE = id_of["Alien (1979)"], id_of["GoldenEye (1995)"]
near = {
    "Alien, textbook": by_the_book.similar(ALIEN, n=5),
    "Alien, full": full.similar(ALIEN, n=5),
    "GoldenEye, full": full.similar(GOLDENEYE, n=5),
}
for name, frame in near.items():
    frame["title"] = frame["movie_id"].map(titles)
    shown = frame[["similarity", "n_common", "title"]].round(2)
    shown = shown.rename(columns={"n_common": "raters in common"})
    print(f"Near {name}\n{shown.to_string(index=False)}\n")

# %% [markdown]
# First, movies with hardly a rater in common. Then, with everything in place, the sequel,
# and on `small` four more films of science fiction, though nobody told the method of genres.
# ([Find films near *Alien* on the live page](../book/live.md?film=1214), too.) Not every
# film is so lucky. The similarities of *GoldenEye* are low: a list has five nearest, whether
# they are near or not. And near means that people agreed on the two, not what happens in
# them.
#
# Now all hidden ratings. For stars we take the random split, as published numbers do. The
# rows go from the plainest form to the full one: centred, shrunk, with the bias model as
# baseline. (Its $k = 40$, $\lambda = 50$ and $\delta = 0.1$ are set by hand;
# [chapter 9](09_five_methods.ipynb) searches.)

# %%
from recsys_helpers.evaluation import evaluate
from recsys_helpers.methods.baselines import BiasModel
from recsys_helpers.results import results_table

plain = {"centre": "nothing", "shrinkage": 0, "damping": 0}
centring = {"baseline": "user mean", "shrinkage": 0, "damping": 0}
star_models = {
    "bias model": BiasModel(),
    "users: raw": RatingNeighbours("users", baseline="global mean", **plain),
    "users: votes centred": RatingNeighbours(
        "users", baseline="user mean", **plain
    ),
    "users: all centred": RatingNeighbours("users", **centring),
    "users: full": RatingNeighbours("users"),
    "movies: raw": RatingNeighbours(baseline="global mean", **plain),
    "movies: textbook": RatingNeighbours(common_only=True, **centring),
    "movies: full": RatingNeighbours(),
}

# %% tags=["nbval-check-output"]
at_random = splits.random_split(ratings)
judged_stars = {
    name: evaluate(model, at_random, method=name)
    for name, model in star_models.items()
}
star_results = pd.concat(one.summary for one in judged_stars.values())
print(results_table(star_results, ["rmse", "mae"], digits=3).to_string())

# %% [markdown]
# Which of these differ from the bias model by more than chance? Compare the squared errors
# of the same people. Of eight comparisons one may look decided by luck, so the last column
# asks more of each. A *p-value* says how often chance alone would make a difference as large.
# *Holm's correction* {cite}`holm1979simple` wants the smallest of eight below 0.05 / 8, the
# next below 0.05 / 7, and so on.

# %% tags=["hide-input", "nbval-check-output"]
from recsys_helpers.comparison import corrected_p_values, paired_differences
from recsys_helpers.intervals import paired_difference

errors = {
    name: one.per_user["squared error"] for name, one in judged_stars.items()
}
pairs_of_models = [(name, "bias model") for name in list(errors)[1:]]
pairs_of_models += [("movies: textbook", "movies: raw")]
n_of_user = at_random.test["user_id"].value_counts().sort_index()
changes = paired_differences(errors, pairs_of_models, weights=n_of_user)
print("squared error, on average over the ratings")
print(changes.round(3).to_string())

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    strangers, friends, of_goldeneye = near.values()
    assert strangers["n_common"].mean() < friends["n_common"].mean()
    assert friends["similarity"].max() > of_goldeneye["similarity"].max()
    genres = movies.set_index("movie_id")["genres"]
    of_friends = genres[friends["movie_id"]].str.contains("Sci-Fi")
    assert of_friends.all() or data.edition == "sample"
    best_of_all = changes.loc["movies: full - bias model"]
    assert best_of_all["high"] < 0
    assert best_of_all["decided"]

# %% [markdown]
# The bias model knows nothing about taste, and on `small` all plain forms, raw or textbook,
# are *worse* than it. Among users the largest single step is to centre the *votes* (from *raw*
# to the row below): three stars from a strict person and three from a mild one do not say
# the same. But of movies, *textbook*, centred and over common raters only, is worse than
# *raw*: there the perfect strangers speak loudest. With shrinkage and the bias model in
# place both sides get ahead on this split. When you read that a new method "beats neighbours", ask which row
# was measured.
#
# ## From stars to a list
#
# [Chapter 2](02_is_it_any_good.ipynb) showed that the best predicted stars make poor
# lists. The fault is in the fraction. It makes a *mean*, and a mean from one enthusiast
# is as good as a mean from fifty. For a list, leave the denominator out, and let the
# neighbours *add up*. Let
# $\ell_{uj}$ be 1 if user $u$ liked movie $j$ (four stars or more), else 0:
#
# $$
# \text{score}(u, i) = \sum_{j \in N_k(i)} \text{sim}(i, j) \, \ell_{uj}
# $$ (eq-votes)
#
# where $N_k(i)$ are the $k$ movies nearest to $i$ of *all*, whether $u$ knows them or not,
# and two movies are near when the same people liked them.

# %% tags=["nbval-check-output"]
from recsys_helpers.interactions import positives, top_n

likes = positives(train, threshold=4)
L = Interactions.from_ratings(
    likes, values=None, users=known.users, movies=known.movies
).matrix  # values=None: a one for each like
likes_of_movie = L.sum(axis=0)
print(f"{L.nnz:,} likes; the most liked movie has {likes_of_movie.max():.0f}")

# %% [markdown]
# ### Why the popular neighbour wins
#
# How near are two movies, $i$ and $j$, that were liked by $n_i$ and $n_j$ people,
# $n_{ij}$ of them by the same? The first idea is to count, $n_{ij}$. The cosine divides
# by $\sqrt{n_i n_j}$. One could go further and divide by $n_i n_j$ itself, which is
# called *lift*. (The *popularity lift* of [chapter 2](02_is_it_any_good.ipynb) is something
# else.) So there is a dial, a power $\gamma$,
#
# $$
# \text{sim}_\gamma(i, j) = \frac{n_{ij}}{(n_i n_j)^\gamma} ,
# $$ (eq-dial)
#
# with $\gamma = 0$ for the count, ½ for the cosine and 1 for lift. Turn it, and look at the
# ten nearest movies of a film: how many people liked *them*?

# %%
dial = {
    "count (gamma = 0)": 0,
    "cosine (gamma = ½)": 0.5,
    "lift (gamma = 1)": 1,
}
well_known = np.flatnonzero(likes_of_movie >= 10)
asked = well_known[:: max(1, len(well_known) // 300)]  # about 300 movies
n_ij = (L.T[asked] @ L).toarray()
n_i_n_j = np.maximum(np.outer(likes_of_movie[asked], likes_of_movie), 1)
fame_of_nearest = {}
for name, gamma in dial.items():
    similar = n_ij / n_i_n_j**gamma
    similar[np.arange(len(asked)), asked] = 0  # not its own neighbour
    nearest = [top_n(one_movie, 10) for one_movie in similar]
    fame_of_nearest[name] = np.median(likes_of_movie[nearest], axis=1)

# %% mystnb={"image": {"alt": "Scatter plot on logarithmic axes: likes of a movie against the median likes of its ten nearest movies. By count all points lie near the top, whatever the movie. By cosine the points rise with the movie's own likes. By lift they lie at the bottom."}} tags=["hide-input"]
with plots.course_style():
    fig, ax = plt.subplots()
    for (name, fame), marker in zip(
        fame_of_nearest.items(), "os^", strict=True
    ):
        ax.plot(
            likes_of_movie[asked], fame, marker, ms=4, alpha=0.6, label=name
        )
    ax.set(xscale="log", yscale="log", xlabel="Likes of the movie")
    ax.set(ylabel="Median likes of its ten nearest")
    ax.legend(title="Similarity")

# %% tags=["nbval-check-output"]
own = np.median(likes_of_movie[asked])
print(f"the movies themselves have a median of {own:.0f} likes")
medians = {name: np.median(fame) for name, fame in fame_of_nearest.items()}
for name, median in medians.items():
    print(f"{name:19} median likes of the nearest: {median:.0f}")
by_count, by_cosine, by_lift = medians.values()

# %% [markdown]
# By count (circles), *everything* is near the same few blockbusters, since so many people
# liked them. By lift (triangles), everything is near movies that almost nobody knows: one
# like in common with a movie that has a single like is a perfect match. By cosine
# (squares), a movie's neighbours tend to be about as famous as itself.
#
# What is that worth in a list? To begin with let $k$ in {eq}`eq-votes` be *all* movies.
# All scores of all users are then $L S$, where $S$ holds the similarities
# {eq}`eq-dial`. We scale the columns of $L$ first and work out $(L L^T) L$: the bracket is
# users by users, while that of $L (L^T L)$ would be movies by movies, which is larger.


# %%
def all_scores(gamma):
    """Score all movies for all users, with the dial at `gamma`."""
    scaled = L * np.maximum(likes_of_movie, 1) ** -gamma
    return (scaled @ L.T).toarray().T @ scaled


# %%
def ten_best(scores):
    """Columns of each user's ten best movies that they have not rated."""
    unseen = np.where(known.matrix.toarray() > 0, -np.inf, scores)
    return np.array([top_n(of_user, 10) for of_user in unseen])


def ndcg_of_lists(best):
    """nDCG@10 of everybody's list, on the hidden ratings."""
    lists, users = known.movies.ids[best], known.users.ids
    hits = metrics.hits_of(lists, positives(test, 4), users)
    return np.nanmean(metrics.ndcg_at_k(*hits, 10))


# %% [markdown]
# The row *likes alone* scores a movie by its number of likes, for everybody alike. The last
# column says how many of the ten movies are also on that list.

# %%
everybody = np.ones((len(known.users), 1))
lists = {"likes alone": ten_best(everybody * likes_of_movie)}
for gamma in [0, 0.25, 0.5, 0.75, 1]:
    lists[f"gamma = {gamma}"] = ten_best(all_scores(gamma))


# %% tags=["hide-input"]
def with_fame(best):
    """nDCG@10 of the lists, and how popular they are."""
    both = zip(best, lists["likes alone"], strict=True)
    shared = [np.isin(*two).sum() for two in both]
    median = int(np.median(likes_of_movie[best]))
    return round(ndcg_of_lists(best), 3), median, round(np.mean(shared), 1)


# %% tags=["nbval-check-output"]
turned = pd.DataFrame(
    [with_fame(best) for best in lists.values()],
    index=list(lists),
    columns=["nDCG@10", "median likes", "of 10 shared"],
)
print(turned.to_string())

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert by_count > by_cosine > by_lift
    assert turned["nDCG@10"].idxmax() == "gamma = 0.5"

# %% [markdown]
# Down the column of median likes you see the blockbusters go, and at the far end the
# lists are bad. The count is popularity with a detour: most of each list is the same for
# everybody. The highest number comes from the middle of the dial. (We look at the test
# here to understand the dial, not to set it.) Look for such a dial in every method: what
# does it do with fame?
#
# ### How many neighbours?
#
# The sum {eq}`eq-votes` over all movies has a fault. Thousands of faint similarities add
# up, and popular movies have the most of them. So let only the $k$ nearest speak. The class
# `LikeNeighbours` does it, for movies or users.
#
# Which $k$? That is a setting, and the protocol says: choose it on a part of the *training*
# rows. The function `inner_splits` cuts off their last fifth, and then the last fifth of
# what is left. Here we use the first of the two cuts, and below both.

# %%
from recsys_helpers.methods.neighbours import LikeNeighbours
from recsys_helpers.tuning import inner_splits

inner = inner_splits(train, splits.user_temporal_split, 2)
ks = [2, 5, 20, 100, 500]
by_k = []
for k in ks:
    result = evaluate(LikeNeighbours(k=k), inner[0], n_bootstrap=200)
    by_k.append(result.summary.query("metric == 'ndcg@10'").assign(k=k))
by_k = pd.concat(by_k)

# %% mystnb={"image": {"alt": "Line of nDCG at 10 on a part of the training rows against the number of neighbours k on a logarithmic axis, with a shaded interval. It rises steeply from two to five neighbours and is nearly level from twenty on."}} tags=["hide-input"]
with plots.course_style():
    fig, ax = plt.subplots()
    ax.plot(by_k["k"], by_k["value"], "o-")
    ax.fill_between(by_k["k"], by_k["low"], by_k["high"], alpha=0.2)
    ax.set(xscale="log", xticks=ks, xticklabels=ks)
    ax.set(xlabel="Neighbours k", ylabel="nDCG@10 on training rows")

# %% tags=["nbval-check-output"]
print(by_k.set_index("k")["value"].round(3).to_string())

# %% [markdown]
# Two neighbours are too few; from twenty on the line is nearly level. We take 20, which is
# quick. (Libraries have relatives of this method. Some weigh the ratings first, such as
# {term}`BM25`, which comes from text search {cite}`robertson2009bm25`.)
#
# ## EASE: let the data choose the weights
#
# A similarity is a guess at what predicts a like. Why guess? We have the likes: *learn* the
# weights that predict them {cite}`steck2019ease`. The paper on {term}`EASE` calls the matrix of
# likes $X$; it is our $L$. Find a matrix $B$, movies by movies, such that each person's likes,
# multiplied by $B$, give back their likes:
#
# $$
# \begin{gathered}
# \min_B \; \lVert X - X B \rVert^2 + \lambda \lVert B \rVert^2 \\
# \text{where } B_{jj} = 0 \text{ for all } j .
# \end{gathered}
# $$ (eq-ease)
#
# ($\lVert \cdot \rVert^2$ is the sum of the squares of all cells.) The condition matters.
# Without it every movie would be allowed to predict itself, and little else would be
# learned. The penalty $\lambda$ keeps the weights small; it is shrinkage once more, and
# called `l2` in the code.
#
# ### One column is a regression
#
# Take one movie $j$. Its column $x_j$ of $X$ says who liked it. Column $j$ of $B$, call it
# $b$, holds the weights of all movies for this one, and $X b$ should come near $x_j$. So
# {eq}`eq-ease` is one regression for each movie, in which one weight, $b_j$, is held at zero.
#
# How do you minimise with a condition? With a *Lagrange multiplier*: add the condition times
# an unknown number (we write $2\theta$), set the gradient to zero, and choose $\theta$
# such that the condition holds. Here that is
#
# $$
# \begin{gathered}
# \lVert x_j - X b \rVert^2 + \lambda \lVert b \rVert^2 + 2 \theta \, b_j , \\
# -2 X^T (x_j - X b) + 2 \lambda b + 2 \theta e = 0 ,
# \end{gathered}
# $$
#
# where $e$ is column $j$ of the identity matrix $I$: a one at place $j$, else zeros. Put all
# that has $b$ on the left:
#
# $$
# (X^T X + \lambda I) \, b = X^T x_j - \theta e .
# $$
#
# Write $P$ for the inverse of the bracket. Now look at $X^T x_j$. It is column $j$ of
# $X^T X$, and $X^T X$ is the bracket less $\lambda I$. So
#
# $$
# X^T x_j = P^{-1} e - \lambda e .
# $$
#
# Put this in, multiply both sides by $P$, and
#
# $$
# b = e - (\lambda + \theta) \, P e .
# $$
#
# The vector $P e$ is column $j$ of $P$. At place $j$ this says $b_j = 1 - (\lambda + \theta)
# P_{jj}$, which has to be zero. So $\lambda + \theta = 1 / P_{jj}$, and at all other places
#
# $$
# \begin{gathered}
# B_{ij} = - \frac{P_{ij}}{P_{jj}} \quad (i \ne j), \\
# P = (X^T X + \lambda I)^{-1} .
# \end{gathered}
# $$ (eq-ease-solution)
#
# There is nothing to train, and *one* inverse does for all movies. Try it on the five
# invented people. The left column solves the regression of *Heat* in the plain way, with
# *Heat* left out of the movies that predict it. The right one is {eq}`eq-ease-solution`.

# %% tags=["nbval-check-output"]
X_toy = (people >= 4).to_numpy(float)
j = people.columns.get_loc("Heat")
others = np.delete(X_toy, j, axis=1)
by_regression = np.linalg.solve(
    others.T @ others + np.eye(5), others.T @ X_toy[:, j]
)
P = np.linalg.inv(X_toy.T @ X_toy + np.eye(6))  # lambda is 1
by_formula = np.delete(-P[:, j] / P[j, j], j)
for_heat = pd.DataFrame(
    {"regression": by_regression, "formula": by_formula},
    index=people.columns.delete(j),
)
print((for_heat.round(3) + 0).to_string())

# %% [markdown]
# The same. Who liked *GoldenEye* or *Speed* is expected to like *Heat*. And the weight of
# *GoldenEye* is the larger one: Dora liked *Speed* and has no like of *Heat*.
#
# ### The same from a smaller matrix
#
# *You may skip this section.*
#
# $P$ is as large as all pairs of movies, and to invert that takes long. But there are fewer
# *users* than movies, and $K = (X X^T + \lambda I)^{-1}$ is as large as all pairs of users.
# Both brackets are in
#
# $$
# X \, (X^T X + \lambda I) = (X X^T + \lambda I) \, X ,
# $$
#
# since both sides are $X X^T X + \lambda X$. Multiply by $K$ from the left and by $P$ from the
# right, and $K X = X P$. That is one half of what we need. For the other, begin with
# $P (X^T X + \lambda I) = I$, which is $\lambda P = I - P X^T X$. Here $P X^T$ is $X^T K$ (the
# half that we have, transposed), so $\lambda P = I - X^T K X$. Read off its diagonal:
#
# $$
# X P = K X \quad \text{and} \quad
# P_{jj} = \frac{1 - x_j^T K x_j}{\lambda} .
# $$ (eq-woodbury)
#
# (It is a case of Woodbury's identity.) Now {eq}`eq-ease-solution` says that column $j$ of
# $B$ is that of $I - P / P_{jj}$. So the scores $X B$ are $X - K X$ with column $j$ of $K X$
# divided by $P_{jj}$:


# %%
def ease_scores(X, l2):
    """Score all movies for all users, with the weights that EASE learns."""
    n_users = X.shape[0]
    K = np.linalg.inv((X @ X.T).toarray() + l2 * np.eye(n_users))
    KX = (X.T @ K).T  # K is symmetric; the sparse matrix goes first
    x_K_x = np.asarray((X * KX).sum(axis=0)).ravel()
    P_diagonal = (1 - x_K_x) / l2
    return X.toarray() - KX / P_diagonal


# %% [markdown]
# ### What has it found?
#
# Now the lists of everybody, with the round number 100 for $\lambda$, which we have not tuned:

# %% tags=["nbval-check-output"]
best = ten_best(ease_scores(L, l2=100))
print(f"EASE nDCG@10 {ndcg_of_lists(best):.3f}", end=", ")
print(f"median likes {np.median(likes_of_movie[best]):.0f}")

# %% [markdown]
# A few lines of numpy, and the highest number so far; below we set it beside the movie
# neighbours, person by person. What has it found that a cosine has not? Take *Star Wars*, and
# the eight movies nearest to it by cosine. How much does a like of each say, when all other
# likes are known? The last column is its place among all movies by EASE's weight.

# %%
from recsys_helpers.methods.ease import Ease

ease = Ease(l2=100).fit(train)
STAR_WARS = titles.index[titles.str.startswith("Star Wars")][0]
by_cosine = LikeNeighbours("movies").fit(train).similar(STAR_WARS, n=8)
weights = pd.Series(ease.weights_of(STAR_WARS), index=known.movies.ids)
places = weights.rank(ascending=False).astype(int)
nearest = pd.DataFrame(
    {
        "near Star Wars": by_cosine["movie_id"].map(titles),
        "cosine": by_cosine["similarity"],
        "EASE weight": by_cosine["movie_id"].map(weights),
        "EASE place": by_cosine["movie_id"].map(places),
    }
)
display.movie_table(nearest, caption="Cosine and learned weight")

# %% tags=["nbval-check-output"]
share_negative = (weights < 0).mean()
print(f"weights below zero: {share_negative:.0%}")

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert ndcg_of_lists(best) > turned["nDCG@10"].max()
    assert 0 < share_negative < 1

# %% [markdown]
# The places differ. On `small` the two sequels stay on top, while other movies with a
# high cosine fall far back: whoever likes them likes the sequels or *Raiders of the Lost
# Ark* as well, and those are counted already. Movies that always come together *share* the
# weight that one of them would have alone. And many weights are below zero: a like can
# speak *against* a movie.
#
# ## Does it beat the baselines?
#
# First, choose EASE's settings: $\lambda$, from how many stars a rating is a like, and
# from how many it is half a like (`half_like_from`; with `None` there are no halves). We
# draw sixteen combinations at random and judge each by its mean nDCG@10 on the two inner
# cuts. How many were tried belongs in the report: the best of a thousand is lucky as well
# as good. (Here the neighbours have had five values of $k$.
# [Chapter 9](09_five_methods.ipynb) gives every method up to sixteen trials, or all there
# are.)

# %%
from recsys_helpers.tuning import best_settings, sample_settings, search

space = {
    "l2": [50, 100, 200, 400, 800, 1600],
    "like_threshold": [3.5, 4.0, 4.5],
    "half_like_from": [None, 2.5, 3.0],
}
trials = search(Ease, sample_settings(space, 16, seed=0), inner)

# %% tags=["nbval-check-output"]
n_combinations = np.prod([len(values) for values in space.values()])
print(f"{len(trials)} of {n_combinations} combinations tried; the best five:")
print(trials.drop(columns="cpu_s").head().round(4).to_string())

# %% [markdown]
# Now the best of them learns from all training rows, and meets the test once.

# %%
from recsys_helpers.methods.baselines import Popularity

list_models = {
    "popularity": Popularity(),
    "users": LikeNeighbours("users"),
    "movies": LikeNeighbours("movies"),
    "EASE": Ease(),
    "chosen EASE": Ease(**best_settings(trials)),
}
judged = {
    name: evaluate(model, by_user_time, movies=movies, method=name)
    for name, model in list_models.items()
}

# %% tags=["nbval-check-output"]
list_results = pd.concat(one.summary for one in judged.values())
wanted = ["ndcg@10", "recall@20", "coverage@10"]
print(results_table(list_results, wanted, digits=3).to_string())

# %% mystnb={"image": {"alt": "Dots with whiskers for the nDCG at 10 of five methods. Popularity is far to the left of the other four, whose whiskers overlap."}} tags=["hide-input"]
of_ndcg = list_results.query("metric == 'ndcg@10'")
ax = plots.interval_plot(of_ndcg, label="nDCG@10, 95 % interval")

# %% [markdown]
# Popularity lies far to the left. The other whiskers overlap, so compare user by user.

# %% tags=["nbval-check-output"]
per_user = {name: one.per_user["ndcg@10"] for name, one in judged.items()}
pairs_of_methods = [
    ("movies", "popularity"),
    ("EASE", "movies"),
    ("chosen EASE", "movies"),
    ("chosen EASE", "EASE"),
]
gains = paired_differences(per_user, pairs_of_methods)
print(gains.round(4).to_string())

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    over_popularity = gains.loc["movies - popularity"]
    assert over_popularity["low"] > 0
    assert over_popularity["decided"]

# %% [markdown]
# Movie neighbours against popularity is not in doubt. On `small` EASE with the round 100 is
# better than movie neighbours. For the settings that were searched for that is not decided,
# nor whether they differ from the round 100. A search promises nothing; it keeps the choice
# away from the test.
#
# ### Does the latest like say the most?
#
# *You may skip this section.*
#
# People change, so let the latest likes speak louder: in a person's *own* history one
# counts $e^{-a/\rho}$, where $a$ goes from 0 for the latest rating to nearly 1 for the
# oldest. In the code $\rho$ is `recency`. *Whose* lists get better: those of people who
# entered all of their ratings within one day, or of the others? And on the random split?

# %%
times = ratings.groupby("user_id")["timestamp"]
within_a_day = times.max() - times.min() < 24 * 60 * 60
both = {
    "plain": list_models["chosen EASE"],
    "recency": Ease(**best_settings(trials), recency=0.25),
}


# %% tags=["hide-input"]
def gain_of_recency(split):
    """Compare all people, those of one day and the others."""
    of = {n: evaluate(m, split).per_user["ndcg@10"] for n, m in both.items()}
    one_day = within_a_day[of["plain"].index]
    groups = {"all": one_day | True, "one day": one_day, "longer": ~one_day}
    for who, mask in groups.items():
        plain, recency = of["plain"][mask], of["recency"][mask]
        gain = paired_difference(recency, plain)._asdict()
        yield {"split": split.name, "who": who, "plain": plain.mean()} | gain


# %% tags=["nbval-check-output"]
of_recency = pd.DataFrame(
    [*gain_of_recency(by_user_time), *gain_of_recency(at_random)]
)
of_recency["decided"] = corrected_p_values(of_recency) < 0.05
print(of_recency.round(3).to_string(index=False))

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    all_at_random = of_recency.iloc[3]
    assert all_at_random["high"] < 0
    assert all_at_random["decided"]

# %% [markdown]
# On `small` a gain on the last fifth shows in people whose taste had one sitting to
# change in; for longer histories nothing is decided. That fits the order of pages, and
# does not prove it: MovieLens shows well-known movies first, what is entered last in a
# sitting stood on the later pages ([chapter 2](02_is_it_any_good.ipynb)), and the likes
# just before tell which pages. On the random split, where no rating need be late, the
# same setting *loses* more than a quarter. The comparison of
# [chapter 9](09_five_methods.ipynb) leaves recency out.
#
# ## What goes wrong
#
# You have met three traps on the way: raw stars, one rating in common, and the blockbuster
# that is everybody's neighbour. Here is a fourth.
#
# :::{admonition} What goes wrong: all pairs at once
# :class: warning
#
# A table of all pairs of movies fills the memory long before the ratings do. Keep the $k$
# nearest only, found block by block.
# :::

# %% tags=["nbval-check-output"]
W = list_models["movies"].neighbours_
all_pairs = 8 * W.shape[0] ** 2 / 2**20
kept = (W.data.nbytes + W.indices.nbytes + W.indptr.nbytes) / 2**20
print(f"all pairs of {W.shape[0]:,} movies: {all_pairs:,.1f} MiB")
print(f"the {W.nnz:,} nearest that we keep: {kept:.1f} MiB")

# %% [markdown]
# ## Results so far
#
# The table of [chapter 2](02_is_it_any_good.ipynb), with three new rows. Their settings are
# those that the search of [chapter 9](09_five_methods.ipynb) chose.

# %%
from recsys_helpers.display.so_far import results_so_far

results_so_far("neighbours")

# %% [markdown]
# In stars, neighbours err less than the bias model; in lists they are ahead of popularity,
# and EASE is ahead of them. Person by person, all three differences are decided
# ([chapter 9](09_five_methods.ipynb) has them). Mind the settings: above, with $k = 20$,
# movie neighbours did better. The search judges by *older* ratings, and what is best for
# them need not be best for these.
# None of the three can find a new movie, since nobody has liked it yet.
#
# ## Exercises
#
# ```{exercise} By hand
# :label: ex-movies-by-hand
#
# Back to the invented five. How similar are *Toy Story* and *Heat*, by the cosine over
# all ratings, with each *person's* mean taken off? Work it out with pencil and paper.
# (Dora has not rated *Heat*: she counts in the length of *Toy Story* only.) What is the
# sign, and why? Then check.
# ```

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-movies-by-hand
# :class: dropdown
# ````
#
# Take off each person's mean, multiply the two columns cell by cell, add up, and divide by
# the two lengths. Whoever likes the one rates the other below their own mean.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
mean_of_each = people.mean(axis=1)
by_person = people.sub(mean_of_each, axis=0).fillna(0)
toy_story, heat = by_person["Toy Story"], by_person["Heat"]
shown = by_person[["Toy Story", "Heat"]].assign(mean=mean_of_each)
print(shown.round(2).to_string())
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
# A sum can be taken apart. For the first user with at least five likes, take the first
# movie that `LikeNeighbours("movies")` recommends, and show the three of the user's own
# likes that added most to its score. (`W`, above, holds the similarities: row $i$ has
# the $k$ movies nearest to $i$, and `W[[i]].toarray()` makes it a plain array. `L` holds
# the likes, and `known.movies.rows` turns a movie's id into its row.)
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
user_id = known.users.ids[user_row]
first = list_models["movies"].recommend(user_id, n=1)
movie_row = known.movies.rows(first["movie_id"])[0]
terms = (W[[movie_row]] * L[[user_row]]).toarray().ravel()
print(
    f"user {user_id} is shown {titles[first['movie_id'][0]]}, since they liked"
)
for column in top_n(terms, 3):
    print(f"  {titles[known.movies.ids[column]]}: {terms[column]:.3f}")
assert np.isclose(terms.sum(), first["score"][0])

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ```{exercise} The small matrix does the work of the large one
# :label: ex-woodbury
#
# Make a random matrix $X$ of 6 users and 9 movies, with ones and zeros. Compute $P$ from
# its definition in {eq}`eq-ease-solution` with $\lambda = 2$, and $K$. Check both halves of
# {eq}`eq-woodbury`. Then compute $B$ from $P$, and check that `ease_scores` gives $X B$.
# (It wants a sparse matrix: `scipy.sparse.csr_array(X)`.) Which of the two inverses would
# you rather compute for a shop with a million customers and ten thousand products?
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
# R = known.matrix.toarray()
# theirs = R - R.mean(axis=1, keepdims=True)
# similar = cosine(theirs)
# ```
#
# What is wrong? Measure the share of the pairs with a movie in common that are similar, by
# their centring and by ours (`pairs` and `met` are still there). What does theirs say of
# pairs with *no* movie in common?
# ````

# %% tags=["exercise"]
R = known.matrix.toarray()
theirs = R - R.mean(axis=1, keepdims=True)
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-centring-bug
# :class: dropdown
# ````
#
# The mean is taken over the whole row, empty cells included. It is near zero, so the stars
# stay nearly what they were, all positive. And it is taken off the empty cells, too: every
# one of them becomes the same small dislike. Two people with nothing in common now
# "disagree" a little, always: what one has rated, the other "dislikes".

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
by_theirs = cosine(theirs)[pairs]
by_ours = sparse_cosine(Z)[pairs]
print(f"similar, raw stars:  {(raw_pairs > 0).mean():.0%}")
print(f"similar, theirs:     {(by_theirs[met] > 0).mean():.0%}")
print(f"similar, ours:       {(by_ours[met] > 0).mean():.0%}")
print(f"nothing in common, theirs: {np.median(by_theirs[~met]):.3f}")
print(f"nothing in common, ours:   {np.median(by_ours[~met]):.3f}")
assert (by_theirs[~met] < 0).all()
assert (by_ours[~met] == 0).all()

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ## Recap
#
# - Neighbours vote: people who rate like you vote for movies, or the movies you liked
#   vote for movies like them. Centre first, shrink what rests on little.
# - Stars are a *mean* of votes on top of the bias model, lists are a *sum* of votes.
# - How near is near? Between counting (everything is near the blockbusters) and lift
#   (everything is near the unknown) lies a dial, and the cosine stands well on it.
# - EASE learns the weights by one matrix inverse, and the smaller of two inverses will do.
# - Settings are chosen on a part of the training rows; the number tried is reported.
# - A gain asks for a second look: whose is it? That of recency is in histories of one day.
#
# ## References
#
# {cite:t}`resnick1994grouplens` started it; {cite:t}`herlocker1999algorithmic` weighed the
# evidence; {cite:t}`sarwar2001item` and {cite:t}`linden2003amazon` turned to items;
# {cite:t}`koren2010factor` put neighbours on top of the bias model;
# {cite:t}`robertson2009bm25` explain BM25; {cite:t}`steck2019ease` is EASE, and short;
# {cite:t}`dacrema2019progress` is what happened when such methods were set beside neural
# ones.

# %% tags=["hide-input"]
from recsys_helpers.measure import this_run

print(this_run(data.edition))
