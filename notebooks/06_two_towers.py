# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 6 · Two towers: what if nobody has rated it yet?
#
# :::{admonition} Before you start
# :class: note
#
# **You will learn** to recommend from what is *known* of people and movies: to make
# features of ratings without telling a model what it shall predict; to build two
# networks that meet in a single dot product; to tell "unknown" from "zero"; to train
# towers for lists as they are trained in production; and to measure all this on movies
# and people that the model has never met.
#
# **You need** [chapter 2](02_is_it_any_good.ipynb), and from
# [chapter 5](05_keras_collaborative_filtering.ipynb) how a model is trained, what a bias is, and
# what a validation row is for.
#
# **Time** {chapter-time}`about an hour and a quarter; the cells run in three minutes`.
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

from recsys_helpers import datasets, display, plots, splits
from recsys_helpers.datasets import the_text_says

data = datasets.load_movielens()
ratings, movies = data.ratings, data.movies
by_id = movies.set_index("movie_id")
titles = by_id["title"]
by_chance = splits.random_split(ratings)
train, test = by_chance.train, by_chance.test
print(f"edition: {data.edition}")
print(f"{len(train):,} ratings to learn from, {len(test):,} hidden")

# %% [markdown]
# The split is the random one of [chapter 5](05_keras_collaborative_filtering.ipynb), so that the
# numbers of the two chapters can be compared. It is *one* split, made before
# anything is computed from the ratings. Everything below is made of `train`, or says so.
#
# This chapter retells *Deep Learning for Movies Recommendation System*, in short
# [the content notebook](../book/articles.md), and then builds towers of its own.
#
# ## Why anyone wants this
#
# Nearly every method so far knows people and movies by their *ids*, and learns
# something about each id from its ratings. So it has nothing to say about a movie that
# came out today, or a person who signed up a minute ago. How often does that happen
# here?

# %% tags=["nbval-check-output"]
slices = splits.cold_slices(by_chance)
print(
    f"hidden ratings of movies without a training rating: {slices['new_movie'].mean():.1%}"
)
print(
    f"of movies with one to five of them: {slices['rare_movie'].mean():.1%}"
)

# %% [markdown]
# In a random split that is a small part; in a shop that gets new goods each day, it is the
# question of the day: {term}`cold start <Cold start>`.
#
# Something *is* known of a new movie: its genres, its year. And something is soon known
# of a new person: what they say that they like, or the first few ratings. The method of
# this chapter does not need an id.
#
# ## The idea in a picture

# %% mystnb={"image": {"alt": "Two columns of boxes with arrows downwards. Left: what is known of a person (strict? likes war? watches comedies? how many ratings?), the user tower, a vector and a level. Right: what is known of a movie (genres, year, and how good it is if there are ratings), the movie tower, a vector and a level. Both arrows end in one box in the middle: dot product, then stars."}} tags=["hide-input"]
ax = plots.plot_two_sides(
    [
        "strict? likes war?\nwatches comedies?\nhow many ratings?",
        "user tower",
        "a vector, a level",
    ],
    [
        "genres, year; how good,\nif there are ratings",
        "movie tower",
        "a vector, a level",
    ],
    "dot product: stars",
)

# %% [markdown]
# A {term}`tower <Tower>` is a small neural network. One turns a person's features into a
# vector, the other a movie's, and the two meet in a dot product and nowhere else. Here is
# what a tower could be told of two people.

# %%
from recsys_helpers.features.content import average_features

averages = average_features(train, movies)
often = averages.users["n_ratings"] >= 50
by_genre = averages.users[often][["Action", "Children", "Drama", "Horror"]]
beyond = by_genre.sub(averages.users["average"][often], axis=0).dropna()
two = [(beyond["Drama"] - beyond["Action"]).idxmax()]
two += [(beyond["Action"] - beyond["Drama"]).idxmax()]

# %% mystnb={"image": {"alt": "Bars of how far two people's averages in four genres lie above or below their own average. One rates drama above and action below, the other the reverse."}} tags=["hide-input"]
with plots.course_style():
    fig, ax = plt.subplots(figsize=(7, 2.8))
    places = np.arange(beyond.shape[1])
    for offset, user, colour in zip(
        (-0.2, 0.2), two, (plots.BLUE, plots.VERMILION), strict=True
    ):
        stars = beyond.loc[user]
        label = f"user {user}"
        ax.bar(places + offset, stars, width=0.4, color=colour, label=label)
    ax.axhline(0, color=plots.GREY, linewidth=1)
    ax.set_xticks(places, beyond.columns)
    ax.set(xlabel="Genre", ylabel="Stars above their own average")
    fig.legend(loc="outside upper right", ncols=2)

# %% [markdown]
# One of them rates dramas above their own average and action below it, the other the
# reverse. A tower could learn to send the two in different directions.
#
# ## The maths
#
# Let $\varphi_u$ be the features of user $u$ and $\varphi_i$ those of movie $i$. The
# towers are functions $f$ and $g$ with many weights. The content notebook predicts stars,
# squeezed to lie within $-1$ and $1$, by
#
# $$
# \hat r_{ui} = \frac{f(\varphi_u)}{|f(\varphi_u)|} \cdot \frac{g(\varphi_i)}{|g(\varphi_i)|} .
# $$ (eq-towers-source)
#
# Both vectors are brought to length 1, so the product is the cosine of the angle
# between them. Our own version, further down, adds to each vector a **level**: one
# number, in stars.
#
# $$
# \begin{aligned}
# \hat r_{ui} = \mu &+ a(\varphi_u) + c(\varphi_i) \\
# &+ f(\varphi_u) \cdot g(\varphi_i)
# \end{aligned}
# $$ (eq-towers-ours)
#
# You know this formula: it is that of [chapter 5](05_keras_collaborative_filtering.ipynb), where biases
# and vectors were looked up in a table by id. Here they are *computed*, from features.
#
# ## From scratch
#
# A tower with two hidden layers is three matrix products. After each of the first two, what
# is below zero is cut off; at the end the vector is brought to length 1.


# %%
def tower(x, weights):
    """Run features, shape (n, n_features), through a tower."""
    *hidden, (last, shift) = weights
    for W, b in hidden:
        x = np.maximum(x @ W + b, 0)
    v = x @ last + shift
    return v / np.linalg.norm(v, axis=1, keepdims=True)


# %% [markdown]
# And the features? The content notebook comes with finished tables: for each person the
# average rating of each genre, for each movie its genres, its year and its average
# rating. In pandas an average by person and genre is three lines.

# %%
rated = train.merge(movies[["movie_id", "genres"]], on="movie_id")
rated = rated.explode("genres")
by_hand = rated.pivot_table("rating", "user_id", "genres", aggfunc="mean")
shown = ["Action", "Comedy", "Drama", "Western"]
print(by_hand.loc[two, shown].round(2).to_string())
unknown = by_hand.isna().to_numpy().mean()
print(f"of the whole table {unknown:.0%} is empty")

# %% tags=["hide-cell"]
found = averages.users[by_hand.columns]
assert np.allclose(found, by_hand.reindex(found.index), equal_nan=True)

# %% [markdown]
# Where somebody has rated nothing of a genre the table is *empty*, and we leave it empty
# (NaN) for now.
#
# ## With the library: the content notebook's model
#
# It uses 16 genres, so do we.

# %%
from recsys_helpers.features.content import genre_flags

left_out = ["Film-Noir", "IMAX", "Western"]
flags = genre_flags(movies).drop(columns=left_out, errors="ignore")
genres = flags.columns
content = flags.assign(year=by_id["year"].astype(float).fillna(1990))


def pairs_of(features, rows):
    """Features of the user and of the movie of each row."""
    users = features.users.reindex(rows["user_id"])
    return users, features.movies.reindex(rows["movie_id"])


def notebook_inputs(users, of_movies, rows):
    """Arrange the features of some rows; no rating of a genre becomes 0."""
    known = content.reindex(rows["movie_id"]).to_numpy()
    average = of_movies["average"].fillna(train["rating"].mean())
    of_user = users.reindex(columns=genres).fillna(0)
    return of_user.to_numpy(), np.column_stack([known, average])


# %% [markdown]
# The networks are wide: 512, then 256, then a vector of 32. Keras has a layer that cuts a
# vector to length 1.

# %%
from recsys_helpers.nn import reproducible_keras

keras = reproducible_keras(seed=0)
from keras import layers


def notebook_tower():
    """Build one tower of the content notebook."""
    wide = [layers.Dense(n, activation="relu") for n in (512, 256)]
    return keras.Sequential(
        [*wide, layers.Dense(32), layers.UnitNormalization()]
    )


def notebook_model(n_user, n_movie):
    """Build two towers that meet in a dot product; give them too."""
    inputs = [keras.Input((n_user,)), keras.Input((n_movie,))]
    towers = [notebook_tower(), notebook_tower()]
    vectors = [one(x) for one, x in zip(towers, inputs, strict=True)]
    return keras.Model(inputs, layers.Dot(axes=1)(vectors)), *towers


# %% [markdown]
# Is a tower what {eq}`eq-towers-source` and the few lines above say that it is? The
# first numbers of the vector of one made-up input:

# %%
model, user_tower, _ = notebook_model(len(genres), len(genres) + 2)
some = np.random.default_rng(0).normal(size=(1, len(genres)))
w = user_tower.get_weights()
in_numpy = tower(some, list(zip(w[0::2], w[1::2], strict=True)))
in_keras = np.asarray(user_tower(some))
print("numpy:", in_numpy[0, :5].round(4))
print("Keras:", in_keras[0, :5].round(4))
print(f"{model.count_params():,} weights in both towers")

# %% tags=["hide-cell"]
assert np.allclose(in_numpy, in_keras, atol=1e-4)

# %% [markdown]
# Networks like their inputs to be about as large as each other. So each feature is
# scaled: less its mean, divided by its spread (`StandardScaler`). The stars are brought
# to within $-1$ and $1$. The content notebook trains for 30 epochs on 32 ratings at a
# time; to be quick, take three epochs and a thousand.

# %%
from sklearn.preprocessing import StandardScaler

from recsys_helpers.metrics import rmse
from recsys_helpers.nn.parts import ShuffledRows


def train_notebook(inputs, model, n_epochs=3):
    """Train on the inputs of `train`; give the scalers."""
    scalers = [StandardScaler().fit(side) for side in inputs]
    target = (train["rating"].to_numpy() - 2.75) / 2.25
    model.compile(keras.optimizers.Adam(0.002), loss="mse")
    scaled = tuple(scale(scalers, inputs))
    batches = ShuffledRows(scaled, target, batch_size=1000, seed=0)
    model.fit(batches, epochs=n_epochs, shuffle=False, verbose=0)
    return scalers


# %% tags=["hide-input"]
def scale(scalers, inputs):
    """Scale the inputs of users and of movies."""
    return [
        x.transform(side) for x, side in zip(scalers, inputs, strict=True)
    ]


def predict_notebook(model, scalers, inputs):
    """Predict stars."""
    scaled = scale(scalers, inputs)
    squeezed = model.predict(scaled, batch_size=8192, verbose=0)[:, 0]
    return np.clip(squeezed * 2.25 + 2.75, 0.5, 5)


# %% [markdown]
# ## What the averages give away
#
# :::{admonition} What goes wrong, 1: averages that know the answers
# :class: warning
#
# A common way is to make the averages of *all* ratings first, and to split then. So a
# movie's average in the training table has the hidden ratings of the movie in it; a
# person's has theirs. This is {term}`leakage <Leakage>`.
# :::
#
# Train the same model three times. First with averages of all ratings, as in the content
# notebook. Then with averages of the training ratings only. That is honest, and something is still wrong with it: a
# training row's own rating is a part of the averages that it is described by. A test
# row's is not. So, third, **leave one out**: describe each training row by the averages
# of all *other* ratings. With the sum $S$ and the number $n$ of a person's ratings of a
# genre, that is
#
# $$
# \frac{S - r}{n - 1} .
# $$ (eq-towers-leave-one-out)
#
# If the row's rating is their only one of the genre, $n = 1$, nothing is left: the
# formula says $0/0$, and the average is *unknown*, as if they had rated none.

# %%
from recsys_helpers.features.content import leave_one_out_averages

of_all = average_features(ratings, movies)
without_itself = leave_one_out_averages(train, movies)
kinds = {
    "all ratings": (pairs_of(of_all, train), pairs_of(of_all, test)),
    "training ratings": (pairs_of(averages, train), pairs_of(averages, test)),
    "leave one out": (without_itself, pairs_of(averages, test)),
}

# %%
errors = {}
for kind, (of_train, of_test) in kinds.items():
    keras.utils.set_random_seed(0)
    model, *_ = notebook_model(len(genres), len(genres) + 2)
    inputs = notebook_inputs(*of_train, train)
    scalers = train_notebook(inputs, model)
    fitted = predict_notebook(model, scalers, inputs)
    hidden = notebook_inputs(*of_test, test)
    predicted = predict_notebook(model, scalers, hidden)
    errors[kind] = {
        "training rows": rmse(train["rating"], fitted),
        "hidden rows": rmse(test["rating"], predicted),
    }
errors = pd.DataFrame(errors).T.rename_axis("averages of")
print(errors.round(3).to_string())

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert errors["hidden rows"].idxmin() == "all ratings"

# %% [markdown]
# With averages of all ratings the hidden rows look best by far. Nothing about the model
# has changed. It has been told. With averages of the training ratings the error of the
# *training* rows is much lower than that of the hidden ones: the model has learned to
# read a rating off its own average. Leaving one out closes that gap, from both ends:
# the training rows look worse, and the hidden ones are predicted better.
#
# And with the content notebook's own schedule, 30 epochs of 32 ratings? These same rows,
# measured once, beside two bias models, of which one knows the test rows too:

# %% tags=["hide-input", "nbval-check-output"]
from recsys_helpers.results import published_results

published = published_results("two_towers")
on_random = published[published["split"] == "random"]
rmse_of = on_random.query("metric == 'rmse'").set_index("method")["value"]
of_notebook = on_random[on_random["method"].str.startswith("source")]
by_epochs = of_notebook.pivot(
    index="method", columns="metric", values="value"
)
after = [f"rmse after {n} epochs" for n in (5, 10, 20, 30)]
by_epochs = by_epochs[after].set_axis(["5 epochs", "10", "20", "30"], axis=1)
by_epochs.index = by_epochs.index.str.removeprefix("source, ")
for name in ("bias model", "bias model that knows the test rows"):
    by_epochs.loc[name, "30"] = rmse_of[name]
display.published_table(
    by_epochs.sort_values("30"), "two_towers", caption="RMSE of hidden rows"
)

# %% tags=["hide-cell"]
loss_printed = 0.1199  # what the content notebook prints for its test rows
in_stars = 2.25 * np.sqrt(loss_printed)
print(f"its own reported loss, as an RMSE in stars: {in_stars:.2f}")
is_told = by_epochs.index.isin(
    ["averages of all ratings", "bias model that knows the test rows"]
)
honest = by_epochs["30"][~is_told]
assert in_stars < honest.min() - 0.05
assert by_epochs["30"][is_told].max() < honest.min() - 0.03
best_honest = by_epochs.loc["averages of leave one out"]
assert best_honest["20"] < best_honest["30"]
assert honest.idxmin() == "averages of leave one out"

# %% [markdown]
# :::{admonition} What goes wrong, 2: no baseline
# :class: warning
#
# A loss of 0.1199 in squared, squeezed units: is that much or little? In stars it is an
# RMSE of 0.78, and would be the best of this course, by far. (The content notebook has a
# newer edition of the ratings.)
# :::
#
# Our run of the same model with the same leak lands nearby. But even a bias model, if it
# knows the test rows, has a lower error than every honest model of the table. Most of the
# result was the leak. Of the honest versions only the one that leaves one out has a lower
# error than the honest bias model, by little and from one seed. Its error after 20 epochs is
# lower than after 30: with 32 ratings, each step follows a few people's noise.
#
# ## Unknown is not zero
#
# :::{admonition} What goes wrong, 3: a newcomer who hates fourteen genres
# :class: warning
#
# The content notebook's new user loves adventure and fantasy: 5.0 for both. All other
# genres are 0.0, for "no rating". But no rating is zero stars, and the scaler does not know
# what was meant.
# :::

# %%
newcomer = pd.Series(0.0, index=genres)
newcomer[["Adventure", "Fantasy"]] = 5.0
scaled = scalers[0].transform(newcomer.to_frame().T.to_numpy())[0]
told = pd.Series(scaled, genres).round(1)
print("in spreads from the mean, the tower is told:")
print(told[["Adventure", "Fantasy", "Comedy", "Drama"]].to_string())

# %% [markdown]
# Several spreads below the mean: hardly anybody dislikes drama like that. Compare with
# somebody of whom the rest is *unknown*, and so taken for average. What does the honest
# model, the last of the three, predict for the 300 most rated movies?

# %% tags=["hide-input"]
wanted = {"Adventure", "Fantasy"}
popular = train["movie_id"].value_counts().index[:300]


def is_wanted(movie_ids):
    """Tell which movies are adventure or fantasy."""
    return by_id.loc[movie_ids, "genres"].map(
        lambda of_movie: bool(wanted & set(of_movie))
    )


def for_one_user(of_user):
    """Predict the popular movies for one user, by the content notebook's model."""
    average = averages.movies["average"][popular]
    side = np.column_stack([content.loc[popular], average])
    repeated = np.tile(of_user, (len(side), 1))
    return predict_notebook(model, scalers, [repeated, side])


# %%
as_average = newcomer.where(newcomer > 0, scalers[0].mean_)
newcomers = pd.DataFrame(
    {
        "the rest is zero": for_one_user(newcomer.to_numpy()),
        "the rest is unknown": for_one_user(as_average.to_numpy()),
    }
)
kind = np.where(is_wanted(popular), "wanted", "other")
means = newcomers.groupby(kind).mean()
print(means.round(2).rename_axis("genres").to_string())

# %% tags=["hide-cell"]
taken_off = means["the rest is unknown"] - means["the rest is zero"]
with the_text_says(data.edition):
    assert taken_off["other"] > 0
if data.edition == "small":
    assert taken_off.between(0.5, 1).all()

# %% [markdown]
# The newcomer is taken for somebody who hates nearly everything: on `small` most of a star
# is taken off all movies alike, wanted or not. Our encoder has two numbers for each feature: the scaled value, 0 where it is
# unknown, and a flag, 1 where it is known. So "unknown" is something that a network can
# *see*, and somebody of whom nothing is known is all zeros.

# %% tags=["nbval-check-output"]
from recsys_helpers.features.encoder import FeatureEncoder

three = pd.DataFrame(
    {"Drama": [2.0, 4.0, np.nan], "War": [3.0, np.nan, np.nan]}
)
encoder = FeatureEncoder().fit(three)
encoded = pd.DataFrame(
    encoder.transform(three),
    index=["strict", "mild", "unknown"],
    columns=["Drama", "War", "Drama is known", "War is known"],
)
print(encoded.to_string())

# %% [markdown]
# ## Our towers: tastes in place of averages
#
# A person's average of a genre says for the most part how strict they are. So take the
# biases of the person and the movie off first; what is left of a rating is $d$. Then ask
# two things of each genre. How far do their ratings *rise* with it ("**likes**")? What
# share of what they rate has it ("**watches**")? With $x$ for how much of the genre a movie
# has (1 or 0), both are sums over the $n$ movies that they rated:
#
# $$
# \begin{aligned}
# \text{likes} &= \frac{\sum x\,d}{\sum x^2 + 3} \\
# \text{watches} &= \frac{\sum x + 10\,\bar x}{n + 10}
# \end{aligned}
# $$
#
# The 3 and the 10 are {term}`shrinkage <Shrinkage>`. One western says little about who likes
# westerns, so "likes" is pulled towards 0. "Watches" is pulled towards $\bar x$, the share
# among all ratings, as if they had rated ten usual movies more. In numpy:


# %%
def tastes(X, d, usual):
    """What one person likes and watches; a row of X is a movie that they rated."""
    likes = X.T @ d / ((X**2).sum(axis=0) + 3)
    watches = (X.sum(axis=0) + 10 * usual) / (len(X) + 10)
    return likes, watches


# %% [markdown]
# Beside the genres, a movie can be *newer*, *famous* (rated by many) and *acclaimed* (rated
# highly); these are numbers of any size. Here is the first of the two people above, by hand
# and by the package:

# %%
from recsys_helpers.features import taste
from recsys_helpers.methods.baselines import BiasModel

bias_model = BiasModel().fit(train)
traits = taste.movie_traits(movies, bias_model)
usual = taste.usual_traits(traits, bias_model)
one = train[train["user_id"] == two[0]]
d = one["rating"] - bias_model.predict(one["user_id"], one["movie_id"])
X = traits.loc[one["movie_id"]].to_numpy()
likes, watches = tastes(X, d.to_numpy(), usual.to_numpy())
table = pd.DataFrame({"likes": likes, "watches": watches}, traits.columns)
of_package = taste.taste_features(train, movies).users.loc[two[0]]
for what in ("likes", "watches"):
    name = f"{what}, package"
    table[name] = of_package[f"{what} " + traits.columns].to_numpy()
print(table.loc[["Action", "Drama", "Horror", "famous"]].round(3).to_string())

# %% tags=["hide-cell"]
by_package = table[["likes, package", "watches, package"]].fillna(0)
assert np.allclose(table[["likes", "watches"]], by_package, atol=0.02)

# %% [markdown]
# ### Other folds
#
# Leaving one out has a flaw: all rows of a person have nearly the same features, and the
# small differences between them *are* the left-out ratings (the first exercise). A network
# might learn to read them; nothing here shows that it does. We go the safe way. Deal the
# ratings into folds, and describe each fold by the others: {term}`out of fold <Out of
# fold>`.


# %%
def describe_by_other_folds(ratings, n_folds):
    """Features of the user of each rating, made of all other folds."""
    rng = np.random.default_rng(0)
    fold = rng.permutation(len(ratings)) % n_folds
    parts = []
    for k in range(n_folds):
        users = taste.taste_features(ratings[fold != k], movies).users
        rows = ratings[fold == k]
        parts.append(users.reindex(rows["user_id"]).set_index(rows.index))
    return pd.concat(parts).loc[ratings.index], fold


by_fold, fold = describe_by_other_folds(train, n_folds=4)
package = taste.out_of_fold(train, movies, n_folds=4).users
table = pd.DataFrame({"fold": fold, "rating": train["rating"].to_numpy()})
table["likes Drama"] = by_fold["likes Drama"].to_numpy()
table["by the package"] = package["likes Drama"].to_numpy()
of_one = table[(train["user_id"] == two[0]).to_numpy()].sort_values("fold")
print(of_one.groupby("fold").head(2).round(3).to_string(index=False))

# %% tags=["hide-cell"]
assert np.allclose(by_fold, package, equal_nan=True)

# %% [markdown]
# All rows of one person in a fold have the *same* features, and their ratings are in none
# of them.
#
# Two more ideas are in our towers. In three of ten training rows all that is made of the
# movie's ratings is hidden, as if it were new, so the model learns what to make of genre and
# year alone {cite}`volkovs2017dropoutnet`; a part of what is known of the person is hidden in
# one row of twenty. And the batches are large, with a {term}`rate <Learning rate>` that
# falls to zero, as in [chapter 5](05_keras_collaborative_filtering.ipynb). (Widths, rate,
# epochs and how many movies are hidden are the best of nine trials on inner splits.)

# %%
from recsys_helpers.methods.two_tower import TwoTowers

towers = TwoTowers(movies=movies).fit(train)
print("epoch: RMSE on the training rows")
print(towers.history_["rmse"].round(3).to_string(header=False))
stars = {
    name: method.predict(test["user_id"], test["movie_id"])
    for name, method in {"bias model": bias_model, "towers": towers}.items()
}
for name, predicted in stars.items():
    print(f"{name}: RMSE {rmse(test['rating'], predicted):.4f}", end=" ")
    print("on the hidden rows")

# %% tags=["hide-cell"]
assert (towers.n_folds, towers.hide_movies) == (10, 0.3)
assert towers.hide_users == 0.05

# %% [markdown]
# From the results file: ours from three seeds, beside the honest versions of the content
# notebook's model, the movie neighbours of [chapter 3](03_neighbours.ipynb) and the factors
# of [chapter 5](05_keras_collaborative_filtering.ipynb). And what are the ideas worth? Take
# something away and train again, all with seed 0.

# %% tags=["hide-input", "nbval-check-output"]
by_ids = published_results("keras_ratings")
by_ids = by_ids.query("split == 'random' and metric == 'rmse'")
by_ids = by_ids.set_index("method")["value"]
ours = [f"two towers, seed {seed}" for seed in range(3)]
without = ["each rating in its own features", "nothing hidden in training"]
without += ["genre and year of other movies"]
beside = {f"towers, {name}": rmse_of[name] for name in without}
beside |= {name: rmse_of[name] for name in [*ours, "bias model"]}
beside |= {
    f"content notebook, {n}": v for n, v in honest.items() if "of" in n
}
beside["neighbours, movies"] = by_ids["neighbours, movies"]
for kind in ("genre and year", "everything"):
    beside[f"factors, {kind}"] = by_ids[f"factors, {kind}, seed 0"]
beside = pd.Series(beside, name="RMSE").rename_axis("method").sort_values()
display.published_table(
    beside, "two_towers", "keras_ratings", caption="Hidden rows", digits=4
)

# %% tags=["hide-cell"]
between_seeds = rmse_of[ours].max() - rmse_of[ours].min()
lost = rmse_of[without] - rmse_of[ours[0]]
assert lost[without[0]] > between_seeds
assert lost[without[2]] > between_seeds
assert rmse_of[ours].max() < honest.min()
assert beside["factors, everything"] < rmse_of[ours].min()
near = beside["factors, genre and year"] - rmse_of[ours].mean()
assert abs(near) < between_seeds
seconds = on_random.query("metric == 'fit_cpu_s'").set_index("method")[
    "value"
]
of_notebook = seconds[seconds.index.str.startswith("source")]
assert of_notebook.min() > 20 * seconds[ours].mean()

# %% [markdown]
# The true genres and years are worth more than the luck of a seed, and so are features
# that the row's own rating is not part of. Hiding things wins nothing here, where nearly
# everything is known. What it is for, you will see in a moment. (The content notebook's model
# takes more than twenty times as long to train.)
#
# The factors of chapter 5 with genre and year differ from the towers by less than two seeds
# of the towers do. They know people and movies by their ids; the towers describe everybody by
# the same few dozen features. The factors that use *everything*, ids too, have a lower error
# than each of our seeds. What the towers win is below.
#
# ## Each side once
#
# A common way to score all movies for one person is to copy the person's row once for each
# movie, and to run all the copies through the user tower, which gives the same vector nine
# thousand times. But the two sides meet in a dot product and nowhere else. So each vector is
# computed once, and scoring *all* movies for a person is one matrix product. That is why two
# towers are used in production: the movies' vectors are computed at night.

# %%
P, Q = towers.user_factors_, towers.movie_factors_
print(f"users {P.shape}, movies {Q.shape}")
row = towers.interactions_.users.rows(two[0])
scores = towers.mean_ + towers.user_levels_[row] + towers.movie_levels_
scores = scores + Q @ P[row]

of_three = towers.interactions_.movies.ids[:3]
pair_by_pair = towers.predict([two[0]] * 3, of_three)
print("one product:", scores[:3].round(3))
print("pair by pair:", pair_by_pair.round(3))

# %% tags=["hide-cell"]
assert np.allclose(np.clip(scores[:3], 0.5, 5), pair_by_pair, atol=1e-3)

# %% [markdown]
# ### Somebody we know
#
# Predicted beside actual, for the hidden ratings of one person: the six that we thought
# best of, and the six that we thought worst of.

# %% tags=["hide-input"]
n_hidden = test["user_id"].value_counts()
someone = int(n_hidden.index[len(n_hidden) // 4])
theirs = test[test["user_id"] == someone][["movie_id", "rating"]]
predicted = towers.predict([someone] * len(theirs), theirs["movie_id"])
compared = pd.DataFrame(
    {
        "title": theirs["movie_id"].map(titles).to_numpy(),
        "predicted": predicted,
        "actual": theirs["rating"].to_numpy(),
    }
).sort_values("predicted", ascending=False, kind="stable")
display.movie_table(
    pd.concat([compared[:6], compared[-6:]]),
    caption=f"User {someone}: predicted and actual stars",
    formats={"predicted": ".1f", "actual": ".1f"},
)

# %% mystnb={"image": {"alt": "Ten boxes, one for each actual rating from half a star to five: what was predicted for it. The boxes rise from left to right, but much more slowly than the dotted line on which both would be equal."}} tags=["hide-input"]
with plots.course_style():
    fig, ax = plt.subplots(figsize=(7, 3.2))
    given = np.arange(0.5, 5.5, 0.5)
    spread = [stars["towers"][test["rating"] == g] for g in given]
    ax.boxplot(
        spread,
        positions=given,
        widths=0.3,
        showfliers=False,
        medianprops={"color": plots.VERMILION},
        manage_ticks=False,
    )
    ax.plot([0.5, 5], [0.5, 5], color=plots.GREY, linestyle=":")
    ax.set(xlabel="Actual rating in stars", ylabel="Predicted stars")

# %% [markdown]
# The boxes rise, but far less than the dotted line, as they should: what cannot be
# known is best answered by something in the middle.
#
# ## Where nothing is known
#
# Now to what this chapter is for. Take a tenth of all *movies*, hide every rating that they
# have, and train on the rest.

# %%
unseen = splits.cold_start_movies(ratings)
cold_towers = TwoTowers(movies=movies).fit(unseen.train)
cold_bias = BiasModel().fit(unseen.train)
hidden = unseen.test
for name, method in {"bias model": cold_bias, "towers": cold_towers}.items():
    found = method.predict(hidden["user_id"], hidden["movie_id"])
    print(f"{name}: RMSE {rmse(hidden['rating'], found):.3f}")

# %% [markdown]
# To a bias model all new movies are alike; the towers see the genre and the year.
# Beside the movie neighbours of [chapter 3](03_neighbours.ipynb) and the models of
# [chapter 5](05_keras_collaborative_filtering.ipynb), from the results file:

# %% tags=["hide-input", "nbval-check-output"]
on_new_movies = published.query("split == 'cold-start movies'")
rmse_new = on_new_movies.query("metric == 'rmse'").set_index("method")[
    "value"
]
display.published_table(
    rmse_new.rename("RMSE").sort_values(),
    "two_towers",
    caption="Stars of movies without a rating",
)

# %% tags=["hide-cell"]
ours = rmse_new[rmse_new.index.str.startswith("two towers, seed")]
others = rmse_new[~rmse_new.index.str.startswith("two towers")]
assert ours.max() < others.min()
assert rmse_new.idxmax() == "two towers that had no movies hidden"

# %% [markdown]
# Lower than all, from each of the three seeds; [chapter 9](09_five_methods.ipynb) compares
# towers with some of them person by person. The methods that count on ratings fall back to
# about what the bias model knows, also the factors with *everything*. Towers from which no
# movie was hidden in training have the highest error. That is what the hiding is for.
#
# And in lists? Recommend nothing but movies that nobody has rated yet (nDCG@10, counted among
# these only).

# %% tags=["hide-input", "nbval-check-output"]
among_new = on_new_movies.query("metric == 'ndcg@10 among new movies'")
among_new = among_new.set_index("method")["value"].rename({"Als": "ALS"})
display.published_table(
    among_new.sort_values(ascending=False).rename("nDCG@10"),
    "two_towers",
    caption="Lists of nothing but new movies",
)

# %% [markdown]
# ALS lists none of them: without likes a movie has no vector. Those that predict stars are at
# chance, or little above it, though they predict well. They put what they think *excellent*
# first, whether or not anybody would watch it. The highest value by far has a pair of towers
# that was trained for another task, *retrieval*, with the same genres and years. It is the
# subject of *Towers for lists*, below.
#
# ### New people
#
# Hide all ratings of a tenth of the *users*, and then show the models a few of each,
# drawn at random. The towers (seed 0) describe the newcomer and answer at once. The
# others have to be trained again, with these few ratings among all the others. In each
# column the RMSE on the same rows, all but ten ratings of each:

# %% tags=["hide-input", "nbval-check-output"]
on_new_users = published.query("split == 'cold-start users'")
known_of = [f"rmse, {n} ratings known" for n in (0, 1, 3, 5, 10)]
few = on_new_users[on_new_users["metric"].isin(known_of)]
table = few.pivot(index="method", columns="metric", values="value")[known_of]
table.columns = ["none known", "1 rating", "3", "5", "10"]
display.published_table(
    table.sort_values("10"),
    "two_towers",
    caption="Stars of newcomers, by how many of their ratings are known",
)

# %% tags=["hide-cell"]
assert table["10"].idxmin() == "bias model"

# %% [markdown]
# With ten ratings known the bias model has the lowest error: it has one number to learn
# about a newcomer. The towers learn next to nothing from a few ratings. Why are they so good
# with new movies, and not with new people? One guess: there are thousands of movies to learn
# from, and only a few hundred people. So let the towers meet more strangers: in training,
# describe *everybody* by a shortened history. The mean of three seeds each:

# %% tags=["hide-input", "nbval-check-output"]
newcomers = published_results("tower_newcomers")
newcomers = newcomers[newcomers["metric"].isin(known_of)]
of_kind = newcomers["method"].str.replace(", seed [0-9]", "", regex=True)
by_kind = newcomers.assign(method=of_kind).pivot_table(
    "value", "method", "metric", aggfunc=["mean", "min", "max"]
)
usually = by_kind["mean"][known_of].set_axis(table.columns, axis=1)
display.published_table(
    usually,
    "tower_newcomers",
    caption="Stars of newcomers, two ways to train",
)

# %% tags=["hide-cell"]
of_ten = by_kind.xs(known_of[-1], axis=1, level="metric")
prepared, usual_way = of_ten.to_numpy()
assert table.loc["bias model", "10"] < prepared[0] < usual_way[0]
assert prepared[2] > usual_way[1]  # the seeds overlap

# %% [markdown]
# With ten ratings known it helps on average, though not from every seed; the bias model
# still has the lower error. We have a guess and no answer. For a newcomer's stars, take the
# bias model.
#
# And lists for newcomers, on the same rows?

# %% tags=["hide-input"]
from recsys_helpers import comparison
from recsys_helpers.results import results_table

listed = published_results("tower_newcomers")
known_of = [f"ndcg@10, {n} ratings known" for n in (3, 5, 10)]
table = results_table(listed, known_of, digits=3)
display.published_table(
    table.rename(
        columns=dict(zip(known_of, ["3 known", "5", "10"], strict=True))
    ),
    "tower_newcomers",
    caption="Lists for newcomers, nDCG@10",
)

# %% tags=["hide-cell"]
for metric in known_of:
    values = listed[listed["metric"] == metric].set_index("method")["value"]
    pairs = listed[listed["metric"] == f"paired difference of {metric}"]
    signs = comparison.decided(pairs, values.index)["popularity"]
    ahead = signs.index[signs == 1].tolist()
    print(
        f"{metric}, {pairs['n'].max()} people: ahead of popularity: {ahead}"
    )
    assert ahead == (["movie neighbours"] if metric == known_of[-1] else [])

# %% [markdown]
# These are some seventy people. Person by person, only once is a method surely ahead of
# popularity: movie neighbours, with ten ratings known. The rest is not decided.
#
# ## Towers for lists
#
# [Chapter 5](05_keras_collaborative_filtering.ipynb) ended with a warning: who predicts stars best
# does not make the best lists. In production, two towers are mostly trained for another
# task: of all movies, *pick* one that this person liked {cite}`covington2016deep`. It
# is called {term}`retrieval <Retrieval>`.
#
# A **softmax** turns scores into probabilities: $e$ to the power of each score, divided
# by the sum of them all. Over all movies that would be slow when there are millions. So
# pick out of those of the batch ({term}`in-batch softmax <In-batch softmax>`): row $k$ of a batch is a person, with the vector $f_k$,
# and a movie that they liked, with the vector $g_k$. The movies of the other rows serve
# as the wrong answers. With $s_{kl}$ for the score of person $k$ and the movie of row
# $l$, and $n$ rows, the loss is the mean of minus the logarithm of the right movie's
# probability (the *cross-entropy*):
#
# $$
# \begin{aligned}
# L &= -\frac1n \sum_k \log \frac{e^{s_{kk}}}{\sum_l e^{s_{kl}}}, \\
# s_{kl} &= \frac{f_k \cdot g_l}{\tau}
# \end{aligned}
# $$ (eq-towers-softmax)
#
# Both vectors have length 1; $\tau$, the {term}`temperature <Temperature>`, says how sure a
# difference in the cosine makes the softmax. In numpy:


# %% tags=["nbval-check-output"]
def in_batch_loss(f, g, temperature=0.3):
    """Loss of picking the k-th movie for the k-th user of a batch."""
    s = f @ g.T / temperature
    s = s - s.max(axis=1, keepdims=True)  # or exp overflows
    log_softmax = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return -np.mean(np.diag(log_softmax))


perfect = in_batch_loss(np.eye(4), np.eye(4))
clueless = in_batch_loss(np.ones((4, 1)), np.ones((4, 1)))
print(f"loss when right {perfect:.2f}, when clueless {clueless:.2f}", end=" ")
print(f"(log 4 is {np.log(4):.2f})")

# %% [markdown]
# There is a catch. The wrong answers are other people's *liked* movies. A popular movie
# is in nearly every batch, a rare one in hardly any. So the popular one is pushed away
# from everybody, over and over, for nothing but being popular.
#
# The remedy is one term {cite}`yi2019sampling`. If $q_l$ is the share of the rows that
# have movie $l$, take $\log q_l$ off its score while training:
#
# $$
# s_{kl} = \frac{f_k \cdot g_l}{\tau} - \log q_l .
# $$ (eq-towers-correction)
#
# A movie that comes up a hundred times as often weighs a hundredth each time.
#
# Now train it. What goes in: the likes of all but the last fifth of each person's ratings,
# each with the features of its person and its movie, and $\log q$.

# %%
from recsys_helpers.features.encoder import TowerInputs

by_time = splits.user_temporal_split(ratings)
liked = by_time.train.query("rating >= 4")
features = taste.taste_features(by_time.train, movies)
encode = TowerInputs().fit(features, movies)
of_users = encode.of_users(features.users.loc[liked["user_id"]])
of_movies = features.movies.loc[liked["movie_id"]]
of_movies = encode.of_movies(of_movies, liked["movie_id"])
n_likes = liked.groupby("movie_id")["movie_id"].transform("size")
log_q = np.log(n_likes / len(liked)).to_numpy(dtype=np.float32)

# %% [markdown]
# The model goes from the rows of a batch to the scores of all its pairs. The right answer
# of row $k$ is the movie number $k$, so Keras' own cross-entropy is the loss of
# {eq}`eq-towers-softmax`.


# %%
def list_tower(x):
    """Give a vector of length 1 for each row of features."""
    return layers.UnitNormalization()(layers.Dense(32)(x))


keras.utils.set_random_seed(0)
user, movie = (keras.Input(x.shape[1:]) for x in (of_users, of_movies))
log_share = keras.Input(())
f, g = list_tower(user), list_tower(movie)
s = keras.ops.matmul(f, keras.ops.transpose(g)) / 0.3 - log_share
list_model = keras.Model([user, movie, log_share], s)
cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
list_model.compile(keras.optimizers.Adam(0.003), cross_entropy)

# %%
rng = np.random.default_rng(0)
batch_size, n = 1000, len(liked)
for epoch in range(5):
    list_model.reset_metrics()
    order = rng.permutation(n)[: n // batch_size * batch_size]
    for rows in order.reshape(-1, batch_size):
        batch = [of_users[rows], of_movies[rows], log_q[rows]]
        loss = list_model.train_on_batch(batch, np.arange(batch_size))
    print(f"epoch {epoch + 1}: mean loss {loss:.3f}")

# %% tags=["hide-cell"]
few = slice(0, 8)
scores = list_model([of_users[few], of_movies[few], 0 * log_q[few]])
makers = [keras.Model(x, v) for x, v in ((user, f), (movie, g))]
vectors = makers[0](of_users[few]), makers[1](of_movies[few])
by_numpy = in_batch_loss(*map(np.asarray, vectors))
assert np.isclose(cross_entropy(np.arange(8), scores), by_numpy, atol=1e-4)

# %% [markdown]
# The loss falls, fast at first. `RetrievalTowers` is this loop with a rate that falls, ten
# epochs and some dropout; and the same movie in another row is left out of the sum, since it
# is no wrong answer.
#
# The features are made of *all* training rows here, so a like is a part of what describes it.
# With folds, what is *missing* from somebody's features would tell which movies are in the
# fold, and these are the ones to be picked. What this costs is not measured. It is no leak
# into the test: the hidden rows are in no feature. Train with the correction and without:

# %%
from recsys_helpers.methods.two_tower import RetrievalTowers

retrieval = {
    name: RetrievalTowers(
        movies=movies, with_ids=False, corrected=corrected
    ).fit(by_time.train)
    for name, corrected in {"corrected": True, "not corrected": False}.items()
}

# %%
from recsys_helpers.evaluation import ndcg_of_users

n_of_movie = by_time.train["movie_id"].value_counts()
some_users = by_time.test["user_id"].unique()[::10]
for name, method in retrieval.items():
    listed = pd.concat([method.recommend(u)["movie_id"] for u in some_users])
    usual = listed.map(n_of_movie).fillna(0).median()
    found = np.nanmean(ndcg_of_users(method, by_time))
    print(f"{name}: nDCG@10 {found:.3f}", end=", ")
    print(f"half of the listed movies have fewer than {usual:.0f} ratings")

# %% [markdown]
# Without the correction the lists are full of movies that few people have rated, and they
# are worse. (By how much is not measured fairly: temperature, rate and epochs were chosen
# for the corrected loss.)
#
# Beside the methods of the earlier chapters, from the results files. *Features only* goes
# without ids, as above. Otherwise the movie tower has a vector of its own for each movie too,
# and the user tower knows which movies somebody has rated.

# %% tags=["hide-input", "nbval-check-output"]
of_lists = "split == 'user temporal' and metric == 'ndcg@10'"
lists = published.query(of_lists).set_index("method")["value"]
before = published_results("neighbours_and_als").query(of_lists)
before = before.set_index("method")["value"]
shown = ["popularity", "ALS, chosen", "EASE, chosen"]
lists = lists.drop(["Popularity", "Als", "Ease"])
lists = pd.concat([lists, before[shown]]).sort_values(ascending=False)
display.published_table(
    lists.rename("nDCG@10").rename({"two towers": "two towers, for stars"}),
    "two_towers",
    "neighbours_and_als",
    caption="Lists on the last fifth",
)

# %% [markdown]
# By features alone the towers have higher values than popularity (they are told of it: how
# many ratings a movie has is one of the features). With ids they come near to ALS and
# EASE; who is surely ahead of whom, [chapter 9](09_five_methods.ipynb) says. The towers for
# stars, asked for a list, have lower values than popularity.
#
# ## A page for a newcomer
#
# Somebody new has rated nothing. They can say what they like. Say it in spreads: 2 is
# "more than nearly everybody", 0 "as people do on average", and what is not said is
# unknown. The content notebook's newcomer loves adventure and fantasy:

# %%
by_content = retrieval["corrected"]
best = by_content.recommend_by_likes({"Adventure": 2, "Fantasy": 2})
found = by_id.loc[best["movie_id"], ["title", "genres"]]
display.movie_table(
    found.reset_index(drop=True),
    caption="For somebody who loves adventure and fantasy",
)

# %%
most_rated = by_time.train["movie_id"].value_counts().index[:10]
compared = {"the list": best["movie_id"], "the ten most rated": most_rated}
compared["all movies"] = by_id.index
for name, movie_ids in compared.items():
    share = is_wanted(movie_ids).mean()
    print(f"adventure or fantasy: {share:.0%} of {name}")

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert is_wanted(best["movie_id"]).mean() >= 0.8
    assert is_wanted(most_rated).mean() < 0.8

# %% [markdown]
# In a notebook of your own, the next cell shows a form: move a slider and the list
# below it changes. (A page of a book cannot run it. [Ask the two towers for films near *Alien* on the live
# page](../book/live.md?film=1214&method=towers).)

# %% tags=["remove-output"]
from recsys_helpers.methods.two_tower.form import taste_form

sliders = ["Action", "Children", "Comedy", "Documentary", "Horror", "newer"]
taste_form(by_content, movies, sliders)

# %% [markdown]
# A few ratings say more than sliders. For a list of somebody's own:

# %%
they_rated = {
    "Toy Story (1995)": 5.0,
    "The Lion King (1994)": 5.0,
    "Aladdin (1992)": 4.5,
    "The Sixth Sense (1999)": 2.0,
}
rated = pd.DataFrame(they_rated.items(), columns=["title", "rating"])
rated = rated.merge(movies, on="title")  # the last is too new for `100k`
print("rated:", "; ".join(rated["title"]))
best = by_content.recommend_to(rated, n=6)["movie_id"]
print("listed:", "; ".join(titles[best]))

# %% [markdown]
# ## Similar movies
#
# Both towers end in vectors, so [chapter 3](03_neighbours.ipynb) works on them: near vectors are
# near movies. The content notebook takes the squared distance of two vectors of length 1.
# Multiply it out:
#
# $$
# \begin{aligned}
# |a - b|^2 &= |a|^2 + |b|^2 - 2\, a \cdot b \\
# &= 2 - 2 \cos(a, b) .
# \end{aligned}
# $$ (eq-towers-distance)
#
# So the nearest by distance is the nearest by cosine, and the distances of *all* pairs
# are one matrix product. Beside three loops over the numbers, from the results file:

# %% tags=["hide-input", "nbval-check-output"]
pairs = on_random.query("metric == 'pairs_cpu_s'").set_index("method")[
    "value"
]
loops = pairs["triple loop over 150 movies"] / 150**2
at_once = pairs["MovieVectors, all 9066 movies"] / 9066**2
print(f"a pair by the product: {loops / at_once:,.0f} times as fast")

# %%
vectors = by_content.movie_vectors(titles)
a, b = vectors.vector(1), vectors.vector(364)
print(f"{titles[1]} and {titles[364]}:", end=" ")
print(f"{np.sum((a - b) ** 2):.4f} and {2 - 2 * (a @ b):.4f}")

# %% tags=["hide-cell"]
assert loops / at_once > 1000
assert np.isclose(np.sum((a - b) ** 2), 2 - 2 * (a @ b), atol=1e-5)

# %% tags=["hide-input"]
pairs_shown = train["movie_id"].value_counts().index[:6]
near = [
    vectors.neighbours(movie, n=1)["movie_id"][0] for movie in pairs_shown
]
display.movie_table(
    pd.DataFrame(
        {
            "movie": titles[pairs_shown].to_numpy(),
            "nearest": titles[near].to_numpy(),
            "genres of the nearest": by_id.loc[near, "genres"].to_numpy(),
        }
    ),
    caption="Each movie and the one with the nearest vector",
)

# %% [markdown]
# A movie and its neighbour need not share every genre. Both are famous and well liked: the
# towers are told how many ratings a movie has, and how good they are.
#
# ## Results so far

# %%
from recsys_helpers.display.so_far import results_so_far

results_so_far("towers")

# %% [markdown]
# Among lists for everybody the new rows have not the highest values, and the towers for stars
# are not made for lists at all. What is new is the last column, movies that nobody has rated:
# there the towers for lists have the highest value so far. Which differences are decided,
# [chapter 9](09_five_methods.ipynb) says.
#
# ## Exercises
#
# ````{exercise} Read it off the average
# :label: ex-towers-read-off
#
# Somebody has rated three war movies: 5, 4 and 2 stars. What is their average of the
# genre, and what are the three averages of {eq}`eq-towers-leave-one-out`? Now hide the
# ratings, and look at the three left-out averages only: which row has the highest
# rating? How would a network use that? Check your averages with
# `leave_one_out_averages`.
# ````

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-towers-read-off
# :class: dropdown
# ````
#
# The average is $11/3$. Left out: $6/2 = 3$, $7/2 = 3.5$ and $9/2 = 4.5$. The *lowest*
# of them belongs to the highest rating, since what is missing from it is the most.
# Within one person the order of the ratings is the reverse of the order of the
# averages.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
three_wars = pd.DataFrame(
    {"user_id": 1, "movie_id": [10, 20, 30], "rating": [5.0, 4.0, 2.0]}
)
wars = pd.DataFrame({"movie_id": [10, 20, 30], "genres": [("War",)] * 3})
left = leave_one_out_averages(three_wars, wars).users["War"]
print(left.to_list())
assert np.allclose(left, [3, 3.5, 4.5])

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# A network that has learned who somebody is from the other features can subtract, and
# knows the rating. On a hidden row there is nothing to subtract, and what it has learned
# is useless. That is why our towers use folds.
#
# ````{solution-end}
# ````

# %% [markdown]
# ```{exercise} Invent a movie
# :label: ex-towers-invent
#
# Nobody has rated your movie; it does not exist. Give it genres and a year, and let
# `towers.movie_tower_` say what people would give it, on average over all users. Which
# of your inventions does best?
#
# What you need: the tower takes one row of numbers for each movie, and gives *two* arrays,
# the vectors and the levels. The row's first part, what is made of ratings, is all zeros.
# Its last part is what `movie_content` makes of genres and year, with the columns of
# `towers.inputs_.content_`; `towers.inputs_.n_movie_inputs` is the length of the row. Mean
# and levels of the users are `towers.mean_` and `towers.user_levels_`.
# ```

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-towers-invent
# :class: dropdown
# ````
#
# The vector and the level come from the movie tower. The mean over users of a dot
# product is the dot product with the mean of the users' vectors.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution"]
from recsys_helpers.features.content import movie_content

invented = pd.DataFrame(
    {
        "movie_id": [1, 2, 3],
        "genres": [("Documentary",), ("Drama", "War"), ("Horror", "Sci-Fi")],
        "year": [1994, 1994, 1994],
    }
)
columns = towers.inputs_.content_.columns
half = movie_content(invented).reindex(columns=columns).fillna(0).to_numpy()
n_rated = towers.inputs_.n_movie_inputs - len(columns)
unrated = np.hstack([np.zeros((3, n_rated)), half])
vectors_, levels = map(np.asarray, towers.movie_tower_(unrated))
on_average = vectors_ @ P.mean(axis=0) + towers.user_levels_.mean()
guessed = towers.mean_ + levels[:, 0] + on_average
for of_movie, value in zip(invented["genres"], guessed, strict=True):
    print(f"{', '.join(of_movie)}: {value:.2f} stars")

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# These are the stars of those who *would* watch it, as far as the data can tell: people
# who watch documentaries chose to.
#
# ````{solution-end}
# ````

# %% [markdown]
# ```{exercise} Why a temperature?
# :label: ex-towers-temperature
#
# A batch has 1,000 movies. The right one has a cosine of 1, all others a cosine of -1:
# the towers could not do better. Which probability does the softmax of
# {eq}`eq-towers-softmax` give to the right movie with $\tau = 1$? With $\tau = 0.3$?
# With 0.1?
# ```

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-towers-temperature
# :class: dropdown
# ````
#
# It is $e^{1/\tau} / (e^{1/\tau} + 999\, e^{-1/\tau})$.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
for temperature in (1, 0.3, 0.1):
    right, wrong = np.exp(1 / temperature), 999 * np.exp(-1 / temperature)
    print(f"temperature {temperature}: {right / (right + wrong):.3f}")

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# With a temperature of 1 perfect towers would still be told that they are nearly always
# wrong, and pulled on for ever. A very small one makes the loss sure of every
# difference, noise too.
#
# ````{solution-end}
# ````

# %% [markdown]
# ````{exercise} Find the bug
# :label: ex-towers-scaler
#
# The function below makes one scaled feature, the person's average, for training and
# hidden rows. The averages are of the training ratings only. Many tutorials do it in this
# order. Find the bug, and write a test that any preparation
# of data should pass and this one does not. How large is the damage here?
# ````


# %%
def suspicious_inputs(train, test):
    """Scale each row's average of its user."""
    everything = pd.concat([train, test])
    of_users = average_features(train, movies).users["average"]
    column = of_users.reindex(everything["user_id"]).fillna(3.5)
    scaled = StandardScaler().fit_transform(column.to_numpy()[:, None])
    return scaled[: len(train)], scaled[len(train) :]


for_train, for_test = suspicious_inputs(train, test)
print(for_train.shape, for_test.shape)

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-towers-scaler
# :class: dropdown
# ````
#
# The scaler is fitted on everything. Its mean and its spread know which people are in
# the hidden rows, and how often. The test: *what the model is trained on must not
# change when the hidden rows do*. Take other hidden rows, and look.


# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
def inputs_after_a_proper_split(train, test):
    """Scale by what the training rows say."""
    of_users = average_features(train, movies).users["average"]
    of_train, of_test = (
        of_users.reindex(rows["user_id"]).fillna(3.5).to_numpy()[:, None]
        for rows in (train, test)
    )
    scaler = StandardScaler().fit(of_train)
    return scaler.transform(of_train), scaler.transform(of_test)


fewer = test[test["user_id"] < test["user_id"].median()]
for make in (suspicious_inputs, inputs_after_a_proper_split):
    same = np.array_equal(make(train, test)[0], make(train, fewer)[0])
    print(f"{make.__name__}: training inputs stay the same: {same}")
    assert same == (make is inputs_after_a_proper_split)

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution"]
moved = np.abs(
    suspicious_inputs(train, test)[0]
    - inputs_after_a_proper_split(train, test)[0]
)
print(f"the inputs differ by {moved.max():.3f} spreads at most")

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# Here the damage is next to nothing: the hidden rows are a random fifth, and a mean and
# a spread hardly change. That is luck. The very same test finds the leak that was worth
# so much in this chapter, the averages of all ratings. So run it on every preparation
# of data.
#
# ````{solution-end}
# ````

# %% [markdown]
# ## Recap
#
# - Two towers turn what is known of a person and of a movie into vectors, which meet in
#   a dot product. Each side is computed once. An id is not needed.
# - A feature that is made of ratings must not know the rating that it helps to predict:
#   not the hidden ones, and, where stars are predicted, not the training row's own. Make
#   it of other folds. Towers for lists are an exception, for a reason given there.
# - Unknown is not zero. Give the network a flag, and hide things from it in training.
# - On new movies the towers' stars had a lower error than those of every method that goes by
#   ids. With ratings at hand, the factors that use them all were ahead.
# - For lists, train for lists: an in-batch softmax, and its correction for popularity.
#
# ## References
#
# {cite:t}`huang2013dssm` trained two towers on clicks; {cite:t}`covington2016deep`
# trained one, the person's, to pick a video out of millions; {cite:t}`yi2019sampling`
# have a second one for the videos, and the correction of the in-batch softmax;
# {cite:t}`volkovs2017dropoutnet` hide inputs in training for the cold start;
# {cite:t}`miccibarreca2001` made features of targets, and shrank them.

# %% tags=["hide-input"]
from recsys_helpers.measure import this_run

print(this_run(data.edition))
