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
# networks, one a side, that meet in a single dot product; to tell "unknown" from
# "zero"; to train towers for lists as they are trained in production; and to measure
# all this where it matters, on movies and people that the model has never met.
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
# numbers of the two chapters can be compared. It is *one* split, of the ratings, before
# anything is computed from them. Everything below is made of `train`, or says so.
#
# ## Why anyone wants this
#
# Nearly every method so far knows people and movies by their *ids*, and learns
# something about each id from its ratings. So it has nothing to say about a movie that
# came out today, or a person who signed up a minute ago. (Two models of the last
# chapter looked at genre and year, and went by ids as well.) How often does that happen
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
# In a random split a small part; together with the rare ones, no longer so small. In a
# shop that gets new goods each day, it is the question of the day. It is called
# {term}`cold start <Cold start>`.
#
# Something *is* known of a new movie: its genres, its year. And something is soon known
# of a new person: what they say that they like, or the first few ratings. The method of
# this chapter does not need an id. It looks at what is known, whoever it is known of.
#
# ## The idea in a picture
#
# ```text
#  what is known of a person          what is known of a movie
#  strict? likes war? watches         genres, year; and, if there
#  comedies? how many ratings?        are ratings, how good it is
#             |                                  |
#        user tower                         movie tower
#             |                                  |
#     a vector, a level                  a vector, a level
#             |                                  |
#             +-----------> dot product <--------+
#                                |
#                              stars
# ```
#
# A **tower** is a small neural network. One turns a person's features into a vector, the
# other a movie's, and the two meet in a dot product and nowhere else. Here is what a tower
# could be told of two people.

# %%
from recsys_helpers.features.content import average_features

averages = average_features(train, movies)
often = averages.users["n_ratings"] >= 50
by_genre = averages.users[often][["Action", "Children", "Drama", "Horror"]]
taste = by_genre.sub(averages.users["average"][often], axis=0).dropna()
two = [(taste["Drama"] - taste["Action"]).idxmax()]
two += [(taste["Action"] - taste["Drama"]).idxmax()]

# %% mystnb={"image": {"alt": "Bars of how far two people's averages in four genres lie above or below their own average. One rates drama above and action below, the other the reverse."}} tags=["hide-input"]
with plots.course_style():
    fig, ax = plt.subplots(figsize=(7, 2.8))
    places = np.arange(taste.shape[1])
    for offset, user, colour in zip(
        (-0.2, 0.2), two, (plots.BLUE, plots.VERMILION), strict=True
    ):
        ax.bar(
            places + offset,
            taste.loc[user],
            width=0.4,
            color=colour,
            label=f"user {user}",
        )
    ax.axhline(0, color=plots.GREY, linewidth=1)
    ax.set_xticks(places, taste.columns)
    ax.set(xlabel="Genre", ylabel="Stars above their own average")
    ax.legend()

# %% [markdown]
# ## The maths
#
# Let $\varphi_u$ be the features of user $u$ and $\varphi_i$ those of movie $i$. The
# towers are functions $f$ and $g$ with many weights. The source predicts stars,
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
# \hat r_{ui} = \mu + a(\varphi_u) + c(\varphi_i) + f(\varphi_u) \cdot g(\varphi_i)
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
# And the features? The source comes with finished tables, and does not show how they
# were made. It says what is in them: for each person the average rating of each genre,
# for each movie its genres, its year and its average rating. In pandas an average by
# person and genre is three lines.

# %% tags=["nbval-check-output"]
rated = train.merge(movies[["movie_id", "genres"]], on="movie_id")
rated = rated.explode("genres")
by_hand = rated.pivot_table("rating", "user_id", "genres", aggfunc="mean")

found = averages.users[by_hand.columns]
same = np.allclose(found, by_hand.reindex(found.index), equal_nan=True)
print(f"by hand, and by average_features: the same: {same}")
unknown = by_hand.isna().to_numpy().mean()
print(f"genres that somebody has not rated: {unknown:.0%} of the table")
assert same

# %% [markdown]
# Mind the last line. A part of the table is *empty*, and we leave it empty (NaN) for now.
#
# ## With the library: the source's model
#
# The source uses 16 genres, so do we.

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


def source_inputs(users, of_movies, rows):
    """Arrange the features of some rows as the source does."""
    known = content.reindex(rows["movie_id"]).to_numpy()
    average = of_movies["average"].fillna(train["rating"].mean())
    of_user = users.reindex(columns=genres).fillna(0)  # as in the source
    return of_user.to_numpy(), np.column_stack([known, average])


# %% [markdown]
# The networks are wide: 512, then 256, then a vector of 32. Keras has a layer that cuts a
# vector to length 1. (The source writes one of its own.)

# %%
from recsys_helpers.nn import reproducible_keras

keras = reproducible_keras(seed=0)
from keras import layers


def source_tower():
    """Build one tower of the source."""
    wide = [layers.Dense(n, activation="relu") for n in (512, 256)]
    return keras.Sequential(
        [*wide, layers.Dense(32), layers.UnitNormalization()]
    )


def source_model(n_user, n_movie):
    """Build two towers that meet in a dot product; give them too."""
    inputs = [keras.Input((n_user,)), keras.Input((n_movie,))]
    towers = [source_tower(), source_tower()]
    vectors = [one(x) for one, x in zip(towers, inputs, strict=True)]
    return keras.Model(inputs, layers.Dot(axes=1)(vectors)), *towers


# %% [markdown]
# Is a tower what {eq}`eq-towers-source` and the few lines above say that it is?

# %% tags=["nbval-check-output"]
model, user_tower, movie_tower = source_model(len(genres), len(genres) + 2)
some = np.random.default_rng(0).normal(size=(5, len(genres)))
w = user_tower.get_weights()
in_numpy = tower(some, list(zip(w[0::2], w[1::2], strict=True)))
agree = np.allclose(in_numpy, user_tower(some), atol=1e-4)
print(f"{model.count_params():,} weights; in numpy the same: {agree}")
assert agree

# %% [markdown]
# Networks like their inputs to be about as large as each other. So each feature is
# scaled: less its mean, divided by its spread (`StandardScaler`). The stars are brought
# to within $-1$ and $1$. The source trains for 30 epochs on 32 ratings at a time, which
# takes many minutes. To see what matters here, take three epochs and a thousand ratings
# at a time.

# %%
from sklearn.preprocessing import StandardScaler

from recsys_helpers.metrics import rmse
from recsys_helpers.nn.parts import ShuffledRows


def train_source(inputs, model, n_epochs=3):
    """Train on the inputs of `train`; give the scalers."""
    scalers = [StandardScaler().fit(side) for side in inputs]
    target = (train["rating"].to_numpy() - 2.75) / 2.25
    model.compile(keras.optimizers.Adam(0.002), loss="mse")
    scaled = tuple(scale(scalers, inputs))
    batches = ShuffledRows(scaled, target, batch_size=1000, seed=0)
    model.fit(batches, epochs=n_epochs, shuffle=False, verbose=0)
    return scalers


# %%
def scale(scalers, inputs):
    """Scale the inputs of users and of movies."""
    return [
        x.transform(side) for x, side in zip(scalers, inputs, strict=True)
    ]


def predict_source(model, scalers, inputs):
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
# The source makes its averages of *all* ratings, and then splits. So a movie's average
# in the training table has the hidden ratings of the movie in it; a person's has
# theirs.
# :::
#
# Train the same model three times. First as the source has it. Then with averages of
# the training ratings only. That is honest, and something is still wrong with it: a
# training row's own rating is a part of the averages that it is described by. A test
# row's is not. So, third, **leave one out**: describe each training row by the averages
# of all *other* ratings. With the sum $S$ and the number $n$ of a person's ratings of a
# genre, that is
#
# $$
# \frac{S - r}{n - 1} .
# $$ (eq-towers-leave-one-out)

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
    model, *_ = source_model(len(genres), len(genres) + 2)
    inputs = source_inputs(*of_train, train)
    scalers = train_source(inputs, model)
    fitted = predict_source(model, scalers, inputs)
    hidden = predict_source(model, scalers, source_inputs(*of_test, test))
    errors[kind] = {
        "training rows": rmse(train["rating"], fitted),
        "hidden rows": rmse(test["rating"], hidden),
    }

# %%
print(pd.DataFrame(errors).T.round(3).to_string())
with the_text_says(data.edition):
    assert errors["all ratings"]["hidden rows"] == min(
        error["hidden rows"] for error in errors.values()
    )

# %% [markdown]
# With averages of all ratings the hidden rows look best by far. Nothing about the model
# has changed. It has been told. With averages of the training ratings the error of the
# *training* rows is much lower than that of the hidden ones: the model has learned to
# read a rating off its own average. Leaving one out closes that gap, from both ends:
# the training rows look worse, and the hidden ones are predicted better.
#
# And with the source's own schedule, 30 epochs of 32 ratings?
# `benchmarks/two_towers.py` has trained it, on these same rows.

# %% tags=["nbval-check-output"]
from recsys_helpers.results import published_results

published = published_results("two_towers")
on_random = published[published["split"] == "random"]
rmse_of = on_random.query("metric == 'rmse'").set_index("method")["value"]
of_source = on_random[on_random["method"].str.startswith("source")]
table = of_source.pivot(index="method", columns="metric", values="value")
after = [f"rmse after {n} epochs" for n in (5, 10, 20, 30)]
print(table[after].rename(columns=lambda name: name[5:]).round(3).to_string())
best_honest = table.loc["source, averages of leave one out"]
assert best_honest[after[2]] < best_honest[after[3]]

# %% tags=["nbval-check-output"]
loss_in_source = 0.1199  # what the source prints for its test rows
in_stars = 2.25 * np.sqrt(loss_in_source)
print(f"the source's loss, as an RMSE in stars: {in_stars:.2f}")
for name in ("bias model", "bias model that knows the test rows"):
    print(f"{name}: RMSE {rmse_of[name]:.3f}")
of_honest = table.loc[~table.index.str.contains("all"), "rmse"]
assert in_stars < of_honest.min() - 0.05
assert rmse_of["bias model that knows the test rows"] < of_honest.min() - 0.03

# %% [markdown]
# :::{admonition} What goes wrong, 2: no baseline
# :class: warning
#
# The source reports its loss beside nothing. It is in squared, squeezed units, of which
# nobody knows whether they are many or few.
# :::
#
# In stars it would be the best predictor of this course, by far. (The source has a
# newer edition of the ratings.) Our run of the same model with the same leak lands
# nearby. But look at the last line: *two biases* that know the test rows are ahead of
# every honest model of the table. And the model falls far behind when it is not told.
# Most of the result was the leak. And of the honest versions only the one that leaves
# one out has a lower error than the honest bias model, by little and from one seed.
#
# :::{admonition} What goes wrong, 3: too large a step, too small a batch
# :class: warning
#
# A learning rate of 0.01 on 32 ratings at a time: each step follows a few people's
# noise, and there are thousands of them in an epoch. The loss of the training rows
# falls in every epoch that the source shows; nobody looked at whether the other one
# does.
# :::
#
# In the table above the best of the honest versions is *better* after 20 epochs than
# after 30, and the other one gains next to nothing. Our towers, below, take a thousand
# ratings a step and a rate that falls to zero. What this alone is worth, these runs do
# not tell; what it saves in time, they do.
#
# :::{admonition} What goes wrong, 4: three splits, and scalers that have seen it all
# :class: warning
#
# The source scales everything, test rows included, and then splits: users, movies and
# stars in *three* calls that are trusted to shuffle alike. They do, as long as all
# three tables have the same order and the calls have the same seed. Sort one of them,
# or mistype one seed, and everybody gets somebody else's stars, and no error is raised.
# :::
#
# Here the ratings are split once, and features are made for whatever rows there are.
# (What a scaler gives away is the exercise at the end.)
#
# ## Unknown is not zero
#
# :::{admonition} What goes wrong, 5: a newcomer who hates fourteen genres
# :class: warning
#
# The source's new user loves adventure and fantasy: 5.0 for both. All other genres are
# 0.0, for "no rating". No rating is zero stars, and the scaler does not know what was
# meant.
# :::

# %%
newcomer = pd.Series(0.0, index=genres)
newcomer[["Adventure", "Fantasy"]] = 5.0
scaled = scalers[0].transform(newcomer.to_frame().T.to_numpy())[0]
told = pd.Series(scaled, genres).round(1)
print("in spreads from the mean, the tower is told:")
print(
    told[["Adventure", "Fantasy", "Comedy", "Drama", "Thriller"]].to_string()
)

# %% [markdown]
# Several spreads below the mean: hardly anybody in the data dislikes drama like that.
# Compare with somebody of whom the rest is *unknown*, and so taken for average. (The
# model is the last of the three above, the honest one.)


# %%
def by_source(of_user):
    """Predict all movies for one user, by the source's model."""
    known = content.to_numpy()
    average = averages.movies["average"].reindex(content.index)
    side = np.column_stack([known, average.fillna(train["rating"].mean())])
    repeated = np.tile(of_user, (len(side), 1))
    found = predict_source(model, scalers, [repeated, side])
    return pd.Series(found, content.index)


# %%
as_average = newcomer.where(newcomer > 0, scalers[0].mean_)
popular = train["movie_id"].value_counts()[:300].index
newcomers = pd.DataFrame(
    {
        "zero": by_source(newcomer.to_numpy())[popular],
        "unknown": by_source(as_average.to_numpy())[popular],
    }
)
is_wanted = by_id.loc[popular, "genres"].map(
    lambda of_movie: bool({"Adventure", "Fantasy"} & set(of_movie))
)

# %%
means = newcomers.groupby(
    is_wanted.map({True: "wanted", False: "other"})
).mean()
print(means.round(2).rename_axis("genres").to_string())
taken_off = means["unknown"] - means["zero"]
with the_text_says(data.edition):
    assert taken_off["other"] > 0
if data.edition == "small":
    assert taken_off.between(0.5, 1).all()

# %% [markdown]
# The newcomer said nothing about drama, and is taken for somebody who hates nearly
# everything: on the full data most of a star is taken off all movies alike, wanted or
# not. Our encoder has two numbers for each feature: the scaled value, 0 where it is
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
# ## Our towers
#
# Ours have a level beside each vector, as in {eq}`eq-towers-ours`, and flags for what
# is unknown. Of a movie they are told its genres and its year and, where there are
# ratings, three numbers: its bias, the logarithm of how many ratings it has, and how
# generous its raters are. What they are told of people is the first of four more
# differences. (Widths, dropout, the rate, the epochs and how many movies are hidden are
# the best of nine trials on two inner splits of the training rows: eight drawn, and the
# one in use, which an earlier search had found. The rest was set by hand.)
#
# 1. **Tastes, not averages.** A person's average of a genre says for the most part how
#    strict they are. So take the biases off first, and ask how far their ratings *rise*
#    with a genre ("likes"); and what share of what they watch has it ("watches"). The
#    same for movies that are *newer*, more *famous* (rated by many) or *acclaimed*
#    (rated highly). All are shrunk where there is little to go by.
# 2. **Other folds.** Leaving one out has a flaw: all rows of a person have nearly the
#    same features, and the small differences between them are the left-out ratings. A
#    network might learn to read them (nothing here shows that it does; the first
#    exercise shows what there is to read). So deal the ratings into ten folds,
#    and describe each fold by the other nine. All rows of one person in a fold have the
#    *same* features, and their ratings are in none of them.
# 3. **Hide something.** In three of ten rows all that is made of the movie's ratings is
#    hidden, as if it were new. So the model learns what to make of genre and year alone
#    {cite}`volkovs2017dropoutnet`. In one row of twenty a part of what is known of the
#    person is hidden; and some people are described by a few of their ratings, as if
#    they were new.
# 4. **Large batches, and a rate that falls**, as in
#    [chapter 5](05_keras_collaborative_filtering.ipynb).

# %%
from recsys_helpers.methods.two_tower import TwoTowers

towers = TwoTowers(movies=movies).fit(train)
assert (towers.n_folds, towers.hide_movies) == (10, 0.3)
assert towers.hide_users == 0.05
history = towers.history_["rmse"]
print(f"{len(history)} epochs; RMSE on the training rows", end=" ")
print(
    f"{history.iloc[0]:.3f} in the first, {history.iloc[-1]:.3f} in the last"
)

# %%
from recsys_helpers.methods.baselines import BiasModel

bias_model = BiasModel().fit(train)
stars = {
    name: method.predict(test["user_id"], test["movie_id"])
    for name, method in {"bias model": bias_model, "towers": towers}.items()
}
for name, predicted in stars.items():
    print(f"{name}: RMSE {rmse(test['rating'], predicted):.4f}")

# %% [markdown]
# And from the results files: ours from three seeds, beside the source's model, the
# movie neighbours of [chapter 3](03_neighbours.ipynb) and the factors of
# [chapter 5](05_keras_collaborative_filtering.ipynb).

# %% tags=["nbval-check-output"]
seeds = [f"two towers, seed {seed}" for seed in range(3)]
ours = rmse_of[seeds]
print(f"two towers: RMSE {ours.mean():.4f}", end=" ")
print(f"({ours.min():.4f} to {ours.max():.4f})")
by_ids = published_results("keras_ratings").query(
    "split == 'random' and metric == 'rmse'"
)
by_ids = by_ids.set_index("method")["value"]
rivals = {name: rmse_of[name] for name in ["bias model", *of_honest.index]}
rivals["neighbours, movies"] = by_ids["neighbours, movies"]
for kind in ("genre and year", "everything"):
    rivals[f"factors, {kind}"] = by_ids[f"factors, {kind}, seed 0"]
print(pd.Series(rivals).sort_values().round(4).to_string())

# %% tags=["nbval-check-output"]
seconds = on_random.query("metric == 'fit_cpu_s'").set_index("method")[
    "value"
]
ratio = seconds[of_source["method"].unique()].min() / seconds[seeds].mean()
print(f"training the source's model takes {ratio:.0f} times as long, or more")
assert ours.max() < of_honest.min()
assert rivals["factors, everything"] < ours.min()
beside = rivals["factors, genre and year"] - ours.mean()
assert abs(beside) < ours.max() - ours.min()

# %% [markdown]
# What are the ideas worth? Take something away and train again, all with seed 0. (With
# each rating in its own features nobody's history is shortened either.)

# %% tags=["nbval-check-output"]
without = [
    "each rating in its own features",
    "nothing hidden in training",
    "genre and year of other movies",
]
print(rmse_of[["two towers, seed 0", *without]].round(4).to_string())
between_seeds = rmse_of[seeds].max() - rmse_of[seeds].min()
print(f"between the seeds of the full model lie {between_seeds:.4f}")
lost = rmse_of[without] - rmse_of["two towers, seed 0"]
assert lost[without[0]] > between_seeds
assert lost[without[2]] > between_seeds

# %% [markdown]
# The true genres and years are worth more than the luck of a seed, and so are features
# that the row's own rating is not part of; which of the two is worth more, these runs
# cannot say. Hiding things wins nothing here, where nearly everything is known, and may
# cost a little. What it is for, you will see in a moment.
#
# Chapter 5's model with genre and year and movie neighbours differ from the towers by
# less than two seeds of the towers do. They know people and movies by their ids; the
# towers describe everybody by the same few dozen features. Who knows ids *and* all that
# can be made of them, chapter 5's model with everything, is well ahead. What the towers
# win is below.
#
# ### When to stop
#
# A few epochs, with a rate that falls to zero at the end of them: that was chosen on
# inner splits, too. The other way you know from
# [chapter 5](05_keras_collaborative_filtering.ipynb): early stopping. Hold a tenth of the
# *training* rows back, look at their error after each epoch, and stop when it has not
# fallen for three. Take smaller towers, to be quick, and far more epochs than needed.

# %%
watched = splits.random_split(train, 0.1, seed=1)
stopped = TwoTowers(movies=movies, hidden=(64, 32), n_epochs=30, patience=3)
stopped.fit(watched.train, watched.test)
by_epoch = stopped.history_["val_rmse"]
print(
    f"{len(by_epoch)} epochs, and back to epoch {by_epoch.idxmin()}", end=", "
)
print(f"with RMSE {by_epoch.min():.4f} on the rows held back")
print(
    "(other rows than those of the table above: not to be compared with it)"
)
with the_text_says(data.edition):
    assert by_epoch.idxmin() >= len(by_epoch) - 3

# %% mystnb={"image": {"alt": "Lines over epochs of the RMSE of the training rows and of the rows held back. That of the training rows falls nearly steadily. That of the rows held back is the lower one, falls at first, and then goes up and down from epoch to epoch; a dot marks its lowest point."}} tags=["hide-input"]
from recsys_helpers.plots import learning_curves_plot

ax = learning_curves_plot(stopped.history_)

# %% [markdown]
# Two things are odd about this picture. The training rows have the *higher* error: each
# of them is described by other folds, and partly hidden, while the rows held back are
# described by all that is known. And from epoch to epoch the error goes up and down.
# While the rate is high, the last few steps decide where the weights are. When it
# falls, the steps get smaller and the weights settle. So with a schedule the number of
# epochs matters less, and no rows have to be held back from the training.
#
# ## Each side once
#
# :::{admonition} What goes wrong, 6: one person, copied nine thousand times
# :class: warning
#
# To score all movies for one person, the source copies the person's row once for each
# movie and runs all copies through the user tower. It comes to the same vector each
# time.
# :::
#
# The two sides meet in a dot product and nowhere else. So each person's vector is
# computed once, each movie's once, and scoring *all* movies for a person is one matrix
# product. That is why two towers are used in production: the movies' vectors are
# computed at night.

# %%
import time

P, Q = towers.user_factors_, towers.movie_factors_
print(f"users {P.shape}, movies {Q.shape}")
row = towers.interactions_.users.rows(two[0])
start = time.process_time()
scores = towers.mean_ + towers.user_levels_[row] + towers.movie_levels_
scores = scores + Q @ P[row]
one_product = time.process_time() - start

# %% tags=["nbval-check-output"]
movie_ids = towers.interactions_.movies.ids
user_inputs = towers.inputs_.of_users(towers.features_.users.loc[[two[0]]])
of_movies = towers.features_.movies.reindex(movie_ids)
movie_inputs = towers.inputs_.of_movies(of_movies, movie_ids)

start = time.process_time()
copies = np.tile(user_inputs, (len(movie_ids), 1))
pair_by_pair = np.ravel(towers.model_([copies, movie_inputs]))
copied = time.process_time() - start
same = np.allclose(pair_by_pair, scores, atol=1e-3)
print(f"the same scores: {same}")
assert same

# %%
ratio = copied / max(one_product, 1e-5)
print(f"running both towers for each pair takes {ratio:,.0f} times as long")

# %% [markdown]
# ### Somebody we know
#
# Predicted beside actual, for the hidden ratings of one person: the six that we thought
# best of, and the six that we thought worst of.

# %%
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
# The predictions lie closer together than the ratings, as they should: what cannot be
# known is best answered by something in the middle. Whoever expects every prediction
# within half a star will be disappointed, by this model and by any other.
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

# %% tags=["nbval-check-output"]
on_new_movies = published.query("split == 'cold-start movies'")
rmse_new = on_new_movies.query("metric == 'rmse'").set_index("method")[
    "value"
]
print(rmse_new.sort_values().round(4).to_string())
ours = rmse_new[rmse_new.index.str.startswith("two towers, seed")]
others = rmse_new[~rmse_new.index.str.startswith("two towers")]
assert ours.max() < others.min()

# %% [markdown]
# Lower than all, from each of the three seeds; [chapter 9](09_five_methods.ipynb) compares towers with
# some of them person by person. The methods that count on ratings fall back to about what the bias model
# knows, also the factors with *everything*, the best for movies that are rated. The towers themselves are worse than that if no movie was hidden from them
# in training: they count on ratings, and have none. That is what the hiding is for.
#
# And in lists? Recommend nothing but movies that nobody has rated yet. Would people
# have liked them? (nDCG@10, counted among the new movies only.)

# %% tags=["nbval-check-output"]
# The file calls the towers without ids by an older name.
of_features = {"retrieval, content only": "retrieval, features only"}
of_features |= {
    f"{old}, not corrected": f"{new}, not corrected"
    for old, new in of_features.items()
}
among_new = on_new_movies.query("metric == 'ndcg@10 among new movies'")
among_new = among_new.set_index("method")["value"]
display.published_table(
    among_new.rename(of_features).sort_values().rename("nDCG@10"),
    "two_towers",
    caption="Lists of nothing but new movies",
)

# %% [markdown]
# Look at this for a moment. ALS lists none of them: without likes a movie has no
# vector. Those that predict stars are at chance, or little better, though they predict
# well. They put what they think *excellent* first, whether or not anybody would watch
# it. Far ahead is a pair of towers that was trained for another task. Of these movies
# it knows the genre and the year, as the others do. It is the subject of *Towers for
# lists*, below.
#
# ### New people
#
# Hide all ratings of a tenth of the *users*, and then show the models a few of each,
# drawn at random. The towers (seed 0) describe the newcomer and answer at once. The
# others have to be trained again, with these few ratings among all the others. (All are
# judged on the same rows: all but ten ratings of each.)

# %% tags=["nbval-check-output"]
on_new_users = published.query("split == 'cold-start users'")
known_of = [f"rmse, {n} ratings known" for n in (0, 1, 3, 5, 10)]
few = on_new_users[on_new_users["metric"].isin(known_of)]
table = few.pivot(index="method", columns="metric", values="value")[known_of]
table.columns = ["none known", "1 rating", "3", "5", "10"]
print(table.sort_values("5").round(3).to_string())
assert table["10"].idxmin() == "bias model"

# %% [markdown]
# The bias model has the lowest error. It has one number to learn about a newcomer, and a
# few ratings go a long way. The towers learn next to nothing from them; from this seed
# they are even worse with ten ratings known than with none. Why are they so good with
# new movies, and not with new people? One guess: there are thousands of movies to learn
# from, and only a few hundred people. Is it that they met too few strangers? Describe
# *everybody* by a shortened history in training, some of them by next to nothing, and
# hide more. How much was chosen on people who were held out of the training rows
# (narrower towers did worse there). From `benchmarks/tower_newcomers.py`, three seeds
# each:

# %% tags=["nbval-check-output"]
newcomers = published_results("tower_newcomers")
newcomers = newcomers[newcomers["metric"].isin(known_of)]
of_kind = newcomers["method"].str.replace(", seed [0-9]", "", regex=True)
by_kind = newcomers.groupby([of_kind, "metric"])["value"]
spread = by_kind.agg(["mean", "min", "max"]).round(3)
print(spread.loc[pd.IndexSlice[:, known_of], :].to_string())
of_ten = spread.xs(known_of[-1], level="metric")
prepared, usual = of_ten.to_numpy()
assert table.loc["bias model", "10"] < prepared[0] < usual[0]
assert prepared[2] > usual[1]  # the seeds overlap

# %% [markdown]
# With ten ratings known it helps on average, though not from every seed; in between
# nothing is won, and the bias model stays ahead. We have a guess and no answer. For a
# newcomer's stars, take the bias model; where there are millions of users to learn
# from, try again.
#
# So much for stars. Lists for newcomers, on the same rows, each person's values averaged
# over three seeds where there is chance:

# %%
from recsys_helpers import comparison
from recsys_helpers.results import results_table

listed = published_results("tower_newcomers")
known_of = [f"ndcg@10, {n} ratings known" for n in (3, 5, 10)]
display.published_table(
    results_table(listed, known_of, digits=3),
    "tower_newcomers",
    caption="Lists for newcomers",
)

# %%
for metric in known_of:
    values = listed[listed["metric"] == metric].set_index("method")["value"]
    pairs = listed[listed["metric"] == f"paired difference of {metric}"]
    best, *level = comparison.leaders(pairs, values)
    print(f"{metric}, {pairs['n'].max()} people: {best}", end="; ")
    print("not decided against it:", "; ".join(level) or "none")
    signs = comparison.decided(pairs, values.index)["popularity"]
    print("  surely ahead of popularity:", *signs.index[signs == 1])
assert signs.index[signs == 1].tolist() == ["movie neighbours"]

# %% [markdown]
# These are some seventy people. Only once is somebody surely ahead of popularity: movie
# neighbours, with ten ratings known. Towers for lists may be as good as they; that they
# are better than anything which folds newcomers in, nothing here shows.
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
# pick out of those of the batch: row $k$ of a batch is a person, with the vector $f_k$,
# and a movie that they liked, with the vector $g_k$. The movies of the other rows serve
# as the wrong answers. With $s_{kl}$ for the score of person $k$ and the movie of row
# $l$, and $n$ rows, the loss is the mean of minus the logarithm of the right movie's
# probability (the *cross-entropy*):
#
# $$
# L = -\frac1n \sum_k \log \frac{e^{s_{kk}}}{\sum_l e^{s_{kl}}},
# \qquad s_{kl} = \frac{f_k \cdot g_l}{\tau}
# $$ (eq-towers-softmax)
#
# Both vectors have length 1; $\tau$, the **temperature**, says how sure a difference in
# the cosine makes the softmax. (The library leaves the same movie in another row out of
# the sum: it is no wrong answer.) In numpy:


# %% tags=["nbval-check-output"]
def in_batch_loss(f, g, temperature=0.3):
    """Loss of picking the k-th movie for the k-th user of a batch."""
    s = f @ g.T / temperature
    s = s - s.max(axis=1, keepdims=True)  # or exp overflows
    log_softmax = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return -np.mean(np.diag(log_softmax))


rng = np.random.default_rng(0)
f, g = rng.normal(size=(2, 4, 3))
f = f / np.linalg.norm(f, axis=1, keepdims=True)
g = g / np.linalg.norm(g, axis=1, keepdims=True)
in_keras = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
agree = np.isclose(in_batch_loss(f, g), in_keras(np.arange(4), f @ g.T / 0.3))
print(f"Keras' cross-entropy says the same: {agree}")
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
# A movie that comes up a hundred times as often weighs a hundredth each time. Train
# both ways, on features alone, without ids, with the last fifth of each person's
# ratings hidden.

# %%
from recsys_helpers.methods.two_tower import RetrievalTowers

by_time = splits.user_temporal_split(ratings)
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
# How good are these lists? Beside the methods of the earlier chapters, from the results
# file. With ids, the movie tower has a vector of its own for each movie, and the user
# tower knows which movies somebody has rated (leaving out the one that is to be
# picked). The features are made of all training rows here. With folds, what is
# *missing* from somebody's features would tell which movies are in the fold, and these
# are the ones to be picked.

# %% tags=["nbval-check-output"]
of_lists = "split == 'user temporal' and metric == 'ndcg@10'"
lists = published.query(of_lists).set_index("method")["value"]
before = published_results("neighbours_and_als").query(of_lists)
before = before.set_index("method")["value"]
shown = ["popularity", "ALS, the source's settings", "ALS, chosen"]
lists = lists.drop(["Popularity", "Als", "Ease"])
lists = pd.concat([lists, before[[*shown, "EASE, chosen"]]])
display.published_table(
    lists.rename(of_features).sort_values().rename("nDCG@10"),
    "two_towers",
    "neighbours_and_als",
    caption="Lists on the last fifth",
)

# %% [markdown]
# By features alone the towers are well ahead of popularity (they are told of it: how
# many ratings a movie has is one of the features). With ids they come near to ALS and
# EASE; who is surely ahead of whom, [chapter 9](09_five_methods.ipynb) says. (The towers for stars,
# asked for a list, are behind popularity.) On a hundred thousand ratings nobody needs
# two towers to make lists for people and movies that are known. They are used where
# there are a hundred million, and new ones every minute.
#
# ## A page for a newcomer
#
# Somebody new has rated nothing. They can say what they like. Say it in spreads: 2 is
# "more than nearly everybody", 0 "as people do on average", and what is not said is
# unknown.

# %%
by_content = retrieval["corrected"]
for likes in ({"Children": 2, "Animation": 2}, {"Documentary": 2}):
    best = by_content.recommend_by_likes(likes, n=5)["movie_id"]
    print(", ".join(likes), "-", "; ".join(titles[best]))

# %% [markdown]
# For the source's newcomer, who loves adventure and fantasy:

# %%
wanted = {"Adventure": 2, "Fantasy": 2}
best = by_content.recommend_by_likes(wanted)
found = by_id.loc[best["movie_id"], ["title", "genres"]]
display.movie_table(
    found.reset_index(drop=True),
    caption="For somebody who loves adventure and fantasy",
)

# %%
has_wanted = found["genres"].map(
    lambda of_movie: bool(set(wanted) & set(of_movie))
)
print(f"{has_wanted.mean():.0%} of the list is adventure or fantasy")
with the_text_says(data.edition):
    assert has_wanted.mean() >= 0.8

# %% [markdown]
# In a notebook of your own, the next cell shows a form: move a slider and the list
# below it changes. Nothing is trained; a vector is computed, and one matrix product. (A
# page of a book cannot run it.)

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
# near movies. The source takes the squared distance of two vectors of length 1.
# Multiply it out:
#
# $$
# |a - b|^2 = |a|^2 + |b|^2 - 2\, a \cdot b = 2 - 2 \cos(a, b) .
# $$ (eq-towers-distance)
#
# So the nearest by distance is the nearest by cosine, and the distances of *all* pairs
# are one matrix product.

# %% tags=["nbval-check-output"]
vectors = by_content.movie_vectors(titles)
a, b = vectors.vector(1), vectors.vector(364)
squared = np.sum((a - b) ** 2)
same = np.isclose(squared, 2 - 2 * (a @ b), atol=1e-5)
print(f"squared distance and 2 - 2 cos: the same: {same}")
assert same

# %% [markdown]
# :::{admonition} What goes wrong, 7: three loops in Python
# :class: warning
#
# The source computes the distances number by number, in three loops, for all pairs. And
# then it prints the genres of movie 1 in the column for movie 2, so that every pair
# looks perfect.
# :::


# %%
def triple_loop(vectors):
    """Squared distances, as the source computes them."""
    n, n_factors = vectors.shape
    distances = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            for k in range(n_factors):
                distances[i, j] += (vectors[i, k] - vectors[j, k]) ** 2
    return distances


some = vectors.matrix[:60].astype(float)
start = time.process_time()
in_loops = triple_loop(some)
loops = time.process_time() - start
at_once = 2 - 2 * some @ some.T
assert np.allclose(in_loops, at_once, atol=1e-5)

# %%
start = time.process_time()
nearest, _ = vectors.neighbours_of_all(n=1)
all_pairs = time.process_time() - start
per_pair = loops / len(some) ** 2
print(f"loops for all {len(vectors):,} movies would take", end=" ")
print(f"{per_pair * len(vectors) ** 2 / all_pairs:,.0f} times as long")

# %% [markdown]
# Measured by itself, in the results file:

# %% tags=["nbval-check-output"]
pairs = on_random.query("metric == 'pairs_cpu_s'").set_index("method")[
    "value"
]
loop, product = sorted(pairs.index, key=lambda name: "Movie" in name)
n_loop, n_all = (
    int("".join(filter(str.isdigit, name))) for name in (loop, product)
)
ratio = pairs[loop] / pairs[product] * (n_all / n_loop) ** 2
print(f"{n_all:,} movies: {ratio:,.0f} times as fast as the loops")
assert ratio > 1000

# %%
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
# A movie and its neighbour need not share every genre. They have something else in
# common: both are famous and well liked. The towers are told how many ratings a movie
# has, and how good they are.
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
# of your inventions does best? (`movie_content` makes the last part of the input; the
# first part, what is made of ratings, is all zeros.)
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
# hidden rows. The averages are of the training ratings only. The source does it in this
# order, and so do many tutorials. Find the bug, and write a test that any preparation
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
#   not the hidden ones, and not the training row's own. Make it of other folds.
# - Unknown is not zero. Give the network a flag, and hide things from it in training.
# - On new movies the towers were ahead of every method that goes by ids. With ratings
#   at hand, those who use them all were ahead.
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
