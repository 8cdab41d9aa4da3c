import numpy as np
import pandas as pd
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from recsys_helpers.methods.entity import links as link_baselines
from recsys_helpers.methods.entity.links import (
    FilmLinks,
    cosine_neighbours,
    famous_neighbours,
    jaccard_neighbours,
    random_neighbours,
    svd_vectors,
)


def random_links(n_films=60, n_entities=25, seed=0):
    rng = np.random.default_rng(seed)
    film, entity = np.nonzero(rng.random((n_films, n_entities)) < 0.2)
    names = [f"person: {number:02}" for number in entity]
    pairs = pd.DataFrame({"film_id": film + 1, "entity": names})
    return FilmLinks.from_pairs(pairs, film_ids=np.arange(1, n_films + 2))


LINKS = random_links()


def ordered(similarities, n):
    """Nearest columns by a plain sort, equal ones in order."""
    similarities = np.round(similarities, 6)
    np.fill_diagonal(similarities, -np.inf)
    return np.argsort(-similarities, axis=1, kind="stable")[:, :n]


@pytest.mark.parametrize("power", [0, 1])
def test_cosine_neighbours_are_those_of_scikit_learn(power):
    expected = ordered(cosine_similarity(LINKS.tf_idf(power)), 10)
    np.testing.assert_array_equal(cosine_neighbours(LINKS, 10, power), expected)


def test_jaccard_neighbours_are_those_of_sets():
    sets = [set(row.nonzero()[0]) for row in LINKS.matrix.toarray()]
    jaccard = np.array([[len(a & b) / max(len(a | b), 1) for b in sets] for a in sets])
    np.testing.assert_array_equal(jaccard_neighbours(LINKS, 7), ordered(jaccard, 7))


@pytest.mark.parametrize("neighbours", [cosine_neighbours, jaccard_neighbours])
def test_the_answer_does_not_depend_on_the_blocks(neighbours, monkeypatch):
    at_once = neighbours(LINKS)
    monkeypatch.setattr(link_baselines, "_NUMBERS_IN_A_BLOCK", 7 * 61)
    np.testing.assert_array_equal(neighbours(LINKS), at_once)


@pytest.mark.parametrize(
    "neighbours",
    [
        cosine_neighbours,
        jaccard_neighbours,
        lambda links, n: random_neighbours(len(links.films), n),
        lambda links, n: famous_neighbours(links.n_links_of, n),
    ],
)
@pytest.mark.parametrize("n", [1, 10, 999])
def test_a_film_gets_others_each_once_and_never_itself(neighbours, n):
    found = neighbours(LINKS, n)
    assert found.shape == (61, min(n, 60))
    for film, row in enumerate(found):
        assert film not in row
        assert len(set(row)) == len(row)


def test_svd_keeps_the_likeness_if_it_has_as_many_factors_as_entities():
    vectors = svd_vectors(LINKS, n_factors=25).matrix
    expected = cosine_similarity(LINKS.tf_idf())
    np.testing.assert_allclose(cosine_similarity(vectors), expected, atol=1e-4)


def test_svd_follows_the_seed():
    one, same = (svd_vectors(LINKS, 5, seed=1).matrix for _ in range(2))
    np.testing.assert_array_equal(one, same)


def test_more_factors_than_entities_are_refused():
    with pytest.raises(ValueError, match="25"):
        svd_vectors(LINKS, 26)


def test_chance_is_seeded_and_even():
    one, same, other = (random_neighbours(50, 5, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    many = np.concatenate([random_neighbours(50, 5, seed) for seed in range(40)])
    counts = np.bincount(many.ravel(), minlength=50)
    assert counts.min() > 0.7 * counts.mean()


def test_a_film_whose_fame_is_not_known_is_not_famous():
    found = famous_neighbours([3, np.nan, 8, 5], n=2)
    assert found.tolist() == [[2, 3], [2, 3], [3, 0], [2, 0]]


@pytest.mark.parametrize("neighbours", [cosine_neighbours, jaccard_neighbours])
def test_no_neighbours_at_all_are_refused(neighbours):
    with pytest.raises(ValueError, match=r"\bn\b"):
        neighbours(LINKS, 0)
