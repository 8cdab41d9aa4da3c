import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.metrics.pairwise import cosine_similarity

from recsys_helpers.interactions import IdIndex, UnknownIdError
from recsys_helpers.methods.entity import links as links_module
from recsys_helpers.methods.entity.links import (
    FilmLinks,
    UnknownEntityError,
    cosine_neighbours,
    famous_neighbours,
    jaccard_neighbours,
    random_neighbours,
    svd_vectors,
)

PAIRS = pd.DataFrame(
    [
        (30, "genre: War"),
        (10, "genre: War"),
        (10, "person: Zoë Bell"),
        (30, "person: Ann"),
        (30, "country: Georgia"),
        (10, "person: Georgia"),
    ],
    columns=["film_id", "entity"],
)


@pytest.fixture
def links():
    return FilmLinks.from_pairs(PAIRS, film_ids=[30, 20, 10])


def test_all_films_have_a_row_and_entities_are_sorted(links):
    assert links.films.ids.tolist() == [10, 20, 30]
    assert links.entities == tuple(sorted(set(PAIRS["entity"])))
    assert links.matrix.shape == (3, 5)
    assert links.matrix.dtype == np.float32


def test_the_matrix_holds_the_pairs_and_nothing_else(links):
    rows, columns = links.matrix.nonzero()
    found = {
        (links.films.ids[r], links.entities[c])
        for r, c in zip(rows, columns, strict=True)
    }
    assert found == set(PAIRS.itertuples(index=False, name=None))
    assert set(links.matrix.data) == {1}


def test_a_pair_that_comes_twice_counts_once(links):
    again = FilmLinks.from_pairs(pd.concat([PAIRS, PAIRS]), film_ids=[30, 20, 10])
    np.testing.assert_array_equal(again.matrix.toarray(), links.matrix.toarray())


def test_without_ids_the_films_are_those_that_have_links():
    assert FilmLinks.from_pairs(PAIRS).films.ids.tolist() == [10, 30]


def test_the_order_of_the_pairs_does_not_matter(links):
    other = FilmLinks.from_pairs(PAIRS[::-1], film_ids=[10, 20, 30])
    np.testing.assert_array_equal(other.matrix.indices, links.matrix.indices)


def test_links_are_counted(links):
    assert links.n_films_with[links.column("genre: War")] == 2
    assert links.n_links_of.tolist() == [3, 0, 3]


def test_rows_of_films(links):
    assert links.rows([30, 10]).tolist() == [2, 0]
    with pytest.raises(UnknownIdError, match=r"film_id 21 .*20.*30"):
        links.rows([10, 21])


@pytest.mark.parametrize("name", ["person: Zoë Bell", "Zoe Bell", "PERSON: zoë bell"])
def test_an_entity_is_found_as_people_type_it(name, links):
    assert links.entities[links.column(name)] == "person: Zoë Bell"


def test_a_mistyped_entity_gets_suggestions(links):
    with pytest.raises(UnknownEntityError, match="person: Zoë Bell"):
        links.column("Zoe Bel")


def test_a_name_of_two_entities_has_to_be_told_apart(links):
    with pytest.raises(ValueError, match=r"country: Georgia.*person: Georgia"):
        links.column("georgia")
    assert links.column("country: Georgia") != links.column("person: Georgia")


def test_idf_is_the_logarithm_of_films_per_film_that_has_it(links):
    idf = dict(zip(links.entities, links.idf(), strict=True))
    assert idf["genre: War"] == pytest.approx(np.log(3 / 2))
    assert idf["person: Ann"] == pytest.approx(np.log(3))
    assert (links.idf(power=0) == 1).all()


def test_tf_idf_weighs_links_and_leaves_the_matrix_as_it_is(links):
    expected = links.matrix.toarray() * links.idf(0.5)
    np.testing.assert_allclose(links.tf_idf(0.5).toarray(), expected, rtol=1e-6)
    assert set(links.matrix.data) == {1}


def test_what_all_films_have_says_nothing():
    pairs = pd.DataFrame({"film_id": [1, 2], "entity": "page"})
    assert FilmLinks.from_pairs(pairs).idf().tolist() == [0]


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (PAIRS[["film_id"]], "entity.*film_id"),
        (PAIRS[:0], "pairs"),
        (PAIRS.assign(entity=None), "name"),
    ],
)
def test_pairs_that_cannot_be_are_refused(pairs, message):
    with pytest.raises(ValueError, match=message):
        FilmLinks.from_pairs(pairs)


def test_a_pair_of_an_unknown_film_is_refused():
    with pytest.raises(UnknownIdError, match="film_id 30"):
        FilmLinks.from_pairs(PAIRS, film_ids=[10])


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1.0, 0], [1, 0]], "'b'"),
        ([[1.0, 2], [1, 0]], "ones"),
        ([[1.0, 1]], r"\(1, 2\)"),
    ],
)
def test_a_matrix_that_does_not_fit_is_refused(matrix, message):
    with pytest.raises(ValueError, match=message):
        FilmLinks(IdIndex.of([1, 2]), ("a", "b"), sparse.csr_array(np.array(matrix)))


# --- neighbours without training -----------------------------------------------------


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
    monkeypatch.setattr(links_module, "_NUMBERS_IN_A_BLOCK", 7 * 61)
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
