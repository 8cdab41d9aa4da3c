"""Films and their links: what is refused, which pairs a model gets; and the credits."""

import hashlib
import importlib.machinery
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from recsys_helpers import datasets
from recsys_helpers.datasets import (
    ChecksumError,
    DatasetError,
    Films,
    InvalidDataError,
    _download,
    entities_of,
    load_films,
    load_movielens,
    match_films,
)
from recsys_helpers.datasets._films import KINDS, _names, read_credits

FILE = Path("_data", "movies.db")
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


# The credits that are installed with the course


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch):
    monkeypatch.delenv("RECSYS_DATASET", raising=False)


@pytest.fixture(scope="module")
def films(all_films):
    return all_films


@pytest.fixture(scope="module")
def sample():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_DATASET", "sample")
        return load_films()


def row_of(films, title, year):
    frame = films.films
    return frame[(frame["title"] == title) & (frame["year"] == year)].iloc[0]


def linked(films, film_id, kind):
    rows = films.links.query("film_id == @film_id and kind == @kind")
    return rows["name"].tolist()


def test_there_are_the_published_films(films):
    assert len(films.films) == 17_472
    assert (films.films["year"].min(), films.films["year"].max()) == (1940, 2014)


def test_a_film_is_as_wikidata_has_it(films):
    film = row_of(films, "Interstellar", 2014)
    assert film["film_id"] == 13_417_189
    assert film["imdb_id"] == "tt0816692"
    assert (film["metascore"], film["tomato_meter"]) == (74, 73)
    assert linked(films, film["film_id"], "writer") == [
        "Christopher Nolan",
        "Jonathan Nolan",
    ]
    assert linked(films, film["film_id"], "decade") == ["2010s"]


def test_columns_have_the_types_that_the_loader_promises(films):
    dtypes = films.films.dtypes.astype("str").to_dict()
    assert dtypes.pop("imdb_id") == dtypes.pop("title") == "str"
    assert dtypes == {
        "film_id": "int32",
        "year": "Int16",
        "runtime": "Int16",
        "certificate": "object",
        "metascore": "Int16",
        "tomato_meter": "Int16",
        "tomato_rating": "float64",
        "n_reviews": "Int16",
        "box_office": "float64",
        "oscars": "int16",
    }


def test_critics_scores_are_there(films):
    n_known = {"metascore": 6_811, "tomato_meter": 17_453, "tomato_rating": 17_130}
    assert films.films[[*n_known]].notna().sum().to_dict() == n_known


def test_links_of_each_kind_are_all_there(films):
    assert films.links["kind"].value_counts().to_dict() == {
        "director": 18_975,
        "writer": 21_014,
        "cast": 194_201,
        "genre": 35_469,
        "country": 23_289,
        "language": 19_477,
        "production": 14_066,
        "decade": 17_472,
    }


def test_every_film_has_links_of_each_kind_in_the_order_of_kinds(films):
    steps = films.links["kind"].cat.codes.groupby(films.links["film_id"]).diff()
    assert (steps.dropna() >= 0).all()
    assert tuple(films.links["kind"].cat.categories) == KINDS


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Peter Lawford, Sammy Davis, Jr.", ["Peter Lawford", "Sammy Davis, Jr."]),
        ("Leander Ward, 6th Earl of Dudley", ["Leander Ward, 6th Earl of Dudley"]),
        ("Terror, Inc., Toho", ["Terror, Inc.", "Toho"]),
        (
            "Tim Bentinck, 12th Earl of Portland",
            ["Tim Bentinck, 12th Earl of Portland"],
        ),
        ("Diana, Princess of Wales, RZA", ["Diana, Princess of Wales", "RZA"]),
        (
            "1492 Pictures, 20th Century Studios",
            ["1492 Pictures", "20th Century Studios"],
        ),
    ],
)
def test_a_comma_inside_a_name_does_not_cut_it(text, names):
    assert _names(text) == names


def test_no_name_is_a_mere_suffix(films):
    assert not films.links["name"].isin(["Jr.", "Sr.", "Inc."]).any()


def test_the_report_counts_what_was_mended(films):
    assert films.report == {"n_rejoined": 189, "n_repeated": 0}


def test_pairs_of_entities_seen_three_times_are_counted(films):
    pairs = films.pairs()
    assert (len(pairs), pairs["entity"].nunique()) == (278_147, 21_267)


def test_cut_at_every_comma_it_would_be_the_reference_figures(films):
    # 278,318 pairs and 21,270 links: "Jr." then is a person of 120 films.
    cut = films.links.assign(name=films.links["name"].str.split(", ")).explode("name")
    cut = cut.assign(entity=entities_of(cut)).drop_duplicates(["film_id", "entity"])
    counts = cut["entity"].value_counts()
    often = counts[counts >= 3]
    assert (often.sum(), len(often)) == (278_318, 21_270)


def test_two_pairs_of_films_share_an_imdb_id(films):
    shared = films.films[films.films["imdb_id"].duplicated(keep=False)]
    assert sorted(shared["title"]) == [
        "Apocalypse Now",
        "Apocalypse Now Redux",
        "Captain Mike Across America",
        "Slacker Uprising",
    ]


# Editions


def test_the_sample_is_small_and_dense(sample):
    assert sample.edition == "sample"
    assert 1_500 <= len(sample.films) <= 2_500
    pairs = sample.pairs()
    assert set(pairs["film_id"]) == set(sample.films["film_id"])
    assert len(pairs) > 15 * len(sample.films)


def test_the_sample_is_made_of_rows_of_all_in_their_order(films, sample):
    assert sample.films["film_id"].is_monotonic_increasing
    chosen = films.links["film_id"].isin(sample.films["film_id"])
    rows = films.links[chosen].reset_index(drop=True)
    assert rows.equals(sample.links)


def test_the_sample_has_the_films_of_the_movielens_sample(films, sample):
    movies = load_movielens("sample").movies
    in_all = match_films(movies, films.films).pairs["film_id"]
    assert set(in_all) <= set(sample.films["film_id"])


def test_the_sample_has_the_films_that_chapters_show(sample):
    shown = {
        "Interstellar (2014)",
        "Titanic (1997)",
        "Star Wars: Episode IV \u2013 A New Hope (1977)",
        "Saving Private Ryan (1998)",
        "Raiders of the Lost Ark (1981)",
        "Toy Story 3 (2010)",
        "The Godfather Part II (1974)",
    }
    assert shown <= set(sample.titles)


def test_the_sample_is_the_same_every_time(sample):
    # Pinned: within one process a set would come in the same order twice.
    ids = sample.films["film_id"].to_csv(lineterminator="\n").encode()
    assert hashlib.sha256(ids).hexdigest()[:16] == "992514a31eba364d"


@pytest.mark.parametrize(
    ("asked", "setting"),
    [(None, None), (None, "25m"), ("all", "sample"), ("small", "sample")],
)
def test_every_other_edition_of_movielens_goes_with_all(
    asked, setting, films, monkeypatch
):
    read = films.films, films.links, films.report  # which takes two seconds
    monkeypatch.setattr(datasets, "read_credits", lambda: read)
    if setting:
        monkeypatch.setenv("RECSYS_DATASET", setting)
    assert load_films(asked).edition == "all"


def test_an_unknown_edition_is_answered_with_the_nearest_one():
    with pytest.raises(DatasetError, match=r"'smaple'.*'sample'"):
        load_films("smaple")


def test_the_source_is_named(films):
    assert isinstance(films, Films)
    assert "bokeh_sampledata" in films.source


# The installed file


@pytest.fixture
def copied_package(tmp_path, monkeypatch):
    """A copy of the package's file, which read_credits takes for the package."""
    # What a URI reads as something else; Windows allows no question mark in a name.
    signs = "# and %20" if os.name == "nt" else "? and %20"
    copy = tmp_path / f"a folder with {signs}" / FILE
    copy.parent.mkdir(parents=True)
    shutil.copyfile(Path(find_spec("bokeh_sampledata").origin).parent / FILE, copy)
    spec = importlib.machinery.ModuleSpec(
        "bokeh_sampledata", None, origin=str(copy.parent.parent / "__init__.py")
    )
    monkeypatch.setattr(_download, "find_spec", lambda name: spec)
    return copy


def test_an_untouched_copy_is_read_and_left_as_it_is(copied_package):
    copied_package.chmod(0o444)
    copied_package.parent.chmod(0o555)
    try:
        assert len(read_credits()[0]) == 17_472
        assert [file.name for file in copied_package.parent.iterdir()] == ["movies.db"]
    finally:
        copied_package.parent.chmod(0o755)


def test_a_file_with_one_changed_byte_is_not_used(copied_package):
    content = bytearray(copied_package.read_bytes())
    content[-1] ^= 1
    copied_package.chmod(0o644)
    copied_package.write_bytes(content)
    with pytest.raises(ChecksumError, match="bokeh_sampledata"):
        read_credits()
