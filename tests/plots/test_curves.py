"""Figures of a training, of an index and of what Spark sends show what happened."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys_helpers import plots
from recsys_helpers.large.spark_arithmetic import copies_of_rows

HISTORY = plots.history_frame({"rmse": [1.2, 1.0, 0.9], "val_rmse": [1.1, 0.95, 0.97]})


def lines_of(ax):
    return {line.get_label(): line for line in ax.lines}


def test_both_kinds_of_rows_are_drawn():
    lines = lines_of(plots.learning_curves_plot(HISTORY))
    assert lines["training rows"].get_xydata().tolist() == [[1, 1.2], [2, 1], [3, 0.9]]
    assert lines["validation rows"].get_ydata().tolist() == [1.1, 0.95, 0.97]


def test_the_lowest_point_of_the_validation_rows_is_marked():
    best = lines_of(plots.learning_curves_plot(HISTORY))["its lowest point"]
    assert best.get_xydata().tolist() == [[2, 0.95]]


@pytest.mark.parametrize("diverged", [np.nan, np.inf])
def test_a_training_that_diverged_is_drawn_without_a_lowest_point(diverged):
    lines = lines_of(plots.learning_curves_plot(HISTORY * diverged))
    assert list(lines) == ["training rows", "validation rows"]


def test_without_validation_rows_there_is_one_line():
    lines = lines_of(plots.learning_curves_plot(HISTORY[["rmse"]]))
    assert list(lines) == ["training rows"]


def test_a_reference_is_a_level_line_with_its_name():
    ax = plots.learning_curves_plot(HISTORY, reference=("bias model", 0.87))
    assert set(lines_of(ax)["bias model"].get_ydata()) == {0.87}


@pytest.mark.parametrize("history", [HISTORY[:0], HISTORY[["val_rmse"]]])
def test_a_history_without_an_rmse_is_refused(history):
    with pytest.raises(ValueError, match="RMSE"):
        plots.learning_curves_plot(history)


# Curves of an index


def test_enough_recall_is_bought_at_the_greatest_speed_that_has_it():
    curves = pd.DataFrame(
        {
            "vectors": "some",
            "n": 100,
            "kind": ["nearest_rows", "voyager", "voyager", "voyager"],
            "queries per cpu_s": [10.0, 900.0, 600.0, 300.0],
            "recall@10": [1.0, 0.90, 0.96, 0.99],
        }
    )
    best = plots.speed_at_recall(curves)
    assert best.loc["some"].to_dict() == {"nearest_rows": 10, "voyager": 600}
    assert plots.speed_at_recall(curves, 0.98).loc["some", "voyager"] == 300


# Copies that are sent


@pytest.fixture
def tiny():
    return sparse.csr_array([[5, 0, 4, 0], [0, 2, 5, 0], [0, 0, 0, 0], [3, 3, 3, 3]])


def test_there_is_an_arrow_for_each_copy(tiny):
    ax = plots.plot_copies(tiny, 2)
    starts_and_ends = {(a.xyann, a.xy) for a in ax.texts if hasattr(a, "arrow_patch")}
    assert len(starts_and_ends) == copies_of_rows(tiny, 2).sum()


def test_each_user_and_each_block_of_movies_is_named(tiny):
    ax = plots.plot_copies(tiny, 2)
    named = {text.get_text().splitlines()[0] for text in ax.texts if text.get_text()}
    users = {f"user {user}" for user in range(4)}
    assert named == users | {"movies 0, 2", "movies 1, 3"}


def test_more_blocks_than_users_are_refused(tiny):
    with pytest.raises(ValueError, match="n_blocks"):
        plots.plot_copies(tiny, 5)


def test_a_matrix_in_another_form_is_refused(tiny):
    with pytest.raises(TypeError, match="csr"):
        plots.plot_copies(tiny.toarray(), 2)


# Two sides that meet


def test_the_arrows_of_both_sides_end_in_the_box_where_they_meet():
    ax = plots.plot_two_sides(["film", "vector"], ["entity", "vector"], "cosine")
    ends = [a.xy for a in ax.texts if hasattr(a, "arrow_patch")]
    (meeting,) = (t for t in ax.texts if t.get_text() == "cosine")
    assert ends.count(meeting.get_position()) == 2
    named = sorted(text.get_text() for text in ax.texts if text.get_text())
    assert named == ["cosine", "entity", "film", "vector", "vector"]
