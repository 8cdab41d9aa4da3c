# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 12 · In production: what happens when people use it?
#
# :::{admonition} Before you start
# :class: note
#
# **You will learn** to answer people over the network while they wait, and to refuse
# clearly what makes no sense; and five things that no table of chapter 9 shows: a world
# that changes, a recommender that learns from its own advice, experiments on people who
# use it, what a vector gives away about a person, and who is served badly.
#
# **You need** [chapter 2](02_is_it_any_good.ipynb), EASE from [chapter 3](03_neighbours.ipynb),
# and [chapter 4](04_als.ipynb). The five topics after serving can be read in any order, and
# each may be skipped.
#
# **Time** {chapter-time}`about an hour; the cells run in two minutes`.
# :::

# %% tags=["remove-cell"]
# On Colab, this cell installs the course's package. Elsewhere it does nothing.
import subprocess
import sys
from importlib.metadata import version

if "google.colab" in sys.modules:
    course = "git+https://github.com/five-ways/recommend-a-movie"
    server = ["fastapi", "httpx", "uvicorn"]
    # Colab's own tools need the major version of pandas that they came with.
    pandas = f"pandas<{int(version('pandas').split('.')[0]) + 1}"
    pip = [sys.executable, "-m", "pip", "install", "-q"]
    subprocess.run([*pip, course, pandas, "implicit", *server], check=True)

# %% tags=["nbval-check-output"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from recsys_helpers import datasets, display, plots, splits
from recsys_helpers.datasets import the_text_says
from recsys_helpers.extras import has_extra
from recsys_helpers.results import published_results, results_table

data = datasets.load_movielens()
ratings, movies = data.ratings, data.movies
titles = movies.set_index("movie_id")["title"]
print(f"edition: {data.edition}")
print(f"{len(ratings):,} ratings")

# %% [markdown]
# The server needs packages that the rest of the course does not. Where they are
# missing, the next cell says how to install them, and the cells that need them do
# nothing.

# %%
HAS_SERVE = has_extra("serve")

# %% [markdown]
# ## Why anyone wants this
#
# So far a recommender was a table of numbers on a laptop. Somebody has to put it where
# people are: behind an address that answers. And from that day on it is part of the
# world that it learns from. People change, the list changes what people see, and what
# they see becomes the data of tomorrow.
#
# ## The idea in a picture
#
# ```text
#            what people watched ──► train ──► model
#                   ▲                             │
#                   │                             ▼
#     people ◄── ten films ◄── rank ◄── retrieve hundreds out of millions
# ```
#
# The chapters so far were about the upper arrow. This one is about the lower line, and
# about the arrow on the left, which closes the circle.

# %% [markdown]
# ## Serving: an answer while somebody waits
#
# So far you have asked a method yourself, in a notebook. A website cannot do that: it
# is written in another language, runs on another machine, and thousands of people look
# at it at once. So the trained method goes into a {term}`server <Server>`: a program
# that waits for *requests* over the network and answers each of them, in the language
# of the web, HTTP. A request names an address, such as `/movies/1/similar`; each kind
# of address is an *endpoint*. The answer has a *status* (200: here it is; 404: there is
# no such thing; 422: something in the request is wrong) and a body, written in JSON,
# which every language reads.
#
# Two things are new. Somebody waits. And you do not know who asks, nor what they send.
#
# ### Retrieval, then ranking
#
# The best score often takes the longest, and a shop has a million things to score. So many
# large services work in two steps {cite}`covington2016deep`. {term}`Retrieval <Retrieval>`
# finds a few hundred {term}`candidates <Candidates>` with a cheap score, such as the dot
# product of two vectors. {term}`Ranking <Ranking>` scores only these, with the best method that
# there is time for, and rules that no score knows choose what is shown: nothing twice, at most
# two films of a series.
#
# Suppose there are a million films, and each step has 10 milliseconds. How much time
# may one film take?

# %% tags=["hide-input"]
from recsys_helpers.serving.recommender import CANDIDATES

step_ms = 10
left = {"catalogue": 1_000_000, "candidates": CANDIDATES, "list": 10}
who = ["retrieval", "ranking", "the rules"]


def in_words(ms):
    """Write a time in the unit that suits it."""
    units = {"ms": 1, "µs": 1e-3, "ns": 1e-6}
    unit = next(u for u, size in units.items() if ms >= size)
    return f"{ms / units[unit]:.0f} {unit}"


# %% mystnb={"image": {"alt": "Three bars on a logarithmic axis of the number of films: a million in the catalogue, 300 after retrieval, 10 after ranking. Beside each stands what one film may cost if the step has ten milliseconds: 10 nanoseconds, 33 microseconds, 1 millisecond."}} tags=["hide-input"]
with plots.course_style():
    fig, ax = plt.subplots(figsize=(6.4, 2.6))
    ax.barh(list(left), list(left.values()), color=plots.BLUE)
    for row, n in enumerate(left.values()):
        note = f"{who[row]}: {n:,} films, {in_words(step_ms / n)} each"
        place = (4, row) if n > 1e4 else (n * 1.3, row)
        colour = "white" if n > 1e4 else "black"
        ax.text(*place, note, va="center", color=colour, fontsize=9)
    ax.set(xscale="log", xlim=(1, 2e6), xlabel="Films (logarithmic)")
    ax.invert_yaxis()

# %% [markdown]
# Ranking has thousands of times as much time for each film as retrieval. (And ten
# nanoseconds are little even for a dot product, so with a million films retrieval uses an
# index: [chapter 11](11_nearest_among_millions.ipynb).)
#
# Which methods? {term}`ALS` has a vector for every person and every film, and folds a new
# person in with one small system of equations: it retrieves. {term}`EASE` is among the best
# for lists ([chapter 9](09_five_methods.ipynb)), but has no short vectors to search in: it ranks.

# %%
from recsys_helpers.serving.training import train_recommender

served = train_recommender(data)
print(f"{served.counts.movies:,} films, {served.counts.users:,} people")
print(f"vectors of {served.movie_vectors.shape[1]} numbers")

# %% [markdown]
# What ranking would have put on top, but retrieval has not found, is lost. So measure
# it: the {term}`recall of retrieval <Recall of retrieval>` is the share of EASE's own
# ten best that is among the candidates.

# %% tags=["hide-input"]
load = published_results("serving_load")
found = results_table(load, ["recall of EASE's ten"], digits=3)
display.published_table(
    found[found.index.str.endswith("candidates")],
    "serving_load",
    caption="Mean over all users of small",
)

# %% tags=["hide-cell"]
recall = load[load["metric"] == "recall of EASE's ten"]["value"].to_numpy()
assert (np.diff(recall) > 0).all()
assert 0.6 < recall[0] < 0.75
assert recall[-1] < 1

# %% [markdown]
# Ten candidates, and a third of the list is lost; with a few hundred you lose little,
# but never nothing. This course's server takes 300.
#
# ### A server in six lines
#
# FastAPI is a library that turns functions into endpoints. The line with the `@` says
# at which address the function below it answers. Its arguments are what stands behind
# the question mark of an address, as in `/popular?n=5`. FastAPI reads their names and
# types, and checks what comes in against them. The `TestClient` sends requests without
# a network.

# %% tags=["hide-input"]
if HAS_SERVE:
    import warnings

    with warnings.catch_warnings():
        # It would rather have a newer HTTP client; this one does.
        warnings.simplefilter("ignore")
        from fastapi.testclient import TestClient

# %%
if HAS_SERVE:
    from fastapi import FastAPI

    tiny = FastAPI()
    popular = ratings["movie_id"].value_counts()

    @tiny.get("/popular")
    def list_popular(n: int = 3):
        return {"movies": popular.head(n).index.tolist()}


# %%
if HAS_SERVE:
    tiny_client = TestClient(tiny)
    print(tiny_client.get("/popular").json())
    print(tiny_client.get("/popular?n=two").status_code)
    minus_one = tiny_client.get("/popular?n=-1").json()["movies"]
    print(f"n=-1: {len(minus_one):,} films")

# %% tags=["hide-cell"]
if HAS_SERVE:
    assert len(minus_one) == ratings["movie_id"].nunique() - 1

# %% [markdown]
# `two` is no whole number, and is refused with 422. But minus one is a whole number,
# and pandas' `head(-1)` means *all but the last*: the catalogue goes out, but for one
# film. A type is not a limit. Whatever comes in needs one: how many films may be asked
# for, how many ratings sent, how many bytes read.
#
# ### The course's server
#
# `recsys_helpers.serving` has these endpoints, with such limits:
#
# - `GET /health`: which model is loaded, by a fingerprint of all its numbers;
# - `GET /movies?query=`: ids by title;
# - `GET /movies/{id}/similar`: films with near vectors;
# - `GET /users/{id}/recommendations`: a list for somebody known;
# - `POST /recommendations`: a list for somebody new.
#
# `GET` asks for something; `POST` sends something along, here a new person's ratings. Ask for
# films like *Toy Story*, and for a list for somebody known. Before each title stands the
# score: a cosine for similar films, EASE's score in a list. (`show`, folded, prints an answer.)

# %% tags=["hide-input"]
import textwrap


def show(answer):
    """Print the status and the films of an answer, or what is wrong."""
    found = answer.json()
    detail = f"{answer.status_code} {found.get('detail', '')}"
    print(textwrap.fill(detail, 56))
    for movie in found.get("movies", []):
        print(f"  {movie['score']:.3f}  {movie['title'][:40]}")


if HAS_SERVE:
    from recsys_helpers.serving.app import create_app

    client = TestClient(create_app(served))

# %%
if HAS_SERVE:
    show(client.get("/movies/1/similar?n=3"))
    somebody = int(served.users.ids[0])
    show(client.get(f"/users/{somebody}/recommendations?n=3"))

# %% [markdown]
# Now somebody new, who likes Toy Story and two films of Star Wars. Nothing is trained,
# and nothing of theirs is kept.

# %%
if HAS_SERVE:
    liked = {"Toy Story": 5.0, "Star Wars": 5.0, "Return of the Jedi": 4.5}
    stars = {
        int(titles.index[titles.str.contains(name)][0]): rating
        for name, rating in liked.items()
    }
    sent = [{"movie_id": i, "rating": r} for i, r in stars.items()]
    answer = client.post("/recommendations?n=5", json={"ratings": sent})
    show(answer)
    listed = [movie["movie_id"] for movie in answer.json()["movies"]]

# %% tags=["hide-cell"]
if HAS_SERVE:
    assert len(listed) == 5
    assert not set(listed) & set(stars)

# %% [markdown]
# And what is wrong gets an answer, too. It says what to do, and all endpoints say it in one
# shape {cite}`nottingham2023problem`, so that a program can read it.

# %%
if HAS_SERVE:
    show(client.get("/movies/1/similar?n=5000"))
    show(client.get("/movies/4444444/similar"))
    twice = [{"movie_id": 1, "rating": 5.0}, {"movie_id": 1, "rating": 1.0}]
    show(client.post("/recommendations", json={"ratings": twice}))
    huge = client.post("/recommendations", content=b" " * 100_000)
    show(huge)

# %% tags=["hide-cell"]
if HAS_SERVE:
    assert huge.status_code == 413

# %% [markdown]
# To start the server for others, in a terminal:
#
# ```console
# $ python -m recsys_helpers.serving --edition small --port 8001
# ```
#
# Its page `http://127.0.0.1:8001/docs` lists the endpoints. It listens on your machine
# only, since it asks nobody who they are: whoever reaches it may ask for anybody's
# list. To run it elsewhere, the file `Containerfile` makes a *container image*: a file system
# with the program and the packages that it needs, but without the model.
#
# ### How much does it bear?
#
# The tool locust plays people who ask, wait for the answer, and ask again at once: on
# `small`, for the list of somebody known. `requests/s` counts answers per second. `p50 ms` is
# the median of the time that an answer takes, and 99 of 100 answers stay below `p99 ms`.

# %% tags=["hide-input"]
asked = load[load["method"] == "recommend"]
wanted = ["requests/s", "p50 ms", "p99 ms"]
by_load = asked[asked["metric"].isin(wanted)].pivot(
    index="split", columns="metric", values="value"
)
by_load = by_load.rename_axis(columns=None)
display.published_table(
    by_load.loc[["1 at a time", "8 at a time", "32 at a time"], wanted],
    "serving_load",
    caption="Lists for somebody known",
    digits=1,
)

# %% tags=["hide-cell"]
busy = by_load.loc["32 at a time"] / by_load.loc["1 at a time"]
assert busy["p50 ms"] > 2 * busy["requests/s"]

# %% [markdown]
# Who asks 32 at a time gets more answers in all, and waits much longer for each. The two hang
# together: the number of requests that are under way is the answers per second times the mean
# time that each takes, which is *Little's law* {cite}`little1961proof`. So once a server gives
# as many answers per second as it can, whoever comes on top only adds waiting. (Tool and
# server shared two cores, so read these times for their shape.)
#
# How much of the work is about films? Compare the server's work with that of the recommender
# in it, called without any server:

# %% tags=["hide-input"]
one = load[load["split"] == "1 at a time"]
inside = load[load["split"] == "in process"]
cost = results_table(
    one.assign(low=np.nan, high=np.nan), ["server CPU ms"], digits=2
)
alone = results_table(inside, ["recommender CPU ms"], digits=2)
display.published_table(
    cost.set_axis(["server"], axis=1)
    .assign(recommender=alone["recommender CPU ms"])
    .fillna("-"),
    "serving_load",
    caption="CPU milliseconds of a request",
)

# %% tags=["hide-cell"]
ratio = inside[inside["metric"] == "server / recommender"]["value"]
assert ratio.min() > 1

# %% [markdown]
# A request costs more than the recommender in it. `health` computes nothing, so what it takes
# is the price of HTTP, of JSON and of the checks.
#
# ### What goes wrong
#
# **The tail is what people feel.** The mean, or the median, hides the {term}`tail
# latency <Tail latency>`. A page that asks ten servers is as slow as the slowest of
# them {cite}`dean2013tail`. Let each answer be slow with a chance of one in a hundred,
# whatever the others are. How many pages are slow?

# %% tags=["nbval-check-output"]
for n in (1, 10, 100):
    print(f"{n:3} requests: {1 - 0.99**n:.0%} of the pages are slow")

# %% [markdown]
# **Training and serving disagree.** The server turns requests into numbers with other
# code than training did, and each small difference is a silent fault:
# {term}`training-serving skew <Training-serving skew>`. The classic one: the website
# sends the *position* of a film in a table where an *id* is wanted. How many positions
# would be taken for the id of some other film?

# %%
positions = np.arange(served.counts.movies)
accepted = np.isin(positions, served.movies.ids)
print(f"{accepted.mean():.0%} of the positions are ids, too")

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert accepted.mean() > 0.1

# %% [markdown]
# These get a list, for the wrong films, with status 200. The rest gets a 404: watch how
# many there are. And let a test compare the server's lists with the methods' own.
#
# **The model is a pickle.** Many libraries save a model with Python's `pickle`. To
# *read* a pickle is to run whatever is in it:

# %% tags=["nbval-check-output"]
import io
import pickle


class Gift:
    def __reduce__(self):
        return (print, ("This ran, and all you did was load a file.",))


present = pickle.dumps(Gift())
pickle.loads(present)
try:
    np.load(io.BytesIO(present), allow_pickle=False)
except ValueError as error:
    print("numpy:", str(error)[:40])

# %% [markdown]
# Instead of `print` it could have been anything that you may do on that machine. The
# server's file holds arrays and text only, and is read with `allow_pickle=False`.

# %% [markdown]
# ## Drift: the world moves on
#
# *You may skip this section.*
#
# A model is a photograph. Films come out, people come and go, and the photograph stays
# as it was. That is {term}`drift <Drift>` {cite}`gama2014drift`, and nothing raises an
# error: the service answers as fast as ever, only worse.
#
# One model learns from everything before 2001 and is then *frozen*. (Its settings were chosen
# on ratings of all years.) For every two years that follow, take the people who came in that
# time. The older half of their ratings is folded in, the later half is hidden; a hidden film
# that a model does not know counts as missed. Beside the frozen model stands one that is
# *retrained* at the start of each period. Both see the same ratings of the same newcomers:
# `FoldedIn` hands them to a model that has been fitted before. The second, folded cell makes
# `spans`, where each period starts and ends, and `old_ratings`, those before the first.

# %%
from itertools import pairwise

from recsys_helpers.evaluation import ndcg_of_users
from recsys_helpers.methods.ease import CHOSEN_EASE, Ease
from recsys_helpers.production.drift import FoldedIn, newcomers, unknown_share


def start_of(year):
    return pd.Timestamp(year, 1, 1).timestamp()


def before(moment):
    return ratings[ratings["timestamp"] < moment]


# %% tags=["hide-input"]
spans = {y: (start_of(y), start_of(y + 2)) for y in range(2001, 2017, 2)}
if ratings["timestamp"].max() < start_of(2015):
    print("This edition ends earlier. In place of two years each: eight")
    print("periods with as many newcomers each, numbered from 1.")
    arrivals = ratings.groupby("user_id")["timestamp"].min()
    moments = np.quantile(arrivals, np.linspace(0.2, 1, 9))
    spans = dict(enumerate(pairwise(moments), 1))
old_ratings = before(min(start for start, _ in spans.values()))

# %%
frozen = Ease(**CHOSEN_EASE).fit(old_ratings)
periods = {}
for period, (start, end) in spans.items():
    came = newcomers(ratings, start, end)
    halves_in_time = splits.user_temporal_split(came, test_share=0.5)
    retrained = Ease(**CHOSEN_EASE).fit(before(start))
    for name, model in {"frozen": frozen, "retrained": retrained}.items():
        newcomers_served = FoldedIn(model, halves_in_time.train)
        periods[period, name] = ndcg_of_users(
            newcomers_served, halves_in_time
        )
ndcg_by_age = pd.Series({key: np.nanmean(v) for key, v in periods.items()})

# %% [markdown]
# You only learn the nDCG after people have rated. Two things can be watched without
# waiting. The share of incoming ratings that are of movies **the frozen model has never
# met**. And how far some distribution has moved: here, that of genres. With the share
# $p_k$ of class $k$ at training time and $q_k$ today, the {term}`population stability
# index <Population stability index>` (PSI) is $\sum_k (q_k - p_k) \ln (q_k / p_k)$: 0
# if nothing has moved; by a rule of thumb, above 0.25 look into it. A class that is
# empty on one side makes it infinite, so take the ten most common genres.

# %%
from recsys_helpers.production.drift import population_stability_index

genres = movies[["movie_id", "genres"]].explode("genres")


def rated_genres(rows):
    """Count the ratings of each genre's movies, the most common first."""
    return rows.merge(genres, on="movie_id")["genres"].value_counts()


# %%
at_training = rated_genres(old_ratings).head(10)
watched = {}
for period, span in spans.items():
    came = newcomers(ratings, *span)
    today = rated_genres(came).reindex(at_training.index, fill_value=0)
    watched[period] = {
        "people": came["user_id"].nunique(),
        "unknown": unknown_share(came, old_ratings),
        "PSI": population_stability_index(at_training, today, pseudo_count=0),
    }
watched = pd.DataFrame(watched).T

# %% [markdown]
# A row for each period, by its first year: nDCG@10 of the *frozen* and the *retrained*
# model, the number of *people*, the share of ratings of *unknown* movies, and the PSI.
# Below it, the difference of the two models over the last four periods, for the people who
# like a hidden film at all: the others have no nDCG.

# %%
from recsys_helpers.intervals import bootstrap_interval, paired_difference

by_age = ndcg_by_age.unstack()
counted = watched.astype({"people": int})
print(by_age.join(counted).round(2).to_string())
fresh, old = (
    np.concatenate([periods[p, name] for p in list(spans)[4:]])
    for name in ("retrained", "frozen")
)
gap, low, high, n = paired_difference(fresh, old)
print(f"\nretrained - frozen: {gap:.3f} [{low:.3f}, {high:.3f}], {n} people")

# %% mystnb={"image": {"alt": "Two panels over the years 2001 to 2015. Above, nDCG at 10 of the frozen model falls behind that of the retrained one. Below, the share of ratings of movies that the frozen model does not know climbs."}} tags=["hide-input"]
with plots.course_style():
    fig, (above, below) = plt.subplots(2, figsize=(6.4, 5), sharex=True)
    looks = {"frozen": "o--", "retrained": "s-"}
    colours = {"frozen": plots.VERMILION, "retrained": plots.BLUE}
    for name, style in looks.items():
        above.plot(by_age[name], style, color=colours[name], label=name)
    above.set(ylabel="nDCG@10 of newcomers", ylim=(0, None))
    above.legend()
    below.plot(watched["unknown"], "o--", color=plots.VERMILION)
    below.set(xlabel="Period, by its first year", ylim=(0, 1))
    below.set(ylabel="Ratings of movies\nunknown when frozen")

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert low > 0
    assert watched["unknown"].iloc[-1] > 1.5 * watched["unknown"].iloc[0]
if data.edition == "small":
    assert watched["PSI"].max() < 0.25

# %% [markdown]
# The lines start together, as they must: in 2001 the two are the same model. Then they
# part. Both jump from period to period, since the newcomers of each are few and not alike; so
# compare *within* a period, never the frozen model of today with that of then.
#
# What people do about it: retrain on a schedule, and train the model *with a cut-off in
# time* as here, to see how old it may get. And choose with care what you watch: on `small` the
# PSI of the genres never reaches the rule of thumb, while the frozen model falls behind. The
# kinds of films are still the same; the films are others.
#
# ## Feedback loops: the model makes its own data
#
# *You may skip this section.*
#
# In production people find what the recommender shows. What it does not show nobody can like,
# so the next model learns that nobody likes it. This is a {term}`feedback loop <Feedback
# loop>`. It cannot be studied on old ratings, so here is a **simulation**, with an invented
# truth, of what *can* happen. It is made of:
#
# - *Tastes.* The vectors that ALS learns from our ratings of 300 films give each user a
#   chance to like each film. We level them so that every film is as good as any other
#   for the crowd: **in truth there are no blockbusters**.
# - *Lists* of ten. Place $r$ is looked at with the chance $1/\log_2(r+1)$
#   ({term}`position bias <Position bias>`); who looks, and likes, clicks.
# - *Rounds.* Before the first, everybody is shown films drawn at random. Then, 20 times
#   over, EASE learns from all clicks so far, and everybody gets its best ten of the
#   films that they have not clicked.
# - *Exploration.* With a chance of 0, 10 or 30 % a place goes to a film drawn at random.
#
# What is clicked is gone. So two more loops, for comparison, lose their films alike:
# lists drawn *at random* from what is left, and lists by somebody who knows the *truth*.

# %%
from recsys_helpers.methods.als import Als
from recsys_helpers.production.drift import run_loop, tastes_of

rated_most = ratings["movie_id"].value_counts().index[:300]
als_of_300 = Als(
    8, regularization=1, like_threshold=4, weighting="constant", alpha=2
).fit(ratings[ratings["movie_id"].isin(rated_most)])
has_likes = np.diff(als_of_300.confidences_.matrix.indptr) > 0
tastes = tastes_of(
    als_of_300.user_factors_[has_likes], als_of_300.movie_factors_
)

# %%
ways = {f"explore {n} %": {"exploration": n / 100} for n in (0, 10, 30)}
ways["random"] = {"exploration": 1}
ways["truth"] = {"model": lambda clicks: tastes}
loops = pd.concat(
    {
        (name, seed): pd.DataFrame(run_loop(tastes, seed=seed, **way))
        for name, way in ways.items()
        for seed in range(10)
    },
    names=["lists", "seed", "round"],
)

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert tastes.mean(axis=0).std() < 0.1 * tastes.mean()

# %% [markdown]
# Three questions to each round. How unequally are the films spread over the lists that
# the model would like to show? The {term}`Gini coefficient <Gini coefficient>` says it:
# 0 if each film is on as many lists, near 1 if a few films are on all. How large is the
# *true* chance that people like what they are shown, random places included (*liked*)?
# And what share of the films is *starved*: fewer than five clicks so far, from
# everybody together? The table has the mean of the last five rounds and of ten seeds,
# and of *liked* also the *lowest* and *highest* seed.

# %%
ends = loops.groupby(["lists", "seed"], sort=False).tail(5)
ends = ends.groupby(["lists", "seed"], sort=False).mean()
table = ends.groupby("lists", sort=False).mean()
liked = ends["liked"].unstack("lists")
table["lowest"], table["highest"] = liked.min(), liked.max()
print(table.round(2).to_string())
worse = (liked["explore 0 %"] < liked["random"]).sum()
print(
    f"\nworse than random without exploration: {worse} of {len(liked)} seeds"
)

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert (liked["explore 30 %"] > liked["random"]).all()
    assert liked["explore 0 %"].mean() < liked["random"].mean()
    none, much, truth = table["gini"][
        ["explore 0 %", "explore 30 %", "truth"]
    ]
    assert none > much > 1.5 * truth
    assert table.loc["explore 0 %", "starved"] > 0.15

# %% mystnb={"image": {"alt": "Two panels over 20 rounds, with a line for each of three shares of exploration and a dotted one for lists at random. Above: the Gini coefficient, far above the dashed line of the true tastes; the more exploration, the lower. Below: the true chance that what is shown is liked; the dashed line of the truth lies far above all others; without exploration it sinks to the dotted line of lists at random and a little below, with 30 percent it stays well above it."}} tags=["hide-input"]
by_round = loops.groupby(["lists", "round"], sort=False).mean()
with plots.course_style():
    fig, (above, below) = plt.subplots(2, figsize=(6.4, 5.4), sharex=True)
    styles = ["o-", "s--", "^-.", ":", "--"]
    for name, style in zip(ways, styles, strict=True):
        looks = {"label": name, "ms": 4}
        if name in ("random", "truth"):
            looks["color"] = plots.GREY
        means = by_round.loc[name]
        place = means.index + 1
        above.plot(place, means["gini"], style, **looks)
        below.plot(place, means["liked"], style, **looks)
    above.set(ylabel="Gini of the lists", ylim=(0, 1))
    below.set(xlabel="Round", xticks=range(1, 21, 3), ylim=(0, None))
    below.set(ylabel="True chance to be liked")
    handles, names = above.get_legend_handles_labels()
    fig.legend(handles, names, loc="outside lower center", ncols=3)

# %% [markdown]
# Nobody's taste asks for blockbusters, and yet the loop makes some: films that by chance had a
# few clicks more than others at the start are shown, and so get more. (From random lists the
# same EASE spreads the films after two rounds.) And without exploration the lists end about as
# good as random ones, from most seeds even a little worse: people have clicked what they like
# among the films that the model knows, and it has never come to know the starved ones. Giving
# three places in ten away to chance pays, from each seed, even though the chance films count in
# the average.
#
# {cite:t}`chaney2018confounding` and {cite:t}`mansoury2020feedback` find the same
# narrowing in simulations of their own. How strong it is in a real service depends on
# all that we have left out, such as search and friends. What people do: keep a little
# exploration; note *at which place* and by whose choice each
# film was shown; and let a click on what had the chance $\pi$ to be shown and looked at
# count $1 / \pi$ times (*inverse propensity weighting* {cite}`schnabel2016treatments`). That
# is right on average, and uncertain where $\pi$ is tiny. And where it is 0, only exploration
# helps.
#
# ## A/B tests: ask people, and count right
#
# *You may skip this section.*
#
# All our numbers so far ask "would it have listed what they rated anyway?". Whether
# people are better off with list B than with list A only people can tell: an {term}`A/B
# test <A/B test>`. Chance decides for each user which of the two they get, and after
# two weeks one number is compared, say the share $p$ of users who come back
# {cite}`kohavi2020trustworthy`.
#
# With $n$ users a side, how far apart do two shares lie by chance alone? The difference
# of $p_A$ and $p_B$ has the {term}`standard error <Standard error>` $\sqrt{V / n}$, where
#
# $$
# V = p_A (1 - p_A) + p_B (1 - p_B) .
# $$
#
# The difference in standard errors is called $z$. In an {term}`A/A test <A/B test>`,
# where both sides get the same, $z$ is nearly a standard normal number, and $|z| >
# 1.96$ in 5 % of the tests. So say "different" from there on, and you have accepted a
# {term}`false alarm <False alarm>` with the chance $\alpha = 5\,\%$.
#
# How many users does it take? Write $z_q$ for the point below which a standard normal
# number lies with the chance $q$; the bar 1.96 is $z_{1-\alpha/2}$. A real difference
# is to be noticed with the chance $1 - \beta$ (the *power*, 80 %). Then it must lie
# beyond the bar by as much as chance may take away: at $z_{1-\alpha/2} + z_{1-\beta}$
# standard errors. Solve that for $n$:
#
# $$
# n = \frac{(z_{1-\alpha/2} + z_{1-\beta})^2 \, V}{(p_A - p_B)^2}
# $$

# %% tags=["nbval-check-output"]
from recsys_helpers.production.ab_test import users_per_side

for p_b in (0.12, 0.11, 0.105, 0.101):
    print(f"10% to {p_b:.1%}: {users_per_side(0.10, p_b):>9,} users a side")

# %% [markdown]
# Half the effect, about four times the users. Is the formula right? Here are ten
# thousand simulated tests with the effect it was made for, and as many A/A tests:

# %% tags=["nbval-check-output"]
n, rng = users_per_side(0.10, 0.12), np.random.default_rng(0)
shares = {}
for name, p_b in {"A/B": 0.12, "A/A": 0.10}.items():
    a, b = (rng.binomial(n, p, 10_000) / n for p in (0.10, p_b))
    error = np.sqrt((a * (1 - a) + b * (1 - b)) / n)
    shares[name] = np.mean(np.abs(b - a) / error > 1.96)
    print(f"{name}: {shares[name]:.1%} of the tests say 'different'")

# %% tags=["hide-cell"]
assert abs(shares["A/B"] - 0.80) < 0.02
assert abs(shares["A/A"] - 0.05) < 0.01

# %% [markdown]
# That holds for *one* look, at the end. But the numbers stand on a screen from the
# first day, and who stops at the first day on which they look good has had as many
# chances of a false alarm as days. Here is how many A/A tests have raised one by each
# day, if every day brings as many new users.

# %% tags=["nbval-check-output"]
from recsys_helpers.production.ab_test import peeking_false_alarms

alarms = peeking_false_alarms(n_looks=14)
for day in (1, 2, 5, 7, 14):
    print(f"by day {day:>2}: {alarms[day - 1]:.1%}")

# %% tags=["hide-cell"]
assert alarms[13] > 4 * 0.05

# %% [markdown]
# The 5 % have become more than 20 % {cite}`armitage1969repeated`. So fix the day beforehand
# and keep to it; or set a higher bar that allows for the looks (the exercise); or use
# statistics made for looking at all times {cite}`johari2017peeking`.
#
# ## Privacy: what an embedding gives away
#
# *You may skip this section.*
#
# "We don't pass on your ratings, only a vector of 16 numbers. No name, no films." Is
# that safe? Let us attack. Half of the users teach ALS the vectors of the movies. Of
# each user in the other half, half of their likes make the vector that is passed on.
# The attacker has the *rest* of the likes, from a public profile elsewhere, so **not
# one film that the vector was made from**. And they have the movies' vectors. So they fold
# the likes in (`solve_factors` does chapter 4's half-step), and of all vectors that were passed
# on they take the nearest, by cosine. A person is *found* if that one is their own.

# %%
from recsys_helpers.interactions import Interactions, positives
from recsys_helpers.methods.als import CHOSEN_ALS, confidences, solve_factors
from recsys_helpers.production.people import found_again, halves, with_noise

rng = np.random.default_rng(0)
user_ids = np.unique(ratings["user_id"])
teachers = rng.choice(user_ids, len(user_ids) // 2, replace=False)
teaches = ratings["user_id"].isin(teachers)
als = Als(**{**CHOSEN_ALS, "n_factors": 16}).fit(ratings[teaches])

# %%
met = ratings["movie_id"].isin(als.interactions_.movies.ids)
likes = confidences(
    ratings[~teaches & met],
    als.like_threshold,
    als.weighting,
    alpha=als.alpha,
)
C = Interactions.from_ratings(
    likes, "confidence", movies=als.interactions_.movies
).matrix
behind_vector, of_attacker = halves(C, seed=0)
Y = np.float64(als.movie_factors_)
vectors = solve_factors(behind_vector, Y, als.regularization)
folded_in = solve_factors(of_attacker, Y, als.regularization)
n_known = np.diff(of_attacker.indptr)

# %%
found = pd.Series(found_again(vectors, folded_in))
groups = pd.cut(n_known, [-1, 9, 29, 9999], labels=["0-9", "10-29", "30+"])
by_known = found.groupby(groups, observed=False).agg(["size", "mean"])
by_known.columns = ["users", "found"]
print(by_known.rename_axis("likes known").round(2).to_string())
chance = 1 / len(found)
print(f"\nall: {found.mean():.1%}; by guessing: {chance:.1%}")

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert found.mean() > 4 * chance
if data.edition == "small":
    assert by_known["found"].is_monotonic_increasing
    assert 0.4 < by_known["found"].iloc[-1] < 0.5

# %% [markdown]
# Far above guessing, from films that the vector has never seen. On `small` nearly half
# of those of whom the attacker knows much are found: a long history is a signature.
# Once the vector is found, its dot products with the movies' vectors *are* guesses at
# everything else the person likes. {cite:t}`narayanan2008robust` did it to the Netflix Prize
# data, with ratings and their dates in the place of vectors. So a user's vector is personal
# data, and is to be guarded like the ratings.
#
# Would some noise help? At 1 the noise is about as long as the vector. Beside the share of
# users found stands what the noisy vector is still good for: nDCG@10 on the likes that it was
# not made from, and how much that is *over* a list of popular films, with the ends of its
# interval.

# %% tags=["hide-input"]
from recsys_helpers.metrics import ndcg_at_k

hidden, given = of_attacker.toarray() > 0, behind_vector.toarray() > 0


def usefulness(scores):
    left = np.where(given, -np.inf, scores)
    top = np.argsort(-left, axis=1, kind="stable")[:, :10]
    hits = np.take_along_axis(hidden, top, axis=1)
    return ndcg_at_k(hits, hidden.sum(axis=1), 10)


# %% tags=["hide-input"]
most_liked = np.diff(als.confidences_.matrix.tocsc().indptr)
of_popular = usefulness(np.broadcast_to(most_liked, hidden.shape))
rows = {}
for noise in (0, 0.5, 1, 2, 4):
    noisy = [with_noise(vectors, noise, seed) for seed in range(5)]
    of_each = np.mean([usefulness(v @ Y.T) for v in noisy], axis=0)
    over = paired_difference(of_each, of_popular)
    rows[f"noise {noise:g}"] = {
        "found": np.mean([found_again(v, folded_in).mean() for v in noisy]),
        "nDCG@10": np.nanmean(of_each),
        "over": over.value,
        "low": over.low,
        "high": over.high,
    }

# %%
trade = pd.DataFrame(rows).T
print(trade.round(3).to_string())
print(f"{over.n} people; by guessing {chance:.3f} are found")

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert trade.loc["noise 4", "found"] < 0.5 * trade.loc["noise 0", "found"]
    assert trade.loc["noise 2", "found"] > 2 * chance
    assert trade.loc["noise 2", "over"] < 0.5 * trade.loc["noise 0", "over"]
if data.edition == "small":
    assert trade.loc["noise 4", "high"] < 0

# %% [markdown]
# There is no free row in this table: what hides the person hides the taste. At noise 2
# most of what the vector was worth over a list of popular films is gone, and people are
# still found more often than by guessing; at noise 4 the popular list is the better
# one. And such noise **promises nothing**: a cleverer attacker may find more.
# {term}`Differential privacy <Differential privacy>` is a promise
# {cite}`dwork2014foundations`: whether or not one rating (or one person) is in the
# data, no output becomes more than $e^\varepsilon$ times as likely, for an
# $\varepsilon$ chosen beforehand. It holds against every attacker, and has to be
# proved. {cite:t}`mcsherry2009private` show how for recommenders.
#
# ## Fairness to small audiences
#
# *You may skip this section.*
#
# A mean over users is a mean over the many. Whose taste is unusual may be served badly, and
# the mean hardly shows it. Sort the movies by their number of ratings, and cut them so that
# each class holds a third of all ratings: *head*, *middle*, *tail*. Then sort the users by
# the share of the head in what they rated. The fifth with the least are our small audience
# (*niche*), the fifth with the most the *mainstream*. ({cite:t}`abdollahpouri2019unfairness`
# cut the groups in nearly the same way.)

# %%
from recsys_helpers.production.people import (
    popularity_classes,
    shares_of_profiles,
)


def audience_of(als):
    """Class of each movie, as columns of 0 and 1; group of each user."""
    known = als.interactions_
    one_class = np.eye(3)[popularity_classes(known.n_ratings_of_movies)]
    rated = known.matrix.toarray() > 0
    head_share = shares_of_profiles(rated, one_class)[:, 0]
    low, high = np.quantile(head_share, [0.2, 0.8])
    groups = [head_share < low, head_share > high]
    return one_class, np.select(groups, ["niche", "mainstream"], "between")


# %%
at_random = splits.random_split(ratings)
als = Als(**CHOSEN_ALS).fit(at_random.train)
one_class, audience = audience_of(als)
rated = als.interactions_.matrix.toarray() > 0
n_rated = pd.Series(rated.sum(axis=1)).groupby(audience).mean()
print("ratings a user:", n_rated.round(0).astype(int).to_dict())

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert n_rated.idxmax() == "niche"

# %% [markdown]
# How much of a list is head, middle and tail, and how much of the user's likes was? The
# distance of the two mixes is the {term}`miscalibration <Miscalibration>`: with the
# shares $p_g$ of the history and $q_g$ of the list, $\sum_g p_g \ln (p_g / q_g)$, 0 if
# they are the same (one part in a hundred of $p$ is mixed into $q$, or else it could be
# infinite).
#
# A simple remedy is that of {cite:t}`steck2018calibrated`, there for genres: fill the
# list place by place, each time with the movie that makes
#
# $$
# (1 - w) \cdot \text{score} - w \cdot \text{miscalibration}
# $$
#
# largest, the miscalibration being that of the list with it. The weight $w$ says how
# much the mix matters; each user's scores are divided by their best one.

# %%
from recsys_helpers.production.people import calibrated_lists, miscalibration

scores = np.where(rated, -np.inf, als.user_factors_ @ als.movie_factors_.T)
candidates = np.argsort(-scores, axis=1, kind="stable")[:, :200]
of_candidates = np.take_along_axis(scores, candidates, axis=1)
best = of_candidates[:, :1]
of_candidates = of_candidates / np.where(best > 0, best, 1)
liked_before = als.confidences_.matrix.toarray() > 0
wanted = shares_of_profiles(liked_before, one_class)
lists = {
    weight: calibrated_lists(
        candidates, of_candidates, one_class, wanted, weight
    )
    for weight in (0, 0.3)
}

# %% [markdown]
# Without calibration ($w = 0$), for each audience: how many *users* have hidden likes,
# their mean nDCG@10 with the ends of its interval (*low*, *high*), and the mean
# miscalibration of their lists (*off*). Then what $w = 0.3$ changes: the paired
# difference of nDCG@10 for the same users, its interval, and *off* after it. The folded cell
# computes `ndcg` and `off`, a number for each user; `has_profile` are the users with likes
# to learn from.

# %% tags=["hide-input"]
from recsys_helpers.metrics import hits_of

known = als.interactions_
liked_later = positives(at_random.test)
has_profile, ndcg, off = liked_before.any(axis=1), {}, {}
for weight, columns in lists.items():
    shown = known.movies.ids[columns]
    found = hits_of(shown, liked_later, known.users.ids)
    ndcg[weight] = np.where(has_profile, ndcg_at_k(*found, 10), np.nan)
    off[weight] = miscalibration(wanted, one_class[columns].mean(axis=1))

# %%
plain, changed = {}, {}
for group in ("niche", "between", "mainstream"):
    of = audience == group
    mean, low, high, n = bootstrap_interval(ndcg[0][of])
    far, near = (off[weight][of & has_profile].mean() for weight in (0, 0.3))
    plain[group] = [n, mean, low, high, far]
    change = paired_difference(ndcg[0.3][of], ndcg[0][of])
    changed[group] = [*change[:3], near]
plain = pd.DataFrame(plain, ["users", "nDCG@10", "low", "high", "off"]).T
changed = pd.DataFrame(changed, ["change", "low", "high", "off"]).T
print(plain.round(2).astype({"users": int}).to_string())
print(f"\n{changed.round(3).to_string()}")

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert plain.loc["niche", "off"] > 1.5 * plain.loc["mainstream", "off"]
    assert (changed["off"] < 0.6 * plain["off"]).all()
if data.edition == "small":
    assert plain.loc["niche", "high"] < plain.loc["mainstream", "low"]
    assert (changed["high"] < 0).all()
    cost = -changed.loc["niche", "change"] / plain.loc["niche", "nDCG@10"]
    assert 0.08 < cost < 0.13

# %% [markdown]
# The niche audience gets lists that are furthest from its own mix (*off*). On `small` it is
# also served worse than the mainstream by nDCG@10. (These are different people, so there are no
# pairs to compare.) Is it so on other splits? And what do people like later? For each audience:
# the share of *tail* films in their hidden likes, and which share of the hidden likes of each
# class is in their lists.


# %% tags=["hide-input"]
def intervals_on(seed):
    """Intervals of nDCG@10 of two audiences, on another random split."""
    other = splits.random_split(ratings, seed=seed)
    again = Als(**CHOSEN_ALS).fit(other.train)
    of_user = ndcg_of_users(again, other)
    of_user = pd.Series(of_user, np.unique(other.test["user_id"]))
    of_user = of_user.reindex(again.interactions_.users.ids).to_numpy()
    group = audience_of(again)[1]
    two = ("niche", "mainstream")
    return {name: bootstrap_interval(of_user[group == name]) for name in two}


others = {seed: intervals_on(seed) for seed in (8, 9, 10)}
for seed, two in others.items():
    said = [f"{k} {v.low:.2f} to {v.high:.2f}" for k, v in two.items()]
    print(f"split {seed}:", ", ".join(said))

# %% tags=["hide-input"]
shown = known.movies.ids[lists[0]]
in_list = pd.MultiIndex.from_arrays(
    [np.repeat(known.users.ids, shown.shape[1]), shown.ravel()]
)
pairs = pd.MultiIndex.from_frame(liked_later[["user_id", "movie_id"]])
of_whom = pd.Series(audience, known.users.ids)
class_of = pd.Series(one_class.argmax(axis=1), known.movies.ids)
later = pd.DataFrame(
    {
        "audience": liked_later["user_id"].map(of_whom).to_numpy(),
        "class": liked_later["movie_id"].map(class_of).fillna(2).to_numpy(),
        "found": pairs.isin(in_list),
    }
)

# %% tags=["hide-input"]
later["class"] = np.array(["head", "middle", "tail"])[
    later["class"].astype(int)
]
by_class = later.groupby(["audience", "class"])["found"].mean().unstack()
of_tail = (later["class"] == "tail").groupby(later["audience"]).mean()
by_class = by_class.add_prefix("found: ")
by_class.insert(0, "tail", of_tail)
print(by_class.loc[plain.index].round(3).to_string())

# %% tags=["hide-cell"]
if data.edition == "small":
    for two in others.values():
        assert two["niche"].high < two["mainstream"].low
    assert by_class["found: tail"].max() < 0.02
    head_found = by_class["found: head"]
    assert head_found["niche"] < 0.6 * head_found["mainstream"]
    assert by_class.loc["niche", "tail"] > 0.4
    assert by_class.loc["mainstream", "tail"] < 0.1

# %% [markdown]
# On `small` their intervals are apart on each of the four splits. It is not for want of
# ratings: the niche are the people who rate *most*. But nearly half of what they like later is
# tail, and that the lists hardly find for anyone; of the mainstream's hidden likes it is a
# small part. And the niche's likes from the head are found less often, too.
#
# Calibration repairs much of the mix, and on `small` costs each audience some nDCG@10, the
# niche about a tenth of its own: the films now come from the part of the catalogue that
# they love, but there the model knows least about which ones. A remedy can be fair by one
# measure and not help by another. So say *which* fairness you mean, and measure it for each
# group with its interval. {cite:t}`ekstrand2018cool` do so for groups of age and gender.

# %% [markdown]
# ## Exercises

# %% [markdown]
# ```{exercise} A second source of candidates
# :label: ex-two-sources
#
# Somebody proposes: take 20 candidates, 10 from the vectors and 10 popular films, so that no
# hit is missed. Write `mixed(user_id, n)`: half of the candidates from `served.candidates`,
# the other half the most popular films that the user has not rated and that are not
# among the first half. Compare its recall of EASE's ten with that of
# `served.candidates(user_id, 20)`, over every fourth of `served.users.ids`. EASE's ten
# are what `Ease(**CHOSEN_EASE).fit(ratings)` recommends (`recsys_helpers.methods.ease`);
# `recall_of` is in `recsys_helpers.serving.ranking`.
# ```

# %% tags=["exercise"]
# Your answer

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-two-sources
# :class: dropdown
# ````

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution"]
from recsys_helpers.methods.ease import CHOSEN_EASE, Ease
from recsys_helpers.serving.ranking import recall_of

most_rated = ratings["movie_id"].value_counts().index.to_numpy()


def mixed(user_id, n):
    near = served.candidates(user_id, n // 2)
    rated = ratings.loc[ratings["user_id"] == user_id, "movie_id"]
    taken = np.concatenate([near, rated])
    left = most_rated[~np.isin(most_rated, taken)]
    return np.concatenate([near, left[: n - len(near)]])


# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution"]
ease_alone = Ease(**CHOSEN_EASE).fit(ratings)
recalls = {"vectors": [], "mixed": []}
for user in served.users.ids[::4].tolist():
    best = ease_alone.recommend(user, 10)["movie_id"]
    near = served.candidates(user, 20)
    recalls["vectors"].append(recall_of(near, best))
    recalls["mixed"].append(recall_of(mixed(user, 20), best))
for name, values in recalls.items():
    print(f"{name:8} {np.mean(values):.3f}")
less, low, high, n = paired_difference(recalls["mixed"], recalls["vectors"])
print(f"mixed - vectors: {less:.3f} [{low:.3f}, {high:.3f}], {n} people")
with the_text_says(data.edition):
    assert high < 0

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# The mixture finds less. The vectors know the hits that suit somebody already, and the
# places that the others take are lost to better films. A source is worth its places
# only if it finds what the first one cannot, so measure it before you add it.
#
# ````{solution-end}
# ````

# %% [markdown]
# ```{exercise} A bar for fourteen looks
# :label: ex-production-looks
#
# You want to look every day for 14 days and keep the false alarms at 5 % *over all
# looks together*. How high must the bar for $|z|$ be, in the place of 1.96? Simulate:
# draw 14 standard normal numbers for each of 100,000 A/A tests, one for the news of
# each day. After day $d$, $z$ is the sum of the first $d$, divided by $\sqrt{d}$. Which
# bar does the largest $|z|$ of a test pass in 5 % of the tests? Check it with
# `peeking_false_alarms(14, threshold=bar)`.
# ```

# %% tags=["exercise"]
# Your answer

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-production-looks
# :class: dropdown
# ````
#
# The bar is a quantile of the largest $|z|$. {cite:t}`pocock1977group` has it for
# trials of medicines, where people look while a trial runs, for good reasons.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
from recsys_helpers.production.ab_test import threshold_for_looks

news = np.random.default_rng(1).normal(size=(100_000, 14))
z_by_day = news.cumsum(axis=1) / np.sqrt(np.arange(1, 15))
bar = np.quantile(np.abs(z_by_day).max(axis=1), 0.95)
assert abs(bar - threshold_for_looks(14)) < 0.03  # other draws
with_bar = peeking_false_alarms(14, threshold=bar)[-1]
print(f"bar {bar:.2f}: {with_bar:.1%} false alarms in 14 looks")
assert abs(with_bar - 0.05) < 0.01

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# The price: with a higher bar a real difference is noticed later, or by fewer tests.
#
# ````{solution-end}
# ````

# %% [markdown]
# ````{exercise} Find the bug
# :label: ex-production-unit
#
# A colleague compares click rates with the function below. "Thousands of impressions on
# each side, so the error is tiny." Every second test of theirs is a success. Try it in
# A/A tests: our users, their ratings as impressions and their likes as clicks, dealt
# out to two sides at random, a thousand times. How often does it say "different" at
# $|z| > 1.96$? What is wrong, and which function of `recsys_helpers.production.ab_test` puts it
# right?
# ````


# %%
def click_rate_z(clicks, shown, in_b):
    """Difference of two click rates, in standard errors."""
    n_a, n_b = shown[~in_b].sum(), shown[in_b].sum()
    p_a, p_b = clicks[~in_b].sum() / n_a, clicks[in_b].sum() / n_b
    error = np.sqrt(p_a * (1 - p_a) / n_a + p_b * (1 - p_b) / n_b)
    return (p_b - p_a) / error


of_user = (ratings["rating"] >= 4).groupby(ratings["user_id"])
clicks, shown = of_user.sum().to_numpy(), of_user.size().to_numpy()

# %% tags=["exercise"]
# Your answer

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-production-unit
# :class: dropdown
# ````
#
# Chance dealt out *users*, and the formula counts *impressions*, as if each were
# independent of all others. But those of one user have the user's taste in common, and
# one with a thousand ratings moves a whole side. The unit of analysis must be the unit
# that was dealt out.
#
# With $c_u$ clicks of $n_u$ impressions, look at $d_u = (c_u - p \, n_u) / \bar n$ for
# each user of a side, where $p$ is the side's rate and $\bar n$ the mean of the $n_u$.
# The squared error of $p$ is the variance of the $d_u$, divided by the number of users.
# This is the delta method {cite}`deng2018delta`; `compare_per_user` does it.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution"]
from recsys_helpers.production.ab_test import compare_per_user

rng = np.random.default_rng(0)
wrong, right = [], []
for _ in range(1000):
    in_b = rng.random(len(shown)) < 0.5
    wrong.append(abs(click_rate_z(clicks, shown, in_b)) > 1.96)
    right.append(abs(compare_per_user(clicks, shown, in_b).z) > 1.96)
print(f"false alarms, per impression: {np.mean(wrong):.0%}")
print(f"false alarms, per user:       {np.mean(right):.0%}")
assert np.mean(wrong) > 0.4
assert np.mean(right) < 0.1

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# A little more than 5 % are left: the delta method holds for many users, and of our few
# some have a large part of all ratings.
#
# ````{solution-end}
# ````

# %% [markdown]
# ## Recap
#
# - Retrieve many cheaply, rank few carefully; and check what comes in, since the
#   network brings everything.
# - A model is a picture of the past. Measure how fast it ages before you decide how
#   often to retrain.
# - What is shown becomes what is known. Some chance in the lists is the price of
#   knowing more.
# - An experiment has a size that is fixed before it starts, and its unit is the person.
# - A vector made from what people did says more about them than they have told you.
# - An average hides for whom it is bad. Look at groups, with intervals.
#
# ## References
#
# {cite:t}`covington2016deep` tell how a very large service retrieves and ranks, and
# {cite:t}`dean2013tail` why the slowest answers count. {cite:t}`gama2014drift` survey drift;
# {cite:t}`chaney2018confounding` simulate feedback loops. {cite:t}`kohavi2020trustworthy` is the
# book on experiments, and {cite:t}`dwork2014foundations` say what privacy can be promised.
# {cite:t}`abdollahpouri2019unfairness` and {cite:t}`steck2018calibrated` ask for whom it works.

# %% tags=["hide-input"]
from recsys_helpers.measure import this_run

print(this_run(data.edition))
