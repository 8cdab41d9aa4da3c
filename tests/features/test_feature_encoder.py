import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from recsys_helpers.features.encoder import FeatureEncoder

TABLE = pd.DataFrame(
    {
        "stars": [3.0, 5.0, 4.0, np.nan],
        "same": [2.0, 2.0, 2.0, 2.0],
        "never": [np.nan] * 4,
    }
)


@pytest.fixture
def encoder():
    return FeatureEncoder().fit(TABLE)


def test_known_values_are_scaled_as_scikit_learn_does():
    table = pd.DataFrame(np.random.default_rng(0).normal(3, 2, (50, 4)))
    encoded = FeatureEncoder().fit(table).transform(table)
    expected = StandardScaler().fit_transform(table)
    np.testing.assert_allclose(encoded[:, :4], expected, atol=1e-5)
    assert (encoded[:, 4:] == 1).all()


def test_the_unknown_is_zero_and_flagged(encoder):
    encoded = encoder.transform(TABLE)
    assert encoded[3].tolist() == [0, 0, 0, 1]


def test_the_average_is_told_from_the_unknown(encoder):
    of_average, of_unknown = encoder.transform(TABLE.iloc[[2, 3]])
    assert of_average[0] == of_unknown[0] == 0
    assert (of_average[2], of_unknown[2]) == (1, 0)


def test_nobody_known_is_all_zeros(encoder):
    nobody = TABLE.reindex([99])
    assert (encoder.transform(nobody) == 0).all()


def test_a_column_that_is_never_known_is_left_out(encoder):
    assert encoder.columns_ == ["stars", "same"]


def test_a_column_that_never_changes_is_zero(encoder):
    assert (encoder.transform(TABLE)[:, 1] == 0).all()


def test_a_value_beyond_all_that_was_seen_is_taken_for_the_nearest(encoder):
    far = pd.DataFrame({"stars": [-100.0, 100.0], "same": 2.0})
    near = pd.DataFrame({"stars": [3.0, 5.0], "same": 2.0})
    np.testing.assert_array_equal(encoder.transform(far), encoder.transform(near))


def test_rows_that_are_encoded_teach_nothing(encoder):
    before = encoder.transform(TABLE)
    encoder.transform(TABLE * 7)
    np.testing.assert_array_equal(encoder.transform(TABLE), before)


def test_a_flag_is_in_the_group_of_its_column():
    table = pd.DataFrame({"a x": [1.0], "b x": [1.0], "a y": [1.0]})
    groups = FeatureEncoder().fit(table).groups(lambda column: column[0])
    assert groups.tolist() == [0, 1, 0, 0, 1, 0]


def test_a_table_without_anything_known_is_refused():
    with pytest.raises(ValueError, match="feature"):
        FeatureEncoder().fit(TABLE[["never"]])
