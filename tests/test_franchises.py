import pytest

from recsys_helpers.titles import franchise_matrix, series_name


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Alien 3", "alien"),
        ("The Godfather Part II", "godfather"),
        ("History of the World, Part I", "history of the world"),
        ("Ivan the Terrible. Part II", "ivan the terrible"),
        ("Star Trek II: The Wrath of Khan", "star trek"),
        ("Star Wars: Episode IV \u2013 A New Hope", "star wars"),
        ("Harry Potter and the Deathly Hallows \u2013 Part 1", None),
        ("Kill Bill: Volume 1", "kill bill"),
        ("The Naked Gun 2½: The Smell of Fear", "naked gun"),
        ("Blade Runner 2049", "blade runner"),
        ("Mission: Impossible", "mission"),
        ("Friday the 13th Part VIII: Jason Takes Manhattan", "friday the 13th"),
    ],
)
def test_what_tells_a_sequel_is_cut_off(title, stem):
    name = series_name(title)
    assert name.is_marked
    assert name.stem == (stem or "harry potter and the deathly hallows")


@pytest.mark.parametrize(
    "title", ["Se7en", "Aliens", "X-Men", "Spider-Man", "12 Monkeys", "Amélie", "I Am"]
)
def test_other_titles_stay_whole(title):
    assert not series_name(title).is_marked


def related(*titles):
    """Pairs of titles that are related, each once."""
    rows, columns = franchise_matrix(titles).nonzero()
    pairs = zip(rows, columns, strict=True)
    return {(titles[a], titles[b]) for a, b in pairs if a < b}


def test_films_of_one_series_are_related():
    assert related("Toy Story", "Heat", "Toy Story 2", "Toy Story 3") == {
        ("Toy Story", "Toy Story 2"),
        ("Toy Story", "Toy Story 3"),
        ("Toy Story 2", "Toy Story 3"),
    }


def test_a_remake_is_no_sequel():
    assert related("King Kong", "King Kong") == set()
    assert related("The Thing", "Thing") == set()


def test_both_versions_are_related_to_the_sequel():
    matrix = franchise_matrix(["Halloween", "Halloween", "Halloween II"]).toarray()
    assert matrix.tolist() == [[0, 0, 1], [0, 0, 1], [1, 1, 0]]


def test_the_article_does_not_matter():
    assert related("Jungle Book", "The Jungle Book 2")


def test_a_stem_of_two_letters_is_too_short():
    assert related("It", "It: Chapter Two") == set()
    assert related("300", "300: Rise of an Empire")


def test_relations_go_both_ways_and_not_to_oneself():
    matrix = franchise_matrix(["Saw", "Saw II", "Saw III", "Big"]).toarray()
    assert (matrix == matrix.T).all()
    assert not matrix.diagonal().any()
    assert matrix.sum() == 6


def test_there_may_be_no_relatives_at_all():
    assert franchise_matrix(["Big", "Heat"]).nnz == 0
