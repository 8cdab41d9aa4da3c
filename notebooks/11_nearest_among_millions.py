# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 11 · Nearest neighbours: how do you find them among millions?
#
# :::{admonition} Before you start
# :class: note
#
# **You will learn** what it costs to compare a vector with all others; two ways to look at
# a few only, cells and walks, both in a few lines of numpy; to measure what such an index
# misses, and for whom; and when you need no index at all.
#
# **You need** cosine and dot product from [chapter 3](03_neighbours.ipynb), and the
# vectors of [chapter 4](04_als.ipynb).
#
# **Time** {chapter-time}`half an hour; the cells run in a minute`.
# :::

# %% tags=["remove-cell"]
# On Colab, this cell installs the course's package. Elsewhere it does nothing.
import subprocess
import sys
from importlib.metadata import version

if "google.colab" in sys.modules:
    course = "git+https://github.com/five-ways/recommend-a-movie"
    engines = ["implicit", "duckdb", "polars", "voyager"]
    # Colab's own tools need the major version of pandas that they came with.
    pandas = f"pandas<{int(version('pandas').split('.')[0]) + 1}"
    pip = [sys.executable, "-m", "pip", "install", "-q"]
    subprocess.run([*pip, course, pandas, *engines], check=True)

# %% tags=["nbval-check-output"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from recsys_helpers import datasets, display, plots
from recsys_helpers.datasets import the_text_says
from recsys_helpers.extras import has_extra
from recsys_helpers.results import published_results

data = datasets.load_movielens()
ratings = data.ratings
titles = data.movies.set_index("movie_id")["title"]
print(f"edition: {data.edition}")
print(f"{len(ratings):,} ratings")

# %% [markdown]
# One library of this chapter, voyager, is not needed elsewhere. Where it is missing, the
# next cell says how to install it, and the cells that need it do nothing.

# %%
HAS_ENGINES = has_extra("engines")

# %% [markdown]
# ## Why anyone wants this
#
# Every method of this course ends in vectors, and every page that it serves asks the same
# question: which vectors are near this one? With thousands of movies you compare with all
# of them. A shop has ten million products, and a page has a tenth of a second. What does
# comparing with *all of them* cost there?

# %% tags=["nbval-check-output"]
n_products, n_dimensions = 10_000_000, 64
operations = 2 * n_products * n_dimensions
gib = 4 * n_products * n_dimensions / 2**30
print(f"one query: {operations / 1e9:.2f} billion operations,")
print(f"on {gib:.1f} GiB of vectors that have to be read")
print(f"at 10 GiB in a second: {gib / 10:.2f} seconds")

# %% [markdown]
# Even if one core reads 10 GiB in a second, that is more than the page has. So there is a
# trade: look at fewer vectors, and accept that you miss some. This chapter measures both sides
# of it.
#
# ## The idea in a picture
#
# An {term}`index <Index of vectors>` is prepared once, so that a query needs to look at
# a few vectors only. There are two ideas.
#
# **Cells.** Group the vectors by {term}`k-means`: each belongs to the nearest of some centres.
# For a query, find the nearest few centres, and look only at the vectors in their cells.
# This is called an inverted file, IVF {cite}`sivic2003video`.
#
# **A walk.** Link each vector to some that are near it. Start anywhere, go to the linked
# vector that is nearest to the query, and again, until no step brings you nearer.
#
# Both are short to write. `nearest_rows(queries, X, n, metric)` looks at everything: for each
# query it gives the rows of the `n` nearest in `X`, and how near they are. So `[0][:, 0]` is
# the nearest row of each; `exclude` names rows that do not count.

# %%
from recsys_helpers.vectors.nearest import nearest_rows, unit_rows


def make_cells(X, n_cells, seed=0, n_rounds=8):
    """k-means: the centres, and the cell that each row of X is in."""
    rng = np.random.default_rng(seed)
    centres = X[rng.choice(len(X), n_cells, replace=False)]
    for _ in range(n_rounds):
        cells = nearest_rows(X, centres, 1, "euclidean")[0][:, 0]
        for cell in np.unique(cells):
            centres[cell] = X[cells == cell].mean(axis=0)
    return centres, nearest_rows(X, centres, 1, "euclidean")[0][:, 0]


# %%
def walk(start, query, X, links):
    """Step to the linked row nearest to the query, while that is nearer."""
    path = [start]
    while True:
        steps = np.append(links[path[-1]], path[-1])
        nearest = steps[((X[steps] - query) ** 2).sum(axis=1).argmin()]
        if nearest == path[-1]:
            return path
        path.append(nearest)


# %% [markdown]
# k-means goes back and forth: each vector chooses its nearest centre, then each centre
# moves to the mean of those that chose it. Now 300 points in a plane, and one query:

# %%
plane = np.random.default_rng(8).random((300, 2))
target = np.array([0.72, 0.61])
corners, cell_of = make_cells(plane, 12)
opened = nearest_rows(target[None], corners, 2, "euclidean")[0][0]
looked_at = np.isin(cell_of, opened)
links, _ = nearest_rows(
    plane, plane, 8, "euclidean", exclude=np.arange(300)[:, None]
)
steps = walk(int(plane.sum(axis=1).argmin()), target, plane, links)
exactly = nearest_rows(target[None], plane, 1, "euclidean")[0][0, 0]
print(f"the nearest of all is point {exactly}")
print(f"cells: {looked_at.sum()} of 300 points looked at,", end=" ")
print("it is among them" if looked_at[exactly] else "it is missed")
print(f"walk: {len(steps) - 1} steps, to point {steps[-1]}")

# %% tags=["hide-cell"]
assert looked_at[exactly]
assert looked_at.sum() < 100
assert steps[-1] == exactly

# %% mystnb={"image": {"alt": "Two panels with the same 300 points and a star for the query. Left: the points of the two cells nearest to the star are coloured, the rest is grey. Right: thin lines link each point to its eight nearest, and a thick path leads from the lower left corner in a few steps to the star; the points linked to those of the path are coloured, the rest is grey."}} tags=["hide-input"]
with plots.course_style():
    fig, axes = plt.subplots(1, 2, figsize=(7, 3.6), sharey=True)
    axes[0].plot(*plane.T, ".", color=plots.GREY, alpha=0.5)
    axes[0].plot(*plane[looked_at].T, ".", color=plots.BLUE)
    axes[0].plot(*corners.T, "+", color="black")
    axes[0].set(title="Cells: two of twelve", ylabel="Second dimension")
    for row, linked in enumerate(links):
        for other in linked:
            line = plane[[row, other]].T
            axes[1].plot(*line, color=plots.GREY, lw=0.3, alpha=0.5)
    seen = np.union1d(steps, links[steps])
    axes[1].plot(*plane.T, ".", color=plots.GREY, alpha=0.5)
    axes[1].plot(*plane[seen].T, ".", color=plots.BLUE)
    axes[1].plot(*plane[steps].T, "o-", color=plots.BLUE, ms=5)
    axes[1].set(title="A walk along links")
    for ax in axes:
        ax.plot(*target, "*", color=plots.VERMILION, ms=13)
        ax.set(xlabel="First dimension")

# %% [markdown]
# The star is the query, the crosses are centres. Grey points are never looked at: on the right
# only those along the path and those linked to them are.
#
# With millions of points, a walk by short links takes long, and it can end in a corner
# where nothing near is linked to anything nearer (the exercises try that). HNSW,
# *hierarchical navigable small world* {cite}`malkov2020hnsw`, mends both. It keeps
# several levels: all points at the bottom, and a random few on each level above, with
# long links. A walk begins at the top with long steps, and goes down. And it keeps not
# one place in view but the best `ef` places that it has seen: with a larger `ef` it finds
# more and takes longer. Read `ef` as the effort.
#
# ## The maths
#
# A query $q$ against $n$ vectors $x_i$ of $d$ numbers is a product of a matrix and a
# vector: $n d$ multiplications, as many additions, and each vector is read from memory
# once. Reading is the slow part. So ask many queries at once: the product of two
# matrices uses each vector for a whole block of queries while it is at hand.
#
# What does an index miss? Let $N(q)$ be the ten vectors that are truly nearest to $q$,
# and $A(q)$ the ten that the index returned. The {term}`recall@10 <Recall of an index>`
# *of the index* is the share that it found,
#
# $$
# \text{recall@10} = \frac{|A(q) \cap N(q)|}{10} ,
# $$
#
# as a mean over queries. It is measured against exact search, not against what people
# like.
#
# What does it look at? With $c$ cells of equal size, of which a query opens $p$, it is
# compared with $c$ centres and with $p$ cells of $n / c$ vectors: $c + p n / c$
# comparisons in place of $n$.
#
# Last, *near* has three meanings. For vectors of length 1 they agree, since
#
# $$
# |q - x|^2 = |q|^2 + |x|^2 - 2 \, q \cdot x = 2 - 2 \, q \cdot x :
# $$
#
# the smallest distance belongs to the largest {term}`dot product <Dot product>`, and that is
# the cosine. For other lengths they do not agree, and much goes wrong there.
#
# ## From scratch
#
# ### Look at everything


# %%
def ten_nearest(queries, X):
    """Rows of X with the ten largest dot products, for each query."""
    scores = queries @ X.T
    return np.argsort(-scores, axis=1, kind="stable")[:, :10]


# %% [markdown]
# That is always right. **Begin with it.** For many queries the table of `scores` becomes
# too large; `nearest_rows` does the same a block of queries at a time.
#
# ### Cells
#
# How large a share must we look at? That depends on the vectors. Make two sets of them:
# one *structured*, around 60 centres as films gather around tastes, and one with no
# structure at all, where every number is drawn from a normal distribution.


# %%
def probe(queries, X, centres, cells, n_probes):
    """Ten nearest of each query in its nearest cells; share looked at."""
    found, looked_at = [], 0
    opened, _ = nearest_rows(queries, centres, n_probes, "euclidean")
    for query, near in zip(queries, opened, strict=True):
        rows = np.flatnonzero(np.isin(cells, near))
        found.append(rows[ten_nearest(query[None], X[rows])[0]])
        looked_at += len(rows)
    return found, looked_at / (len(queries) * len(X))


def recalls(found, exact):
    """Recall@10 of each query."""
    pairs = zip(found, exact, strict=True)
    return np.array([np.isin(best, rows).mean() for rows, best in pairs])


# %%
rng = np.random.default_rng(1)
shape = (4200, 32)
around = rng.normal(size=(60, 32))[rng.integers(0, 60, shape[0])]
drawn = {
    "structured": unit_rows(around + 0.5 * rng.normal(size=shape)),
    "no structure": unit_rows(rng.normal(size=shape)),
}

# %%
rows = []
for name, points in drawn.items():
    X, queries = points[200:], points[:200]
    exact = ten_nearest(queries, X)
    centres, cells = make_cells(X, 64)
    for n_probes in (1, 2, 4, 8, 16, 32):
        found, share = probe(queries, X, centres, cells, n_probes)
        recall = recalls(found, exact).mean()
        rows.append((name, n_probes, share, recall))

# %% [markdown]
# In the table, *cells* is how many of 64 a query opens, and *share* the part of the
# vectors that it looks at.

# %% tags=["hide-input"]
table = pd.DataFrame(rows, columns=["vectors", "cells", "share", "recall"])
by_cells = table.pivot(index="cells", columns="vectors")
print(by_cells.round(2).to_string())
recall_of = by_cells["recall"]
assert recall_of.loc[1, "structured"] > 0.9
assert recall_of.loc[32, "no structure"] < 0.99

# %% [markdown]
# With structure, one cell of 64 holds nearly all that is near. Without, half of the
# cells do not hold all of it. In many dimensions, random vectors are all about equally
# far apart: the nearest stands out less from the rest, it can be in any cell, and no
# link leads *towards* it. This is one face of the *curse of dimension*. An index does
# not make search fast. It makes use of structure, if there is any.
#
# ## With a library
#
# `to_index` hands the vectors to `voyager`, an HNSW library. With one thread, the same
# seed gives the same graph. Here it is on the movies of [chapter 4](04_als.ipynb). So few
# do not need it, but we can check it.

# %%
from recsys_helpers.methods.als import CHOSEN_ALS, Als

als = Als(**CHOSEN_ALS, seed=0).fit(ratings)
vectors = als.movie_vectors(titles)
print(vectors)
near = vectors  # exact, where there is no index
if HAS_ENGINES:
    index = near = vectors.to_index(seed=0)
display.movie_table(
    near.neighbours("Toy Story (1995)", n=5), caption="Near Toy Story"
)

# %% [markdown]
# Now ask for the neighbours of every movie, with little effort and with more. Some
# movies are liked by the same single person, and their vectors point in exactly the
# same direction: which ten of them come is a matter of chance. So an answer counts if
# it is as near as the tenth of the exact ones.


# %%
def share_as_near(scores, exact_scores):
    """Recall@10 of each query, where equally near is as good."""
    return (scores >= exact_scores[:, -1:] - 1e-9).mean(axis=1)


itself = np.arange(len(vectors))[:, None]
_, exact_scores = nearest_rows(
    vectors.matrix, vectors.matrix, 10, exclude=itself
)
of_each = {}

# %%
if HAS_ENGINES:
    for effort in (10, 50, 250):
        _, scores = index.nearest(
            vectors.matrix, 10, query_ef=effort, exclude=itself
        )
        of_each[effort] = share_as_near(scores, exact_scores)
        print(f"ef {effort}: recall@10 {of_each[effort].mean():.3f}")

# %% tags=["hide-cell"]
if HAS_ENGINES:
    with the_text_says(data.edition):
        assert of_each[250].mean() > 0.95

# %% [markdown]
# (`index.save(path)` writes movies and graph to one file with a checksum.
# `VectorIndex.load(path)` checks it first: compiled code that reads a damaged graph can
# crash or worse.)
#
# ## Measured: up to a million vectors
#
# How many queries does a CPU second answer? `benchmarks/nearest_index.py` asked, on one thread,
# with vectors of 64 dimensions, with and without structure, and with the movies of ALS. *Exact*
# is how many queries `nearest_rows` answers in a CPU second. Then, for three indexes, how many
# *times* as many they answer, at the least effort that reaches a recall@10 of .95. IVF and HNSW
# are those of faiss {cite}`douze2024faiss`, a library with many kinds of index; "-" is not
# measured.

# %% tags=["hide-input"]
from recsys_helpers.plots import (
    index_curve_plot,
    index_curves,
    speed_at_recall,
)

measured = published_results("nearest_index")
curves = index_curves(measured)
best = speed_at_recall(curves)
times = best[["voyager", "IVF", "HNSW"]].div(best["nearest_rows"], axis=0)


def speeds(vectors):
    """Speed of exact search, and how many times as many queries an index answers."""
    table = times.loc[list(vectors)].map("{:.1f}".format).replace("nan", "-")
    exact = best["nearest_rows"].loc[list(vectors)]
    table.insert(0, "exact", exact.map("{:,.0f}".format))
    return table.rename(index=vectors).rename_axis("vectors")


# %% tags=["hide-input"]
per_query = 1e6 / best.loc["als 6,170"]
saved = per_query["nearest_rows"] - per_query[times.columns]
print(f"6,170 films: exact search takes {per_query['nearest_rows']:.0f} µs;")
print(f"an index saves {saved.min():.0f} to {saved.max():.0f} µs a query")
by_cosine = {
    "als 6,170": "6,170 ALS films",
    "structured 100,000": "100 k structured",
    "structured 1,000,000": "1 M structured",
    "gaussian 100,000": "100 k no structure",
}
display.published_table(
    speeds(by_cosine), "nearest_index", caption="Speed at a recall@10 of .95"
)

# %% tags=["hide-cell"]
assert times.loc["structured 100,000", "voyager"] >= 7
assert times.loc["structured 1,000,000"].max() >= 50
assert times.loc["als 6,170", "voyager"] < 7
assert times.loc["gaussian 100,000"].max() < 1

# %% [markdown]
# What does it cost to build each index, and how much memory does it add?

# %% tags=["hide-input"]
costs = measured[measured["metric"].isin(["build cpu_s", "added MiB"])]
costs = costs[costs["split"].str.startswith("structured")]
costs["method"] = costs["method"].str.removeprefix("faiss ")
costs = costs.pivot(index=["method", "n"], columns="metric", values="value")
costs = costs.rename_axis(["index", "vectors"])
costs.columns = ["added MiB", "CPU s"]
display.published_table(
    costs, "nearest_index", caption="To build an index", digits=1
)

# %% [markdown]
# The first table stops at a recall of .95. Here is the whole trade, for vectors with
# and without structure: up is more found, right is faster. (*float32* is exact search as a plain
# product in 32 bits.)

# %% mystnb={"image": {"alt": "Recall at 10 against queries per CPU second, on a logarithmic axis, for structured and unstructured vectors. On structured ones the curves of the indexes lie far to the right of exact search at a recall near 1. On unstructured ones they are slower than exact search before they find nearly all."}} tags=["hide-input"]
with plots.course_style():
    fig, axes = plt.subplots(1, 2, figsize=(7, 3.8), sharex=True, sharey=True)
    for kind, ax in zip(("structured", "gaussian"), axes, strict=True):
        chosen = curves[curves["vectors"] == f"{kind} 100,000"]
        title = "structured" if kind == "structured" else "no structure"
        index_curve_plot(chosen, ax=ax).set(title=f"100,000, {title}")
    axes[1].set(ylabel="")
    handles, names = axes[0].get_legend_handles_labels()
    fig.legend(handles, names, loc="outside lower center", ncols=5)

# %% [markdown]
# On the left every index is far to the right of exact search, and finds nearly as much. On
# the right each of them crosses exact search before it has found nearly all: it is *slower*
# than to look at everything.
#
# For the thousands of movies of this course, exact search is quick enough: an index saves
# microseconds, costs a build, and can be wrong. At a hundred thousand structured vectors it is
# worth its trouble, at a million more so. How much depends on the machine, too: with ten
# times the vectors exact search is more than ten times as slow, probably since they no
# longer fit into the caches. (Our invented clusters are clearly apart, which suits cells.
# Real vectors lie in between.) So measure recall **on your own vectors**, against exact
# search, on a sample of queries.
#
# ## What goes wrong
#
# **A mean that hides somebody.** Recall is mostly averaged over queries as they come,
# and most come from popular films. Split it by how many people liked the film, with the
# index from above:

# %%
from recsys_helpers.interactions import positives

liked_by = positives(ratings)["movie_id"].value_counts()
groups = pd.cut(
    liked_by.reindex(vectors.movie_ids), [0, 1, 4, 19, np.inf], labels=False
).to_numpy()
names = ["one like", "2 to 4", "5 to 19", "20 or more"]
if HAS_ENGINES:
    by_likes = pd.DataFrame(of_each).groupby(groups).mean()
    by_likes.index = [names[group] for group in by_likes.index]
    print(by_likes.rename_axis("ef", axis=1).round(3).to_string())
    of_few, of_many = by_likes.loc[["2 to 4", "20 or more"], 50]

# %% tags=["hide-cell"]
if HAS_ENGINES:
    with the_text_says(data.edition):
        assert of_many > 0.97
        assert of_few <= of_many

# %% [markdown]
# On `small`, films with two to four likes have the lowest row, and more effort hardly
# helps them. In a mean over *visits* you would never see it. (A guess at the cause: films that
# only one person liked have nearly the same vector. The links of such a clump stay within it, and
# the walk with them.)

# %% [markdown]
# **A dot product in a graph for distances.** Lists for users need dot products, and a
# walk needs distances. One more coordinate makes one of the other
# {cite}`bachrach2014xbox`: with $m$ the length of the longest vector, give each $x$ the
# further number $\sqrt{m^2 - |x|^2}$, and $q$ a zero. Now all $x$ have the length $m$, so
# the smallest distance is the largest dot product again.
#
# But then short vectors differ in little but that coordinate: they are one clump, and walks end
# in it. So the order helps. `to_index("dot")` puts the long vectors into the graph first, and
# later ones are linked to them. Here are films and users of ALS, and *unequal* vectors:
# structured ones, each made longer or shorter by a random factor.

# %% tags=["hide-input"]
at_80 = measured[measured["metric"] == "recall@10"]
at_80 = at_80[at_80["split"] == "als 6,170, dot"].set_index("method")["value"]
in_given_order = at_80["InnerProduct, ef 80"]
long_first = at_80["voyager, ef 80"]
print(f"recall@10 on films: {in_given_order:.2f} in the given order,")
print(f"{long_first:.2f} with the long ones first, at the same effort")
by_dot = {
    "als 6,170, dot": "ALS, films ask",
    "als users 6,170, dot": "ALS, users ask",
    "lognormal 100,000, dot": "100 k unequal",
}
display.published_table(
    speeds(by_dot),
    "nearest_index",
    caption="By dot product: speed at a recall@10 of .95",
)

# %% tags=["hide-cell"]
assert in_given_order < 0.6
assert long_first > 0.95
assert 2 < times.loc["als users 6,170, dot"].max() < 2.5
assert times.loc["als 6,170, dot"].max() < 1
assert times.loc["lognormal 100,000, dot", "IVF"] < 0.5
opened = measured[measured["split"] == "lognormal 100,000, dot"]
opened = opened[opened["metric"] == "recall@10"].set_index("method")["value"]
assert opened["faiss IVF, 256 of 1265 cells"] < 0.95
assert opened["faiss IVF, 512 of 1265 cells"] > 0.95

# %% [markdown]
# With so few films an index is at most about twice as quick as exact search. On the unequal
# vectors the cells fail: IVF has to open 512 of 1,265 to find enough.

# %% [markdown]
# **The query itself.** Nothing is nearer to a film than the film. Who asks an index for
# ten neighbours of a film in it gets nine, and a poster of the film they are looking
# at. So ask for eleven and take out the film *by its id*: dropping the first is wrong
# where others are equally near.

# %%
everyone = vectors.matrix
by_cosine, _ = nearest_rows(everyone, everyone, 10, "cosine")
is_itself = by_cosine[:, 0] == np.arange(len(vectors))
print(f"first in its own list: {is_itself.mean():.1%} of movies")

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert 0.5 < is_itself.mean() < 1

# %% [markdown]
# **An index that has gone stale.** It holds the vectors of the day it was built. A film
# that is added later is in no list; and when the model is trained again, *all* vectors
# change, and queries from the new model meet movies of the old one. Build the index in
# the same step that trains the model, and put both in place together.

# %%
from recsys_helpers.vectors import MovieVectors, UnknownMovieError

if HAS_ENGINES:
    yesterday = MovieVectors(vectors.movie_ids[:-1], vectors.matrix[:-1])
    old_index = yesterday.to_index(seed=0)
    try:
        old_index.neighbours(int(vectors.movie_ids[-1]))
    except UnknownMovieError as error:
        print(error)

# %% [markdown]
# ## Exercises

# %% [markdown]
# ```{exercise} How many cells?
# :label: ex-index-cells
#
# A query on cells pays twice: it compares itself with all centres, then with the
# vectors in the cells that it opens. Take `drawn["structured"]`, `make_cells` and
# `probe` from above, and 8, 32, 64, 256 and 1,024 cells. For each find the fewest cells
# to open, among 1, 2, 4, 8, ..., for a recall@10 of .95. How many comparisons does a
# query make then, centres included? Which number of cells is best, and what is the
# square root of the number of vectors?
# ```

# %% tags=["exercise"]
# Your answer

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-index-cells
# :class: dropdown
# ````

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution"]
X, queries = drawn["structured"][200:], drawn["structured"][:200]
exact = ten_nearest(queries, X)
comparisons = {}
for n_cells in (8, 32, 64, 256, 1024):
    centres, cells = make_cells(X, n_cells)
    for n_probes in 2 ** np.arange(11):
        found, share = probe(queries, X, centres, cells, n_probes)
        if recalls(found, exact).mean() >= 0.95:
            break
    comparisons[n_cells] = round(n_cells + share * len(X))
    print(f"{n_cells} cells, open {n_probes}: {comparisons[n_cells]}")
print(f"square root: {len(X) ** 0.5:.0f}")
assert 8 < min(comparisons, key=comparisons.get) < 1024

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# Few cells are large, and many take long to compare with. The $c + p n / c$ comparisons
# of the maths are fewest where their derivative, $1 - p n / c^2$, is zero: at $c =
# \sqrt{p n}$. That is the square root of the number of vectors, times a few.
#
# ````{solution-end}
# ````

# %% [markdown]
# ```{exercise} Walks that get stuck
# :label: ex-index-walks
#
# The walk in the picture was lucky. Start `walk` from each of the 300 points of `plane`,
# to the same `target`. How many end at the nearest point of all? Try 3, 4, 8 and 16
# links for each point, and print the mean number of steps, too. What do more links cost,
# in a step and in memory?
# ```

# %% tags=["exercise"]
# Your answer

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-index-walks
# :class: dropdown
# ````

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
itself_in_plane = np.arange(300)[:, None]
arrived = {}
for n_links in (3, 4, 8, 16):
    near_ones, _ = nearest_rows(
        plane, plane, n_links, "euclidean", exclude=itself_in_plane
    )
    walks = [walk(start, target, plane, near_ones) for start in range(300)]
    arrived[n_links] = sum(path[-1] == exactly for path in walks)
    n_steps = np.mean([len(path) - 1 for path in walks])
    print(f"{n_links:2} links: {arrived[n_links]:3} of 300", end=", ")
    print(f"{n_steps:.1f} steps")
assert arrived[3] < 30
assert arrived[16] == 300

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# With few links nearly every walk ends in a corner. With 16 all of them arrive, since a
# step can now lead around it. Each step compares the query with 16 points in place of 3,
# and the links take 16 numbers a point. A few *long* links do it for less: that is the
# idea of the levels of HNSW.
#
# ````{solution-end}
# ````

# %% [markdown]
# ````{exercise} Find the bug: nearest, but to what?
# :label: ex-index-metric
#
# A colleague wants lists for users: the ten movies with the largest dot product with a
# user's vector. "An index of cells, a query for each user, and dot products in the cells
# that are opened. Nothing fails. But the recall is poor, however many cells I open."
#
# 1. Run it. What is wrong?
# 2. Mend it by one more coordinate, as in *What goes wrong*, and show that it helps.
# ````

# %%
of_movies = np.float64(als.movie_factors_)
of_users = np.float64(als.user_factors_)
best_ten = ten_nearest(of_users, of_movies)


def show_recall(queries, X):
    """Print what 64 cells find of the best ten of each user."""
    centres, cells = make_cells(X, 64)
    for n_probes in (4, 16, 32):
        found, share = probe(queries, X, centres, cells, n_probes)
        recall = recalls(found, best_ten).mean()
        print(f"{n_probes:2} cells, {share:.0%} seen: {recall:.2f}")
    return recall


its_recall = show_recall(of_users, of_movies)

# %% tags=["exercise"]
# Your answer

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-index-metric
# :class: dropdown
# ````
#
# The cells are chosen by *distance*, and within them the films by *dot product*. A dot
# product prefers long vectors, that is, popular films. They lie far out, also far from
# the user, so their cells are among the last that are opened. What is searched well is
# the wrong place.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution"]
squared = np.sum(of_movies**2, axis=1)
further = np.sqrt(squared.max() - squared)
movies_longer = np.column_stack([of_movies, further])
users_longer = np.column_stack([of_users, np.zeros(len(of_users))])
assert np.allclose(ten_nearest(users_longer, movies_longer), best_ten)
mended_recall = show_recall(users_longer, movies_longer)
with the_text_says(data.edition):
    assert its_recall < 0.6
    assert mended_recall > 0.98

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# Now all movies have one length, and near means a large dot product, for the cells, too.
# The zero in the user's vector leaves the dot products as they were. So `VectorIndex`
# keeps the metric that it was built for, and answers for no other.
#
# ````{solution-end}
# ````

# %% [markdown]
# ## Recap
#
# - Exact search is one matrix product, always right, and good enough for thousands of
#   movies. Begin with it.
# - An index looks at a few vectors only: those in the nearest cells, or those along a
#   walk. It makes use of structure. On vectors that have none, it is no help.
# - The recall of an index is a property of the index *on your vectors*. Measure it
#   against exact search, and for rare films apart.
# - Cosine, distance and dot product agree for vectors of one length. An index is right for
#   the one that it was built for.
# - Build the index in the same step that trains the model.
#
# ## References
#
# {cite:t}`sivic2003video` search in cells, after the inverted files of text search, and
# {cite:t}`jegou2011product` shorten the vectors in them; {cite:t}`malkov2020hnsw` walk on
# graphs, {cite:t}`bachrach2014xbox` turn a dot product into a distance, and
# {cite:t}`douze2024faiss` compare many kinds of index.

# %% tags=["hide-input"]
from recsys_helpers.measure import this_run

print(this_run(data.edition))
