"""What is mended on a page as it is written."""

from types import SimpleNamespace

import numpy as np
import pytest
from docutils.core import publish_doctree
from page_repairs import (
    LONGEST_DESCRIPTION,
    UNSEEN,
    describe,
    leave_out_scripts,
    let_images_wait,
    size_of,
    slim,
    slim_images,
)
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


def figure_of(n_colours: int, side: int = 300) -> Image.Image:
    """Make an image of noise in so many greys, which no packing makes small."""
    noise = np.random.default_rng(0).integers(n_colours, size=(side, side))
    grey = (noise * (255 // n_colours)).astype(np.uint8)
    return Image.fromarray(grey).convert("RGBA")


def test_a_figure_with_few_colours_gets_a_palette_and_looks_the_same(tmp_path):
    path = tmp_path / "figure.png"
    figure_of(16).save(path)
    before, size = np.asarray(Image.open(path).convert("RGB")), path.stat().st_size
    slim(path)
    with Image.open(path) as after:
        assert after.mode == "P"
        assert (
            np.abs(np.int16(before) - np.asarray(after.convert("RGB"))).mean() < UNSEEN
        )
    assert path.stat().st_size < size
    assert [file.name for file in tmp_path.iterdir()] == ["figure.png"]
    once = path.read_bytes()
    slim(path)
    assert path.read_bytes() == once


def test_a_picture_that_would_look_different_is_left_alone(tmp_path):
    path = tmp_path / "photograph.png"
    noise = np.random.default_rng(0).integers(256, size=(300, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    before = path.read_bytes()
    slim(path)
    assert path.read_bytes() == before


def test_only_large_images_of_a_good_build_are_touched(tmp_path):
    (tmp_path / "_images").mkdir()
    small, large = (tmp_path / "_images" / f"{name}.png" for name in ("small", "large"))
    figure_of(16, side=20).save(small)
    figure_of(16, side=500).save(large)
    before = {path: path.read_bytes() for path in (small, large)}
    builder = SimpleNamespace(format="html", imagedir="_images")
    app = SimpleNamespace(outdir=tmp_path, builder=builder)
    slim_images(app, RuntimeError("a page failed"))
    assert large.read_bytes() == before[large]
    slim_images(app, None)
    assert small.read_bytes() == before[small]
    assert len(large.read_bytes()) < len(before[large])


def described(text: str) -> str:
    context = {"metatags": "<meta />"}
    describe(None, "page", "page.html", context, publish_doctree(text))
    return context["metatags"]


def test_a_page_is_described_by_its_first_paragraph():
    text = "Title\n=====\n\n.. note:: You will learn a lot of things here.\n\n"
    html = described(f'{text}Short one.\n\nWhat do "likes" & stars have to say?\n')
    assert html == (
        '<meta />\n<meta name="description" '
        'content="What do &quot;likes&quot; &amp; stars have to say?" />'
    )


def test_a_long_description_is_cut_after_a_word():
    html = described("word " * 100)
    content = html.split('content="')[1].split('"')[0]
    assert content.endswith("word ...")
    assert LONGEST_DESCRIPTION - 10 < len(content) <= LONGEST_DESCRIPTION


def test_a_page_without_text_has_no_description():
    assert described("Title\n=====\n") == "<meta />"


def script(filename, body=None):
    return SimpleNamespace(filename=filename, attributes={"body": body})


def scripts_kept(scripts: list, body: str) -> list:
    context = {"script_files": list(scripts), "body": body}
    leave_out_scripts(None, "page", "page.html", context, None)
    return context["script_files"]


def test_the_scripts_of_thebe_are_left_out():
    ours = script("quiz.js")
    thebe = [script(None, 'const THEBE_JS_URL = "x"'), script("sphinx-thebe.js")]
    assert scripts_kept([thebe[0], ours, *thebe, "plain.js"], "") == [ours, "plain.js"]


@pytest.mark.parametrize(
    ("body", "loaded"),
    [
        ("<p>Plain (text).</p>", False),
        (r'<span class="math">\(x\)</span>', True),
        (r'<div class="math">\[x\]</div>', True),
    ],
)
def test_mathjax_is_loaded_where_there_is_a_formula(body, loaded):
    mathjax = script("_static/mathjax/tex-svg.js")
    assert scripts_kept([mathjax], body) == ([mathjax] if loaded else [])
