"""Films and their links: what is refused, and which pairs a model gets."""

import pandas as pd
import pytest

from recsys_helpers.datasets import Films, InvalidDataError, entities_of

FILMS = pd.DataFrame(
    {
        "film_id": [1, 2, 3],
        "title": ["Annie Hall", "Titanic (1997 film)", "Zelig"],
        "year": pd.array([1977, 1997, None], dtype="Int16"),
    }
)
LINKS = pd.DataFrame(
    [
        (1, "director", "Woody Allen"),
        (1, "cast", "Woody Allen"),
        (1, "genre", "Comedy"),
        (2, "cast", "Kate Winslet"),
        (2, "genre", "Drama"),
        (3, "director", "Woody Allen"),
        (3, "genre", "Comedy"),
    ],
    columns=["film_id", "kind", "name"],
)


def made(films=FILMS, links=LINKS):
    return Films("made up", films, links, {}, "a test")


def pairs(**options):
    frame = made().pairs(**({"min_films": 1} | options))
    return list(frame.itertuples(index=False, name=None))


def test_a_person_is_one_entity_in_all_roles():
    assert pairs(kinds=["director", "cast"]) == [
        (1, "person: Woody Allen"),
        (2, "person: Kate Winslet"),
        (3, "person: Woody Allen"),
    ]


def test_by_role_a_person_is_an_entity_in_each():
    assert pairs(kinds=["director", "cast"], by_role=True)[:2] == [
        (1, "director: Woody Allen"),
        (1, "cast: Woody Allen"),
    ]


def test_a_kind_can_be_held_out():
    entities = {entity for _, entity in pairs(kinds={"director", "cast"})}
    assert entities == {"person: Woody Allen", "person: Kate Winslet"}


def test_entities_of_few_films_are_left_out():
    assert set(pairs(min_films=2)) == {
        (1, "person: Woody Allen"),
        (3, "person: Woody Allen"),
        (1, "genre: Comedy"),
        (3, "genre: Comedy"),
    }


def test_films_are_counted_and_not_links():
    # Woody Allen has three links and two films.
    assert pairs(kinds=["director", "cast"], min_films=3) == []


def test_pages_and_categories_are_called_by_their_names():
    links = pd.DataFrame(
        {"kind": ["page", "category"], "name": ["IMAX", "Category:2014 films"]}
    )
    assert entities_of(links).tolist() == ["IMAX", "Category:2014 films"]


def test_an_unknown_kind_is_answered_with_those_there_are():
    with pytest.raises(ValueError, match=r"actor.*genre, director, cast"):
        made().pairs(kinds=["actor", "genre"])


def test_titles_have_their_year_once():
    assert made().titles == ["Annie Hall (1977)", "Titanic (1997 film)", "Zelig"]


def test_the_short_form_says_how_many_there_are():
    assert repr(made()) == "Films(made up: 3 films, 7 links, from a test)"


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("film_id", 1, r"films\.iloc\[1\]: film_id 1 "),
        ("title", " ", r"films\.iloc\[1\]: title "),
        ("year", 3000, r"films\.iloc\[1\]: year 3000 "),
    ],
)
def test_a_wrong_film_is_named(column, value, message):
    films = FILMS.copy()
    films.loc[1, column] = value
    with pytest.raises(InvalidDataError, match=message):
        made(films=films)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((9, "cast", "Mia Farrow"), r"film_id 9 "),
        ((1, "cast", ""), r"links\.iloc\[7\]: name"),
        ((1, "cast", "Woody Allen"), r"Woody Allen"),
    ],
)
def test_a_wrong_link_is_named(row, message):
    wrong = pd.DataFrame([row], columns=LINKS.columns)
    with pytest.raises(InvalidDataError, match=message):
        made(links=pd.concat([LINKS, wrong], ignore_index=True))


@pytest.mark.parametrize("missing", ["film_id", "title", "year"])
def test_a_missing_column_is_named(missing):
    with pytest.raises(InvalidDataError, match=missing):
        made(films=FILMS.drop(columns=missing))


def test_no_film_at_all_is_an_error():
    with pytest.raises(InvalidDataError, match="film"):
        made(films=FILMS.iloc[:0], links=LINKS.iloc[:0])
