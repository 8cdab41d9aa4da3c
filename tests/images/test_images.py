"""Images: every one readable or accounted for, and none shown to a network twice."""

import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from tiny_backbone import BLUE, GREEN, RED, plain, tiny_backbone

from recsys_helpers.images import (
    PADDING,
    UnreadableImageError,
    extract_features,
    image_box,
    open_image,
    square_pixels,
    standardised,
)
from recsys_helpers.posters import draw_poster


def encoded(image, image_format="PNG", **options):
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


@pytest.fixture
def backbone():
    return tiny_backbone()


@pytest.fixture
def images():
    return [plain(colour) for colour in (RED, GREEN, BLUE, (9, 9, 9), (200, 10, 90))]


# Opening images


def test_an_image_is_the_same_from_file_bytes_pillow_and_array(tmp_path):
    image = draw_poster("Heat", size=(30, 40))
    path = tmp_path / "heat.png"
    image.save(path)
    sources = [path, str(path), path.read_bytes(), image, np.asarray(image)]
    assert len({open_image(source).tobytes() for source in sources}) == 1


def grey_png(colour_type, row, transparent=b"\0\1"):
    """Write a grey PNG with 16 bits, in forms that Pillow does not write itself."""
    width = len(row) // (4 if colour_type == 4 else 2)
    parts = {
        b"IHDR": struct.pack(">2I5B", width, 1, 16, colour_type, 0, 0, 0),
        b"tRNS": transparent,
        b"IDAT": zlib.compress(b"\0" + row),
        b"IEND": b"",
    }
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in parts.items():
        check = struct.pack(">I", zlib.crc32(kind + data))
        content += struct.pack(">I", len(data)) + kind + data + check
    return content


def palette(mode, **info):
    """Make a red and a green pixel with a palette."""
    image = Image.new("P", (2, 1))
    image.putpalette([*RED, *GREEN])
    image.putpixel((1, 0), 1)
    image.info.update(info)
    return image.convert(mode)


DEEP = np.array([[0, 0x4000, 0x8000, 0xFFFF]], np.uint16)
DEEP_SEEN = [0, 64, 128, 255]
SIXTEEN = Image.fromarray(DEEP)
HALF_RED = (255, 127, 127)
IN_MODE = {
    "1": (Image.new("1", (1, 1), 1), [255]),
    "L": (Image.new("L", (1, 1), 77), [77]),
    "LA": (Image.new("LA", (1, 1), (0, 128)), [127]),
    "La": (Image.new("La", (1, 1), (0, 128)), [127]),
    "RGBA": (Image.new("RGBA", (1, 1), (255, 0, 0, 128)), [HALF_RED]),
    "RGBa": (Image.new("RGBa", (1, 1), (128, 0, 0, 128)), [HALF_RED]),
    "RGBX": (Image.new("RGBX", (1, 1), (1, 2, 3, 0)), [(1, 2, 3)]),
    "P": (palette("P"), [RED, GREEN]),
    "P, one colour transparent": (palette("P", transparency=1), [RED, (255,) * 3]),
    "PA": (palette("PA"), [RED, GREEN]),
    "CMYK": (Image.new("CMYK", (1, 1), (0, 255, 255, 0)), [RED]),
    "CMYK as Adobe writes it": (
        encoded(Image.new("CMYK", (1, 1), (0, 255, 255, 0)), "JPEG"),
        [RED],
    ),
    "YCbCr": (Image.new("YCbCr", (1, 1), (76, 85, 255)), [(254, 0, 0)]),
    "HSV": (Image.new("HSV", (1, 1), (85, 255, 255)), [GREEN]),
    "LAB": (Image.new("LAB", (1, 1), (136, 208, 195)), [(250, 3, 11)]),
    "I;16": (SIXTEEN, DEEP_SEEN),
    "I;16B": (Image.new("I;16B", (1, 1), 0x8000), [128]),
    "I;16 in a PNG": (encoded(SIXTEEN), DEEP_SEEN),
    "I;16 in a JPEG 2000": (encoded(SIXTEEN, "JPEG2000"), DEEP_SEEN),
    "I;16 in a TIFF": (encoded(SIXTEEN, "TIFF"), DEEP_SEEN),
    "I;16 in a TIFF where white is 0": (
        encoded(SIXTEEN, "TIFF", tiffinfo={262: 0}),
        [255 - shade for shade in DEEP_SEEN],
    ),
    "I;16 in a PNG, one grey transparent": (
        grey_png(0, DEEP.astype(">u2").tobytes(), b"\x40\x00"),
        [0, 255, 128, 255],
    ),
    "16 bits, LA": (
        grey_png(4, b"\x80\x00\xff\xff\x00\x00\x00\x00"),
        [128, 255],
    ),
    "I in a PGM": (b"P5 2 1 1023\n\x02\x00\x03\xff", [128, 255]),
}


@pytest.mark.parametrize(("source", "seen"), IN_MODE.values(), ids=IN_MODE)
def test_images_of_all_modes_come_out_in_the_right_colours(source, seen):
    colours = [shade if isinstance(shade, tuple) else (shade,) * 3 for shade in seen]
    found = open_image(source)
    assert found.mode == "RGB"
    assert np.asarray(found)[0].tolist() == [list(colour) for colour in colours]


@pytest.mark.parametrize("mode", ["I", "F"])
@pytest.mark.parametrize("form", [lambda image: image, lambda i: encoded(i, "TIFF")])
def test_an_image_that_does_not_say_what_is_white_is_refused(mode, form):
    with pytest.raises(UnreadableImageError, match="what is white"):
        open_image(form(Image.new(mode, (1, 1), 1)))


def test_of_an_animation_the_first_picture_is_seen():
    content = encoded(plain(RED), "GIF", save_all=True, append_images=[plain(GREEN)])
    assert open_image(content).getpixel((0, 0)) == RED


def test_a_file_that_another_program_would_have_to_draw_is_not_opened():
    content = encoded(plain(RED), "EPS")
    with pytest.raises(UnreadableImageError, match="EPS"):
        open_image(content)


def test_a_small_file_with_very_many_pixels_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20 * 30 - 1)
    with pytest.raises(UnreadableImageError, match="pixels"):
        open_image(encoded(plain(RED)))


def test_a_photograph_taken_sideways_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: a quarter to the right
    content = encoded(plain(RED, (30, 20)), "JPEG", exif=exif)
    assert open_image(content).size == (20, 30)


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"<html>404 Not Found</html>",
        encoded(draw_poster("Heat", size=(60, 90)))[:900],
        encoded(draw_poster("Heat", size=(60, 90)), "JPEG")[:900],
        "no/such/file.jpg",
        "a name\0with a zero",
        None,
        float("nan"),
        np.zeros((4, 4)),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
    ],
    ids=range(11),
)
def test_what_is_no_image_is_an_unreadable_image(source):
    with pytest.raises(UnreadableImageError):
        open_image(source)


def test_a_folder_is_no_image(tmp_path):
    with pytest.raises(UnreadableImageError, match="cannot be read"):
        open_image(tmp_path)


# Squares


def test_padding_keeps_the_proportions_and_lies_on_both_sides():
    square = square_pixels(plain(RED, (10, 20)), 8)
    assert square.shape == (8, 8, 3)
    assert (square[:, 2:6] == RED).all()
    assert (square[:, [0, 1, 6, 7]] == PADDING).all()


def test_squashing_fills_the_square():
    assert (square_pixels(plain(RED, (10, 20)), 8, "squash") == RED).all()


def test_an_extreme_image_keeps_at_least_one_pixel():
    assert image_box((1, 5000), 100) == (49, 0, 50, 100)
    assert square_pixels(plain(RED, (1, 5000)), 100).shape == (100, 100, 3)


# Features


def test_features_are_those_of_the_network(backbone):
    features = extract_features([plain(RED, (9, 9))], backbone)
    assert features.matrix[0] == pytest.approx([-103.939, -116.779, 131.32], abs=1e-3)
    flat = extract_features([plain(RED, (9, 9))], backbone, pooling="flatten")
    assert flat.matrix.shape == (1, 12)


@pytest.mark.parametrize("batch_size", [1, 2, 5, 32])
def test_the_size_of_batches_changes_nothing(images, backbone, batch_size):
    features = extract_features(iter(images), backbone, batch_size=batch_size)
    np.testing.assert_array_equal(
        features.matrix, extract_features(images, backbone).matrix
    )
    assert max(backbone.model.batch_sizes[:-1]) <= batch_size


def test_images_are_read_only_when_their_batch_is_due(images, backbone):
    read = []

    def watched():
        for image in images * 20:
            assert len(read) - sum(backbone.model.batch_sizes) <= 4
            read.append(image)
            yield image

    features = extract_features(watched(), backbone, batch_size=4)
    assert features.matrix.shape == (100, 3)
    np.testing.assert_array_equal(features.matrix[:5], features.matrix[95:])


def test_half_precision_takes_half_the_space(images, backbone):
    whole = extract_features(images, backbone).matrix
    half = extract_features(images, backbone, dtype="float16").matrix
    assert half.dtype == np.float16
    np.testing.assert_allclose(half, whole, rtol=1e-3)


def test_values_too_large_for_half_precision_stay_finite(images):
    features = extract_features(images, tiny_backbone(1e9), dtype="float16")
    assert np.isfinite(features.matrix).all()


def test_an_unreadable_image_stops_the_work_and_is_named(images, backbone):
    with pytest.raises(UnreadableImageError, match=r"Image 1 .*on_error"):
        extract_features([images[0], b"x", images[1]], backbone)


def test_unreadable_images_can_be_left_out_and_are_listed(images, backbone):
    features = extract_features(
        [None, images[0], b"x", images[1]], backbone, on_error="skip"
    )
    assert features.positions.tolist() == [1, 3]
    assert list(features.unreadable) == [0, 2]
    assert features.matrix.shape == (2, 3)
    assert "2 unreadable" in repr(features)


def test_nothing_but_unreadable_images_is_an_error(backbone):
    with pytest.raises(UnreadableImageError, match="None of the 2"):
        extract_features([None, b"x"], backbone, on_error="skip")
    with pytest.raises(ValueError, match="no images"):
        extract_features([], backbone)


@pytest.mark.parametrize(
    "setting",
    [
        {"pooling": "max"},
        {"fit": "crop"},
        {"dtype": "int8"},
        {"batch_size": 0},
        {"on_error": "ignore"},
    ],
    ids=str,
)
def test_unknown_settings_are_refused(images, backbone, setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        extract_features(images, backbone, **setting)


def test_a_column_of_equal_numbers_is_zero_when_standardised():
    matrix = np.float32([[0.1, 1], [0.1, 2], [0.1, 6]])
    result = standardised(matrix)
    assert result[:, 0].tolist() == [0, 0, 0]
    assert result[:, 1].std() == pytest.approx(1)


def test_standardising_half_precision_does_not_overflow():
    assert np.isfinite(standardised(np.float16([[6e4], [-6e4], [0]]))).all()


# The cache


def test_what_is_in_the_cache_is_not_computed_again(images, tmp_path):
    first = extract_features(images, tiny_backbone(), cache=tmp_path)
    again = tiny_backbone()
    second = extract_features(images[::-1], again, cache=tmp_path)
    assert (first.n_from_cache, second.n_from_cache) == (0, 5)
    assert again.model.batch_sizes == []
    np.testing.assert_array_equal(second.matrix[::-1], first.matrix)


@pytest.mark.parametrize(
    "changed",
    [{"pooling": "flatten"}, {"fit": "squash"}, {"dtype": "float16"}, {"weight": 2.0}],
    ids=str,
)
def test_another_network_or_preparation_has_a_cache_of_its_own(
    images, tmp_path, changed
):
    extract_features(images, tiny_backbone(), cache=tmp_path)
    other = tiny_backbone(changed.pop("weight", 1.0))
    assert extract_features(images, other, cache=tmp_path, **changed).n_from_cache == 0


def test_damaged_files_of_the_cache_are_computed_again(images, backbone, tmp_path):
    whole = extract_features(images, backbone, cache=tmp_path)
    files = sorted(tmp_path.rglob("*.npz"))
    assert len(files) == len(images)
    files[0].write_bytes(b"")
    files[1].write_bytes(files[1].read_bytes()[:-40])
    np.savez(files[2], features=np.zeros(7, np.float32))
    np.savez(files[3], features=np.full(3, np.nan, np.float32))
    np.savez(files[4], other=np.zeros(3, np.float32))
    mended = extract_features(images, backbone, cache=tmp_path)
    assert mended.n_from_cache == 0
    np.testing.assert_array_equal(mended.matrix, whole.matrix)
    assert extract_features(images, backbone, cache=tmp_path).n_from_cache == 5


def test_a_pickle_in_the_cache_is_not_opened(images, backbone, tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "was_here"),)

    extract_features(images[:1], backbone, cache=tmp_path)
    (file,) = tmp_path.rglob("*.npz")
    np.savez(file, features=np.array([Evil()], dtype=object))
    assert extract_features(images[:1], backbone, cache=tmp_path).n_from_cache == 0
    assert not (tmp_path / "was_here").exists()


def test_what_was_done_before_a_failure_is_kept(images, backbone, tmp_path):
    with pytest.raises(UnreadableImageError):
        extract_features([*images, b"x"], backbone, cache=tmp_path, batch_size=2)
    mended = extract_features(images, backbone, cache=tmp_path)
    assert mended.n_from_cache == 4
    assert not list(tmp_path.rglob("*.part"))


def test_images_are_known_by_their_content_and_not_by_their_name(backbone, tmp_path):
    content = encoded(plain(RED))
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(content)
    images = [tmp_path / "a.png", plain(RED), plain(RED, (2, 6)), palette("P")]
    extract_features(images, backbone, cache=tmp_path / "cache")
    again = [tmp_path / "b.png", content, plain(RED), palette("P")]
    known = extract_features(again, backbone, cache=tmp_path / "cache")
    assert known.n_from_cache == 4
    others = [plain(GREEN), plain(RED, (6, 2)), palette("P", transparency=1)]
    new = extract_features(others, backbone, cache=tmp_path / "cache")
    assert new.n_from_cache == 0
