import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.stats import chisquare

from recsys_helpers.methods.entity.sampling import NegativeSampler

SOME = sparse.csr_array(
    np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0]], dtype=np.float32)
)


def drawn(matrix, n, seed=0, **settings):
    return NegativeSampler(matrix, **settings).draw(n, np.random.default_rng(seed))


@pytest.mark.parametrize("popularity", [0, 0.75])
def test_a_link_is_never_drawn(popularity):
    films, entities = drawn(SOME, 1000, popularity=popularity)
    assert not SOME.toarray()[films, entities].any()


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_of_any_matrix_what_is_drawn_is_no_link(data):
    n_films, n_entities = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    size = n_films * n_entities
    cells = data.draw(st.lists(st.booleans(), min_size=size, max_size=size))
    dense = np.array(cells).reshape(n_films, n_entities)
    dense[0, 0] = False  # one pair is free at least
    films, entities = drawn(sparse.csr_array(dense), 50)
    assert not dense[films, entities].any()


def test_of_a_nearly_full_matrix_the_one_free_pair_is_drawn():
    dense = np.ones((300, 400), dtype=np.float32)
    dense[123, 45] = 0
    films, entities = drawn(sparse.csr_array(dense), 20)
    assert set(films) == {123}
    assert set(entities) == {45}


def test_a_link_far_beyond_the_filter_is_found():
    cells = np.array([0, 2**22, 2**22 + 1, 2**24 - 1])
    matrix = sparse.coo_array(
        (np.ones(4), (cells // 4096, cells % 4096)), shape=(4096, 4096)
    ).tocsr()
    asked = np.array([0, 1, 2**22, 2**22 + 1, 2**22 + 2, 2**23, 2**24 - 1])
    found = NegativeSampler(matrix).are_links(asked)
    assert found.tolist() == np.isin(asked, cells).tolist()


def test_all_pairs_that_are_no_links_are_equally_likely():
    films, entities = drawn(SOME, 60_000)
    counts = np.bincount(films * 4 + entities, minlength=12)
    free = SOME.toarray().ravel() == 0
    assert chisquare(counts[free]).pvalue > 0.01


def test_popular_entities_are_drawn_as_often_as_the_power_has_it():
    matrix = sparse.csr_array(np.tri(6, 5, dtype=np.float32))  # in 6, 5, 4, 3, 2 films
    films, entities = drawn(matrix, 60_000, popularity=0.75)
    free = matrix.toarray() == 0
    weights = (free * np.array([6, 5, 4, 3, 2]) ** 0.75)[free]
    counts = np.bincount(films * 5 + entities, minlength=30).reshape(6, 5)[free]
    expected = weights / weights.sum() * 60_000
    assert chisquare(counts, expected).pvalue > 0.01


@pytest.mark.parametrize("popularity", [0, 0.5])
def test_the_same_seed_draws_the_same_pairs(popularity):
    one, same, other = (
        drawn(SOME, 100, seed, popularity=popularity) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_as_many_are_drawn_as_were_asked_for():
    for n in (0, 1, 1000):
        films, entities = drawn(SOME, n)
        assert films.shape == entities.shape == (n,)
        assert films.dtype == entities.dtype == np.int64


def test_where_everything_is_linked_there_is_nothing_to_draw():
    with pytest.raises(ValueError, match="6"):
        NegativeSampler(sparse.csr_array(np.ones((2, 3))))


@pytest.mark.parametrize("popularity", [-1, np.nan])
def test_a_popularity_that_cannot_be_is_refused(popularity):
    with pytest.raises(ValueError, match="popularity"):
        NegativeSampler(SOME, popularity)


def test_a_dense_matrix_is_refused():
    with pytest.raises(TypeError, match="csr"):
        NegativeSampler(np.eye(2))
