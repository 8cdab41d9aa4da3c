import numpy as np
import pandas as pd
import pytest

from recsys_helpers.plots import history_frame, learning_curves_plot

HISTORY = history_frame({"rmse": [1.2, 1.0, 0.9], "val_rmse": [1.1, 0.95, 0.97]})


def lines_of(ax):
    return {line.get_label(): line for line in ax.lines}


def test_the_first_epoch_is_number_one():
    assert HISTORY.index.tolist() == [1, 2, 3]


def test_both_kinds_of_rows_are_drawn():
    lines = lines_of(learning_curves_plot(HISTORY))
    assert lines["training rows"].get_ydata().tolist() == [1.2, 1.0, 0.9]
    assert lines["validation rows"].get_ydata().tolist() == [1.1, 0.95, 0.97]


def test_the_lowest_point_of_the_validation_rows_is_marked():
    best = lines_of(learning_curves_plot(HISTORY))["its lowest point"]
    assert best.get_xydata().tolist() == [[2, 0.95]]


@pytest.mark.parametrize("diverged", [np.nan, np.inf])
def test_a_training_that_diverged_is_drawn_without_a_lowest_point(diverged):
    lines = lines_of(learning_curves_plot(HISTORY * diverged))
    assert list(lines) == ["training rows", "validation rows"]


def test_without_validation_rows_there_is_one_line():
    lines = lines_of(learning_curves_plot(HISTORY[["rmse"]]))
    assert list(lines) == ["training rows"]


def test_a_reference_is_a_level_line_with_its_name():
    ax = learning_curves_plot(HISTORY, reference=("bias model", 0.87))
    assert set(lines_of(ax)["bias model"].get_ydata()) == {0.87}


def test_the_axes_say_what_they_show():
    ax = learning_curves_plot(HISTORY)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Epoch", "RMSE in stars")


@pytest.mark.parametrize("history", [HISTORY[:0], HISTORY[["val_rmse"]]])
def test_a_history_without_an_rmse_is_refused(history):
    with pytest.raises(ValueError, match="RMSE"):
        learning_curves_plot(history)


def test_it_draws_where_it_is_told():
    import matplotlib.pyplot as plt

    _, ax = plt.subplots()
    assert learning_curves_plot(pd.DataFrame(HISTORY), ax=ax) is ax
