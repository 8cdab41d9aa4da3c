# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1 · The long tail: what do ratings look like?
#
# :::{admonition} Before you start
# :class: note
#
# **You will learn** what a set of ratings contains, who rates and how, how unequally the
# ratings are spread over movies and people, how to turn ratings into a matrix that is
# nearly empty, and why an id is not an index.
#
# **You need** Python with a little numpy and pandas. No recommender system yet.
#
# **Time** {chapter-time}`about half an hour; the cells run in seconds`.
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

# %% [markdown]
# Every notebook starts like this one: it loads the ratings and says which
# {term}`edition <Dataset edition>` of the data it runs on. The site shows the edition
# `small`. A notebook file that you open or download comes with outputs of `sample`, which
# is smaller still; run all cells to see those of `small`. {doc}`/book/data_and_licences`
# says which others there are.

# %% tags=["nbval-check-output"]
import textwrap

import numpy as np
import pandas as pd

from recsys_helpers import datasets, display
from recsys_helpers.datasets import the_text_says

data = datasets.load_movielens()
ratings, movies = data.ratings, data.movies
print(f"edition: {data.edition}")
print(f"{len(ratings):,} ratings of {len(movies):,} movies")

# %% [markdown]
# ## Why anyone wants this
#
# A shop assistant who knows you can say: *you liked that one, so try this one.* A
# recommender system wants to do the same for people it has never met. All it has is a
# record of what they did.
#
# So the first question is not which method to use. It is what the record says, and what
# it leaves out. Two facts from this chapter come back in every other one: **most of the
# record is missing**, and **a small part of the movies has a large part of what is
# there**.
#
# ## The idea in a picture
#
# Take the users who rated most and the movies that were rated most. Put one user in
# each row, one movie in each column, and the rating where there is one.

# %%
busiest = ratings["user_id"].value_counts().index[:8]
most_rated = ratings["movie_id"].value_counts().index[:6]
corner = ratings.query("user_id in @busiest and movie_id in @most_rated")
corner = corner.pivot(index="user_id", columns="movie_id", values="rating")
titles = movies.set_index("movie_id")["title"]
corner = corner.rename(columns=titles).reset_index()
display.movie_table(
    corner,
    caption="The fullest corner of the user-item matrix, in stars",
    formats=dict.fromkeys(corner.columns[1:], ".1f"),
)

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert corner.isna().to_numpy().any()

# %% [markdown]
# A dash is a hole: this user has not rated that movie. There are holes even in this
# corner. Recommending a movie means guessing what stands in a hole.
#
# One thing about the code of this course, said once. A line that begins with `assert`
# checks something that the text says, and stops the page if it is false. (Below
# `the_text_says` it stops only on the edition that the text speaks of; on others it tells
# you what is different there.) You may skip over these lines. Most are folded away, as
# is the code that only draws. Open it if you want to see it.
#
# Now a larger piece, this time not the fullest one: the users and movies with the lowest
# numbers. Each dot is a rating.

# %% mystnb={"image": {"alt": "A grid of users by movies with a dot for each rating. Dots crowd along the columns of popular movies and the rows of busy users; most of the grid is empty."}} tags=["hide-input"]
from recsys_helpers import plots
from recsys_helpers.interactions import Interactions

interactions = Interactions.from_ratings(ratings)
ax = plots.matrix_plot(interactions, n_users=100, n_movies=300)

# %% [markdown]
# You see stripes. A vertical stripe is a movie that many people rated; a horizontal one
# is a person who rated many movies. Between them it is white. In the whole matrix the
# dots are thinner still: we will measure it.
#
# ## What a rating is
#
# One row says that somebody gave some stars to a movie, and when.

# %% tags=["nbval-check-output"]
print(ratings.head(3).to_string(index=False))

# %% [markdown]
# The columns `user_id` and `movie_id` hold {term}`ids <Id>`: numbers that name a person
# and a movie, and mean nothing else. `timestamp` counts the seconds since 1 January 1970.
# The other table says what the movies are. The year comes from the end of the title, and
# a movie can have several genres.

# %% tags=["nbval-check-output"]
display.movie_table(movies.head(3), caption="Three movies")

# %% [markdown]
# How do people use the scale? Before you look at the picture, guess: which rating is the
# most common, and are half stars as common as whole ones?

# %% mystnb={"image": {"alt": "Bars of the number of ratings for each half star from 0.5 to 5. Four stars is the tallest bar, whole stars are taller than the half stars beside them, and low ratings are rare."}} tags=["hide-input"]
ax = plots.rating_histogram(ratings)

# %% tags=["nbval-check-output"]
stars = ratings["rating"]
most_common = stars.mode()[0]
whole = (stars % 1 == 0).mean()
print(f"most common rating:  {most_common} stars")
print(f"mean rating:         {stars.mean():.2f} stars")
print("middle of the scale: 2.75 stars")
print(f"whole stars:         {whole:.0%} of the ratings")

# %% [markdown]
# Four stars stand out, and so do whole stars. People rate high. They choose what they
# watch, so they mostly see what they expect to like, and what nobody would like gets few
# ratings of any kind. The ratings are **not a random sample** of opinions
# {cite}`marlin2009missing`. Keep that in mind: a hole in the matrix is not a coin toss.
# It is a movie that somebody never heard of, or chose not to see, or saw and did not
# enter.
#
# And the half stars? When was the first one given?

# %% tags=["nbval-check-output"]
when = pd.to_datetime(ratings["timestamp"], unit="s")
half_stars = when[stars % 1 != 0]
print(f"first rating:    {when.min():%d %B %Y}")
if half_stars.empty:
    print("first half star: none, this edition has whole stars only")
else:
    since_then = (stars % 1 == 0)[when >= half_stars.min()].mean()
    print(f"first half star: {half_stars.min():%d %B %Y}")
    print(f"whole stars since then: {since_then:.0%} of the ratings")
print(f"last rating:     {when.max():%d %B %Y}")
print(f"before 1997:     {(when < '1997').mean():.0%} of the ratings")

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert most_common == 4
    assert whole > 0.5
    assert stars.mean() > 2.75
    assert half_stars.min() > when.min() + pd.Timedelta(days=365)
    assert 0.5 < since_then < whole

# %% [markdown]
# For years there were no half stars to give: the site changed its scale. Since then whole
# stars are a little more than half of all ratings. Part of what looks like taste is the
# *form that people filled in*. And the first line? The site opened in 1997
# {cite}`harper2015movielens`, so the ratings with an earlier date were not typed there.
# Where else, the data does not say. Always ask how a number came to be.
#
# ## Who rates
#
# Count the ratings of each user. How many users gave how many? The axis at the bottom
# is *logarithmic*: each step to the right multiplies, so that 20 and 2,000 both fit.

# %% mystnb={"image": {"alt": "Histogram of users by how many ratings each gave, on a logarithmic axis. A dashed line marks the median user; a few users far to the right gave very many ratings."}} tags=["hide-input"]
ax = plots.activity_plot(ratings)

# %% tags=["nbval-check-output"]
per_user = ratings["user_id"].value_counts()
top_tenth = per_user.iloc[: len(per_user) // 10]
print(f"users:              {len(per_user):,}")
print(f"fewest ratings:     {per_user.min()}")
print(f"median user:        {per_user.median():.0f} ratings")
print(f"mean user:          {per_user.mean():.0f} ratings")
print(f"busiest user:       {per_user.max():,} ratings")
share_of_top = top_tenth.sum() / len(ratings)
print(f"busiest tenth have: {share_of_top:.0%} of all ratings")

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert per_user.mean() > per_user.median()

# %% [markdown]
# The dashed line is the median user. The mean lies well above it: the few people on the
# right rated very much. If you average an
# error over *ratings*, those few count far more than the others. If you average over
# *users*, everybody counts once. [Chapter 2](02_is_it_any_good.ipynb) comes back to it.
#
# "Fewest ratings" says nothing about people, by the way: whoever made this edition left
# out users with fewer. That is a rule of the data set, and no habit of people.
#
# ## When they rate
#
# Take the time between a user's first and last rating. And how many ratings have the
# same second as another one of the same user?

# %% tags=["nbval-check-output"]
times = ratings.groupby("user_id")["timestamp"]
hours = (times.max() - times.min()) / (60 * 60)
one_day = hours < 24
shared = ratings.duplicated(["user_id", "timestamp"], keep=False).mean()
print(
    f"all ratings within an hour:     {(hours < 1).mean():.0%} of the users"
)
print(f"all ratings within 24 hours:    {one_day.mean():.0%} of the users")
print(f"over more than a year:          {(hours > 24 * 365).mean():.0%}")
print(f"in the same second as another:  {shared:.0%} of the ratings")

# %% [markdown]
# Most users came for a day or less, and never rated again. The time
# of a rating is the time of *typing*, not of watching. Of ratings in the same second,
# nobody can say which came first {cite}`woolridge2021sequence`; where an order is needed,
# this course takes the lower `movie_id` first, so that it is always the same.
#
# What did they rate first? Cut each user's ratings, in order, into five equal parts. How
# many ratings, in all, has the median movie of each part?

# %%
in_order = ratings.sort_values(["user_id", "timestamp", "movie_id"])
of_user = in_order.groupby("user_id")["movie_id"]
fifth = 1 + 5 * of_user.cumcount() // of_user.transform("size")
sitting = np.where(in_order["user_id"].map(one_day), "within a day", "longer")
fame = in_order["movie_id"].map(ratings["movie_id"].value_counts())
by_fifth = fame.groupby([fifth.to_numpy(), sitting]).median().unstack()

# %% mystnb={"image": {"alt": "Two falling lines: the number of ratings of the median movie in each fifth of the users' ratings. The line of users who were done within one day lies higher and falls far; that of the others falls as well."}} tags=["hide-input"]
with plots.course_style():
    ax = by_fifth.plot(style=["s--", "o-"], ylim=(0, None))
    ax.set(xlabel="Fifth of a user's ratings", xticks=range(1, 6))
    ax.set(ylabel="Ratings of the median movie")
    ax.legend(title="First to last rating")

# %% tags=["nbval-check-output"]
print(by_fifth.T.to_string(float_format="{:.0f}".format))

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert one_day.mean() > 1 / 2
    assert shared > 1 / 5
    first_to_last = by_fifth.loc[[1, 5], "within a day"]
    assert first_to_last[5] < 0.8 * first_to_last[1]

# %% [markdown]
# Both lines fall: well-known movies come first. Within a day the fame of what is rated
# falls by half (on `small`). That is no change of taste. The site decides which movies its
# pages show, and when; {cite:t}`fan2024movielens` find that this strongly shapes what is
# rated. An honest test must respect the order of the ratings, since what was typed later
# was not known earlier. But "later" mostly means "further down the pages, in the same
# sitting". [Chapter 2](02_is_it_any_good.ipynb) comes back to it.
#
# ## The long tail
#
# Now count the ratings of each movie, and sort the movies from the most rated to the
# least. Write $n_i$ for the number of ratings of movie $i$ and $N$ for the number of all
# ratings. The share of the $m$ most rated movies is
#
# $$
# S(m) = \frac{1}{N} \sum_{i=1}^{m} n_i , \quad n_1 \ge n_2 \ge \dots
# $$ (eq-share)
#
# In numpy it is a sort and a running sum.

# %% tags=["nbval-check-output"]
n_ratings = np.sort(ratings["movie_id"].value_counts().to_numpy())[::-1]
share = np.cumsum(n_ratings) / n_ratings.sum()
n_half = int(np.searchsorted(share, 0.5)) + 1
print(f"{n_half} of {len(n_ratings):,} movies hold half of all ratings,")
print(f"which is {n_half / len(n_ratings):.1%} of the movies")

# %% [markdown]
# `recsys_helpers` has the same as a table, with the movies' ids, and a picture of it.

# %%
from recsys_helpers.interactions import long_tail

tail = long_tail(ratings)

# %% mystnb={"image": {"alt": "Ratings per movie against popularity rank. The curve falls steeply from a tall head on the left, where the top tenth of the movies is marked, into a long flat tail."}} tags=["hide-input"]
ax = plots.long_tail_plot(tail)

# %% tags=["nbval-check-output"]
once = (tail["n_ratings"] == 1).mean()
print(f"rated by one person only: {once:.0%} of the movies")
print(f"rated by ten or fewer:    {(tail['n_ratings'] <= 10).mean():.0%}")
print(f"most rated movie:         {tail['n_ratings'].iloc[0]} ratings")

# %% [markdown]
# The curve is steep, and then flat for most of its length. The tall part on the left is
# the *head* (where it ends is a choice; the picture marks a tenth of the movies); the rest is the {term}`long tail <Long tail>`
# {cite}`anderson2006tail`. It is why recommenders are wanted and why they are hard. Of
# the famous movies you need not be told. In the tail there are movies that you would
# love and will never hear of, and about each of them there is hardly any record.
#
# These are the movies of the head:

# %%
head = tail.head(8).merge(movies, on="movie_id")
display.poster_strip(head, caption="The most rated movies")

# %% tags=["hide-cell"]
assert np.allclose(tail["cumulative_share"], share)
with the_text_says(data.edition):
    assert n_half / len(n_ratings) < 0.25

# %% [markdown]
# ## The user-item matrix
#
# Most methods see the ratings as a {term}`user-item matrix <User-item matrix>` $R$ with a
# row for each of $U$ users and a column for each of $M$ movies. Its
# {term}`sparsity <Sparsity>` is the share that is empty:
#
# $$
# \text{sparsity} = 1 - \frac{N}{U \, M}
# $$ (eq-sparsity)

# %% tags=["nbval-check-output"]
n_users = ratings["user_id"].nunique()
n_movies = ratings["movie_id"].nunique()
sparsity = 1 - len(ratings) / (n_users * n_movies)
n_cells = n_users * n_movies
print(f"{n_users:,} users x {n_movies:,} movies = {n_cells:,} cells")
print(f"empty: {sparsity:.2%}")

# %% [markdown]
# ### From scratch: ids become indices
#
# A matrix has rows 0, 1, 2, ... without gaps. Ids have gaps. `np.unique` sorts the ids
# and tells, for each rating, at which place of that sorted list its id stands: the
# {term}`index <Index>`.

# %% tags=["nbval-check-output"]
movie_ids, movie_index = np.unique(ratings["movie_id"], return_inverse=True)
user_ids, user_index = np.unique(ratings["user_id"], return_inverse=True)
for column in [0, 1, 10, 100, len(movie_ids) - 1]:
    movie_id = movie_ids[column]
    print(f"column {column:5} is movie {movie_id:6}: {titles[movie_id]}")

# %% [markdown]
# Column 10 is not movie 10. Now the matrix. Most of its cells would hold nothing, so we
# store only the others. The format {term}`CSR` (compressed sparse row) keeps three
# arrays. Look at them on a matrix that you can check by eye. Its two rows are (5, 0, 3)
# and (0, 0, 4):

# %% tags=["nbval-check-output"]
from scipy.sparse import csr_array

tiny = csr_array(np.array([[5.0, 0.0, 3.0], [0.0, 0.0, 4.0]]))
print("values:           ", tiny.data)
print("their columns:    ", tiny.indices)
print("rows begin at:    ", tiny.indptr, "(the last number is the end)")

# %% [markdown]
# Row 0 holds the values from place 0 up to place 2: a 5 in column 0 and a 3 in column 2.
# Row 1 holds the rest: a 4 in column 2. The zeros are nowhere, and *here a zero means
# "not rated"*, never "zero stars". Now the whole matrix:

# %% tags=["nbval-check-output"]
R = csr_array((stars, (user_index, movie_index)), shape=(n_users, n_movies))
print(f"{R.shape[0]:,} x {R.shape[1]:,} with {R.nnz:,} stored values")

# %% [markdown]
# ### With the library
#
# `Interactions` does these steps once for the whole course. It keeps the ids beside the
# matrix, so that nothing is looked up by the wrong number, and says so when an id is
# unknown.

# %% tags=["nbval-check-output"]
interactions = Interactions.from_ratings(ratings)
column = interactions.movies.rows([50])[0]
movie_id = interactions.movies.ids[column]
print(f"movie {movie_id} is column {column}: {titles[movie_id]}")
try:
    interactions.movies.rows([999_999])
except KeyError as error:
    print(*textwrap.wrap(error.args[0], 72), sep="\n")

# %% [markdown]
# What do we save? A *dense* matrix stores every cell, in 8 bytes each. Its size grows with
# users *times* movies, and that of the sparse one with the number of ratings. The last line
# is for about as many as the largest edition of MovieLens has:

# %% tags=["nbval-check-output"]
sparse_bytes = R.data.nbytes + R.indices.nbytes + R.indptr.nbytes
print(f"these ratings, dense:  {8 * n_cells / 2**20:5.1f} MiB")
print(f"these ratings, sparse: {sparse_bytes / 2**20:5.1f} MiB")
dense_gib = 8 * 200_000 * 80_000 / 2**30
print(f"200,000 users x 80,000 movies, dense: {dense_gib:.0f} GiB")

# %% tags=["hide-cell"]
assert (interactions.matrix != R).nnz == 0

# %% [markdown]
# ## What goes wrong
#
# :::{admonition} What goes wrong: an id is used as if it were an index
# :class: warning
#
# The course retells [five articles](../book/articles.md), tutorials by people who gave
# their work away. Two of them meet this trap. One, the poster notebook
# ([chapter 8](08_posters.ipynb)), keeps what it knows of each movie under the key `movieId - 1`, and then walks through the keys 0, 1, 2, ... up
# to the number of movies. It looks harmless: the first movies there *do* have the ids 1,
# 2, 3. Nothing fails. The other, the Keras notebook
# ([chapter 5](05_keras_collaborative_filtering.ipynb)), replaces the ids by indices in the
# table itself, and later asks for "user 3, movie 6" by index, and speaks of them as ids.
# :::
#
# How much does the first mistake cost? A movie survives the walk only if its id is not
# larger than the number of movies. (On `small`, that is. The edition `sample` leaves
# most movies out, so its ids have wider gaps and the loss looks larger than it was.)

# %% tags=["nbval-check-output"]
survives = movies["movie_id"] <= len(movies)
lost = movies.loc[~survives]
ratings_lost = ratings["movie_id"].isin(lost["movie_id"]).mean()
print(f"movies lost without a word:  {len(lost):,} of {len(movies):,}")
print(f"ratings that go with them:   {ratings_lost:.1%}")
print(f"their median year:           {lost['year'].median():.0f}")
others = movies.loc[survives, "year"]
print(f"the others' median year:     {others.median():.0f}")

# %% [markdown]
# The loss is not even random: ids were given out over time, so the *newer* movies
# vanish. And the second mistake:

# %% tags=["nbval-check-output"]
print("movie with id 6:    ", titles[6])
print("movie with index 6: ", titles[movie_ids[6]])

# %% tags=["hide-cell"]
assert movie_ids[6] != 6
with the_text_says(data.edition):
    assert len(lost) > 0
    assert lost["year"].median() > others.median()

# %% [markdown]
# The cure is a habit: **ids outside, indices inside**. Functions of this course take and
# return ids. Indices live within a function, next to the matrix that they belong to.
#
# ## Does it beat the baseline?
#
# This chapter has no method to judge, but it has a {term}`baseline <Baseline>` that
# every later chapter must beat: show everybody the most rated movies. How much of what
# people rate does such a list contain?

# %% tags=["nbval-check-output"]
for n in [10, 20, 100]:
    print(f"{n:3} most rated movies: {share[n - 1]:.1%} of the ratings")
random_share = 10 / n_movies
print(f" 10 random movies:     {random_share:.1%} on average")

# %% tags=["hide-cell"]
with the_text_says(data.edition):
    assert share[9] > 3 * random_share

# %% [markdown]
# A list that knows nothing about you holds far more than chance would give it. A method
# is worth having if it does better than *that*. The numbers flatter the list, though: it
# was chosen by the very ratings that it is now judged on. How to find out fairly is the
# question of [chapter 2](02_is_it_any_good.ipynb).
#
# ## Exercises
#
# Write your answer in the cell below each exercise (on the site: on paper) before you open
# the solution.
#
# ```{exercise} How long is the head?
# :label: ex-head
#
# Write a function `movies_for_share(n_ratings, wanted)` that takes the numbers of ratings
# of all movies, in any order, and returns how many of the most rated movies hold at least
# the share `wanted` of all ratings. How many hold 80 %?
# ```

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-head
# :class: dropdown
# ````


# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
def movies_for_share(n_ratings, wanted):
    """Count the most rated movies that hold the share `wanted` of the ratings."""
    counts = np.sort(np.asarray(n_ratings))[::-1]
    share = np.cumsum(counts) / counts.sum()
    # A rounding error must not cost a movie: 0.1 + 0.2 > 0.3 in floating point.
    return int(np.argmax(share >= wanted - 1e-12)) + 1


assert movies_for_share([1, 6, 3], 0.6) == 1
assert movies_for_share([1, 6, 3], 0.61) == 2
assert movies_for_share([1, 6, 3], 1) == 3
print(f"{movies_for_share(n_ratings, 0.8):,} movies hold 80 % of the ratings")

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ```{exercise} Are old movies better?
# :label: ex-decades
#
# Compute the mean rating and the number of ratings by the decade in which the movie came
# out. Compare the movies before 1980 with those after. Before you conclude that films
# were better then, write down another explanation that the numbers allow. Would you
# trust the mean of every decade?
# ```

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-decades
# :class: dropdown
# ````

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
dated = ratings.merge(movies.dropna(subset="year"), on="movie_id")
decade = dated["year"] // 10 * 10
by_decade = dated.groupby(decade)["rating"].agg(["mean", "size"])
print(by_decade.round(2).to_string())
is_old = dated["year"] < 1980
old, new = dated.loc[is_old, "rating"], dated.loc[~is_old, "rating"]
print(f"\nbefore 1980: {old.mean():.2f} from {len(old):,} ratings")
print(f"since 1980:  {new.mean():.2f} from {len(new):,} ratings")
with the_text_says(data.edition):
    assert old.mean() > new.mean()
    assert len(old) < len(new)

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# What do the numbers say?
#
# The older movies have the higher mean and far fewer ratings. People who watch a film of
# the 1940s today mostly watch one that is still famous: the weak ones are forgotten, so
# nobody rates them. This is *survivorship*: the data shows what was selected, not what
# was made. And no, not every row can be trusted: a decade with a handful of ratings can
# have any mean at all.
#
# ````{solution-end}
# ````

# %% [markdown]
# ````{exercise} Find the bug
# :label: ex-zero-bug
#
# A colleague looks for the best-rated movies and writes
#
# ```python
# mean_rating = R.mean(axis=0)          # one mean for each movie
# best = np.argsort(-mean_rating)[:5]
# ```
#
# The list looks plausible: everyone knows these movies. Yet no mean in it is anywhere
# near four stars. What is wrong, what does `mean_rating` really measure, and what is the
# right line?
# ````

# %% tags=["exercise", "nbval-check-output"]
mean_rating = R.mean(axis=0)
best = np.argsort(-mean_rating)[:5]
for column in best:
    print(f"{mean_rating[column]:.2f}  {titles[movie_ids[column]]}")

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-zero-bug
# :class: dropdown
# ````
#
# The mean counts every empty cell as a rating of zero stars. A missing rating is not a
# bad one. What comes out is (sum of stars) / (number of *all users*), which rises and
# falls with the number of ratings: a list of popularity. Divide by the number of ratings
# of the movie instead.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
counts = np.bincount(movie_index, minlength=n_movies)
right_mean = R.sum(axis=0) / counts
agreement = np.corrcoef(mean_rating, counts)[0, 1]
print(f"correlation with the number of ratings: {agreement:.2f}")
rated_enough = counts >= 20
for column in np.argsort(
    -np.where(rated_enough, right_mean, 0), kind="stable"
)[:5]:
    print(f"{right_mean[column]:.2f}  {titles[movie_ids[column]]}")
with the_text_says(data.edition):
    assert agreement > 0.9
assert abs(R.sum() / R.nnz - stars.mean()) < 1e-9

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# Why at least 20 ratings? Without that, movies that one person gave five stars come
# first. [Chapter 2](02_is_it_any_good.ipynb) has a better answer: pull small samples
# towards the average.
#
# ````{solution-end}
# ````

# %% [markdown]
# ## Recap
#
# - A rating is a user, a movie, half a star to five, and the time of typing it.
# - Ratings are not a random sample: people choose what to watch and what to rate.
# - Most people rate within a day, on pages that the site ordered, famous movies first.
# - A small part of the movies holds half of the ratings; the rest is the long tail.
# - The user-item matrix is nearly empty, so store it sparse; an empty cell is not a zero.
# - Ids outside, indices inside.
#
# ## References
#
# The data is described in {cite:t}`harper2015movielens`; please cite it when you use the
# data. {cite:t}`marlin2009missing` show what follows from ratings that are missing for a
# reason. {cite:t}`fan2024movielens` and {cite:t}`woolridge2021sequence` show what the
# order of MovieLens' ratings can tell and what not. {cite:t}`anderson2006tail` made the
# long tail famous.

# %% tags=["hide-input"]
from recsys_helpers.measure import this_run

print(this_run(data.edition))
