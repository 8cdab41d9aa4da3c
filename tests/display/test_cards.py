"""Each genre has a colour and a sign of its own, and all can be read."""

import pytest

from recsys_helpers.display.cards import GENRE_STYLES, main_genre


def luminance(colour):
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)


def test_the_text_and_the_sign_of_a_card_stand_out_from_its_ground():
    # WCAG 2.2 asks for 4.5 to 1 of text, and (1.4.11) for 3 to 1 of graphics.
    for genre, style in GENRE_STYLES.items():
        assert contrast("#ffffff", style.ground) >= 4.5, genre
        assert contrast(style.accent, style.ground) >= 3, genre


def test_every_genre_has_a_colour_and_a_sign_of_its_own():
    assert len({style.ground for style in GENRE_STYLES.values()}) == len(GENRE_STYLES)
    assert len({style.sign for style in GENRE_STYLES.values()}) == len(GENRE_STYLES)


@pytest.mark.parametrize(
    ("genres", "main"),
    [
        (("Comedy", "Drama", "Romance"), "Romance"),
        (("Action", "IMAX", "Sci-Fi"), "Sci-Fi"),
        (("IMAX",), ""),
        (("Sword-and-sandal",), ""),
    ],
)
def test_the_main_genre_is_the_most_telling_one(genres, main):
    assert main_genre(genres) == main
