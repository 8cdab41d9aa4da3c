"""Names of movies and methods are text wherever they are shown, whatever they hold."""

import io
import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from recsys_helpers.display import movie_table, poster_strip
from recsys_helpers.plots import (
    decided_plot,
    growth_plot,
    interval_plot,
    layers_plot,
    learning_curves_plot,
    movie_map,
    parallel_plot,
    rating_grid,
    shared_plot,
    split_plot,
)
from recsys_helpers.posters import draw_poster
from recsys_helpers.splits import Split
from recsys_helpers.vectors import MovieVectors

# A name, and what is to be read where it stands.
AS_IT_IS = (
    "_Hu$tla$ a^b_{c} %s <script>alert(1)</script>",
    "$\\frac{$ for \\$5 &amp; \"' `a` *b* | [c](d)",
)
NAMES = dict(zip(AS_IT_IS, AS_IT_IS, strict=True)) | {
    "two\r\nlines, a bell\a, an escape\x1b[31m": "two lines, a bell, an escape[31m",
    "half \ud800, turned \u202egnp.exe, \u05e9": "half , turned gnp.exe, \u05e9",
}
names = pytest.mark.parametrize(("name", "shown"), NAMES.items())


def frame_of(*names):
    return pd.DataFrame(np.eye(len(names)), names, names)


RATINGS = pd.DataFrame({"timestamp": [0, 1], "rating": 1.0})
POINTS = np.array([[0.0, 0.0], [1.0, 1.0]])
LAYERS = pd.DataFrame(
    {"layer": ["a", "b"], "kind": "windows", "places": [4, 2], "channels": [3, 8]}
)

# Every public function that draws a name.
FIGURES = {
    "interval": lambda name: interval_plot(
        pd.DataFrame({"method": [name], "value": 1.0, "low": 0.0, "high": 2.0})
    ),
    "split": lambda name: split_plot(Split(name, RATINGS, RATINGS, None)),
    "grid, person": lambda name: rating_grid(pd.DataFrame({"A": [3.0]}, [name])),
    "grid, movie": lambda name: rating_grid(pd.DataFrame({name: [3.0]})),
    "map, title": lambda name: movie_map(
        MovieVectors([1, 2], POINTS, [name, "other"]), [1]
    ),
    "map, group": lambda name: movie_map(
        MovieVectors([1, 2], POINTS, ["one", "other"]), [], {name: [1]}
    ),
    "growth": lambda name: growth_plot(
        pd.DataFrame({"method": name, "n": [1, 10], "value": [1.0, 2.0]}), label="s"
    ),
    "parallel, method": lambda name: parallel_plot(
        frame_of("x", "y").set_axis([name, "other"])
    ),
    "parallel, measure": lambda name: parallel_plot(
        frame_of("x", "y").set_axis([name, "other"], axis=1)
    ),
    "decided": lambda name: decided_plot(frame_of(name, "other")),
    "shared": lambda name: shared_plot(frame_of(name, "other")),
    "layers, layer": lambda name: layers_plot(
        LAYERS.assign(layer=[name, "b"]), marked="b"
    ),
    "layers, kind": lambda name: layers_plot(LAYERS.assign(kind=name), marked="b"),
    "learning curve": lambda name: learning_curves_plot(
        pd.DataFrame({"rmse": [1.0, 0.9]}), reference=(name, 1.0)
    ),
}


def written(ax):
    """Read what stands in a figure, as a reader of its SVG does."""
    file = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none"}):
        ax.figure.savefig(file, format="svg")
    root = ET.fromstring(file.getvalue())
    # Text with a white edge becomes lines, and no longer text.
    edged = [text for text in ax.texts if text.get_path_effects()]
    assert not any(text.get_parse_math() for text in edged)
    return "".join([*root.itertext(), *(text.get_text() for text in edged)])


def without_spaces(text):
    # In a figure a long name is broken into lines.
    return re.sub(r"\s", "", text)


@names
@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_a_name_is_text_in_every_figure(draw, name, shown):
    assert without_spaces(shown) in without_spaces(written(draw(name)))


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_a_very_long_name_leaves_room_for_the_figure(draw, recwarn):
    ax = draw("Longest" * 100)
    assert "Longest" in written(ax)
    assert ax.get_window_extent().width > 100
    # (Of a slow machine matplotlib warns otherwise.)
    assert [w for w in map(str, recwarn) if "slow" not in w] == []


@pytest.mark.parametrize("what", sorted(FIGURES.keys() - {"map, title"}))
def test_a_name_may_be_a_number(what):
    assert "1995" in written(FIGURES[what](1995))


@names
def test_a_name_is_text_in_a_strip_and_a_table(name, shown):
    movies = pd.DataFrame({"title": [name], "genres": [(name,)], "year": name})
    strip = poster_strip(
        movies, caption=name, scores=[name], poster_urls=["https://a.example/b.jpg"]
    )
    table = movie_table(movies.rename(columns={"year": name}), caption=name)
    for made, n_times in ((strip, 5), (table, 5)):
        page = BeautifulSoup(made.html, "html.parser")
        texts = [text for text in page.strings if text.parent.name != "style"]
        assert texts.count(shown) == n_times
        assert page.script is None
        # Else a notebook would make a formula of what is between two dollar signs.
        assert {"tex2jax_ignore", "mathjax_ignore"} <= set(page.div["class"])
        assert made.text.count(shown) == 5
        made.html.encode()
    page = BeautifulSoup(strip.html, "html.parser")
    assert page.img["alt"] == f"Poster of {shown} ({shown})"
    assert page.ul["aria-label"] == shown


@names
def test_any_name_can_be_written_on_a_poster(name, shown):
    assert draw_poster(name, size=(40, 60)).size == (40, 60)
