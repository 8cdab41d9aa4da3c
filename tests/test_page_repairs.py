"""What is mended on a page as it is written."""

from types import SimpleNamespace

import pytest
from page_repairs import let_images_wait, size_of
from PIL import Image


@pytest.fixture
def app(tmp_path):
    """Pretend to be Sphinx with two images, one of pixels and one drawn."""
    (tmp_path / "made").mkdir()
    Image.new("RGB", (70, 30)).save(tmp_path / "made" / "figure.png")
    (tmp_path / "made" / "logo.svg").write_text("<svg></svg>")
    images = {"made/figure.png": "abc.png", "made/logo.svg": "logo.svg"}
    return SimpleNamespace(srcdir=tmp_path, builder=SimpleNamespace(images=images))


def mended(app, body: str) -> str:
    context = {"body": body}
    let_images_wait(app, "page", "page.html", context, None)
    return context["body"]


def test_a_figure_waits_in_a_space_of_its_size(app):
    html = mended(app, '<p><img alt="A line" src="../_images/abc.png" /></p>')
    assert html == (
        '<p><img loading="lazy" decoding="async" width="70" height="30" '
        'alt="A line" src="../_images/abc.png" /></p>'
    )


@pytest.mark.parametrize(
    "image",
    [
        '<img alt="" src="../_images/logo.svg" />',
        '<img alt="" src="../_images/abc.png" style="width: 50%;" />',
        '<img alt="" src="../_images/gone.png" />',
    ],
)
def test_a_size_that_is_unknown_or_given_is_not_written(app, image):
    html = mended(app, image)
    assert 'loading="lazy"' in html
    assert "height=" not in html


def test_other_images_stay_as_they_are(app):
    image = '<img alt="" src="data:image/png;base64,AAAA" />'
    assert mended(app, image) == image


def test_a_page_without_a_body_is_left_alone(app):
    context = {}
    let_images_wait(app, "search", "search.html", context, None)
    assert context == {}


def test_what_is_no_image_has_no_size(tmp_path):
    assert size_of(tmp_path / "nothing.png") is None
