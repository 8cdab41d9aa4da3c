import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest
from scipy import sparse

from recsys_helpers.large.spark_arithmetic import copies_of_rows
from recsys_helpers.plots import plot_copies


@pytest.fixture
def tiny():
    return sparse.csr_array([[5, 0, 4, 0], [0, 2, 5, 0], [0, 0, 0, 0], [3, 3, 3, 3]])


def test_there_is_an_arrow_for_each_copy(tiny):
    ax = plot_copies(tiny, 2)
    starts_and_ends = {(a.xyann, a.xy) for a in ax.texts if hasattr(a, "arrow_patch")}
    assert len(starts_and_ends) == copies_of_rows(tiny, 2).sum()
    plt.close(ax.figure)


def test_each_user_and_each_block_of_movies_is_named(tiny):
    ax = plot_copies(tiny, 2)
    named = {text.get_text().splitlines()[0] for text in ax.texts if text.get_text()}
    users = {f"user {user}" for user in range(4)}
    assert named == users | {"movies 0, 2", "movies 1, 3"}
    plt.close(ax.figure)


def test_more_blocks_than_users_are_refused(tiny):
    with pytest.raises(ValueError, match="n_blocks"):
        plot_copies(tiny, 5)


def test_a_matrix_in_another_form_is_refused(tiny):
    with pytest.raises(TypeError, match="csr"):
        plot_copies(tiny.toarray(), 2)
