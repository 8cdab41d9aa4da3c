"""Figures of comparisons show what they are given, and refuse what cannot be shown."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from recsys_helpers.plots import decided_plot, parallel_plot, shared_plot

mpl.use("agg")

VALUES = pd.DataFrame(
    {"ndcg": [0.1, 0.2, 0.3], "cpu s": [1.0, 5.0, 3.0]}, index=["a", "b", "c"]
)


def test_the_best_is_at_the_top_of_each_measure():
    ax = parallel_plot(VALUES, lower_is_better=["cpu s"])
    lines = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
    np.testing.assert_allclose(lines["a"], [0, 1])
    np.testing.assert_allclose(lines["b"], [0.5, 0])
    np.testing.assert_allclose(lines["c"], [1, 0.5])


@pytest.mark.parametrize("lower", [["cpu s"], "cpu s"])
def test_both_ends_of_each_measure_are_written(lower):
    ax = parallel_plot(VALUES, lower_is_better=lower)
    written = [text.get_text() for text in ax.texts]
    assert written == ["0.1", "0.3", "5", "1"]


@pytest.mark.parametrize("highlighted", [["b"], "b"])
def test_only_highlighted_methods_are_named(highlighted):
    ax = parallel_plot(VALUES, highlighted=highlighted)
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    assert named == ["b"]
    assert len(ax.get_lines()) == 3


@pytest.mark.parametrize("missing", [np.nan, np.inf])
def test_a_value_that_is_missing_leaves_a_gap(missing):
    values = VALUES.assign(rmse=[0.9, missing, 0.8])
    lines = parallel_plot(values).get_lines()
    assert np.isnan(lines[1].get_ydata()[2])


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (VALUES[:1], {}, "methods"),
        (VALUES[["ndcg"]], {}, "measures"),
        (VALUES, {"highlighted": ["d"]}, "name"),
        (VALUES, {"highlighted": list("abcabca")}, "6"),
        (VALUES.set_axis(["a", "b", "a"]), {}, r"\ba\b"),
        (VALUES.set_axis(["x", "x"], axis=1), {}, r"\bx\b"),
        (VALUES, {"lower_is_better": ["mae"]}, "'mae'"),
        (VALUES.assign(ndcg=1.0), {}, "ndcg"),
    ],
)
def test_what_cannot_be_compared_is_refused(values, options, message):
    with pytest.raises(ValueError, match=message):
        parallel_plot(values, **options)


def test_each_pair_is_drawn_once_in_each_direction():
    names = ["a", "b", "c"]
    signs = pd.DataFrame([[0, 1, 0], [-1, 0, 0], [0, 0, 0]], names, names)
    ax = decided_plot(signs)
    drawn = {c.get_label(): c.get_offsets().data.tolist() for c in ax.collections}
    assert drawn["row better"] == [[1, 0]]
    assert drawn["row worse"] == [[0, 1]]
    assert len(drawn["not decided"]) == 4


def test_one_method_alone_is_no_comparison():
    with pytest.raises(ValueError, match="methods"):
        decided_plot(pd.DataFrame([[0]], ["a"], ["a"]))


def test_shares_are_written_into_the_cells_but_on_the_diagonal():
    names = ["a", "b"]
    ax = shared_plot(pd.DataFrame([[1, 0.25], [0.25, 1]], names, names))
    assert [text.get_text() for text in ax.texts] == ["0.25", "0.25"]


def test_every_figure_names_its_axes():
    names = ["a", "b"]
    square = pd.DataFrame([[1, 0], [0, 1]], names, names)
    for ax in (parallel_plot(VALUES), decided_plot(square), shared_plot(square)):
        assert ax.get_xlabel()
        assert ax.get_ylabel()
