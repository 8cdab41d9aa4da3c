"""What is a picture, and what only looks like one."""

import warnings
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tmdb_server import POSTER, picture

from recsys_helpers.posters.tmdb import _download as picture_check
from recsys_helpers.posters.tmdb._download import (
    ENDINGS,
    NotAPictureError,
    picture_ending,
)


@pytest.mark.parametrize(
    ("kind", "ending"),
    [("JPEG", ".jpg"), ("MPO", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp")],
)
def test_a_picture_is_known_by_its_content(kind, ending):
    assert picture_ending(picture(kind)) == ending


@pytest.mark.fault("Pictures", "cut short")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_picture_that_was_cut_is_none(kind, part):
    content = picture(kind, size=(200, 300))
    with pytest.raises(NotAPictureError):
        picture_ending(content[: int(len(content) * part)])


@pytest.mark.fault("Pictures", "hostile")
@pytest.mark.parametrize("side", [5_001, 10_000, 60_000])
def test_a_small_file_with_too_many_pixels_is_not_unpacked(side):
    content = picture("PNG")
    header = content[12:16] + side.to_bytes(4) * 2 + content[24:29]
    bomb = content[:12] + header + zlib.crc32(header).to_bytes(4) + content[33:]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(NotAPictureError, match="too many"):
            picture_ending(bomb)


def test_the_limit_is_not_in_the_way_of_the_largest_posters():
    assert 4_000 * 6_000 < picture_check._MOST_PIXELS < Image.MAX_IMAGE_PIXELS


@pytest.mark.fault("Pictures", "changed bytes")
@settings(max_examples=100, deadline=None)
@given(
    place=st.integers(0, len(POSTER) - 1),
    content=st.binary(min_size=1, max_size=20),
    kind=st.sampled_from(["JPEG", "PNG", "WEBP"]),
)
def test_damaged_bytes_are_a_picture_or_none_and_raise_nothing_else(
    place, content, kind
):
    damaged = bytearray(picture(kind))
    damaged[place : place + len(content)] = content
    with suppress(NotAPictureError):
        assert picture_ending(bytes(damaged)) in ENDINGS
