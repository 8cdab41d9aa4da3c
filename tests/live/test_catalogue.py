"""Titles, genres and neighbours, in the files and in the table without a script."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from live_data import NOTHING, unpacked

from recsys_helpers.display.cards import GENRE_STYLES, main_genre
from recsys_helpers.live.catalogue import (
    FEWEST_LIKES,
    N_SHOWN,
    catalogue_part,
    neighbour_lists,
    static_table,
)
from recsys_helpers.live.methods import METHODS
from recsys_helpers.titles import spoken_title
from recsys_helpers.vectors import MovieVectors


def test_the_films_come_in_their_order(live, live_methods):
    assert live.movie_ids.tolist() == live_methods.movie_ids.tolist()


def test_titles_are_as_people_say_them(live, live_methods):
    matrix = np.flatnonzero(live_methods.movies["title"] == "The Matrix (1999)")[0]
    assert live.catalogue["titles"][matrix] == "The Matrix"
    assert live.catalogue["searched"][matrix] == ""


def test_years_and_numbers_of_ratings_are_those_of_the_data(live, live_methods):
    years = unpacked(live.catalogue["years"], "u16")
    assert years.tolist() == live_methods.movies["year"].tolist()
    counts = live_methods.data.ratings["movie_id"].value_counts()
    expected = counts.loc[live_methods.movie_ids].tolist()
    assert unpacked(live.catalogue["nRatings"], "u16").tolist() == expected


def test_a_year_that_is_not_known_is_zero(live_methods):
    movies = live_methods.data.movies.assign(year=pd.NA).astype({"year": "Int16"})
    without = replace(live_methods, data=replace(live_methods.data, movies=movies))
    assert not unpacked(catalogue_part(without)["years"], "u16").any()


def test_every_bit_is_a_genre(live, live_methods):
    names = live.catalogue["genreNames"]
    bits = unpacked(live.catalogue["genres"], "u32")
    found = [{name for g, name in enumerate(names) if b >> g & 1} for b in bits]
    assert found == live_methods.movies["genres"].map(set).tolist()


def test_the_main_genre_has_a_style(live, live_methods):
    names = live.catalogue["genreNames"]
    main = [names[i] for i in unpacked(live.catalogue["mainGenre"], "u8")]
    assert main == live_methods.movies["genres"].map(main_genre).tolist()
    assert set(main) <= set(live.catalogue["styles"]) == set(GENRE_STYLES)


def test_a_film_without_genres_has_no_main_genre(live_methods):
    genres = pd.Series([()] * len(live_methods.data.movies)).where(
        live_methods.data.movies["movie_id"] != live_methods.movie_ids[0], ("War",)
    )
    movies = live_methods.data.movies.assign(genres=genres)
    part = catalogue_part(
        replace(live_methods, data=replace(live_methods.data, movies=movies))
    )
    assert part["genreNames"] == ["War"]
    assert unpacked(part["mainGenre"], "u8")[:3].tolist() == [0, 255, 255]


@pytest.mark.parametrize("well_known", [False, True])
def test_neighbours_are_the_nearest_films_by_cosine(well_known, live, live_methods):
    lists = live.neighbour_lists(well_known=well_known)
    ids, likes = live_methods.movie_ids, live.likes()
    for method, name in enumerate(METHODS):
        vectors = live_methods.vectors[name]
        with_vector = np.isin(ids, vectors.movie_ids[vectors.matrix.any(axis=1)])
        listed = with_vector & (likes >= FEWEST_LIKES) if well_known else with_vector
        # Famous ones, and some that hardly anybody likes.
        films = np.flatnonzero(with_vector)
        for film in [*films[:5], *films[np.argsort(likes[films])][:3]]:
            near = vectors.neighbours(int(ids[film]), n=len(vectors) - 1)
            similarity = near.set_index("movie_id")["similarity"]
            among = similarity[similarity.index.isin(ids[listed])]
            found = similarity[ids[lists[method, film]]]
            np.testing.assert_allclose(found, among.head(10), atol=1e-6)
            assert listed[lists[method, film]].all()


def test_likes_are_those_that_als_learns_from(live, live_methods):
    ratings, threshold = live_methods.data.ratings, live_methods.als.like_threshold
    n_likes = (ratings["rating"] >= threshold).groupby(ratings["movie_id"]).sum()
    assert live.likes().tolist() == n_likes[live_methods.movie_ids].tolist()


def test_neighbours_among_some_films_are_none_of_the_others():
    vectors = MovieVectors([1, 2, 3], [[1.0, 0.0], [0.9, 0.1], [0.5, 0.5]])
    ids = np.array([1, 2, 3])
    lists = neighbour_lists(vectors, ids, n=2, among=np.array([True, False, True]))
    assert lists.tolist() == [[2, NOTHING], [0, 2], [0, NOTHING]]
    none = neighbour_lists(vectors, ids, n=2, among=np.zeros(3, bool))
    assert (none == NOTHING).all()


def test_methods_come_in_the_order_of_their_lists(live):
    assert [method["id"] for method in live.neighbours["methods"]] == list(METHODS)


def test_a_film_without_a_vector_has_no_neighbours_and_is_none():
    vectors = MovieVectors([1, 2, 3], [[1.0, 0.0], [0.9, 0.1], [0.0, 0.0]])
    # 3 has a vector of zeros, and 4 has none.
    lists = neighbour_lists(vectors, np.array([4, 2, 3, 1]), n=2)
    nobody = [NOTHING, NOTHING]
    assert lists.tolist() == [nobody, [3, NOTHING], nobody, [1, NOTHING]]


# --- the table without JavaScript -----------------------------------------------------


@pytest.fixture(scope="module")
def table(live_folder):
    text = (live_folder / "without_javascript.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser").table


def test_the_table_has_a_caption_and_scoped_headers(table):
    assert table.caption.text
    assert all(header["scope"] for header in table.find_all("th"))


def test_columns_are_the_five_methods(table):
    names = [header.text for header in table.thead.find_all("th")]
    assert names == ["Place", *(about.name for about in METHODS.values())]


def test_each_film_has_ten_rows_of_five(table):
    groups = table.find_all("tbody")
    assert len(groups) == N_SHOWN
    for group in groups:
        _, *rows = group.find_all("tr")
        assert [len(row.find_all("td")) for row in rows] == [len(METHODS)] * 10


def test_the_nearest_well_known_film_stands_first(table, live, live_methods):
    film = int(live_methods.movie_ids[0])
    vectors = live_methods.vectors["entities"]
    listed = vectors.neighbours(film, n=len(vectors) - 1)["movie_id"]
    known = live_methods.movie_ids[live.likes() >= FEWEST_LIKES]
    nearest = listed[listed.isin(known)].iloc[0]
    titles = live_methods.data.movies.set_index("movie_id")["title"]
    of_entities = list(METHODS).index("entities")
    shown = table.tbody.find_all("tr")[1].find_all("td")[of_entities].text
    assert shown.startswith(spoken_title(titles[nearest]))


def test_a_film_without_a_vector_has_dashes(live_methods):
    film = live_methods.movie_ids[0]
    vectors = live_methods.vectors["posters"]
    others = vectors.movie_ids != film
    without = MovieVectors(vectors.movie_ids[others], vectors.matrix[others])
    changed = {**live_methods.vectors, "posters": without}
    page = BeautifulSoup(
        static_table(replace(live_methods, vectors=changed)), "html.parser"
    )
    column = [row.find_all("td")[-1].text for row in page.tbody.find_all("tr")[1:]]
    assert column == ["-"] * 10


def test_titles_are_text(live_methods):
    movies = live_methods.data.movies.copy()
    famous = movies["movie_id"] == live_methods.movie_ids[0]
    movies.loc[famous, "title"] = "<script>alert(1)</script> &amp;\n$Hu$tla$\x1b"
    methods = replace(live_methods, data=replace(live_methods.data, movies=movies))
    page = BeautifulSoup(static_table(methods), "html.parser")
    heading = page.find("th", scope="rowgroup").text
    assert heading.startswith("<script>alert(1)</script> &amp; $Hu$tla$ (")
    assert "mathjax_ignore" in page.div["class"]
