"""Similarities against values worked by hand, scikit-learn, pandas and a slow loop."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn.metrics.pairwise import cosine_similarity

from recsys_helpers.interactions import k_largest
from recsys_helpers.methods import similarity as module
from recsys_helpers.methods.similarity import nearest_by_similarity, similarity

EMPTY = np.nan


def ratings_of(rows):
    """Make a sparse matrix of a table in which EMPTY stands for no rating."""
    table = np.array(rows, dtype=float)
    at = np.nonzero(~np.isnan(table))
    return sparse.csr_array((table[at], at), shape=table.shape)


def some_ratings(seed, m=12, n=9, share=0.5):
    rng = np.random.default_rng(seed)
    values = rng.integers(-4, 5, (m, n)) / 2
    return ratings_of(np.where(rng.random((m, n)) < share, values, EMPTY))


def by_the_definition(A, B, shrinkage, common_only):
    """Compute the formula pair by pair, cell by cell."""
    cells = [[dict(zip(r.indices, r.data, strict=True)) for r in M] for M in (A, B)]
    expected = np.zeros((A.shape[0], B.shape[0]))
    for i, a in enumerate(cells[0]):
        for j, b in enumerate(cells[1]):
            common = a.keys() & b.keys()
            of_a, of_b = (common, common) if common_only else (a, b)
            norm = sum(a[u] ** 2 for u in of_a) * sum(b[u] ** 2 for u in of_b)
            if common and norm > 0:
                cosine = sum(a[u] * b[u] for u in common) / norm**0.5
                expected[i, j] = cosine * len(common) / (len(common) + shrinkage)
    return expected


# --- similarity ---------------------------------------------------------------------


def test_a_similarity_worked_by_hand():
    # Two in common: 3 * 4 + 4 * 0 = 12; lengths 5 and 4: 12 / 20 = 0.6.
    # Shrinkage 2 halves it: 2 / (2 + 2).
    A, B = ratings_of([[3, 4, EMPTY]]), ratings_of([[4, 0, EMPTY]])
    assert similarity(A, B) == pytest.approx(0.6)
    assert similarity(A, B, shrinkage=2) == pytest.approx(0.3)


def test_lengths_are_over_all_ratings_unless_asked_otherwise():
    # All: 3 / (5 * 1). Common only: 3 / (3 * 1).
    A, B = ratings_of([[3, 4]]), ratings_of([[1, EMPTY]])
    assert similarity(A, B) == pytest.approx(0.6)
    assert similarity(A, B, common_only=True) == pytest.approx(1)


@pytest.mark.parametrize("common_only", [False, True])
@pytest.mark.parametrize("shrinkage", [0, 3.5])
def test_the_formula_is_the_definition(shrinkage, common_only):
    A, B = some_ratings(1), some_ratings(2, m=7)
    found = similarity(A, B, shrinkage=shrinkage, common_only=common_only)
    expected = by_the_definition(A, B, shrinkage, common_only)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_of_raw_ratings_it_is_the_cosine_of_scikit_learn():
    A, B = some_ratings(3), some_ratings(4, m=5)
    np.testing.assert_allclose(similarity(A, B), cosine_similarity(A, B), atol=1e-12)


def test_of_rows_centred_on_their_mean_it_is_the_correlation_of_pandas():
    complete = np.random.default_rng(5).integers(1, 11, (6, 20)) / 2
    centred = ratings_of(complete - complete.mean(axis=1, keepdims=True))
    found = similarity(centred, centred, common_only=True)
    np.testing.assert_allclose(found, pd.DataFrame(complete.T).corr(), atol=1e-12)


def test_one_common_column_is_perfect_agreement_or_its_opposite():
    A = ratings_of([[0.5, EMPTY, 2.0]])
    B = ratings_of([[1.5, 2.0, EMPTY], [-1.5, 2.0, EMPTY]])
    assert similarity(A, B, common_only=True)[0] == pytest.approx([1, -1])


def test_a_stored_zero_is_a_rating():
    # Both have rated columns 0 and 1, so shrinkage 2 halves the cosine of 1.
    A = ratings_of([[2, 0]])
    assert similarity(A, A, shrinkage=2) == pytest.approx(0.5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("common_only", [False, True])
@pytest.mark.parametrize("shrinkage", [0, 1])
def test_what_cannot_be_compared_has_similarity_zero(common_only, shrinkage):
    # Nothing in common; rated, but always at the mean; no rating at all.
    A = ratings_of([[1, EMPTY, 2]])
    B = ratings_of([[EMPTY, 3, EMPTY], [0, 0, 0], [EMPTY, EMPTY, EMPTY]])
    found = similarity(A, B, common_only=common_only, shrinkage=shrinkage)
    assert found.tolist() == [[0, 0, 0]]


numbers = st.floats(-1e300, 1e300)
tables = arrays(float, (4, 5), elements=st.one_of(st.just(EMPTY), numbers))


@pytest.mark.filterwarnings("error")
@given(tables, st.floats(0, 100), st.booleans())
def test_it_is_symmetric_and_between_minus_one_and_one(table, shrinkage, common_only):
    A = ratings_of(table)
    found = similarity(A, A, shrinkage=shrinkage, common_only=common_only)
    assert (np.abs(found) <= 1).all()  # which no NaN is
    np.testing.assert_allclose(found, found.T, atol=1e-9)


@given(st.integers(0, 999), st.floats(1e-6, 1e6))
def test_it_does_not_depend_on_the_length_of_a_row(seed, factor):
    A = some_ratings(seed)
    np.testing.assert_allclose(similarity(A * factor, A), similarity(A, A), atol=1e-9)


def test_a_shrinkage_that_cannot_be_is_refused():
    A = some_ratings(0)
    with pytest.raises(ValueError, match="shrinkage"):
        similarity(A, A, shrinkage=-1)


def test_the_given_matrix_is_left_as_it_was():
    A = ratings_of([[3, 0, EMPTY]])
    similarity(A, A, shrinkage=1, common_only=True)
    assert (A.nnz, A.data.tolist()) == (2, [3, 0])


# --- the nearest --------------------------------------------------------------------


def test_equally_near_rows_go_to_the_lower_one():
    # Row 0 is as near to rows 1, 2 and 3: they point the same way.
    A = ratings_of([[1, 1], [2, 0], [3, 0], [5, 0]])
    assert nearest_by_similarity(A, 2)[[0]].indices.tolist() == [1, 2]


def test_rows_equal_but_for_rounding_are_ties():
    assert k_largest(np.array([[0.1 + 0.2, 0.3, 0.3 + 1e-15]]), 1).tolist() == [
        [0.3, 0, 0]
    ]


def test_opposites_and_strangers_are_no_neighbours():
    A = ratings_of([[1, EMPTY, 2], [-1, EMPTY, -2], [EMPTY, 5, EMPTY], [1, 1, 1]])
    assert nearest_by_similarity(A, 9)[[0]].indices.tolist() == [3]


@given(st.integers(0, 999), st.integers(1, 14), st.sampled_from([0, 4]))
def test_the_nearest_are_the_best_of_all_similarities(seed, k, shrinkage):
    A = some_ratings(seed)
    found = nearest_by_similarity(A, k, shrinkage=shrinkage).toarray()
    everyone = similarity(A, A, shrinkage=shrinkage).round(12)
    np.fill_diagonal(everyone, 0)
    for near, scores in zip(found, everyone, strict=True):
        expected = np.sort(scores[scores > 0])[::-1][:k]
        kept = np.flatnonzero(near)
        assert np.sort(near[kept])[::-1].tolist() == expected.tolist()
        assert near[kept].tolist() == scores[kept].tolist()


@pytest.mark.parametrize("n_rows", [1, 5, 100])
def test_the_size_of_a_block_does_not_change_the_answer(monkeypatch, n_rows):
    A = some_ratings(6)
    whole = nearest_by_similarity(A, 3, shrinkage=2)
    prepared, prepare = [], module._parts_of
    monkeypatch.setattr(module, "_NUMBERS_IN_A_BLOCK", n_rows * len(A.toarray()))
    monkeypatch.setattr(module, "_parts_of", lambda A: prepared.append(1) or prepare(A))
    blocks = nearest_by_similarity(A, 3, shrinkage=2)
    assert (whole != blocks).nnz == 0
    assert len(prepared) == 1  # and not for every block


@pytest.mark.parametrize("n_rows", [1, 5, 100])
def test_no_block_is_larger_than_it_may_be(monkeypatch, n_rows):
    monkeypatch.setattr(module, "_NUMBERS_IN_A_BLOCK", n_rows * 12)
    blocks = module.similarity_in_blocks(some_ratings(7), np.arange(12))
    assert max(len(scores) for _, scores in blocks) == min(n_rows, 12)


def test_half_a_neighbour_cannot_be_kept():
    with pytest.raises(ValueError, match="k"):
        k_largest(np.ones((1, 2)), 0.5)


# --- matrices that cannot be read ---------------------------------------------------


def test_both_must_be_in_csr_format():
    A = some_ratings(0)
    with pytest.raises(TypeError, match="A must be"):
        similarity(A.toarray(), A)
    with pytest.raises(TypeError, match="B must be"):
        similarity(A, A.tocsc())


def test_rows_of_other_widths_are_refused():
    with pytest.raises(ValueError, match=r"9 columns.* 4"):
        similarity(some_ratings(0), some_ratings(0, n=4))


def test_a_cell_that_is_stored_twice_counts_once_with_its_sum():
    # (1 + 2, 4) is (3, 4), which shrinkage 2 halves.
    parts = (np.array([1.0, 4, 2]), np.array([0, 1, 0]), np.array([0, 3]))
    A, B = sparse.csr_array(parts, shape=(1, 2)), ratings_of([[3, 4]])
    assert similarity(A, B, shrinkage=2) == pytest.approx(0.5)


def test_a_row_with_itself_is_one_and_not_a_little_more():
    # Without a limit it is 1.0000000000000002.
    A = ratings_of([[3, 3, 2, 4, 2]])
    assert similarity(A, A).max() <= 1
