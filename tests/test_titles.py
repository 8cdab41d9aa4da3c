"""Finding a movie by what people type, and telling sequels by their titles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_helpers import titles as titles_module
from recsys_helpers.datasets import load_movielens
from recsys_helpers.titles import (
    fold_title,
    franchise_matrix,
    names_in,
    natural_title,
    nearest_titles,
    rows_of_title,
    series_name,
    without_article,
    without_film_note,
    without_year,
    year_of,
)


@pytest.fixture(scope="module")
def titles():
    return tuple(load_movielens("small").movies["title"])


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("The Matrix (1999)", "The Matrix (1999)"),
        ("the matrix", "The Matrix (1999)"),
        ("Matrix, The (1999)", "The Matrix (1999)"),
        ("matrix, the", "The Matrix (1999)"),
        ("A Beautiful Mind", "A Beautiful Mind (2001)"),
        ("An American in Paris", "An American in Paris (1951)"),
        ("La dolce vita (1960)", "La Dolce Vita (1960)"),
        ("Dolce Vita, La", "La Dolce Vita (1960)"),
        ("L'Avventura", "L'Avventura (The Adventure) (1960)"),
        ("Avventura, L'", "L'Avventura (The Adventure) (1960)"),
        ("L\u2019avventura", "L'Avventura (The Adventure) (1960)"),
        ("Das Boot", "Das Boot (The Boat) (1981)"),
        ("Boot, Das", "Das Boot (The Boat) (1981)"),
        ("Boot, Das (Boat, The) (1981)", "Das Boot (The Boat) (1981)"),
        ("Il Postino", "The Postman (Il Postino) (1994)"),
        ("Die Hard", "Die Hard (1988)"),
        ("Amelie", "Amelie (Le Fabuleux destin d'Amélie Poulain) (2001)"),
        ("Amélie (2001)", "Amelie (Le Fabuleux destin d'Amélie Poulain) (2001)"),
        (
            "Le fabuleux destin d'Amélie Poulain",
            "Amelie (Le Fabuleux destin d'Amélie Poulain) (2001)",
        ),
        ("Seven", "Seven (a.k.a. Se7en) (1995)"),
        ("Se7en", "Seven (a.k.a. Se7en) (1995)"),
        ("Se7en (1995)", "Seven (a.k.a. Se7en) (1995)"),
        ("(500) Days of Summer", "(500) Days of Summer (2009)"),
        ("SCHINDLER\u2019S LIST", "Schindler's List (1993)"),
    ],
)
def test_a_title_is_found_as_people_write_it(typed, found, titles):
    assert [titles[row] for row in rows_of_title(typed, titles)] == [found]


def test_the_whole_title_goes_before_a_part_of_one(titles):
    # Also "Das Boot (The Boat) (1981)".
    found = rows_of_title("The Boat", titles)
    assert [titles[row] for row in found] == ["The Boat (1921)"]


def test_other_names_do_not_decide_between_movies_of_one_title(titles):
    assert [titles[row] for row in rows_of_title("The Postman", titles)] == [
        "The Postman (Il Postino) (1994)",
        "The Postman (1997)",
    ]


def test_every_title_is_found_by_itself(titles):
    lost = [
        title
        for row, title in enumerate(titles)
        if row not in rows_of_title(title, titles)
    ]
    assert lost == []


def test_a_year_chooses_among_movies_of_one_title():
    titles = ["Hamlet (1990)", "Hamlet (1996)"]
    assert rows_of_title("hamlet (1996)", titles) == [1]
    assert rows_of_title("hamlet", titles) == [0, 1]


@pytest.mark.parametrize("typed", ["The Matrix (1998)", "Matrix", "Toy Stroy", ""])
def test_another_year_or_another_title_is_not_found(typed, titles):
    assert rows_of_title(typed, titles) == []


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("Toy Stroy (1995)", "Toy Story (1995)"),
        ("Toy Stroy", "Toy Story (1995)"),
        ("Matrix", "The Matrix (1999)"),
        ("The Matrix (1998)", "The Matrix (1999)"),
        ("500 days of summer", "(500) Days of Summer (2009)"),
        ("Interstelar", "Interstellar (2014)"),
        ("Schindlers list (1993)", "Schindler's List (1993)"),
    ],
)
def test_the_movie_that_was_meant_is_suggested_first(typed, first, titles):
    assert titles[nearest_titles(typed, titles)[0]] == first


@pytest.mark.parametrize("typed", ["Starwars", "star wars"])
def test_a_series_is_suggested_by_its_name(typed, titles):
    suggested = [titles[row] for row in nearest_titles(typed, titles)]
    assert [title.startswith("Star Wars: ") for title in suggested] == [True] * 3


def test_the_same_year_is_suggested_before_another():
    titles = ["Hamlet (1990)", "Hamlet (1996)"]
    assert nearest_titles("Hamlett (1996)", titles) == [1, 0]


@pytest.mark.parametrize("typed", ["", "???", "M"])
def test_anything_at_all_gets_as_many_suggestions_as_wanted(typed, titles):
    assert len(nearest_titles(typed, titles, n=5)) == 5


def test_titles_are_prepared_once_for_many_questions(monkeypatch):
    titles = tuple(f"Movie {number} (1999)" for number in range(50))
    folded = []

    def note(title):
        folded.append(title)
        return fold_title(title)

    monkeypatch.setattr(titles_module, "fold_title", note)
    assert rows_of_title("movie 0", titles) == [0]
    first = len(folded)
    assert first >= len(titles)
    for number in range(50):
        assert rows_of_title(f"movie {number}", titles) == [number]
    assert len(folded) - first <= 3 * 50  # of the questions, and not of the titles


@pytest.mark.parametrize(
    ("title", "name", "year"),
    [
        ("Toy Story (1995) ", "Toy Story", 1995),
        ("Death Note (2006\u20132007)", "Death Note", 2006),  # with an en dash
        ("Fawlty Towers (1975-1979)", "Fawlty Towers", 1975),
        ("Big Bang Theory, The (2007-)", "Big Bang Theory, The", 2007),
        ("Diplomatic Immunity (2009\u2013 )", "Diplomatic Immunity", 2009),
        ("Burning Love (Mona) (1983))", "Burning Love (Mona)", 1983),
        ("1990: The Bronx Warriors (1982)", "1990: The Bronx Warriors", 1982),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009),
        ("2001: A Space Odyssey", "2001: A Space Odyssey", None),
        ("Movie 43", "Movie 43", None),
        ("Ready (12345)", "Ready (12345)", None),
        ("Arabic digits (١٩٩٥)", "Arabic digits (١٩٩٥)", None),
    ],
)
def test_a_title_comes_apart_into_name_and_year(title, name, year):
    assert (without_year(title), year_of(title)) == (name, year)


@pytest.mark.parametrize(
    ("filed", "natural"),
    [
        ("Godfather, The (1972)", "The Godfather (1972)"),
        ("Bug's Life, A (1998)", "A Bug's Life (1998)"),
        ("Boot, Das (Boat, The) (1981)", "Das Boot (The Boat) (1981)"),
        ("Avventura, L' (Adventure, The) (1960)", "L'Avventura (The Adventure) (1960)"),
        (
            "Good, the Bad and the Ugly, The (Buono, il brutto, il cattivo, Il) (1966)",
            "The Good, the Bad and the Ugly (Il Buono, il brutto, il cattivo) (1966)",
        ),
        (
            "His Secret Life (a.k.a. Ignorant Fairies, The) (Fate ignoranti, Le)",
            "His Secret Life (a.k.a. The Ignorant Fairies) (Le Fate ignoranti)",
        ),
        (
            "Human Centipede II (Full Sequence), The (2011)",
            "The Human Centipede II (Full Sequence) (2011)",
        ),
        ("Others, The (2001)", "The Others (2001)"),
        ("Net, The (1995) ", "The Net (1995) "),
        ("Matrix, The", "The Matrix"),
    ],
)
def test_an_article_behind_a_name_goes_in_front(filed, natural):
    assert natural_title(filed) == natural
    assert natural_title(natural) == natural


@pytest.mark.parametrize(
    "title",
    [
        "Seven (a.k.a. Se7en) (1995)",
        "I, Robot (2004)",
        "Monsters, Inc. (2001)",
        "Paris, Texas (1984)",
        "Good, the Bad and the Weird (2008)",
        "Definitely, Maybe (2008)",
    ],
)
def test_a_title_without_an_article_behind_stays(title):
    assert natural_title(title) == title


def test_no_edition_has_an_article_behind(titles):
    assert "The Godfather (1972)" in titles
    assert [title for title in titles if ", The (" in title] == []


@given(st.text(), st.integers(1000, 9999))
def test_any_title_with_a_year_at_its_end_has_that_year(title, year):
    assert year_of(f"{title} ({year})") == year


@pytest.mark.parametrize(
    ("title", "name", "year"),
    [
        ("Titanic (1997 film)", "Titanic", 1997),
        ("Interstellar (film)", "Interstellar", None),
        ("Don (2006 Hindi film)", "Don", 2006),
        ("Harry Potter (film series)", "Harry Potter (film series)", None),
        ("A film", "A film", None),
    ],
)
def test_what_wikipedia_adds_comes_apart_from_a_title(title, name, year):
    assert (without_film_note(title), year_of(title)) == (name, year)


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Usual Suspects, The (1995)", ["the usual suspects"]),
        ("The Usual Suspects", ["the usual suspects"]),
        ("Seven (a.k.a. Se7en) (1995)", ["seven", "se7en"]),
        ("Avventura, L' (Adventure, The) (1960)", ["l'avventura", "the adventure"]),
        ("Titanic (1997 film)", ["titanic"]),
        ("(500) Days of Summer (2009)", ["(500) days of summer"]),
    ],
)
def test_all_names_in_a_title_are_given_with_their_article_in_front(title, names):
    assert names_in(title) == names


@pytest.mark.parametrize(
    ("name", "without"),
    [("the matrix", "matrix"), ("l'avventura", "avventura"), ("theft", "theft")],
)
def test_an_article_is_taken_off_the_front(name, without):
    assert without_article(name) == without


@pytest.mark.parametrize(
    ("title", "folded"), [("Æon Flux", "aeon flux"), ("Bjørn Łódź", "bjorn lodz")]
)
def test_letters_that_are_two_or_crossed_are_folded_too(title, folded):
    assert fold_title(title) == folded


# Sequels


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


@pytest.mark.parametrize(
    ("one", "other", "are_related"),
    [
        ("Big", "Heat", False),
        # A remake is no sequel.
        ("King Kong", "King Kong", False),
        ("The Thing", "Thing", False),
        # The article does not matter.
        ("Jungle Book", "The Jungle Book 2", True),
        # Two letters are too short for a stem.
        ("It", "It: Chapter Two", False),
        ("300", "300: Rise of an Empire", True),
    ],
)
def test_two_films_of_a_series_have_its_stem_and_one_a_mark(one, other, are_related):
    assert bool(related(one, other)) == are_related


def test_both_versions_are_related_to_the_sequel():
    matrix = franchise_matrix(["Halloween", "Halloween", "Halloween II"]).toarray()
    assert matrix.tolist() == [[0, 0, 1], [0, 0, 1], [1, 1, 0]]


def test_relations_go_both_ways_and_not_to_oneself():
    matrix = franchise_matrix(["Saw", "Saw II", "Saw III", "Big"]).toarray()
    assert (matrix == matrix.T).all()
    assert not matrix.diagonal().any()
    assert matrix.sum() == 6
