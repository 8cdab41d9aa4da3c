# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 2 · Judging: how can you tell whether a recommender is good?
#
# :::{admonition} Before you start
# :class: note
#
# **You will learn** to measure a recommender in two ways (does it guess the stars? does
# it find the right ten movies?), to build the baselines that every method must beat, to
# split data so that the test is honest, to say how sure a number is, and to see through
# some common ways of fooling yourself.
#
# **You need** [chapter 1](01_the_data_and_its_long_tail.ipynb), and what a mean, a square root and a
# logarithm are.
#
# **Time** {chapter-time}`about three quarters of an hour; the cells run in seconds`.
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
# [The Keras notebook](../book/articles.md), which
# [chapter 5](05_keras_collaborative_filtering.ipynb) retells, reads off a number of about 1.1
# for its model, compares it with a 0.89 from the literature, and finds the model wanting.
#
# That comparison says nothing. The two numbers measure different things, like a
# temperature in Celsius and one in Fahrenheit. Nobody lied: the ruler was never looked
# at. This chapter is about the ruler. You will need it in every other chapter, and in
# any job where somebody says "ours is better".
#
# ## The idea in a picture
#
# **Hide** some of what people did. Let the method learn from the rest. **Compare** what
# it says with what was hidden. The hidden ratings are the *test*, the others the
# *training* rows; a way to divide them is a {term}`split <Split>`.

# %% mystnb={"image": {"alt": "Bars of the number of ratings over the years. In each bar the larger part is training rows; the test rows, in another colour, sit on top and are found in every year."}} tags=["hide-input"]
by_user_time = splits.user_temporal_split(ratings)
ax = plots.split_plot(by_user_time)

# %% tags=["nbval-check-output"]
train, test = by_user_time.train, by_user_time.test
print(f"{len(train):,} ratings to learn from, {len(test):,} hidden")

# %% [markdown]
# The test rows sit on top. Here the last fifth of each user's ratings is hidden. Users
# came in different years, so the hidden ratings are spread over all of them. Other ways
# to hide are possible, and they answer different questions; we come to that. First: what
# do we ask of a method? There are two questions, and they do not have the same answer:
#
# 1. **How many stars** would this person give that movie? (*rating prediction*)
# 2. **Which ten movies** should we show this person? (*ranking*)
#
# ## Question 1: how many stars?
#
# ### The maths
#
# Write $r_j$ for the $j$-th hidden rating, $\hat r_j$ for the prediction, and $n$ for
# how many there are. The {term}`mean squared error <MSE>`, its root and the
# {term}`mean absolute error <MAE>` are
#
# $$
# \begin{aligned}
# \text{MSE} &= \frac{1}{n} \sum_{j=1}^{n} (\hat r_j - r_j)^2 \\
# \text{RMSE} &= \sqrt{\text{MSE}} \\
# \text{MAE} &= \frac{1}{n} \sum_{j=1}^{n} |\hat r_j - r_j|
# \end{aligned}
# $$ (eq-rmse)
#
# RMSE and MAE are in stars. The MSE is in *squared* stars, which nobody can imagine. The
# RMSE punishes one error of two stars more than two errors of one star.
#
# ### From scratch
#
# The simplest prediction: everybody gives every movie the mean of the training rows.

# %% tags=["nbval-check-output"]
actual = test["rating"].to_numpy()
mean = train["rating"].mean()
errors = mean - actual
print(f"the mean of the training rows: {mean:.3f} stars")
print(f"RMSE {np.sqrt(np.mean(errors**2)):.4f}")
print(f"MAE  {np.mean(np.abs(errors)):.4f}")

# %% [markdown]
# This is the **global mean**. It is off by about a star. Now two things that you know
# from life: some people are stricter than others, and some movies are better than
# others. Write $\mu$ for the global mean. Give each user $u$ a {term}`bias <Bias>` $b_u$
# and each movie $i$ a bias $b_i$, and predict for user $u$ and movie $i$
#
# $$
# \hat r_{ui} = \mu + b_u + b_i .
# $$ (eq-bias)
#
# Which biases? For a movie, we want a $b_i$ that makes the squared errors of its $n_i$
# ratings small. And as one opinion is little evidence, a bias should stay near zero unless
# the ratings speak against it. So we add a *penalty*, and look for the $b_i$ that makes
#
# $$
# \sum_u (r_{ui} - \mu - b_u - b_i)^2 + \lambda \, b_i^2
# $$ (eq-bias-loss)
#
# smallest, where the sum goes over those who rated the movie. The derivative with respect
# to $b_i$ is $-2 \sum_u (r_{ui} - \mu - b_u - b_i) + 2 \lambda \, b_i$. Set it to zero. The
# sum holds $b_i$ once for each of the $n_i$ ratings, so $(n_i + \lambda) \, b_i =
# \sum_u (r_{ui} - \mu - b_u)$, and
#
# $$
# b_i = \frac{\sum_u (r_{ui} - \mu - b_u)}{n_i + \lambda} .
# $$ (eq-shrinkage)
#
# It is the mean of what is left of the ratings, divided by $n_i$ **plus a few**: as if
# $\lambda$ more people had rated the movie, and found it average. A movie with one rating of
# five stars is pulled towards the middle. That is called {term}`shrinkage <Shrinkage>`. We
# take $\lambda = 3$. The users' biases follow in the same way, with $\lambda = 5$, and the two
# take turns.

# %%
users, user_of_row = np.unique(train["user_id"], return_inverse=True)
films, film_of_row = np.unique(train["movie_id"], return_inverse=True)
n_by_user, n_by_film = np.bincount(user_of_row), np.bincount(film_of_row)
rest = train["rating"].to_numpy() - mean

# np.bincount(a, b) adds up the numbers b that belong to each index in a.
b_user, b_film = np.zeros(len(users)), np.zeros(len(films))
for _ in range(15):
    left = np.bincount(film_of_row, rest - b_user[user_of_row])
    b_film = left / (n_by_film + 3)
    left = np.bincount(user_of_row, rest - b_film[film_of_row])
    b_user = left / (n_by_user + 5)

# %% [markdown]
# To predict, look the two biases up. A movie that nobody rated in the training rows has
# a bias of zero: we know nothing about it.

# %% tags=["nbval-check-output"]
bias_of_user = pd.Series(b_user, index=users)
bias_of_film = pd.Series(b_film, index=films)
predicted = (
    mean
    + test["user_id"].map(bias_of_user).fillna(0)
    + test["movie_id"].map(bias_of_film).fillna(0)
)
predicted = predicted.clip(0.5, 5).to_numpy()  # the scale ends there
rmse_scratch = np.sqrt(np.mean((predicted - actual) ** 2))
print(f"RMSE {rmse_scratch:.4f}")

# %% [markdown]
# ### With the library
#
# The class `BiasModel` of `recsys_helpers` does the same. Here are both.

# %% tags=["nbval-check-output"]
from recsys_helpers.methods.baselines import (
    BiasModel,
    GlobalMean,
    MeanRating,
    Popularity,
    RandomChoice,
)

bias_model = BiasModel(
    user_shrinkage=5, movie_shrinkage=3, n_iterations=15
).fit(train)
from_library = bias_model.predict(test["user_id"], test["movie_id"])
rmse_bias = metrics.rmse(actual, from_library)
print(f"RMSE from scratch {rmse_scratch:.4f}, with BiasModel {rmse_bias:.4f}")

# %% [markdown]
# The function `evaluate` fits a method on the training rows and measures it on the test
# rows. Beside the bias model we set two simpler baselines: the global mean, and the mean
# rating of the movie, shrunk with $\lambda = 3$. The brackets hold an interval, which says
# how sure the number is; how it is made comes below.

# %% tags=["nbval-check-output"]
from recsys_helpers.evaluation import evaluate
from recsys_helpers.results import results_table

rating_results = pd.concat(
    evaluate(model, by_user_time).summary
    for model in [GlobalMean(), MeanRating(shrinkage=3), BiasModel()]
)
print(results_table(rating_results, ["rmse", "mae"], digits=3).to_string())

# %% tags=["hide-cell"]
assert np.allclose(from_library, predicted)
assert rmse_bias < np.sqrt(np.mean(errors**2))

# %% [markdown]
# The bias model is a handful of lines and needs milliseconds. It is the one to beat. It knows
# that some people are strict and some movies are good, and nothing about *taste*. A
# network of later chapters that cannot beat it has nothing to show for its trouble.
#
# ## Question 2: which ten movies?
#
# Many sites show no predicted rating. All of them show a short list. What matters is
# what is in it.
#
# Call a hidden movie {term}`relevant <Relevant>` for a user if they gave it four stars or
# more. What a method may choose from, its {term}`candidates <Candidates>`, is *every*
# movie that the user has not rated in the training rows. (A movie that nobody rated
# there is unknown to the methods of this chapter. If it turns out to be relevant, it
# counts as missed.)
#
# ### The maths
#
# Let $\text{hit}_p$ be 1 if the movie at place $p$ of a user's list is relevant, else 0,
# and let $m$ be how many relevant movies the user has. For the first $k$ places:
#
# $$
# \begin{aligned}
# \text{precision@}k &= \frac{1}{k} \sum_{p=1}^{k} \text{hit}_p \\
# \text{recall@}k &= \frac{1}{m} \sum_{p=1}^{k} \text{hit}_p
# \end{aligned}
# $$ (eq-precision)
#
# Both ignore the order within the list. The third measure, {term}`nDCG`, does not: a hit
# at place 1 counts 1, a hit further down counts less, and the sum is divided by what the
# best possible list would get ({cite:t}`jarvelin2002cumulated`, with a discount that has
# become usual since):
#
# $$
# \text{nDCG@}k = \frac{\sum_{p=1}^{k} \text{hit}_p / \log_2(p + 1)}
#                      {\sum_{p=1}^{\min(k, m)} 1 / \log_2(p + 1)}
# $$ (eq-ndcg)
#
# ### From scratch
#
# Work one case by hand before you trust any code. A list of five; the first and the
# third movie are relevant; the user has three relevant movies, so one was missed.

# %% tags=["nbval-check-output"]
hit = np.array([1, 0, 1, 0, 0])
m, k = 3, 5
weight = 1 / np.log2(np.arange(1, k + 1) + 1)
print("weights of the ranks:", weight.round(3))
print(f"precision@5 = 2 / 5           = {hit.sum() / k:.3f}")
print(f"recall@5    = 2 / 3           = {hit.sum() / m:.3f}")
print(f"DCG         = 1 + 0.5         = {hit @ weight:.3f}")
print(f"best DCG    = 1 + 0.631 + 0.5 = {weight[:m].sum():.3f}")
ndcg_by_hand = (hit @ weight) / weight[:m].sum()
print(f"nDCG@5                        = {ndcg_by_hand:.3f}")

# %% [markdown]
# ### With the library
#
# The functions in `recsys_helpers.metrics` take the hits of many users at once, one row
# for each user, and return one value for each.

# %% tags=["nbval-check-output"]
hits, n_relevant = hit[np.newaxis, :].astype(bool), np.array([m])
for name in ["precision_at_k", "recall_at_k", "ndcg_at_k"]:
    value = getattr(metrics, name)(hits, n_relevant, k)[0]
    print(f"{name:15} {value:.3f}")

# %% [markdown]
# Now a real list. `Popularity` recommends the movies with the most ratings, leaving out
# what the user has rated. Take the first user with at least five relevant movies:

# %%
from recsys_helpers.interactions import positives

popularity = Popularity().fit(train)
likes = positives(test, threshold=4)
n_likes = likes["user_id"].value_counts().sort_index()
somebody = n_likes[n_likes >= 5].index[0]
shown = popularity.recommend(somebody, n=10).merge(movies, on="movie_id")
liked_later = likes.loc[likes["user_id"] == somebody, "movie_id"]
is_hit = shown["movie_id"].isin(liked_later)
shown["liked later"] = np.where(is_hit, "yes", "")
display.movie_table(
    shown[["title", "genres", "liked later"]],
    caption=f"The most popular movies that user {somebody} had not rated",
)

# %% tags=["hide-cell"]
assert np.isclose(metrics.ndcg_at_k(hits, n_relevant, k)[0], ndcg_by_hand)

# %% [markdown]
# Any "yes" in the last column is a hit. An empty place does not say that the user would
# dislike the movie: we only know that they did not rate it with four stars or more *in
# the hidden part*. So all numbers of this kind are low. They are for **comparing**
# methods on the same test, not for saying how happy people are.
#
# ## Four baselines, one table
#
# Now all users. First a random list; then the movies with the best mean rating (not
# shrunk); then the best predictions of the bias model, which won the first contest; then
# the most popular movies. Before you look: how would you order them?

# %%
lists = {
    "random": RandomChoice(seed=0),
    "best mean rating": MeanRating(),
    "bias model": BiasModel(),
    "popularity": Popularity(),
}
ranking_results = pd.concat(
    evaluate(model, by_user_time, movies=movies, method=name).summary
    for name, model in lists.items()
)

# %% tags=["nbval-check-output"]
wanted = ["ndcg@10", "recall@20", "coverage@10"]
print(results_table(ranking_results, wanted, digits=3).to_string())

# %% mystnb={"image": {"alt": "Dots with whiskers for the nDCG at 10 of four baselines. From left to right: best mean rating, random, bias model, and popularity, which is the highest."}} tags=["hide-input"]
of_ndcg = ranking_results.query("metric == 'ndcg@10'")
ax = plots.interval_plot(of_ndcg, label="nDCG@10, 95 % interval")

# %% [markdown]
# Popularity stands far to the right of the others, and two of the four near zero. Why?
# Look at how well known the recommended movies are. The function `recommend_all` asks a
# method for the lists of all users. By how many people was the median movie of these lists
# rated, in the training rows?

# %% tags=["nbval-check-output"]
from recsys_helpers.evaluation import recommend_all

test_users = np.unique(test["user_id"])
n_raters = train["movie_id"].value_counts()
raters = {}
for name, model in lists.items():
    recommended = recommend_all(model, test_users, 10).ravel()
    raters[name] = n_raters[recommended].median()
    print(f"{name:17} {raters[name]:4.0f} raters")

# %% tags=["hide-cell"]
assert (
    raters["best mean rating"] < raters["bias model"] < raters["popularity"]
)
with the_text_says(data.edition):
    ndcg = of_ndcg.set_index("method")["value"]
    assert ndcg.idxmax() == "popularity"
    assert ndcg.idxmin() == "best mean rating"

# %% [markdown]
# - **Popularity wins.** It does not know a single rating's value.
# - **The winner of question 1 is beaten in question 2.** The bias model puts the
#   best-liked movies on top, whether many people know them or few. What people rate is
#   more often one that is well known. {cite:t}`cremonesi2010performance` found much the
#   same for far better models, on ratings from Netflix and MovieLens. (They ranked each
#   liked movie among 1,000 drawn at random, which favours popularity: the end of this
#   chapter shows how.)
# - **The best mean rating does no better than chance**: its lists are full of movies that
#   one or two people loved and nobody else has met.
#
# The last column of the table, {term}`coverage <Catalogue coverage>`, is the share of all
# movies that at least one person is shown. All but the random lists show everybody
# nearly the same movies. One number is never the whole story.
#
# ## How sure is that number?
#
# The nDCG of a method is a mean over users. With other users it would be a little
# different: by how much? Ask the data. Draw as many users as there are, *with
# replacement*, so that some come twice and some not at all. Average again. Repeat, and
# take the middle 95 % of the averages: a
# {term}`bootstrap interval <Bootstrap interval>` {cite}`efron1993bootstrap`. In the cell,
# `hits_of` compares the lists with what the users liked later.


# %% tags=["nbval-check-output"]
def ndcg_of_users(model, k=10):
    """nDCG@k of every test user; NaN for users without a relevant movie."""
    recommended = recommend_all(model.fit(train), test_users, k)
    hits, n_relevant = metrics.hits_of(recommended, likes, test_users)
    return metrics.ndcg_at_k(hits, n_relevant, k)


of_popularity = ndcg_of_users(Popularity())
values = of_popularity[~np.isnan(of_popularity)]
rng = np.random.default_rng(0)
draws = [rng.choice(values, len(values)).mean() for _ in range(1000)]
low, high = np.quantile(draws, [0.025, 0.975])
print(f"nDCG@10 of {len(values)} users: {values.mean():.3f}")
print(f"interval: {low:.3f} to {high:.3f}")

# %% [markdown]
# For the RMSE, whole users are drawn too, each with all of their ratings: the ratings of
# one person are not independent of each other. Such an interval does *not* cover the
# chance in a method itself. Another seed for the random list gives another number.
#
# To compare two methods, do not look at whether their intervals overlap. Some users are
# easy for every method, some are hard. Take the **difference for each user** and
# bootstrap that: the {term}`paired difference <Paired difference>`. Here is a close race:
# popularity against a mean rating that is shrunk so strongly that only movies with many
# good ratings come out on top. (The strength is chosen so that the race is close; a
# method that we want to recommend would not have its settings chosen on the test.)

# %% tags=["nbval-check-output"]
from recsys_helpers.intervals import paired_difference

of_shrunk_mean = ndcg_of_users(MeanRating(shrinkage=400))
of_bias_model = ndcg_of_users(BiasModel())
rivals = {"shrunk mean": of_shrunk_mean, "bias model": of_bias_model}
for name, other in rivals.items():
    gap = paired_difference(of_popularity, other)
    verdict = "not decided" if gap.low < 0 < gap.high else "decided"
    interval = f"[{gap.low:+.3f}, {gap.high:+.3f}]"
    print(f"popularity - {name:12} {gap.value:+.3f} {interval} {verdict}")

# %% tags=["hide-cell"]
assert low < values.mean() < high

# %% [markdown]
# An interval that contains zero means: this data does not decide. That is a result too,
# and this course says so when it happens.
#
# ## Which split is honest?
#
# The {term}`split <Split>` decides which question you ask. Three common ones:
#
# - **Fill the holes** (a *random* split): hide any fifth of the ratings. *What else has
#   this person rated?*
# - **The last fifth** (by *each user's time*): hide what each user rated last. *What did
#   this person enter later?*
# - **One moment** (a *global* cut): hide everything after a date. *What if we had stood
#   there, and known nothing of the future?*
#
# What does each let the method know? The table has four columns, all shares of the test
# rows.
#
# - **own future**: the training rows hold a *later* rating by the same user.
# - **any future**: they hold a later rating by anybody.
# - **unrated movie** and **new user**: they hold no rating of this movie, or by this user.

# %%
three_splits = {
    "fill the holes": splits.random_split(ratings, seed=7),
    "the last fifth": by_user_time,
    "one moment": splits.global_temporal_split(ratings),
}


# %% tags=["hide-input"]
def shares_of_test(split):
    """Shares of the test rows, one for each column of the table."""
    train, test = split.train, split.test
    last_of_user = train.groupby("user_id")["timestamp"].max()
    times = test["timestamp"]
    return {
        "own future": (times < test["user_id"].map(last_of_user)).mean(),
        "any future": (times < train["timestamp"].max()).mean(),
        "unrated movie": (~test["movie_id"].isin(train["movie_id"])).mean(),
        "new user": (~test["user_id"].isin(train["user_id"])).mean(),
    }


# %% tags=["nbval-check-output"]
shares = {name: shares_of_test(split) for name, split in three_splits.items()}
shares = pd.DataFrame(shares).T
print(shares.map("{:.0%}".format).to_string())

# %% tags=["hide-cell"]
assert shares.loc["one moment", "any future"] == 0
assert shares.loc["the last fifth", "own future"] == 0
with the_text_says(data.edition):
    assert shares.loc["one moment", "new user"] > 0.5

# %% [markdown]
# To fill holes, the method is asked about Tuesday and has seen Wednesday. The last fifth
# mends that, and still lets the method see what *other* people did later
# {cite}`ji2023leakage`. Only the cut at one moment is free of the future. Its price: most of
# its test rows belong to users who are new, and a method that knows a user by their past has
# nothing to say about them.
#
# (In the last fifth, an unrated movie is an obscure one. A **new movie** is something else
# in this course: *all* ratings of it are hidden, famous or not, as if it had come out
# today. `splits.cold_start_movies` makes such a test.)
#
# ### What does the last fifth ask?
#
# How much time lies between a user's last rating in train and their first in the test?

# %% tags=["nbval-check-output"]
last_in_train = train.groupby("user_id")["timestamp"].max()
seconds = test.groupby("user_id")["timestamp"].min() - last_in_train
within_an_hour = (seconds.dropna() < 60 * 60).mean()
same_second = (seconds.dropna() == 0).mean()
print(f"less than an hour: {within_an_hour:.0%} of the users")
print(f"the same second:   {same_second:.0%} of the users")

# %% [markdown]
# For nearly everybody the cut goes through a sitting. Where it goes through a second,
# only the movie's id decides what is hidden. So the last fifth does *not* ask "what
# will this person want to see next?" It asks: **which movies did this person enter
# later, mostly in the same sitting, on pages that MovieLens had ordered?** A method
# that does well here may have learned that order
# {cite}`woolridge2021sequence,fan2024movielens`.
#
# The same two baselines, three splits. Two more columns describe the likes that are hidden.
# **Fame**: how many ratings has the movie of the median one? **Likes a user**: how many are
# there for each user?

# %% tags=["hide-input"]
fame = ratings["movie_id"].value_counts()
rows = {}
for name, split in three_splits.items():
    of_stars = evaluate(BiasModel(), split).summary.set_index("metric")
    of_lists = evaluate(Popularity(), split).summary.set_index("metric")
    hidden = positives(split.test, threshold=4)
    rows[name] = {
        "bias model: RMSE": of_stars.loc["rmse", "value"],
        "popularity: nDCG@10": of_lists.loc["ndcg@10", "value"],
        "fame": round(hidden["movie_id"].map(fame).median()),
        "likes a user": round(len(hidden) / hidden["user_id"].nunique()),
    }
by_split = pd.DataFrame.from_dict(rows, orient="index")

# %% tags=["nbval-check-output"]
print(by_split.round(3).to_string())

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert within_an_hour > 0.9
    assert same_second > 0.1
    assert by_split["bias model: RMSE"].idxmax() == "one moment"
    assert by_split["popularity: nDCG@10"].idxmax() == "one moment"
    assert by_split["popularity: nDCG@10"].idxmin() == "the last fifth"
    assert by_split["fame"].idxmin() == "the last fifth"
    assert by_split["likes a user"].idxmax() == "one moment"

# %% [markdown]
# Why does popularity do so badly in the last fifth, and so well at one moment?
#
# - In the last fifth, the less famous end of each sitting is hidden. The user's famous
#   movies are in train, so a list may not hold them.
# - To fill holes, famous and obscure movies are hidden alike: more hits.
# - At one moment, *all* that the new users ever rated is hidden: so many likes for each that
#   a popular movie is often a hit. (Their biases are not known, so the RMSE is the
#   highest.)
#
# The three splits ask different questions about different people
# {cite}`meng2020exploring`. **A number without its split means nothing**, and numbers
# from two splits cannot be compared.
#
# ### What is peeking worth?
#
# *You may skip this section.*
#
# To find out, hold the test rows fixed and change only what may be learned. Cut each
# user's ratings into five parts by time. The fourth part is the test. Learn once from the
# three parts before it; and once from as many parts, with the *fifth*, the future, in
# the place of the first.

# %%
in_order = ratings.sort_values(["user_id", "timestamp", "movie_id"])
of_user = in_order.groupby("user_id")["movie_id"]
part = 5 * of_user.cumcount() // of_user.transform("size")
asked = in_order[part == 3]


def squared_errors(parts):
    """Squared errors on the fourth part, learned from the given parts."""
    model = BiasModel().fit(in_order[part.isin(parts)])
    predicted = model.predict(asked["user_id"], asked["movie_id"])
    return (predicted - asked["rating"]) ** 2


# %% tags=["nbval-check-output"]
from recsys_helpers.intervals import bootstrap_interval

honest, peeking = squared_errors([0, 1, 2]), squared_errors([1, 2, 4])
print(f"past only:       RMSE {np.sqrt(honest.mean()):.3f}")
print(f"with the future: RMSE {np.sqrt(peeking.mean()):.3f}")
worth = (honest - peeking).groupby(asked["user_id"])
gain = bootstrap_interval(worth.mean(), weights=worth.size())
print(f"gain in MSE:     {gain.value:.3f} [{gain.low:.3f}, {gain.high:.3f}]")

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert gain.low > 0

# %% [markdown]
# The model did not get better. It was told more: a person's next ratings say more about
# them than their oldest ones do. In real life nobody will tell it.
#
# ## What goes wrong
#
# :::{admonition} What goes wrong, 1: a loss is read as an RMSE
# :class: warning
#
# Networks are trained to lower a *loss*: often the MSE plus a penalty that keeps the
# weights small. The training program prints the loss. It is easily taken for the RMSE that
# papers report.
# :::
#
# Take the bias model. Its biases make the squared errors of all training rows, plus
# $5 \sum_u b_u^2 + 3 \sum_i b_i^2$, as small as possible ({eq}`eq-bias-loss` is one movie's
# part of it). Libraries such as Keras report means, so the penalty is divided by the number
# of training rows; and they add it to the loss of test rows, too. So we can set three numbers
# side by side. They describe **the same predictions**.

# %% tags=["nbval-check-output"]
penalty = (5 * (b_user**2).sum() + 3 * (b_film**2).sum()) / len(train)
mse = metrics.mse(actual, predicted)
print(f"RMSE               {np.sqrt(mse):.3f} stars")
print(f"MSE                {mse:.3f} squared stars")
print(f"MSE plus penalty   {mse + penalty:.3f}")

# %% [markdown]
# And the two numbers of the Keras notebook, each in both units. Its loss holds a penalty of
# unknown size, so all we can say is what the RMSE was *at most*.

# %% tags=["nbval-check-output"]
its_loss, literature_rmse = 1.1, 0.89
at_most = np.sqrt(its_loss)
print(f"literature: RMSE {literature_rmse} = MSE {literature_rmse**2:.2f}")
print(f"notebook:   loss {its_loss}, so an RMSE of at most {at_most:.2f}")

# %% [markdown]
# Below 1, a square is *smaller* than its root. A model with a loss of 0.85 and one with
# an RMSE of 0.89 look alike, and in the same unit they may be far apart, in either
# direction. **Convert, then compare, on one split.**
#
# :::{admonition} What goes wrong, 2: the test is in the average
# :class: warning
#
# It is common to describe a movie by its average rating and a user by their average for
# each genre, and the content notebook does so. The averages are there *before* the rows
# are split. So the rating to be predicted is inside the average that predicts it.
# :::
#
# Predict each test rating by its movie's mean, learned once from the training rows and
# once from all rows, test rows included:

# %% tags=["nbval-check-output"]
random = three_splits["fill the holes"]
pairs = random.test["user_id"], random.test["movie_id"]
honest = MeanRating().fit(random.train).predict(*pairs)
leaky = MeanRating().fit(ratings).predict(*pairs)
rmse_honest = metrics.rmse(random.test["rating"], honest)
rmse_leaky = metrics.rmse(random.test["rating"], leaky)
print(f"movie means from training rows: RMSE {rmse_honest:.3f}")
print(f"movie means from all rows:      RMSE {rmse_leaky:.3f}")

# %% [markdown]
# The gain is no skill. A movie with one rating is its own average: the leak predicts it
# perfectly. This is {term}`leakage <Leakage>`, and it hides in averages and "features" of
# all kinds. The cure is a habit: **split first**.
#
# :::{admonition} What goes wrong, 3: ranking against a hundred candidates
# :class: warning
#
# To save time, many papers rank a hidden movie among 99 others drawn at random, in place of
# all. The task gets easier, and not equally so for all methods.
# :::
#
# We do it to the two rivals of the close race above. Each relevant movie is ranked *alone*,
# among candidates that its user did not rate: once among all of these, once among 99. (So
# the numbers differ from those above, where a list could hold several hits.)

# %% tags=["hide-cell"]
# A thousand users keep the memory small on the larger editions.
asked_users = np.unique(likes["user_id"])[:1000]
is_asked = likes["user_id"].isin(asked_users) & likes["movie_id"].isin(films)
liked = likes[is_asked]
# Where the liked movies, and those that a user did not rate, stand in `films`.
liked_column = np.searchsorted(films, liked["movie_id"])
rated = ratings.groupby("user_id")["movie_id"].agg(list)
unrated = {
    user: np.flatnonzero(~np.isin(films, rated[user]))
    for user in liked["user_id"].unique()
}


# %%
def ndcg_among(candidates, score, k=10):
    """nDCG@k of each liked movie among its candidates: each user's mean."""
    gains = []
    for column, others in zip(liked_column, candidates, strict=True):
        better = (score[others] > score[column]).sum()
        tied = (score[others] == score[column]).sum()
        rank = 1 + better + tied / 2  # a tie counts half
        gains.append(1 / np.log2(rank + 1) if rank <= k else 0)
    return pd.Series(gains).groupby(liked["user_id"].to_numpy()).mean()


# %%
rng = np.random.default_rng(0)
everything = [unrated[user] for user in liked["user_id"]]
sampled = [
    rng.choice(all_of_user, 99, replace=False) for all_of_user in everything
]
scores = {
    "popularity": popularity.counts_,
    "shrunk mean": MeanRating(shrinkage=400).fit(train).movie_means_,
}
among = {
    n_candidates: {name: ndcg_among(c, s) for name, s in scores.items()}
    for n_candidates, c in {"all": everything, "99": sampled}.items()
}

# %% tags=["hide-input", "nbval-check-output"]
table = pd.DataFrame(among).map(np.mean).add_prefix("among ")
print(table.round(3).to_string())
print("\npopularity - shrunk mean")
gaps = {n: paired_difference(*of.values()) for n, of in among.items()}
for n_candidates, gap in gaps.items():
    interval = f"[{gap.low:+.3f}, {gap.high:+.3f}]"
    print(f"among {n_candidates:3}: {gap.value:+.3f} {interval}")

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert rmse_leaky < rmse_honest
    assert gaps["99"].value > gaps["all"].value
    assert gaps["99"].low > 0 or data.edition == "sample"

# %% [markdown]
# Among all candidates the race is not decided, on `small`. Among 99, popularity is clearly
# ahead. Why? A random candidate is nearly always obscure, and to beat an obscure movie it is
# enough to be known. To be among the first ten of a hundred, a movie need only be among the
# first tenth of all, and nobody looks that far down. The fewer the candidates, the less the
# first places matter {cite}`krichene2020sampled`: with a single one, all that counts is how
# often a liked movie has a higher score than another, the {term}`AUC`. Outside of this
# demonstration, **the course never samples candidates.**
#
# ## The protocol of this course
#
# From here on every method is judged like this, so that numbers can be compared across
# chapters:
#
# :::{admonition} The protocol
# :class: important
#
# - **Splits.** The first question of each chapter is the last fifth
#   (`user_temporal_split`). Where a chapter predicts stars, it also fills holes, since
#   published numbers do. [Chapter 9](09_five_methods.ipynb) asks all three questions; at one moment it
#   gives the method the first ten ratings of each newcomer, as a site would have them.
# - **Stars.** RMSE and MAE over all test ratings, predictions kept within 0.5 to 5. Busy
#   users count for more here; it is what published numbers do.
# - **Lists.** All movies that the user has not rated in train are candidates. Relevant
#   is a test rating of four stars or more. nDCG@10 first, and beside it recall@20, coverage,
#   and, from [chapter 9](09_five_methods.ipynb) on, {term}`novelty <Novelty>`,
#   {term}`diversity <Diversity>` and {term}`popularity lift <Popularity lift>`. The mean over
#   users who have something relevant, so that everybody counts once.
# - **Intervals.** Bootstrap over users, 95 %. Two methods are compared by their paired
#   difference.
# - **Settings** of a method are chosen on a part of the training rows, never on the test.
# :::
#
# {cite:t}`dacrema2019progress` repeated published comparisons with well-tuned simple
# methods and found that many newer methods did not beat them. A protocol that treats the
# baseline as well as the favourite is the whole trick.
#
# ## Results so far
#
# This table grows. Each chapter adds its methods, marked *new*, judged by this protocol. All
# settings are those that the search of [chapter 9](09_five_methods.ipynb) chose on training
# rows, so a number may differ a little from that of the same method above: popularity, for
# example, counts likes here, and all ratings there.

# %%
from recsys_helpers.display.so_far import results_so_far

results_so_far("baselines")

# %% [markdown]
# Whoever comes next has these rows to beat: the bias model's in stars, and that of
# popularity in lists. The last column asks for movies of which nobody has seen a rating.
# There chance is the only one of the three that finds any.
#
# ## Exercises
#
# ```{exercise} By hand
# :label: ex-by-hand
#
# A list of four movies has hits at ranks 2 and 3. The user has two relevant movies. Work
# out precision@4, recall@4 and nDCG@4 with pencil and paper, then check with
# `recsys_helpers.metrics`. (Its functions want one row of `True` and `False` for each
# user.) Where would the two hits have to be for an nDCG of 1?
# ```

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-by-hand
# :class: dropdown
# ````
#
# Precision is 2/4, recall is 2/2. The weights of ranks 2 and 3 are $1/\log_2 3 = 0.631$
# and $1/\log_2 4 = 0.5$; the best list has its hits at ranks 1 and 2, with
# $1 + 0.631$.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
hits = np.array([[False, True, True, False], [True, True, False, False]])
for name in ["precision_at_k", "recall_at_k", "ndcg_at_k"]:
    print(f"{name:15}", getattr(metrics, name)(hits, [2, 2], k=4).round(3))
assert np.isclose(
    metrics.ndcg_at_k(hits, [2, 2], k=4)[0], (0.6309 + 0.5) / 1.6309, 1e-3
)

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# The second row is the best list: hits at ranks 1 and 2.
#
# ````{solution-end}
# ````

# %% [markdown]
# ```{exercise} One hidden movie for each user
# :label: ex-last
#
# `splits.leave_last_out` hides only the last rating of each user. Evaluate `Popularity` on
# it, and look at `recall@10`, `hit rate@10` (the share of users with at least one hit) and
# `precision@10`. Why are the first two equal there, and how large can the third be at
# most?
# ```

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-last
# :class: dropdown
# ````
#
# Each user has at most one relevant movie. Recall is then 0 or 1, like the hit rate. At
# most one of ten places can be a hit, so precision@10 is at most 0.1.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
last_out = splits.leave_last_out(ratings)
last = evaluate(Popularity(), last_out).summary
last = last.set_index("metric")["value"]
print(last[["recall@10", "hit rate@10", "precision@10"]].round(4).to_string())
assert last["recall@10"] == last["hit rate@10"]
assert np.isclose(last["precision@10"], last["recall@10"] / 10)

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ````{exercise} Find the bug
# :label: ex-precision-bug
#
# A colleague reports a precision@10 that is well above yours, for the same lists. Their
# function, which is like one in a widely used library, says
#
# ```python
# def precision(hits, n_relevant, k):
#     return hits[:, :k].sum(axis=1) / np.minimum(k, n_relevant)
# ```
#
# What is wrong? For which users does it differ from {eq}`eq-precision`? Measure how much
# it adds on our data, and find a user for whom it equals the *recall*. (Leave out users
# with nothing relevant: there is nothing to divide by.)
# ````


# %% tags=["exercise"]
def precision(hits, n_relevant, k):
    """The colleague's function."""
    return hits[:, :k].sum(axis=1) / np.minimum(k, n_relevant)


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-precision-bug
# :class: dropdown
# ````
#
# Precision is the share of the *list* that is good, so it is divided by the length of
# the list. Divided by the number of relevant movies it is recall. The colleague's
# function gives precision to users with many relevant movies, recall to users with few,
# and averages the two.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
recommended = recommend_all(Popularity().fit(train), test_users, 10)
hits, n_relevant = metrics.hits_of(recommended, likes, test_users)
hits, n_relevant = hits[n_relevant > 0], n_relevant[n_relevant > 0]
right = metrics.precision_at_k(hits, n_relevant, 10)
wrong = precision(hits, n_relevant, 10)
few = n_relevant <= 10
print(f"right {right.mean():.4f}, wrong {wrong.mean():.4f}")
print(f"the wrong one adds {wrong.mean() - right.mean():.4f}")
print(f"users with at most ten relevant movies: {few.mean():.0%}")
recall = metrics.recall_at_k(hits, n_relevant, 10)
one = np.flatnonzero(few & (wrong > 0))[0]
print(f"one of them: wrong {wrong[one]:.2f}, recall {recall[one]:.2f}")
assert np.allclose(wrong[few], recall[few])
assert np.allclose(wrong[~few], right[~few])
assert wrong.mean() > right.mean()

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ## Recap
#
# - Two questions: how many stars (RMSE, MAE), and which ten movies (nDCG, recall). A
#   method can win one and lose the other.
# - A baseline comes first: the bias model for stars, popularity for lists.
# - Split first, learn second. Say which split, and what it asks: here, mostly what people
#   entered later in the same sitting.
# - A loss is not an RMSE, precision is divided by $k$, and candidates are not sampled.
# - A number needs an interval, and a comparison a paired difference.
#
# ## References
#
# {cite:t}`jarvelin2002cumulated` introduced nDCG; {cite:t}`cremonesi2010performance`
# compared rating prediction with ranking; {cite:t}`krichene2020sampled` took sampled
# metrics apart; {cite:t}`meng2020exploring` and {cite:t}`ji2023leakage` compared splits
# and measured leaks; {cite:t}`fan2024movielens` and {cite:t}`woolridge2021sequence`
# asked what the order of MovieLens' ratings means; {cite:t}`dacrema2019progress` asked
# how much progress there was. {cite:t}`vargas2011rank` put novelty and diversity into
# one frame, of which this course uses the plainest members; {cite:t}`koren2009matrix`
# explain the bias model on the way to matrix factorisation.

# %% tags=["hide-input"]
from recsys_helpers.measure import this_run

print(this_run(data.edition))
