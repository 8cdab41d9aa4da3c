"""Strips and tables: nothing broken, nothing unescaped, all of it readable."""

import io
import os
import re
import subprocess
import sys

import in_browser
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import image as images

from recsys_helpers.display import (
    movie_table,
    poster_strip,
    published_table,
)
from recsys_helpers.display.cards import GENRE_STYLES

HTTPS = "https://image.tmdb.org/t/p/w342/toy.jpg"

# What a strip and a table are made of; anything else has come from a title.
STRIP_TAGS = {"div", "style", "p", "ul", "li", "img", "svg", "g"}
STRIP_TAGS |= {"circle", "ellipse", "path"}
TABLE_TAGS = {
    "div",
    "style",
    "table",
    "caption",
    "span",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}

# Text as a page can hold it: no control characters, which HTML has no way to write.
texts = st.text(
    st.one_of(
        st.sampled_from("<>&\"'/= ()"),
        st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]),
    ),
    min_size=1,
).filter(str.strip)


@pytest.fixture
def movies():
    return pd.DataFrame(
        {
            "movie_id": [1, 50, 7],
            "title": ["Toy Story (1995)", "Usual Suspects, The (1995)", "Nameless"],
            "year": pd.array([1995, 1995, None], dtype="Int16"),
            "genres": [("Animation", "Comedy"), ("Crime",), ()],
        }
    )


def parsed(shown):
    return BeautifulSoup(shown._repr_html_(), "html.parser")


def tags(soup):
    return {tag.name for tag in soup.find_all(True)}


def attributes(soup):
    return {name for tag in soup.find_all(True) for name in tag.attrs}


# The strip


def test_a_strip_is_a_named_list_with_one_item_for_each_movie(movies):
    soup = parsed(poster_strip(movies, caption="Near Toy Story"))
    assert soup.ul["aria-label"] == "Near Toy Story"
    assert len(soup.ul.find_all("li")) == 3


def test_the_part_that_scrolls_can_be_reached_by_keyboard_and_has_a_name(movies):
    scroll = parsed(poster_strip(movies)).find(class_="rh-scroll")
    assert scroll["tabindex"] == "0"
    assert scroll["aria-label"].startswith("Movies")


def test_a_poster_has_alternative_text_and_a_size_and_waits_until_seen(movies):
    image = parsed(poster_strip(movies, poster_urls={1: HTTPS})).img
    assert image["src"] == HTTPS
    assert image["alt"] == "Poster of Toy Story (1995)"
    assert (image["loading"], image["width"], image["height"]) == ("lazy", "140", "210")


@pytest.mark.parametrize("year", [1975, 1975.0, "1975", None])
def test_a_range_of_years_in_the_title_is_not_said_twice(year):
    title = "Fawlty Towers (1975-1979)"
    frame = pd.DataFrame({"title": [title], "year": pd.Series([year], dtype=object)})
    image = parsed(poster_strip(frame, poster_urls=[HTTPS])).img
    assert image["alt"] == "Poster of Fawlty Towers (1975)"


def test_a_year_that_is_no_number_is_shown_as_it_is():
    frame = pd.DataFrame({"title": ["Metropolis"], "year": ["unknown"]})
    assert parsed(poster_strip(frame)).find(class_="rh-year").text == "unknown"


@pytest.mark.parametrize(
    "url",
    [
        None,
        float("nan"),
        pd.NA,
        np.nan,
        "",
        "nan",
        "http://image.tmdb.org/toy.jpg",
        "https://",
        "https://[broken",
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "//image.tmdb.org/toy.jpg",
        "toy.jpg",
        5,
    ],
)
def test_what_is_no_safe_address_gets_a_card_and_no_image(movies, url):
    soup = parsed(poster_strip(movies.head(1), poster_urls=[url]))
    assert soup.img is None
    assert soup.find(class_="rh-title").text == "Toy Story"


def test_a_poster_inside_the_page_is_shown(movies):
    soup = parsed(poster_strip(movies, poster_urls={1: "data:image/png;base64,AA=="}))
    assert soup.img["src"] == "data:image/png;base64,AA=="


def test_below_a_poster_lies_its_card_which_a_screen_reader_skips(movies):
    first, second, _ = parsed(poster_strip(movies, poster_urls={1: HTTPS})).ul("li")
    assert first.find(class_="rh-card")["aria-hidden"] == "true"
    assert first.find(class_="rh-title").text == "Toy Story"
    assert "aria-hidden" not in second.find(class_="rh-card").attrs


def test_a_card_has_title_year_and_genres_as_text(movies):
    texts = [p.text for p in parsed(poster_strip(movies)).li.find_all("p")]
    assert texts == ["Toy Story", "1995", "Animation · Comedy"]


IN_ANOTHER_PROCESS = """
import pandas as pd
from recsys_helpers.display import movie_table, poster_strip, published_table
genres = [{"Animation", "Children", "Comedy"}, frozenset({"War", "Drama", "Crime"})]
movies = pd.DataFrame({"title": ["Toy Story (1995)", "M"], "genres": genres})
for shown in (poster_strip(movies), movie_table(movies)):
    print(shown._repr_html_(), shown)
"""


def test_strips_and_tables_are_the_same_in_every_process():
    # Text has another hash in each, and so each of these sets another order.
    outputs = {
        subprocess.run(
            [sys.executable, "-c", IN_ANOTHER_PROCESS],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(outputs) == 1


def test_genres_may_come_as_movielens_writes_them():
    frame = pd.DataFrame({"title": ["Heat (1995)"], "genres": ["Action|Crime"]})
    assert parsed(poster_strip(frame)).find(class_="rh-genres").text == "Action · Crime"


@pytest.mark.parametrize(
    ("genres", "shown"), [(5.5, "5.5"), ([None, "War"], "War"), (np.nan, "")]
)
def test_genres_of_other_kinds_are_shown_as_they_are(genres, shown):
    frame = pd.DataFrame({"title": ["M"], "genres": pd.Series([genres], dtype=object)})
    assert parsed(poster_strip(frame)).find(class_="rh-genres").text == shown


def test_a_frame_with_titles_only_takes_the_year_from_the_title():
    shown = poster_strip(pd.DataFrame({"title": ["Heat (1995)", None]}))
    assert repr(shown) == " 1. Heat (1995)\n 2. (title missing)"


def test_scores_by_row_and_by_id_are_the_same(movies):
    by_row = poster_strip(movies, scores=np.array([0.5, 0.25, 0.125]))
    by_id = poster_strip(movies, scores={1: 0.5, 50: 0.25, 7: 0.125})
    assert by_row == by_id
    scores = parsed(by_row).find_all(class_="rh-score")
    assert [score.text for score in scores] == ["0.500", "0.250", "0.125"]


@pytest.mark.parametrize("name", ["scores", "poster_urls"])
def test_a_mapping_whose_ids_are_text_is_refused(movies, name):
    with pytest.raises(ValueError, match=name):
        poster_strip(movies, **{name: {"1": HTTPS, "50": HTTPS}})


def test_posters_may_come_as_a_column_with_gaps(movies):
    urls = pd.Series([HTTPS, None, np.nan])
    assert len(parsed(poster_strip(movies, poster_urls=urls)).find_all("img")) == 1


@pytest.mark.parametrize(
    ("rows", "scores"),
    [
        # The index of the movies, though these are the ids too, of other rows.
        ([1, 7, 50], pd.Series([0.5, 0.25, 0.125], index=[1, 7, 50])),
        ([0, 1, 2], pd.Series([0.125, 9, 0.25, 0.5], index=[7, 99, 50, 1])),
    ],
)
def test_a_series_goes_by_the_index_of_the_movies_or_else_by_their_ids(
    movies, rows, scores
):
    by_row = poster_strip(movies, scores=[0.5, 0.25, 0.125])
    assert poster_strip(movies.set_axis(rows), scores=scores) == by_row


@pytest.mark.parametrize("index", [[2, 1, 0], [1, 50, 99], [1, 50, 50]])
@pytest.mark.parametrize("name", ["scores", "poster_urls"])
def test_a_series_that_does_not_say_which_is_whose_is_refused(movies, name, index):
    values = pd.Series(["a", "b", "c"], index=index)
    with pytest.raises(ValueError, match=name):
        poster_strip(movies, **{name: values})


def test_in_a_terminal_a_strip_is_a_numbered_list(movies):
    shown = poster_strip(movies, caption="Three", scores=[1, "high", None])
    assert repr(shown).splitlines() == [
        "Three",
        " 1. Toy Story (1995) · Animation, Comedy · 1.000",
        " 2. The Usual Suspects (1995) · Crime · high",
        " 3. Nameless",
    ]


def test_no_movies_make_an_empty_strip(movies):
    assert parsed(poster_strip(movies.head(0))).find_all("li") == []


def test_a_strip_loads_nothing_but_posters(movies):
    shown = poster_strip(movies, poster_urls={1: HTTPS})._repr_html_()
    assert re.findall(r"https?:[^\"')]*", shown) == [HTTPS]
    assert not re.search(r"url\(|@import| on\w+=", shown)


@pytest.mark.parametrize(
    ("left_out", "arguments", "message"),
    [
        ([], {"scores": [1.0]}, "scores"),
        ([], {"poster_urls": [None] * 4}, "poster_urls"),
        (["movie_id"], {"scores": {1: 0.5}}, "movie_id"),
        (["movie_id"], {"scores": pd.Series([1, 2, 3], index=[1, 50, 7])}, "scores"),
        (["title"], {}, "title"),
    ],
)
def test_what_does_not_fit_the_movies_is_refused(movies, left_out, arguments, message):
    with pytest.raises(ValueError, match=message):
        poster_strip(movies.drop(columns=left_out), **arguments)


# Escaping


def test_a_quote_in_an_address_does_not_end_it(movies):
    soup = parsed(poster_strip(movies.head(1), poster_urls=[HTTPS + '" x="']))
    assert soup.img["src"] == HTTPS + '" x="'


@given(texts, texts, texts)
def test_no_text_gets_out_of_its_place_in_a_strip(title, genre, caption):
    # Each genre has a drawing of its own, and hypothesis finds the genres' names.
    genres = [("B",), *((genre,) for genre in GENRE_STYLES)]
    plain = pd.DataFrame({"title": "A", "genres": genres})
    urls = [HTTPS] * len(plain)
    expected = attributes(parsed(poster_strip(plain, caption="C", poster_urls=urls)))
    frame = pd.DataFrame({"title": [title], "genres": [(genre,)]})
    soup = parsed(poster_strip(frame, caption=caption, poster_urls=[HTTPS]))
    assert tags(soup) <= STRIP_TAGS
    assert attributes(soup) <= expected
    assert soup.find(class_="rh-genres").text == genre
    assert soup.find(class_="rh-caption").text == caption


@given(texts, texts)
def test_no_text_gets_out_of_its_cell_in_a_table(name, value):
    soup = parsed(movie_table(pd.DataFrame({name: [value]})))
    assert tags(soup) <= TABLE_TAGS
    assert (soup.th.text, soup.td.text) == (name, value)


# The table


def test_a_table_has_a_caption_and_column_headers():
    soup = parsed(movie_table(pd.DataFrame({"a": [1], "b": ["x"]}), caption="Two"))
    assert soup.caption.text == "Two"
    heads = [(th.text, th["scope"]) for th in soup.find_all("th")]
    assert heads == [("a", "col"), ("b", "col")]


@pytest.mark.parametrize(
    ("values", "name", "shown"),
    [
        ([1234567], "n_ratings", "1,234,567"),
        ([193609], "movie_id", "193609"),
        ([1995], "year", "1995"),
        ([1995.0], "year", "1995"),
        (pd.array([None], dtype="Int16"), "year", "-"),
        ([0.12345], "share", "0.123"),
        ([float("nan")], "rating", "-"),
        ([None], "title", "-"),
        ([("Crime", "Drama")], "genres", "Crime, Drama"),
        ([()], "genres", ""),
        ([["Crime", None]], "genres", "Crime"),
        ([2**63 - 1], "movie_id", "9223372036854775807"),
        ([2**53 + 1], "n", "9,007,199,254,740,993"),
        ([np.inf], "share", "inf"),
        ([True], "seen", "True"),
        (["Heat (1995)"], "title", "Heat (1995)"),
    ],
)
def test_a_value_is_written_as_a_reader_expects_it(values, name, shown):
    assert parsed(movie_table(pd.DataFrame({name: values}))).td.text == shown


def test_numbers_and_their_headers_stand_on_the_right():
    soup = parsed(movie_table(pd.DataFrame({"title": ["Heat"], "n": [3]})))
    right = [cell.text for cell in soup.find_all(class_="rh-number")]
    assert right == ["n", "3"]


def test_formats_may_be_a_specification_or_a_function():
    frame = pd.DataFrame({"share": [0.1234], "title": ["Heat"]})
    soup = parsed(movie_table(frame, formats={"share": ".1%", "title": str.upper}))
    assert [cell.text for cell in soup.find_all("td")] == ["12.3%", "HEAT"]


def test_a_function_that_writes_values_does_not_meet_missing_ones():
    frame = pd.DataFrame({"n": [1.0, np.nan]})
    soup = parsed(movie_table(frame, formats={"n": lambda number: f"{int(number)}"}))
    assert [cell.text for cell in soup.find_all("td")] == ["1", "-"]


@pytest.mark.parametrize(
    ("formats", "names"),
    [({"share": "d"}, "share"), ({"shares": ".1%"}, "'shares'.*'share'")],
)
def test_a_format_that_suits_no_column_is_refused(formats, names):
    with pytest.raises(ValueError, match=names):
        movie_table(pd.DataFrame({"share": [1.5]}), formats=formats)


def test_two_columns_of_one_name_are_both_shown():
    frame = pd.DataFrame([[1, "a"]], columns=["x", "x"])
    cells = parsed(movie_table(frame)).find_all("td")
    assert [cell.text for cell in cells] == ["1", "a"]


def test_in_a_terminal_a_table_is_aligned_text():
    frame = pd.DataFrame({"title": ["Heat", "Alien"], "n": [3, 1000]})
    assert repr(movie_table(frame, caption="Two")).splitlines() == [
        "Two",
        "title      n",
        "Heat       3",
        "Alien  1,000",
    ]


def test_a_table_of_results_says_in_its_caption_where_and_when_they_were_measured():
    best = pd.DataFrame({"rmse": [0.87654]}, index=pd.Index(["bias"], name="method"))
    shown = published_table(best, "als_growth", "baselines", caption="Errors", digits=2)
    caption = BeautifulSoup(shown.html, "html.parser").caption.get_text()
    for part in ("Errors", "als_growth.json", "python benchmarks/baselines.py"):
        assert part in caption
    assert re.search("measured 20[0-9]{2}-[0-9]{2}-[0-9]{2}", caption)
    assert re.search("bias +0.88$", shown.text)


def test_a_note_stands_after_the_caption_and_is_text():
    shown = movie_table(pd.DataFrame({"a": [1]}), caption="One.", note="<From> a file.")
    assert parsed(shown).caption.text == "One. <From> a file."
    assert parsed(shown).caption.small.text == "<From> a file."
    assert shown.text.startswith("One. <From> a file.")


def test_the_leaders_of_a_column_are_marked_by_the_names_of_the_first():
    frame = pd.DataFrame(
        {"value": [0.1, 0.3, 0.2]}, pd.Index(list("abc"), name="method")
    )
    shown = published_table(
        frame, "als_growth", caption="Values", leaders={"value": ["b", "c"]}
    )
    marks = {
        row.td.text: row.find_all("td")[1]["class"][1:]
        for row in parsed(shown).tbody.find_all("tr")
    }
    assert marks == {"a": [], "b": ["rh-best"], "c": ["rh-level"]}


def test_leaders_of_a_column_that_is_not_there_are_refused():
    with pytest.raises(ValueError, match="leaders names 'rmse'"):
        movie_table(pd.DataFrame({"a": [1]}), leaders={"rmse": [1]})


def test_a_table_of_results_that_do_not_exist_is_refused():
    with pytest.raises(FileNotFoundError, match="als_growth"):
        published_table(pd.Series([1.0]), "nothing", caption="Errors")


def test_a_table_without_rows_still_has_its_headers():
    soup = parsed(movie_table(pd.DataFrame({"title": []})))
    assert soup.th.text == "title"
    assert soup.td is None


# In a browser, with the rules of the pages' tests for when there is none


MOVIE = pd.DataFrame({"title": ["Heat (1995)"], "genres": [("Crime", "Thriller")]})
RED = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='140' "
    "height='210'%3E%3Crect width='140' height='210' fill='red'/%3E%3C/svg%3E"
)


@pytest.fixture(scope="module")
def browser():
    with in_browser.chromium() as browser:
        yield browser


@pytest.fixture
def tab(browser):
    with browser.new_context() as reader:
        yield in_browser.new_tab(reader)


def picture(tab, url):
    """Take a picture of the only poster of a strip, once its image has come or not."""
    tab.route("https://image.tmdb.org/**", lambda route: route.abort())
    tab.set_content(poster_strip(MOVIE, poster_urls=[url]).html)
    in_browser.wait_until_drawn(tab)
    return images.imread(io.BytesIO(tab.locator(".rh-poster").screenshot()))


@pytest.mark.site
@pytest.mark.parametrize(
    "url", ["https://image.tmdb.org/gone.jpg", "data:image/png;base64,broken"]
)
def test_a_poster_that_does_not_load_looks_like_its_card(tab, url):
    difference = np.abs(picture(tab, url) - picture(tab, None))
    # Of 1; at the round corner an edge that is drawn twice is a shade darker.
    assert difference.max() < 0.2


@pytest.mark.site
def test_a_poster_that_loads_covers_its_card(tab):
    assert (np.abs(picture(tab, RED) - [1, 0, 0]).max(axis=2)[20:-20] < 0.01).all()


@pytest.mark.site
def test_in_a_table_that_scrolls_the_names_stay(tab):
    wide = {"name": ["one"]} | {f"a long name of column {n}": [n] for n in range(20)}
    tab.set_content(movie_table(pd.DataFrame(wide)).html)
    tab.evaluate("document.querySelector('.rh-table').scrollLeft = 300")
    name, number = (tab.locator("td").nth(n).bounding_box()["x"] for n in (0, 1))
    assert number < name < 20
