from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from recsys_helpers.live.catalogue import N_SHOWN, static_table
from recsys_helpers.live.methods import METHODS
from recsys_helpers.titles import spoken_title
from recsys_helpers.vectors import MovieVectors


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


def test_the_nearest_film_stands_first(table, live_methods):
    film = int(live_methods.movie_ids[0])
    vectors = live_methods.vectors["entities"]
    listed = vectors.neighbours(film, n=len(vectors) - 1)["movie_id"]
    nearest = listed[listed.isin(live_methods.movie_ids)].iloc[0]
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
