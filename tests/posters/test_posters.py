"""Drawn posters: always the same, honest about being drawn, for any film."""

import base64
import io
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from recsys_helpers import posters
from recsys_helpers.display.cards import GENRE_STYLES
from recsys_helpers.posters import (
    POSTER_GENRES,
    draw_poster,
    draw_posters,
    poster_data_uri,
    poster_genre,
)
from recsys_helpers.posters._canvas import (
    PALETTES,
    Canvas,
    drawable,
    fitted,
    font,
    line_height,
)
from recsys_helpers.posters._motifs import MOTIFS, PALETTES_OF

SMALL = (46, 69)
ODD_TITLES = {
    "empty": "",
    "spaces": " \n\t ",
    "markup": "<b>Bold</b> & <script>",
    "japanese": "七人の侍",
    "arabic": "وجدة",
    "hebrew and latin": "ואלס עם באשיר (Waltz with Bashir)",
    "emoji": "👩‍👩‍👧‍👦 🎬",
    "one long word": "Donaudampfschifffahrtsgesellschaft" * 4,
    "a whole page": "What Is It? " * 900,
    "control": "a\x00b\x1b[31m\u202ec",
    "half a surrogate": "\ud83d film",
    "combining": "Z̴̡̛a̸l̵g̷o",
    "a year alone": "1984",
}


def pixels(image):
    return np.asarray(image)


# The same film


def test_the_same_film_gets_the_same_pixels():
    one, other = (
        draw_poster("Heat (1995)", ("Crime",), wear=True, size=SMALL) for _ in "ab"
    )
    assert one.tobytes() == other.tobytes()


def test_films_of_one_genre_get_posters_that_differ():
    drawn = {
        draw_poster(title, ("Western",), 1966, size=SMALL).tobytes()
        for title in ("Django", "Texas", "El Dorado")
    }
    assert len(drawn) == 3


def test_a_small_poster_is_the_large_one_made_smaller():
    large = draw_poster("Heat", ("Action",), 2012, size=(230, 345))
    small = draw_poster("Heat", ("Action",), 2012, size=(115, 172))
    reduced = large.resize(small.size, Image.Resampling.BOX)
    assert np.abs(pixels(small).astype(float) - pixels(reduced)).mean() < 12


# Genres


def test_every_genre_of_movielens_has_a_motif():
    assert {poster_genre((genre,)) for genre in GENRE_STYLES if genre} <= set(MOTIFS)
    assert poster_genre(("IMAX",)) == poster_genre(()) == ""


def test_the_task_has_twelve_genres_that_are_drawn_as_themselves():
    assert len(set(POSTER_GENRES)) == 12
    assert [poster_genre((genre,)) for genre in POSTER_GENRES] == [*POSTER_GENRES]


def test_palettes_are_shared_by_many_genres():
    shared = Counter(name for genre in POSTER_GENRES for name in PALETTES_OF[genre])
    assert set(shared) == set(PALETTES)
    assert min(shared.values()) >= 5


@pytest.mark.parametrize("genre", MOTIFS)
def test_a_motif_can_be_told_from_the_bare_ground_in_every_palette(genre):
    from random import Random

    for name in PALETTES_OF[genre]:
        canvas = Canvas(SMALL, PALETTES[name], Random(3))
        bare = pixels(canvas.image).astype(float)
        MOTIFS[genre](canvas)
        changed = np.abs(pixels(canvas.image) - bare).max(axis=2) > 40
        assert changed.mean() > 0.05, name


# Any film


@pytest.mark.parametrize("title", ODD_TITLES.values(), ids=ODD_TITLES)
def test_any_title_can_be_drawn(title):
    image = draw_poster(title, ("Drama",), 1954)
    assert (image.size, image.mode) == ((230, 345), "RGB")


@settings(max_examples=25, deadline=None)
@given(
    title=st.text(max_size=60),
    year=st.one_of(st.none(), st.integers(1800, 2200)),
    size=st.tuples(st.integers(16, 60), st.integers(16, 90)),
)
def test_no_title_year_or_size_is_too_odd(title, year, size):
    assert draw_poster(title, (), year, size=size).size == size


def test_a_film_without_genres_and_year_gets_a_poster():
    assert draw_poster("Nameless", size=SMALL).size == SMALL
    for missing in (None, pd.NA, float("nan")):
        image = draw_poster("Nameless", missing, missing, size=SMALL)
        assert image.tobytes() == draw_poster("Nameless", size=SMALL).tobytes()


def test_a_year_in_the_title_counts():
    with_year = draw_poster("Heat (1995)", size=SMALL)
    assert with_year.tobytes() == draw_poster("Heat", year=1995, size=SMALL).tobytes()


def test_decades_look_different():
    drawn = [
        draw_poster("Heat", (), year, size=SMALL).tobytes()
        for year in (None, 1925, 1945, 1955, 1965, 1975, 1985, 1995, 2005, 2015)
    ]
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"title": 7}, TypeError, "title"),
        ({"title": "x", "genres": "Drama"}, TypeError, "genres"),
        ({"title": "x", "size": (8, 20)}, ValueError, "width"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, error, says):
    with pytest.raises(error, match=says):
        draw_poster(**arguments)


def test_a_frame_of_movies_is_drawn_in_its_order():
    movies = pd.DataFrame(
        {
            "title": ["Heat (1995)", "Nameless"],
            "genres": [("Crime",), ()],
            "year": pd.array([1995, None], dtype="Int16"),
        }
    )
    first, second = draw_posters(movies, size=SMALL)
    assert (
        first.tobytes() == draw_poster("Heat", ("Crime",), 1995, size=SMALL).tobytes()
    )
    assert second.tobytes() == draw_poster("Nameless", size=SMALL).tobytes()


# Honesty


@pytest.mark.parametrize("wear", [False, True])
def test_the_poster_says_that_it_is_drawn(monkeypatch, wear):
    with_caption = pixels(draw_poster("Heat", wear=wear))
    monkeypatch.setattr(posters, "CAPTION", " ")
    without = pixels(draw_poster("Heat", wear=wear))
    rows = np.flatnonzero((with_caption != without).any(axis=(1, 2)))
    assert rows.min() > 0.93 * len(with_caption)
    assert np.ptp(with_caption[rows].astype(int)) > 150


def test_the_caption_fits_into_a_poster_of_the_usual_width():
    text = f"{posters.CAPTION} \u00b7 1995"
    assert font("DejaVuSans", 8).getlength(text) < 230


def test_wear_keeps_the_size_and_changes_most_pixels():
    plain, worn = (
        draw_poster("Heat", ("Comedy",), size=SMALL, wear=wear)
        for wear in (False, True)
    )
    assert worn.size == plain.size
    assert (pixels(worn) != pixels(plain)).mean() > 0.7


# Lettering


def test_letters_that_no_font_has_are_left_out():
    assert drawable("Ran 乱", "DejaVuSans") == ("Ran", "DejaVuSans-Bold")
    assert drawable("乱 !", "DejaVuSans")[0] == ""


def test_lines_fit_into_their_space():
    lines, letters = fitted("The Lord of the Rings", "DejaVuSans", 90, 60, 30, 8)
    assert " ".join(lines) == "The Lord of the Rings"
    assert max(map(letters.getlength, lines)) <= 90
    assert len(lines) * line_height(letters.size) <= 60


def test_what_does_not_fit_is_cut_and_says_so():
    lines, letters = fitted("so long " * 50, "DejaVuSans", 60, 30, 20, 8)
    assert lines[-1].endswith("\u2026")
    assert max(map(letters.getlength, lines)) <= 60
    assert len(lines) * line_height(8) <= 30


# Addresses


@pytest.mark.parametrize(("mode", "colour"), [("L", 255), ("RGBA", (0, 0, 0, 0))])
def test_an_address_holds_the_poster_as_it_is_seen(mode, colour):
    image = Image.new(mode, (9, 6), colour)
    head, body = poster_data_uri(image).split(",")
    assert head == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(body))) as opened:
        assert (opened.size, opened.getpixel((4, 4))) == ((9, 6), (255, 255, 255))
