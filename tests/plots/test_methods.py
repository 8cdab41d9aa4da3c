"""Figures of methods draw what they are given, and refuse what cannot be shown."""

import numpy as np
import pandas as pd
import pytest

from recsys_helpers import plots
from recsys_helpers.vectors import MovieVectors, UnknownMovieError

VALUES = pd.DataFrame(
    {"ndcg": [0.1, 0.2, 0.3], "cpu s": [1.0, 5.0, 3.0]}, index=["a", "b", "c"]
)


@pytest.fixture
def ratings():
    return pd.DataFrame({"Heat": [5, np.nan], "Babe": [0.5, 3.5]}, index=["Ann", "Ben"])


@pytest.fixture
def vectors():
    matrix = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    return MovieVectors([7, 8, 9], matrix, ["Heat", "Babe", "Speed"])


@pytest.fixture
def growth():
    return pd.DataFrame(
        {
            "method": ["ours", "ours", "theirs"],
            "n": pd.array([1000, 100, 100], dtype="Int64"),
            "value": [30.0, 2.0, 1.0],
        }
    )


def test_a_rating_stands_in_its_cell_and_an_empty_cell_is_empty(ratings):
    ax = plots.rating_grid(ratings)
    cells = {text.get_position(): text.get_text() for text in ax.texts}
    assert cells == {(0, 0): "5", (1, 0): "0.5", (1, 1): "3.5"}
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Heat", "Babe"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Ann", "Ben"]


def test_the_colours_of_a_grid_run_from_half_a_star_to_five(ratings):
    middling = ratings.clip(2, 4)
    assert plots.rating_grid(middling).images[0].get_clim() == (0.5, 5)


def test_lines_run_between_the_cells_of_a_grid_and_not_through_them(ratings):
    ax = plots.rating_grid(ratings)
    ax.figure.draw_without_rendering()  # only then do the ticks have their places
    lines = [
        (tick.get_loc(), tick.gridline.get_visible())
        for axis in (ax.xaxis, ax.yaxis)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
    ]
    through = [(0, False), (1, False)]
    between = [(-0.5, True), (0.5, True), (1.5, True)]
    assert lines == (through + between) * 2


def test_numbers_are_black_on_colours_light_enough_to_read_them(ratings):
    # W3C: contrast (L1 + 0.05) / (L2 + 0.05) of at least 4.5, black has L2 = 0.
    image = plots.rating_grid(ratings).images[0]
    for stars in np.arange(0.5, 5.5, 0.5):
        rgb = np.array(image.cmap(image.norm(stars))[:3])
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        assert (linear @ [0.2126, 0.7152, 0.0722] + 0.05) / 0.05 > 4.5


def test_a_map_has_a_point_for_every_movie(vectors):
    points = plots.movie_map(vectors, []).collections[0].get_offsets()
    np.testing.assert_array_equal(points, vectors.matrix)


@pytest.mark.parametrize("groups", [None, {"old": [7]}])
def test_a_map_shows_all_its_points(vectors, groups):
    far = MovieVectors(vectors.movie_ids, vectors.matrix * 100 - 50, vectors.titles)
    ax = plots.movie_map(far, [7], groups)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    inside = (far.matrix > [left, bottom]) & (far.matrix < [right, top])
    assert inside.all()


def test_a_map_writes_the_titles_that_are_asked_for(vectors):
    ax = plots.movie_map(vectors, [9, 7])
    assert {text.get_text(): text.xy for text in ax.texts}.keys() == {"Speed", "Heat"}
    assert tuple(ax.texts[0].xy) == (4.0, 5.0)


def test_a_title_of_an_unknown_movie_cannot_be_written(vectors):
    with pytest.raises(UnknownMovieError, match="movie_id 99"):
        plots.movie_map(vectors, [7, 99])


def test_a_title_that_would_lie_over_an_earlier_one_is_left_out():
    close = MovieVectors([1, 2, 3], [[0, 0], [0, 0.001], [9, 9]], list("abc"))
    ax = plots.movie_map(close, [2, 1, 3])
    assert [text.get_text() for text in ax.texts] == ["b", "c"]


def test_a_group_is_drawn_at_its_movies_and_named(vectors):
    ax = plots.movie_map(vectors, [], {"old": [7, 9]})
    np.testing.assert_array_equal(ax.collections[1].get_offsets(), [[0, 1], [4, 5]])
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["other", "old"]


@pytest.mark.parametrize(
    "ids", [{7, 9}, (7, 9), np.array([9, 7]), pd.Index([7, 9]), iter([7, 9])], ids=type
)
def test_a_group_can_be_any_collection_of_ids(vectors, ids):
    drawn = plots.movie_map(vectors, [], {"old": ids}).collections[1]
    np.testing.assert_array_equal(drawn.get_offsets(), [[0, 1], [4, 5]])


def test_a_group_of_ids_that_are_text_is_refused(vectors):
    with pytest.raises(ValueError, match="movie_id"):
        plots.movie_map(vectors, [], {"old": ["7", "9"]})


def test_each_group_has_a_sign_and_a_colour_of_its_own(vectors):
    ax = plots.movie_map(vectors, [], {"a": [7], "b": [8], "c": [9]})
    groups = ax.collections[1:]
    signs = {group.get_paths()[0].vertices.tobytes() for group in groups}
    colours = {tuple(group.get_facecolor()[0]) for group in groups}
    assert (len(signs), len(colours)) == (3, 3)


def test_more_groups_than_can_be_told_apart_are_refused(vectors):
    groups = {name: [7] for name in "abcd"}
    with pytest.raises(ValueError, match=r"groups.*a, b, c, d"):
        plots.movie_map(vectors, [], groups)


@pytest.mark.parametrize(
    "unfit",
    [MovieVectors([1], [[1.0, 2.0]]), MovieVectors([1], [[1.0, 2.0, 3.0]], ["Heat"])],
    ids=["no titles", "three dimensions"],
)
def test_a_map_needs_two_dimensions_and_titles(unfit):
    with pytest.raises(ValueError, match=r"dimensions.*titles"):
        plots.movie_map(unfit, [])


def test_growth_has_a_line_a_method_in_order_of_size(growth):
    ax = plots.growth_plot(growth, label="s")
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    ours, theirs, proportional = ax.lines
    assert ours.get_xydata().tolist() == [[100, 2], [1000, 30]]
    assert theirs.get_xydata().tolist() == [[100, 1]]
    # From six tenths of the cheapest, 1.0: below it, so that both can be seen. Ten
    # times as much costs ten times as much.
    assert proportional.get_ydata() == pytest.approx([0.6, 6])


def test_growth_has_a_line_for_every_method_however_many():
    # Ten methods: there are eight colours and five signs, and no two lines look alike.
    many = pd.DataFrame({"method": list("abcdefghij"), "n": 10, "value": 1.0})
    lines = plots.growth_plot(many, label="s").lines[:-1]
    looks = {(line.get_color(), line.get_marker()) for line in lines}
    assert [line.get_label() for line in lines] == list("abcdefghij")
    assert len(looks) == 10


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.rating_grid(pd.DataFrame()),
        lambda: plots.growth_plot(
            pd.DataFrame(columns=["method", "n", "value"]), label="s"
        ),
        lambda: plots.growth_plot(
            pd.DataFrame({"method": "a", "n": [0, 1], "value": [1, np.nan]}), label="s"
        ),
        lambda: plots.decided_plot(pd.DataFrame([[0]], ["a"], ["a"])),
    ],
    ids=["grid", "growth", "growth without logarithms", "one method"],
)
def test_nothing_to_draw_is_refused(draw):
    with pytest.raises(ValueError, match="no"):
        draw()


# Methods side by side


def test_the_best_is_at_the_top_of_each_measure():
    ax = plots.parallel_plot(VALUES, lower_is_better=["cpu s"])
    lines = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
    np.testing.assert_allclose(lines["a"], [0, 1])
    np.testing.assert_allclose(lines["b"], [0.5, 0])
    np.testing.assert_allclose(lines["c"], [1, 0.5])


@pytest.mark.parametrize("lower", [["cpu s"], "cpu s"])
def test_both_ends_of_each_measure_are_written(lower):
    ax = plots.parallel_plot(VALUES, lower_is_better=lower)
    written = [text.get_text() for text in ax.texts]
    assert written == ["0.1", "0.3", "5", "1"]


@pytest.mark.parametrize("highlighted", [["b"], "b"])
def test_only_highlighted_methods_are_named(highlighted):
    ax = plots.parallel_plot(VALUES, highlighted=highlighted)
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    assert named == ["b"]
    assert len(ax.get_lines()) == 3


@pytest.mark.parametrize("missing", [np.nan, np.inf])
def test_a_value_that_is_missing_leaves_a_gap(missing):
    values = VALUES.assign(rmse=[0.9, missing, 0.8])
    lines = plots.parallel_plot(values).get_lines()
    assert np.isnan(lines[1].get_ydata()[2])


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (VALUES[:1], {}, "two methods"),
        (VALUES[["ndcg"]], {}, "two measures"),
        (VALUES, {"highlighted": ["d"]}, "by name"),
        (VALUES, {"highlighted": list("abcabca")}, "At most 6"),
        (VALUES.set_axis(["a", "b", "a"]), {}, "method a is there twice"),
        (VALUES.set_axis(["x", "x"], axis=1), {}, "measure x is there twice"),
        (VALUES, {"lower_is_better": ["mae"]}, "'mae'"),
        (VALUES.assign(ndcg=1.0), {}, "ndcg is the same for all"),
    ],
)
def test_what_cannot_be_compared_is_refused(values, options, message):
    with pytest.raises(ValueError, match=message):
        plots.parallel_plot(values, **options)


def test_each_pair_is_drawn_once_in_each_direction():
    names = ["a", "b", "c"]
    signs = pd.DataFrame([[0, 1, 0], [-1, 0, 0], [0, 0, 0]], names, names)
    ax = plots.decided_plot(signs)
    drawn = {c.get_label(): c.get_offsets().data.tolist() for c in ax.collections}
    assert drawn["row better"] == [[1, 0]]
    assert drawn["row worse"] == [[0, 1]]
    assert len(drawn["not decided"]) == 4


def test_a_layer_is_a_bar_as_long_as_it_has_places_across():
    layers = pd.DataFrame(
        {
            "layer": ["pixels", "windows", "more"],
            "kind": ["pixels", "windows", "windows"],
            "places": [8, 6, 3],
            "channels": [3, 16, 32],
        }
    )
    ax = plots.layers_plot(layers, marked="more")
    assert {bar.get_width() for bar in ax.patches} == {8, 6, 3}
    written = [text.get_text() for text in ax.texts]
    assert written == [
        "8 x 8, 3 channels",
        "6 x 6, 16 channels",
        "3 x 3, 32 channels",
        "features from here",
    ]


def test_methods_are_numbered_where_they_are_compared():
    names = ["a", "b"]
    ax = plots.decided_plot(pd.DataFrame([[0, 1], [-1, 0]], names, names))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a  1", "b  2"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "2"]


def test_shares_are_written_into_the_cells_but_on_the_diagonal():
    names = ["a", "b"]
    ax = plots.shared_plot(pd.DataFrame([[1, 0.25], [0.25, 1]], names, names))
    assert [text.get_text() for text in ax.texts] == ["0.25", "0.25"]
