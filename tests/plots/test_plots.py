"""The figures draw the data they are given, and say what is on their axes."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from recsys_helpers import plots
from recsys_helpers.interactions import Interactions, long_tail
from recsys_helpers.splits import Split
from recsys_helpers.vectors import MovieVectors


@pytest.fixture
def ratings():
    # Three users with 1, 2 and 4 ratings; four movies with 3, 2, 1 and 1.
    return pd.DataFrame(
        {
            "user_id": [1, 2, 2, 3, 3, 3, 3],
            "movie_id": [10, 10, 20, 10, 20, 30, 40],
            "rating": [5.0, 4.0, 0.5, 4.0, 3.5, 4.0, 5.0],
            "timestamp": [0, 86400, 2 * 86400, 4e7, 5e7, 6e7, 7e7],
        }
    ).astype({"timestamp": np.int64})


@pytest.fixture
def results():
    return pd.DataFrame(
        {
            "method": ["ALS", "Popularity", "Random"],
            "value": [0.12, 0.06, 0.01],
            "low": [0.10, 0.05, np.nan],
            "high": [0.13, 0.08, np.nan],
        }
    )


@pytest.fixture
def draw_all(ratings, results):
    """Draw every figure that takes axes, into these or into new ones."""
    square = pd.DataFrame([[1, 0], [0, 1]], ["a", "b"], ["a", "b"])
    vectors = MovieVectors([7, 8], [[0.0, 1.0], [2.0, 3.0]], ["Heat", "Babe"])
    growth = pd.DataFrame({"method": "a", "n": [100, 1000], "value": [1.0, 9.0]})
    layers = square.reset_index(names="layer").assign(kind="x", places=2, channels=3)
    history = plots.history_frame({"rmse": [1.2, 1.0], "val_rmse": [1.1, 0.9]})

    def draw_all(ax=None):
        yield plots.long_tail_plot(long_tail(ratings), ax=ax)
        yield plots.rating_histogram(ratings, ax=ax)
        yield plots.activity_plot(ratings, ax=ax)
        yield plots.matrix_plot(Interactions.from_ratings(ratings), ax=ax)
        yield plots.interval_plot(results, ax=ax)
        yield plots.split_plot(Split("random", ratings[:5], ratings[5:], 7), ax=ax)
        yield plots.rating_grid(square, ax=ax)
        yield plots.movie_map(vectors, [7], {"old": [7]}, ax=ax)
        yield plots.growth_plot(growth, label="Seconds", ax=ax)
        yield plots.parallel_plot(square, ax=ax)
        yield plots.decided_plot(square, ax=ax)
        yield plots.shared_plot(square, ax=ax)
        yield plots.layers_plot(layers, marked="b", ax=ax)
        yield plots.learning_curves_plot(history, ax=ax)

    return draw_all


def heights(ax):
    return [bar.get_height() for bar in ax.patches]


def test_every_figure_says_what_is_on_both_axes(draw_all):
    for ax in draw_all():
        assert ax.get_xlabel()
        assert ax.get_ylabel()


def test_every_figure_can_be_drawn_without_a_warning(draw_all, recwarn):
    for ax in draw_all():
        ax.figure.canvas.draw()
    # (Of a slow machine matplotlib warns otherwise.)
    assert [w for w in map(str, recwarn) if "slow" not in w] == []


def test_with_axes_given_nothing_is_drawn_elsewhere(draw_all):
    _, (given, current) = plt.subplots(2)
    plt.sca(current)
    before = len(current.get_children())
    for ax in draw_all(given):
        assert ax is given
        assert len(plt.get_fignums()) == 1
        assert len(current.get_children()) == before
        ax.clear()


def test_without_axes_each_call_opens_one_figure(draw_all):
    n_drawn = len(list(draw_all()))
    assert len(plt.get_fignums()) == n_drawn


def test_the_style_ends_with_its_block(draw_all):
    before = dict(mpl.rcParams)
    with plots.course_style():
        assert mpl.rcParams["axes.grid"]
    list(draw_all())
    assert dict(mpl.rcParams) == before


def test_the_long_tail_is_the_ratings_by_rank_and_says_what_the_top_movies_hold(
    ratings,
):
    ax = plots.long_tail_plot(long_tail(ratings))
    x, y = ax.lines[0].get_data()
    assert (list(x), list(y)) == ([1, 2, 3, 4], [3, 2, 1, 1])
    # One of the four movies, at the least: 3 of 7 ratings, 43 %.
    text = ax.texts[0].get_text()
    assert text == "The top 10% (1 movies)\nhold 43% of the ratings"


def test_the_rating_histogram_has_a_bar_for_every_half_star(ratings):
    # 0.5 once, 3.5 once, 4 three times, 5 twice; the other six never.
    ax = plots.rating_histogram(ratings)
    assert heights(ax) == [1, 0, 0, 0, 0, 0, 1, 3, 0, 2]


def test_a_rating_between_half_stars_is_refused():
    with pytest.raises(ValueError, match=r"4\.2"):
        plots.rating_histogram(pd.DataFrame({"rating": [4.0, 4.2]}))


def test_activity_holds_every_user_once_and_marks_the_median_one(ratings):
    ax = plots.activity_plot(ratings)
    assert sum(heights(ax)) == 3
    assert ax.lines[0].get_xdata()[0] == 2
    assert "at most 2 ratings" in ax.texts[0].get_text()
    all_alike = plots.activity_plot(pd.DataFrame({"user_id": [1, 2, 3]}))
    assert sum(heights(all_alike)) == 3


def test_the_matrix_has_a_dot_for_each_rating_of_the_corner(ratings):
    # Users 1 and 2, movies 10, 20 and 30: three of six.
    ax = plots.matrix_plot(Interactions.from_ratings(ratings), n_users=2, n_movies=3)
    dots = {tuple(map(int, dot)) for dot in ax.collections[0].get_offsets()}
    assert dots == {(0, 0), (0, 1), (1, 1)}
    assert "50.0%" in ax.get_title(loc="left")


def test_a_corner_larger_than_the_matrix_is_the_whole_matrix(ratings):
    ax = plots.matrix_plot(Interactions.from_ratings(ratings))
    assert len(ax.collections[0].get_offsets()) == 7
    assert "first 4" in ax.get_xlabel()


@pytest.mark.parametrize("setting", ["n_users", "n_movies"])
def test_a_corner_has_a_row_and_a_column_at_least(ratings, setting):
    with pytest.raises(ValueError, match=setting):
        plots.matrix_plot(Interactions.from_ratings(ratings), **{setting: 0})


def test_intervals_stand_in_the_order_given_with_their_whiskers(results):
    ax = plots.interval_plot(results, label="nDCG@10")
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "ALS",
        "Popularity",
        "Random",
    ]
    assert list(ax.lines[0].get_xdata()) == [0.12, 0.06, 0.01]
    whisker = ax.collections[0].get_segments()[1]
    assert whisker.tolist() == [[0.05, 1.0], [0.08, 1.0]]
    assert ax.yaxis_inverted()


def test_a_value_outside_of_its_interval_is_refused(results):
    results.loc[1, "value"] = 0.2
    with pytest.raises(ValueError, match="Popularity"):
        plots.interval_plot(results)


def test_the_bars_of_a_split_are_its_ratings_by_time_and_its_legend_counts(ratings):
    # Of 40 classes of 20 days: three ratings in the first, one each in four others.
    ax = plots.split_plot(Split("global temporal", ratings[:5], ratings[5:], None))
    train, test = np.reshape(heights(ax), (2, 40))
    assert np.flatnonzero(train).tolist() == [0, 22, 28]
    assert np.flatnonzero(test).tolist() == [34, 39]
    assert (train.sum(), train[0], test.sum()) == (5, 3, 2)
    legend = ax.get_legend()
    counts = [text.get_text() for text in legend.get_texts()]
    assert counts == ["train (5)", "test (2)"]
    assert "global temporal" in legend.get_title().get_text()


def test_the_bars_of_a_split_want_times(ratings):
    dated = ratings.assign(timestamp=pd.to_datetime(ratings["timestamp"], unit="s"))
    for wrong in (dated, ratings.astype({"timestamp": str})):
        with pytest.raises(ValueError, match="timestamp"):
            plots.split_plot(Split("s", wrong[:5], wrong[5:], None))


def test_ratings_without_users_are_none(ratings):
    with pytest.raises(ValueError, match=r"\bno\b"):
        plots.activity_plot(ratings.assign(user_id=np.nan))


@pytest.mark.parametrize(
    "draw", [plots.rating_histogram, plots.activity_plot, plots.interval_plot]
)
def test_nothing_to_draw_is_said(draw):
    empty = pd.DataFrame(columns=["user_id", "rating", "method", "value"])
    with pytest.raises(ValueError, match=r"\bno\b"):
        draw(empty)


def test_what_a_first_figure_switches_on_stays_on():
    """In a notebook the first figure makes matplotlib interactive for all."""
    before = mpl.is_interactive()
    try:
        mpl.interactive(False)
        with plots.course_style():
            mpl.interactive(True)
        assert mpl.is_interactive()
    finally:
        mpl.interactive(before)
