# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 7 · Entity embeddings: what do a film's links say about it?
#
# :::{admonition} Before you start
# :class: note
#
# **You will learn** to turn a page full of links into a vector, without a single
# rating: to make a task out of what is *there*, by telling links from pairs that
# are none; to draw such pairs quickly; to ask whether near films are the *right* films,
# where the answer is known; why the first model finds so few of them, and what does
# better; and what the vectors are good for: films, people and mixtures of both, a
# reader's taste, the critics' scores.
#
# **You need** the cosine of [chapter 3](03_neighbours.ipynb), an embedding and its training from
# [chapter 5](05_keras_collaborative_filtering.ipynb), and the softmax over a batch from
# [chapter 6](06_two_towers.ipynb).
#
# **Time** {chapter-time}`about an hour and a quarter; the cells run in four minutes`.
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
    subprocess.run([*pip, course, pandas, "mwclient"], check=True)

# %% tags=["nbval-check-output"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from recsys_helpers import datasets, display, plots
from recsys_helpers.datasets import the_text_says

data = datasets.load_movielens()
films = datasets.load_films()
titles = pd.Series(films.titles, index=films.films["film_id"])
print(f"edition: {data.edition}; films: {films.edition}")
first, last = films.films["year"].min(), films.films["year"].max()
print(f"{len(titles):,} films of {first} to {last},", end=" ")
print(f"{len(films.links):,} links")

# %% [markdown]
# ## Why anyone wants this
#
# A page about a film is full of links: to those who made it and play in it, to its
# genres, its country, the company that paid for it. Somebody has put each of them there
# because it has to do with the film. Two films that link to the same things should be
# alike, whether anybody has rated them or not.
#
# This chapter retells *Movie Recommendation System using Deep Learning*, in short
# [the links notebook](../book/articles.md), which took ten thousand pages of Wikipedia. Ours
# are the credits of films from Wikidata, a collection of facts beside Wikipedia, which come
# with the course. What one of them links to:

# %% tags=["nbval-check-output"]
interstellar = int(titles.index[titles == "Interstellar (2014)"][0])
of_one = films.links[films.links["film_id"] == interstellar]
for kind, names in of_one.groupby("kind", observed=True)["name"]:
    print(f"{kind}: {', '.join(names)}"[:74])

# %% [markdown]
# What is linked to is called an {term}`entity <Entity>`: a person, a genre, a company,
# a decade. Some are on nearly every film's page, others on one only.

# %% tags=["nbval-check-output"]
n_films_with = films.pairs(min_films=1)["entity"].value_counts()
print(n_films_with.head(8).to_string(header=False))
print(f"{len(n_films_with):,} entities,", end=" ")
print(f"{(n_films_with == 1).sum():,} of them on one film only")

# %% mystnb={"image": {"alt": "Films per entity against the entity's rank, both on log scales: a nearly straight line that falls from nearly all films to one."}} tags=["hide-input"]
with plots.course_style():
    fig, ax = plt.subplots(figsize=(7, 3))
    ranks = np.arange(1, len(n_films_with) + 1)
    ax.loglog(ranks, n_films_with, color=plots.BLUE)
    ax.axhline(3, color=plots.VERMILION, linestyle="--", linewidth=1)
    ax.text(1.2, 3.4, "kept: on three films or more")
    ax.set(xlabel="Rank of the entity", ylabel="Films that link to it")

# %% [markdown]
# The {term}`long tail <Long tail>` again: few entities on very many films, and thousands on
# one. Neither end helps. That a film is in English says next to nothing about it: most are.
# And an entity on a single film cannot say which other film is like it. So we keep what is
# on three films or more.
#
# ## Pairs
#
# All that the model gets to see are pairs of a film and an entity.
#
# :::{admonition} What goes wrong, 1: links that come twice
# :class: warning
#
# A page may link to the same thing in two places. The links notebook makes a set of its
# 949,544 pairs for looking them up, and trains on the *list*, where some come several times.
# :::
#
# Here, too: somebody who directs a film and plays in it is in two credits.

# %% tags=["nbval-check-output"]
by_credit = films.pairs(by_role=True, min_films=1)
pairs = films.pairs(min_films=1)
n_twice = len(by_credit) - len(pairs)
print(f"{len(by_credit):,} credits, {len(pairs):,} pairs:", end=" ")
print(f"{n_twice:,} ({n_twice / len(by_credit):.1%}) repeat a pair")

# %% [markdown]
# `FilmLinks` keeps each pair once, as a sparse matrix with a row for each film and a
# column for each entity.

# %% tags=["nbval-check-output"]
from recsys_helpers.methods.entity.links import FilmLinks

known = FilmLinks.from_pairs(films.pairs(), films.films["film_id"])
n_films, n_entities = known.matrix.shape
n_cells = n_films * n_entities
print(known)
print(f"{n_cells:,} pairs are possible; {known.matrix.nnz / n_cells:.2%} are")

# %% [markdown]
# ## The idea in a picture

# %% mystnb={"image": {"alt": "Two columns of boxes with arrows downwards. Left: a film, Interstellar; a row of a table; 50 numbers. Right: an entity, Christopher Nolan; a row of a table; 50 numbers. Both arrows end in one box: the cosine, 1 or -1."}} tags=["hide-input"]
ax = plots.plot_two_sides(
    ["film: Interstellar", "row of a table", "50 numbers"],
    ["entity:\nChristopher Nolan", "row of a table", "50 numbers"],
    "cosine: 1 or -1?",
)

# %% [markdown]
# Each film and each entity gets a vector of 50 numbers, random at first. The cosine should
# be 1 for a link and -1 for none. Training turns the vectors of a film and its entities to
# point the same way, and those of pairs that are no links away from each other. The task
# itself is of no interest: whether a pair is a link could be looked up. But to solve it with
# 50 numbers, films that share many links must come to lie near each other, and these vectors
# are what we are after.
#
# ## The maths
#
# With the vector $f_i$ of film $i$ and $e_j$ of entity $j$:
#
# $$
# \begin{aligned}
# \hat y_{ij} &= \frac{f_i \cdot e_j}{|f_i|\,|e_j|}, \\
# \text{loss} &= (y_{ij} - \hat y_{ij})^2, \\
# y_{ij} &= \begin{cases} 1 & \text{a link} \\ -1 & \text{none.} \end{cases}
# \end{aligned}
# $$ (eq-entities-cosine)
#
# The pairs that are no links are far too many to be shown, all of them. So draw some:
# the links notebook takes ten for each link, others each time. That is {term}`negative sampling
# <Negative sampling>` {cite}`mikolov2013distributed`.
#
# ## From scratch: pairs that are no links
#
# First in a loop, one pair after another.

# %%
linked = list(zip(*(a.tolist() for a in known.matrix.nonzero()), strict=True))
is_link = set(linked)


def looped_negatives(n, chance):
    """Draw pairs that are no links, one by one."""
    found = []
    while len(found) < n:
        pair = chance.randrange(n_films), chance.randrange(n_entities)
        if pair not in is_link:
            found.append(pair)
    return np.array(found).T


# %% [markdown]
# Now all at once. Write a pair as one number, film times number of entities plus
# entity. Then a pair is drawn by drawing a number, and whether it is a link is a search
# in a sorted list. Those that are links are drawn anew: this is called *rejection*, and
# it is exact. Every pair that is no link is equally likely.

# %%
link_numbers = np.sort([film * n_entities + e for film, e in linked])


def negatives(n, rng):
    """Draw pairs that are no links, all at once."""
    found = np.empty(0, dtype=np.int64)
    while len(found) < n:
        drawn = rng.integers(n_films * n_entities, size=n - len(found))
        place = np.searchsorted(link_numbers, drawn)
        place = np.minimum(place, len(link_numbers) - 1)
        found = np.append(found, drawn[link_numbers[place] != drawn])
    return np.divmod(found, n_entities)


# %%
import random

looped = looped_negatives(50_000, random.Random(5))
at_once = negatives(50_000, np.random.default_rng(5))
for name, drawn in {"in a loop": looped, "all at once": at_once}.items():
    n_links = int(known.matrix[drawn[0], drawn[1]].sum())
    print(f"{name}: {len(drawn[0]):,} pairs, {n_links} of them links")

# %% tags=["hide-cell"]
from recsys_helpers.results import published_results

assert not known.matrix[looped[0], looped[1]].any()
assert not known.matrix[at_once[0], at_once[1]].any()
speed = published_results("entity_speed").pivot(
    index="method", columns="metric", values="value"
)
batch_ms = speed["batch_cpu_ms"].dropna()
ratio = batch_ms["source"] / batch_ms["vectorised, popularity 0"]
print(f"batches at once: {ratio:.0f} times as fast as in a loop")
assert ratio >= 25

# %% [markdown]
# The package's `NegativeSampler` and `LinkBatches` do the same with a few tricks more, more
# than 25 times as fast as the loop (measured on batches of 512 links and 5,120 pairs that are
# none).
#
# ## With the library: the links notebook's model
#
# In today's Keras the model is six lines.

# %%
from recsys_helpers.nn import load_keras

keras = load_keras()
from keras import layers


def link_model(n_factors=50):
    """Say of pairs whether they are links, by the cosine of two vectors."""
    film = keras.Input((), dtype="int64")
    entity = keras.Input((), dtype="int64")
    f = layers.Embedding(n_films, n_factors)(film)
    e = layers.Embedding(n_entities, n_factors)(entity)
    cosine = layers.Dot(axes=1, normalize=True)([f, e])
    return keras.Model([film, entity], cosine)


model = link_model()
print(f"{model.count_params():,} weights: 50 for each film and each entity")

# %% [markdown]
# Is it {eq}`eq-entities-cosine`? The cosines of three pairs:

# %%
f, e = (table[[0, 1, 2]] for table in model.get_weights())
by_hand = np.sum(f * e, axis=1)
by_hand /= np.linalg.norm(f, axis=1) * np.linalg.norm(e, axis=1)
by_keras = model([np.array([0, 1, 2]), np.array([0, 1, 2])])[:, 0]
print("numpy:", by_hand.round(4))
print("Keras:", np.asarray(by_keras).round(4))

# %% tags=["hide-cell"]
assert np.allclose(by_hand, by_keras, atol=1e-5)

# %% [markdown]
# `SampledLinkModel` is this model with our batches. Its default values are those of the
# links notebook: 50 factors, 512 links a batch and ten pairs that are none for each, five
# epochs of Nadam {cite}`dozat2016nadam` (Adam with a look ahead). We give it larger
# batches, and Adam with larger steps. Watch the loss fall:

# %%
from recsys_helpers.methods.entity import SampledLinkModel

first_model = SampledLinkModel(
    positives_per_batch=4096, optimizer="adam", learning_rate=0.01
).fit(known)
print(first_model.history_.round(3).T.to_string())

# %%
vectors = {"links notebook": first_model.film_vectors(titles)}
near = vectors["links notebook"].neighbours("Interstellar (2014)", n=8)
display.movie_table(
    near[["title", "similarity"]], caption="Near Interstellar"
)

# %% tags=["hide-cell"]
assert first_model.history_["loss"].is_monotonic_decreasing

# %% [markdown]
# ## Is that good?
#
# The list looks sensible: you know these films, and can find something that connects them.
# So could you with nearly any list.
#
# :::{admonition} What goes wrong, 2: judged by eye
# :class: warning
#
# A common way is to train on all pairs and then to look at two lists. Such a look does not
# tell whether another model is better, or no model at all.
# :::
#
# There are no ratings here to be predicted. But there are questions whose answers we know:
#
# **Franchise.** Are a film's sequels among its ten nearest? All links may be used.
# (Series are found by their titles: *Episode IV*, *Part II*.)
#
# **Director.** Are films of the same director? For this, the model must not know who
# directed: all links from a film to a person who directs it are taken away before
# training.
#
# **Genre.** How many genres do the ten nearest share with the film, as a share of all that
# either has (the *Jaccard* measure)? Links to genres are taken away.

# %% tags=["nbval-check-output"]
from recsys_helpers.comparison import corrected_p_values
from recsys_helpers.methods.entity.questions import (
    QUESTIONS,
    FilmQuestion,
    held_out_pairs,
)

for name in QUESTIONS:
    question = FilmQuestion.of(films, name)
    left = len(held_out_pairs(films, name)) / len(films.pairs())
    print(f"{name}: asked of {len(question.queries):,} films", end=", ")
    print(f"{left:.0%} of the pairs known; {' and '.join(question.metrics)}")

# %% [markdown]
# What would somebody do without any training? Two films are alike if they share many of
# their links. That is a cosine of rows of the sparse matrix. It would be wise to count
# a link the more, the fewer films have it: the {term}`inverse document frequency`
# {cite}`sparckjones1972idf`,
#
# $$
# \mathrm{idf}_j = \log \frac{\text{films}}{\text{films that link to } j} .
# $$ (eq-entities-idf)
#
# Search engines have weighted words so for fifty years, and call it *tf-idf*.

# %% tags=["nbval-check-output"]
idf = pd.Series(known.idf(), known.entities)
shown = ["language: English", "genre: Drama", "genre: War"]
print(idf[[*shown, "person: Christopher Nolan"]].round(2).to_string())

# %%
from recsys_helpers.methods.entity.links import cosine_neighbours
from recsys_helpers.methods.entity.questions import neighbour_rows

franchise = FilmQuestion.of(films, "franchise")
nearest = {
    "tf-idf cosine": cosine_neighbours(known),
    "links notebook": neighbour_rows(vectors["links notebook"]),
}
recalls = {
    name: franchise.scores(rows)["recall@10"].mean()
    for name, rows in nearest.items()
}
for name, recall in recalls.items():
    print(f"sequels found by {name}: {recall:.0%}")

# %% tags=["hide-cell"]
assert recalls["tf-idf cosine"] > recalls["links notebook"] + 0.1

# %% [markdown]
# No training at all beats the trained model, by far. All three questions, on all
# films, with some more that can be had without training: chance, and the same most
# reviewed films for everybody, as floors; *Jaccard*, the links that two films share as
# a share of all that either has; and the truncated SVD, which squeezes the tf-idf
# matrix into 100 or 400 numbers a film.
#
# In the columns, R is the **recall**, here the share of the right films that are found
# (of at most ten); P the **precision**, the share of the ten that are right; J is
# Jaccard's measure of genres.

# %% tags=["hide-input", "nbval-check-output"]
published = published_results("entities")
of_questions = published["split"].isin(QUESTIONS)
answers = published[of_questions].dropna(subset=["low"])
short = {"precision@10": " P", "recall@10": " R", "jaccard@10": " J"}
asked = answers["split"] + answers["metric"].map(short)
answers = answers.assign(asked=asked)
ends = answers.pivot(index="method", columns="asked", values=["low", "high"])
answers = answers.pivot(index="method", columns="asked", values="value")
names = {"source": "links notebook"}
answers, ends = answers.rename(names), ends.rename(names)
untrained = ["random", "fame, reviews", "Jaccard", "binary cosine"]
untrained += ["tf-idf cosine", "truncated SVD, 100", "truncated SVD, 400"]
display.published_table(
    answers.loc[[*untrained, "links notebook"]],
    "entities",
    caption="Answers to the three questions, all films",
)

# %% tags=["hide-cell"]
of_rival = ends["high"].loc["links notebook"]
assert (ends["low"].loc["tf-idf cosine"] > of_rival).all()

# %% [markdown]
# On each question the whole interval of tf-idf lies above that of the trained model. (That is
# more than is needed; overlapping intervals would decide nothing.)
#
# ## What the first model has learned
#
# How many of the neighbours have anybody in common with the film, before or behind the
# camera?

# %%
is_person = [name.startswith("person: ") for name in known.entities]
people = known.matrix[:, np.flatnonzero(is_person)]
with_somebody = {}
for name, rows in nearest.items():
    of_film = people[np.repeat(np.arange(n_films), rows.shape[1])]
    shared = of_film.multiply(people[rows.ravel()]).sum(axis=1)
    with_somebody[name] = (shared > 0).mean()
    print(f"{name}: {with_somebody[name]:.0%} share a person")

# %% tags=["hide-cell"]
assert with_somebody["links notebook"] < with_somebody["tf-idf cosine"] / 1.5

# %% [markdown]
# So the trained model brings films together that have nobody in common.
#
# ## Harder wrong answers
#
# Why? The pairs that are no links were drawn with all entities alike. Half of the
# entities are on few films; so many of these pairs have a little known name in
# them, and a model may get far by telling entities that are often linked from those
# that hardly are. That is a guess; let us try it. {cite:t}`mikolov2013distributed` found it best,
# for words, to draw the wrong ones by how frequent they are, to the power of three
# quarters:
#
# $$
# p(j) \propto n_j^{0.75}
# $$ (eq-entities-popularity)
#
# where $n_j$ films link to $j$.

# %% tags=["nbval-check-output"]
from recsys_helpers.methods.entity.sampling import NegativeSampler

counts = known.n_films_with
for popularity in (0.0, 0.75):
    rng = np.random.default_rng(0)
    _, drawn = NegativeSampler(known.matrix, popularity).draw(20_000, rng)
    on_films = np.median(counts[drawn])
    print(f"popularity {popularity:g}: on {on_films:.0f} films (median)")
print(f"half of all entities: on {np.median(counts):.0f} films or fewer")

# %% [markdown]
# And there is another head, *classification*: a probability in place of a cosine, by a dense
# layer with a sigmoid, and the cross-entropy as loss. (`links notebook` is its loop and
# settings. The others have our batches, of 4,096 links, with Adam and a larger learning
# rate.)

# %% tags=["hide-input", "nbval-check-output"]
sampled = ["links notebook", "regression", "classification"]
sampled += ["regression, popular negatives"]
display.published_table(
    answers.loc[sampled],
    "entities",
    caption="Answers of the models that draw pairs, one seed each",
)

# %% tags=["hide-cell"]
regression = answers.loc["regression"]
assert (answers.loc["classification"] > regression).all()
harder = answers.loc["regression, popular negatives"]
assert (harder < regression)[["franchise R", "director P"]].all()
assert harder["genre J"] > regression["genre J"]
assert (answers.loc[sampled].max() < answers.loc["tf-idf cosine"]).all()
epochs = speed[["epoch_cpu_s", "loss"]].dropna()
assert (
    epochs["epoch_cpu_s"]["source"] >= 3 * epochs["epoch_cpu_s"]["regression"]
)
assert epochs["loss"]["regression"] <= epochs["loss"]["source"]

# %% [markdown]
# The heads do *not* give the same: classification has the higher values on every
# question. And harder wrong answers, as good as the idea is, did not help here: higher
# at genres, lower at sequels and directors. (Each was trained once. With another seed
# small differences may turn round.) With a cosine that has to be 1 or -1, everything
# that is pushed away is pushed to the opposite side, however little was wrong with it:
# that may be why. (Our settings need a third of the time for an epoch, or less, and the loss
# after five is no higher.) All have lower values than tf-idf.
#
# ## A better question
#
# The wrong answers were too easy, and there was nothing to *compare*. So ask as
# [chapter 6](06_two_towers.ipynb) did: here is a film, and here are all the entities that any film
# of this batch links to. Which are its own? With vectors of length 1 and a temperature
# $\tau$, the probability of entity $j$ is
#
# $$
# p(j \mid i) = \frac{e^{f_i \cdot e_j / \tau}}{\sum_{k \in E} e^{f_i \cdot e_k / \tau}}
# $$ (eq-entities-softmax)
#
# where $E$ are the entities of the batch, and the loss is $-\log p$ of the links. The
# wrong answers with the highest scores count most. In numpy:


# %%
def softmax_loss(F, E, links, temperature):
    """Mean of -log p over the links of some films."""
    scores = F @ E.T / temperature
    scores -= scores.max(axis=1, keepdims=True)  # or exp may overflow
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return -log_p[links].mean()


right, wrong = np.eye(3), -np.eye(3)
links = (np.arange(3), np.arange(3))
for entities in (right, wrong):
    print(f"{softmax_loss(np.eye(3), entities, links, 0.07):.3f}")

# %% [markdown]
# Three films that each lie on their own entity: next to no loss. Opposite of it: a
# large one. (A film with 15 links cannot get below $\log 15 = 2.7$: they share a
# probability of 1.)
#
# One thing more. Each film had a vector of its own, to be learned from its dozen or so
# links. But we know what these links are! So let a film's vector be *made* of vectors
# of its links:
#
# $$
# \begin{aligned}
# f_i &= \frac{s_i}{|s_i|}, \\
# s_i &= \sum_{j \in L_i} v_j .
# \end{aligned}
# $$ (eq-entities-sum)
#
# To find each link from a sum that it is a part of would be easy. So in training three
# links in ten are hidden from the sum, others each time, and the rest has to do; the loss
# still asks for all of them. A network that has to restore what was hidden is called a
# {term}`denoising autoencoder <Denoising autoencoder>` {cite}`vincent2008denoising`. It
# learns what goes with what, and how much each link is worth: nobody gives it an idf. In
# numpy:


# %%
def hide_and_sum(links, V, hidden_share, rng):
    """Make films, of length 1, of those of their links that are not hidden."""
    film, entity = links.nonzero()
    shown = rng.random(len(film)) >= hidden_share
    S = np.zeros((links.shape[0], V.shape[1]))
    np.add.at(S, film[shown], V[entity[shown]])
    lengths = np.linalg.norm(S, axis=1, keepdims=True)
    return S / np.maximum(lengths, 1e-12)


# %%
from recsys_helpers.methods.entity import SoftmaxLinkModel

batch = 512 if len(titles) > 5000 else 128
best = SoftmaxLinkModel(batch_size=batch).fit(known)
vectors["softmax, composed"] = best.film_vectors(titles)
print("loss by epoch:", *best.history_["loss"].round(2))

# %% [markdown]
# Take the two tables that it has learned, and do by hand what it does with the first 200
# films:

# %%
V, E = (np.asarray(table) for table in best.model_.trainable_weights)
E = E / np.linalg.norm(E, axis=1, keepdims=True)
links = known.matrix[np.arange(200)]
film, entity = links.nonzero()
in_batch, place = np.unique(entity, return_inverse=True)
for share in (0.3, 0):
    F = hide_and_sum(links, V, share, np.random.default_rng(0))
    loss = softmax_loss(F, E[in_batch], (film, place), best.temperature)
    print(f"{share:.0%} of the links hidden: loss {loss:.2f}")
print("first film by hand:", F[0, :4].round(3))
print(
    "by the package:    ", vectors["softmax, composed"].matrix[0, :4].round(3)
)

# %% tags=["hide-cell"]
composed = vectors["softmax, composed"].matrix[:200]
assert np.allclose(F, composed, atol=1e-4)

# %% [markdown]
# With nothing hidden the loss is lower: each link that is asked for is in the sum. That
# would be too easy to learn much from. Does the model find sequels?

# %%
nearest["softmax, composed"] = neighbour_rows(vectors["softmax, composed"])
for name, rows in nearest.items():
    recall = franchise.scores(rows)["recall@10"].mean()
    print(f"sequels found by {name}: {recall:.0%}")

# %% tags=["hide-input", "nbval-check-output"]
learned = ["tf-idf cosine", "links notebook", "softmax", "softmax, composed"]
display.published_table(
    answers.loc[learned],
    "entities",
    caption="Answers to the three questions, all films, one seed each",
)

# %% tags=["hide-cell"]
assert recall > recalls["links notebook"] + 0.1
assert (ends["low"].loc["softmax, composed"] > of_rival).all()

# %% [markdown]
# What made the difference to the first model? Not the loss alone: the softmax models
# also have 200 numbers a vector, not 50, and ten epochs, not five. With a vector of its
# own for each film, the softmax is behind tf-idf at everything. Making films of their
# links did the rest. And a film is 200 numbers now, in which films can be near without
# a single link in common.
#
# ### Ahead of tf-idf?
#
# By these values, yes. But the temperature, the number of factors and the share that is
# hidden were chosen by looking at these very questions, and tf-idf had no choice at
# all. So once more, with the same care for both. Draw half of the directors. With the
# films of *their* half, and the question about directors, each method chooses among six
# settings. Those of tf-idf: a weaker or stronger idf; a person's credits in a film
# counted by their logarithm (*sublinear*); no links that more than 5 % of the films
# have; and BM25 {cite}`robertson2009bm25`, the weighting of [chapter 3](03_neighbours.ipynb), under
# which a shared link counts less if the other film has many. Those of the model: each
# has one setting changed.

# %% tags=["hide-input", "nbval-check-output"]
trials = published_results("entity_trials")
chose = trials[trials["split"] == "director, choosing half"]
tried = chose[chose["metric"] == "recall@10"].set_index("method")
of_ours = tried.index.str.startswith("composed")
display.published_table(
    tried[["value", "low", "high"]],
    "entity_trials",
    caption="Films of the same director found (R), by the half that chooses",
)

# %% tags=["hide-cell"]
assert of_ours.sum() == (~of_ours).sum()

# %% [markdown]
# Then the films of the other half judge, which chose nothing: all three questions, the
# model with the mean of three seeds, and differences film by film. The films of one
# director are no independent witnesses, so the bootstrap draws directors.

# %% tags=["hide-input"]
judged = trials[trials["split"].str.endswith("judging half")]
ours = "composed, 50 % hidden"
gains = judged[judged["method"].str.startswith(f"{ours} - ")]
gains = gains.reset_index(drop=True)
gains["p, corrected"] = corrected_p_values(gains)
is_sure = gains["p, corrected"] < 0.05
gains["less"] = gains["method"].str.removeprefix(f"{ours} - ")
gains["question"] = gains["split"].str.removesuffix(", judging half")
gains["measure"] = gains["metric"].str.removesuffix(", difference")
n_asked = judged[judged["metric"] == "films asked"]
n_asked = n_asked.set_index("split")["value"]
gains["films"] = gains["split"].map(n_asked).astype(int)

# %% tags=["hide-input", "nbval-check-output"]
shown = ["less", "question", "measure", "films", "value", "low", "high"]
sign = (np.sign(gains["value"]) * is_sure).groupby(gains["less"])
gains = gains.sort_values("less", kind="stable")[[*shown, "p, corrected"]]
gains = gains.reset_index(drop=True)
display.published_table(
    gains.rename(columns={"value": "difference"}),
    "entity_trials",
    caption=f"{ours}, less both kinds of tf-idf, on the half that judges",
)

# %% tags=["hide-cell"]
assert (sign.get_group("tf-idf, BM25") == -1).all()
assert sign.get_group("tf-idf, plain").tolist() == [0, 1, 1, 1]

# %% [markdown]
# Against plain tf-idf, the learned vectors are ahead at directors and genres, and
# nothing is decided at sequels. But tf-idf's own choice, BM25, is ahead of them on
# *every* question, with no training at all. So what looked like a lead of the model was
# a rival whose settings nobody had chosen. (There may be better settings of both: the
# model chose the largest share that was tried, and BM25 has two constants that stayed
# as they usually are.)
#
# What the learned vectors have for themselves is another thing: films, people and
# genres in one small space. The rest of this page uses it. Its vectors, and those that
# come with the course, were made with the settings of the cell above, three links in
# ten hidden.
#
# ## Films, people, and mixtures
#
# The list for *Interstellar* again, from both models:

# %%
lists = {
    name: of_films.neighbours("Interstellar (2014)", n=8)["title"]
    for name, of_films in vectors.items()
}
display.movie_table(pd.DataFrame(lists), caption="Near Interstellar")

# %% [markdown]
# Entities have vectors in the same space, the $e_k$ of {eq}`eq-entities-softmax`. (The
# $v_j$ that films are summed from are a second table.) So near entities can be found
# in the same way, as the links notebook does for George Lucas.

# %%
near = best.similar_entities("George Lucas", n=8)
display.movie_table(near, caption="Near George Lucas")

# %% [markdown]
# And as films and entities share one space, a question may be a mixture: the mean of
# their directions. A film like *Alien*, but a comedy?

# %%
columns = {}
for name, entities in {
    "Alien": [],
    "Alien, and comedy": ["genre: Comedy"],
    "Alien, and Bill Murray": ["person: Bill Murray"],
}.items():
    near = best.nearest_to(["Alien (1979)"], entities, n=6, titles=titles)
    columns[name] = near["title"]
display.movie_table(pd.DataFrame(columns), caption="Near a mixture")

# %% [markdown]
# A film that does not exist can have a vector, too, since it is made of its links. A
# model with a row for each film would first have to learn a row for it:

# %%
invented = ["person: Woody Allen", "genre: Sci-Fi", "decade: 1970s"]
vector = best.vector_of_links(invented)
near = vectors["softmax, composed"].nearest_to(vector, n=6)
display.movie_table(
    near[["title", "similarity"]],
    caption="Near an invented film: " + ", ".join(invented),
)

# %% [markdown]
# ## A map
#
# Do films of a kind lie together? Take the most reviewed films, and let t-SNE (see
# [chapter 5](05_keras_collaborative_filtering.ipynb)) lay their vectors out on a plane.

# %%
from sklearn.manifold import TSNE

from recsys_helpers.vectors import MovieVectors

film_ids = vectors["softmax, composed"].movie_ids
n_reviews = films.films.set_index("film_id")["n_reviews"].reindex(film_ids)
n_reviews = n_reviews.fillna(0).to_numpy(float)
famous = np.sort(np.argsort(-n_reviews, kind="stable")[:600])
tsne = TSNE(metric="cosine", init="pca", perplexity=20, random_state=0)
plane = tsne.fit_transform(vectors["softmax, composed"].matrix[famous])
on_map = titles[film_ids[famous]]
plane = MovieVectors(on_map.index, plane, on_map.tolist())


# %% tags=["hide-input"]
def with_entity(name):
    """Ids of the films that link to an entity."""
    return known.films.ids[known.matrix[:, [known.column(name)]].nonzero()[0]]


groups = {
    "animation": with_entity("genre: Animation"),
    "horror": with_entity("genre: Horror"),
    "westerns": with_entity("genre: Western"),
}

# %% mystnb={"image": {"alt": "A map of six hundred films as points, some with their titles. Animated films, horror films and westerns have colours and signs of their own. Animated films lie together; the others are scattered."}} tags=["hide-input"]
# The most reviewed film of each tile: titles that are not in each other's way.
tiles = np.column_stack(
    [
        np.digitize(x, np.linspace(x.min(), x.max(), n + 1)[1:-1])
        for x, n in zip(plane.matrix.T, (3, 5), strict=True)
    ]
)
places = pd.DataFrame(tiles).assign(film=plane.movie_ids, n=n_reviews[famous])
labelled = places.sort_values("n", ascending=False).drop_duplicates([0, 1])
ax = plots.movie_map(plane, labelled["film"].tolist(), groups)
nothing = "t-SNE: directions mean nothing"
_ = ax.set(xlabel=nothing, ylabel="", xticks=[], yticks=[])

# %% [markdown]
# Animated films lie together; horror films and westerns are scattered among the rest.
# On such a map only nearness means something; how far apart two groups lie does not. (A
# title is that of the most reviewed film around it. *Gravity* is a horror film in the data.)
#
# ## What else the vectors are good for
#
# *You may skip this section.*
#
# **A reader's taste.** Somebody names a few films that they like, and a few that they
# don't. A *support vector machine* {cite}`cortes1995svm` looks for the border between
# the two that is farthest from both, and how far another film lies on the good side is
# its score.

# %%
from recsys_helpers.methods.entity.questions import FilmTaste

liked = ["Annie Hall (1977)", "Pulp Fiction (1994)", "Alien (1979)"]
disliked = ["Titanic (1997)", "Jurassic Park (1993)", "GoldenEye (1995)"]
taste = FilmTaste().fit(vectors["softmax, composed"], liked, disliked)
display.movie_table(
    pd.DataFrame(
        {
            "would like": taste.recommend(6)["title"],
            "would not": taste.avoid(6)["title"],
        }
    ),
    caption="Somebody's taste, from six films",
)

# %% [markdown]
# Is there anything in it? People in MovieLens have rated many of these films. Take
# those with at least fifteen films of four stars or more and fifteen of two and a half
# or fewer, and let the machine tell which are which, for films that it was not shown.
# *Balanced accuracy* is the share told right, where liked and disliked count half each:
# 0.5 is chance.

# %% tags=["hide-input", "nbval-check-output"]
readers = trials[trials["split"].str.startswith("readers")]
accuracies = readers[readers["metric"] == "balanced accuracy"]
apart = readers[readers["metric"].str.endswith("difference")].copy()
apart["p, corrected"] = corrected_p_values(apart)
table = pd.concat([accuracies, apart]).set_index("method").astype({"n": int})
display.published_table(
    table[["value", "low", "high", "n", "p, corrected"]],
    "entity_trials",
    caption="Balanced accuracy, differences of the same people, 95 % intervals",
)

# %% tags=["hide-cell"]
assert (accuracies["low"] > 0.5).all()
assert (apart["p, corrected"] < 0.05).tolist() == [False, True, True]

# %% [markdown]
# There is something in it: everything is above chance. But not much. The plain SVD and
# the composed vectors (the mean of three seeds) are ahead of the genres by themselves;
# which of the two is better, these people do not decide. A film's links say what it is
# like; whether somebody likes it depends on more.
#
# **The critics' score.** The vectors can also predict scores, by a linear regression. Below,
# the share of critics who liked a film (from 0 to 100), for films that the regression has
# not seen:

# %% tags=["hide-input", "nbval-check-output"]
critics = published[published["split"] == "tomato_meter"]
critics = critics.pivot(index="method", columns="metric", values="value")
r2 = critics["r2"]
errors = published[
    (published["split"] == "tomato_meter") & published["low"].notna()
]
errors = errors.set_index("method")
display.published_table(
    errors.assign(r2=r2)
    .sort_values("value")[["value", "low", "high", "r2", "n"]]
    .rename({"source": "links notebook"})
    .rename(columns={"value": "error", "r2": "R²"}),
    "entities",
    caption="Error in the critics' score, its 95 % interval, R² and number of films",
    formats={"error": ".2f", "low": ".2f", "high": ".2f"},
)

# %% tags=["hide-cell"]
others = errors.drop("softmax, composed")
assert errors.loc["softmax, composed", "high"] < others["low"].min()
assert 0.2 < r2.max() < 0.3

# %% [markdown]
# ($R^2$ is the share of the spread that is explained: 0 for the mean of all films.) Who
# made a film, and what kind it is, tell about a quarter of what critics will think.
# The whole interval of the composed vectors lies below all others. That the links notebook's
# vectors are better than the genres by themselves is not shown.
#
# ## Back to MovieLens
#
# To use the vectors for people, find each movie of MovieLens among these films. There
# is no common id here, so it has to be done by title and year, and that takes care:
# articles before or behind, "Kill Bill: Vol. 1", titles in two languages. `match_films`
# goes rule by rule, the strictest first, and reports.

# %% tags=["nbval-check-output"]
from recsys_helpers.datasets import match_films

matches = match_films(data.movies, films.films, ratings=data.ratings)
is_share = matches.summary.index.str.startswith("share")
print("movies matched by", end=" ")
print(matches.summary[~is_share].astype(int).to_dict())
print(matches.summary[is_share].round(3).to_string())
print(matches.unmatched[["title", "why"]].head(3).to_string(index=False))

# %% [markdown]
# Now lists, by the protocol of [chapter 2](02_is_it_any_good.ipynb): recommend what is nearest to
# the movies that somebody liked (`LikedVectors`: the mean of the cosines).

# %%
from recsys_helpers.evaluation import evaluate
from recsys_helpers.intervals import paired_difference
from recsys_helpers.methods.baselines import Popularity
from recsys_helpers.methods.liked_vectors import LikedVectors
from recsys_helpers.splits import user_temporal_split

pairs = matches.pairs
rows = known.rows(pairs["film_id"])
of_movies = MovieVectors(
    pairs["movie_id"], vectors["softmax, composed"].matrix[rows]
)
by_user_time = user_temporal_split(data.ratings)

# %%
judged = {
    name: evaluate(method, by_user_time, movies=data.movies)
    for name, method in {
        "popularity": Popularity(),
        "links": LikedVectors(vectors=of_movies),
    }.items()
}
shown = ["ndcg@10", "coverage@10", "novelty@10"]
lists = {
    name: found.summary.set_index("metric")["value"][shown]
    for name, found in judged.items()
}
print(pd.DataFrame(lists).T.round(3).to_string())

# %%
of_people = {
    name: found.per_user["ndcg@10"] for name, found in judged.items()
}
ahead = paired_difference(of_people["popularity"], of_people["links"])
print(f"popularity - links, ndcg@10: {ahead.value:.3f}", end=" ")
print(f"[{ahead.low:.3f}, {ahead.high:.3f}], {ahead.n} people")

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert ahead.low > 0

# %% [markdown]
# What is on a list here is *alike*; popularity only knows what everybody watches, and
# is ahead all the same. The lists from links reach far more of the catalogue, and less
# known movies. To be about the same things is one question; which movies somebody rates
# in the same sitting, as this split asks, is another, and for that one needs ratings. A
# model that learns from both would start from such vectors, as the towers of
# [chapter 6](06_two_towers.ipynb) start from genres. [Ask the links for films near *Alien* on
# the live page](../book/live.md?film=1214&method=entities).
#
# ## Pages of Wikipedia
#
# *You may skip this section.*
#
# The links notebook's file, `wp_movies_10k.ndjson`, is a line of JSON for each
# page: title, facts, links. If you have it, `load_wikipedia_links` reads it, and everything
# above runs on it. Lines that are broken, pages that come twice and pages without links are
# counted or refused:

# %% tags=["nbval-check-output"]
import json
import tempfile
from pathlib import Path

pages = [
    [
        "Heat (1995 film)",
        {"director": "Michael Mann"},
        ["Al Pacino", "Heist"],
    ],
    ["Ronin (film)", {}, ["Robert De Niro", "Heist", "Heist"]],
    ["Empty (film)", {}, []],
]
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "pages.ndjson"
    path.write_text("\n".join(map(json.dumps, pages)), encoding="utf-8")
    corpus = datasets.load_wikipedia_links(path)
shown = ["n_lines", "n_malformed", "n_without_links", "n_repeated_links"]
print({name: corpus.report[name] for name in shown})

# %% tags=["nbval-check-output"]
print(corpus.pairs(min_films=1).to_string(index=False))

# %% [markdown]
# To gather today's links of some pages yourself, `collect_wikipedia_links(titles)` asks
# Wikipedia: politely, that is, with your name on the request, fifty pages at a time,
# and waiting when it is told to.
#
# ## Results so far

# %%
from recsys_helpers.display.so_far import results_so_far

results_so_far("entities")

# %% [markdown]
# By nDCG@10 only random choice has a lower value: the vectors have seen no ratings, and a list
# is what is near to the films that somebody liked. But it reaches more of the catalogue than
# any other row except random choice, and links are known before anybody has rated a movie: in
# the last column the value is not far from that of the towers for lists. Which differences
# are decided, [chapter 9](09_five_methods.ipynb) says.
#
# ## Exercises
#
# ````{exercise} What a link says
# :label: ex-entities-idf
#
# There are 1,000 films. 900 are in English, 100 are war films, and 4 have a certain
# actress. What are the three values of {eq}`eq-entities-idf`? Two films share their
# language and nothing else; two others share the actress and nothing else; each film
# has three links, one of each kind. What are the two cosines, with all links counted
# alike, and with idf? (Say that the links that are not shared have the same idf on both
# sides.)
# ````

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-entities-idf
# :class: dropdown
# ````
#
# All links alike: one of three is shared, so the cosine is 1/3 both times. With idf,
# the shared part is the square of the shared link's idf over the sum of all three
# squares.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
squares = np.log(1000 / np.array([900, 100, 4])) ** 2
print("idf:", np.sqrt(squares).round(2))
print(f"sharing the language: {squares[0] / squares.sum():.4f}")
print(f"sharing the actress: {squares[2] / squares.sum():.2f}")

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ````{exercise} Ask without hiding the answer
# :label: ex-entities-hold-out
#
# Ask the question about directors of tf-idf on *all* links, directors included, and
# compare with `held_out_pairs`. How much better does it look? Which of the two numbers
# would you report for a search engine, and which for a model that shall tell unknown
# connections?
# ````

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-entities-hold-out
# :class: dropdown
# ````

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution"]
director = FilmQuestion.of(films, "director")
hidden = FilmLinks.from_pairs(held_out_pairs(films, "director"), titles.index)
looks = {
    name: director.scores(cosine_neighbours(links))["precision@10"].mean()
    for name, links in {"known": known, "hidden": hidden}.items()
}
for name, value in looks.items():
    print(f"links to directors {name}: {value:.3f} of the ten are right")
assert looks["known"] > looks["hidden"]

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# With the link there, the question is whether the method can read. A search engine is
# asked for just that. Whether it has understood anything, only the hidden link tells.
#
# ````{solution-end}
# ````

# %% [markdown]
# ````{exercise} A film of your own
# :label: ex-entities-own-film
#
# Invent a film: two people, a genre, a decade. Which films are near it? Take one link
# away, then another: which of them mattered most? Use `best.vector_of_links`, with names as
# in `known.entities`: `"person: Woody Allen"`.
# ````

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-entities-own-film
# :class: dropdown
# ````

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution"]
own = [
    "person: Woody Allen",
    "person: Sean Connery",
    "genre: Crime",
    "decade: 1990s",
]
whole = best.vector_of_links(own)
for name in own:
    without = best.vector_of_links([link for link in own if link != name])
    print(
        f"without {name}: the cosine with the whole is {whole @ without:.2f}"
    )
near = vectors["softmax, composed"].nearest_to(whole, n=3)
print("near it:", "; ".join(near["title"]))

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# The lower the cosine without a link, the more it mattered. Which kind of link mattered
# most to yours? An idf would say: the rarest.
#
# ````{solution-end}
# ````

# %% [markdown]
# ````{exercise} Fresh links for three films
# :label: ex-entities-fresh-links
#
# Choose three films, look up how Wikipedia titles their pages, and fetch their links of
# today with `collect_wikipedia_links`. You need the network, and an address at which you
# can be reached. Which pages do at least two of the three link to? Which of them would
# you show as the reason why two films are alike?
# ````

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-entities-fresh-links
# :class: dropdown
# ````
#
# For three crime films, say, and with an address of your own as `contact`:
#
# ```python
# fresh = datasets.collect_wikipedia_links(
#     ["Heat (1995 film)", "Ronin (film)", "The Insider (film)"],
#     "fresh.ndjson",
#     contact="ann@example.org",
# )
# shared = fresh.pairs(min_films=2)["entity"].value_counts()
# print(shared.to_string())
# ```
#
# The book does not run this: Wikipedia changes every day. Expect the people that two of
# the films share, and much that almost every page of a film links to: who distributes
# films, and who counts tickets or collects reviews. An idf would tell the two apart, but
# not one from three pages. The answers stay in `fresh.ndjson`: a second run asks
# nothing, and `load_wikipedia_links` reads it.
#
# ````{solution-end}
# ````

# %% [markdown]
# ````{exercise} Find the bug
# :label: ex-entities-find-the-bug
#
# The sampler below is quick, and the model trains without an error. But some of what it
# draws is wrong. Find the bug, and write the test that would have found it.
# ````


# %%
known_pairs = {(entity, film) for film, entity in linked}


def suspicious_negatives(n, rng):
    """Draw pairs of a film and an entity that are no links."""
    found = []
    while len(found) < n:
        pair = int(rng.integers(n_films)), int(rng.integers(n_entities))
        if pair not in known_pairs:
            found.append(pair)
    return np.array(found).T


# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-entities-find-the-bug
# :class: dropdown
# ````
#
# The set holds (entity, film), and the sampler asks for (film, entity). So links are
# hardly ever recognised, and some of them are shown to the model as pairs that are none.
# The test: of the pairs that come out, none is a link. Where links are rare, as here, a few
# draws may miss the bug; a tiny matrix that is nearly full of links does not.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution"]
for draw in (suspicious_negatives, negatives):
    a, b = draw(100_000, np.random.default_rng(0))
    n_wrong = int(known.matrix[a, b].sum())
    print(f"{draw.__name__}: {n_wrong} of 100,000 are links")
    assert (n_wrong == 0) == (draw is negatives)

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ## Recap
#
# - Links alone place films in a space: a film near its entities, and so near films that
#   share them.
# - Pairs that are no links have to be drawn; all at once, exactly, from one seed.
#   Harder ones sounded better, and did not help this model: measure.
# - Ask questions whose answers are known, with the answers held out, and ask them of
#   the simple ways first: tf-idf beat the first model on each.
# - A softmax over what could have been linked, and films that are made of their links,
#   did far better. But when tf-idf was given as many trials, it chose BM25, and that was
#   ahead on every question: choose the settings of the simple rival with as much care.
# - What a film is about and whether somebody will like it are two questions. Links
#   answer the first.
#
# ## References
#
# The model is that of {cite:t}`koehrsen2018wikipedia`, after a chapter of
# {cite:t}`osinga2018cookbook`; {cite:t}`mikolov2013distributed` for negative sampling,
# and for what is frequent; {cite:t}`sparckjones1972idf` for the idf;
# {cite:t}`vincent2008denoising` for hiding a part of the input; {cite:t}`cortes1995svm`
# for support vector machines; {cite:t}`dozat2016nadam` for Nadam.

# %% tags=["hide-input"]
from recsys_helpers.measure import this_run

print(this_run(data.edition))
