"""The reference pages describe what chapters import, in the modules' own words."""

from collections import Counter

from api_pages import (
    ROOT,
    chapters_of,
    described,
    fill,
    first_line,
    imported_modules,
    module_names,
    table,
)


def test_what_chapters_import_is_described_on_one_page():
    chapters = (ROOT / "notebooks").glob("[0-9]*.py")
    imported = set().union(*(imported_modules(c.read_text()) for c in chapters))
    pages = Counter(described())
    assert imported & set(module_names()) <= set(pages) <= set(module_names())
    assert set(pages.values()) == {1}


def test_every_page_is_in_the_contents():
    contents = (ROOT / "book" / "_toc.yml").read_text()
    for page in (ROOT / "book" / "api").glob("*.md"):
        assert f"file: book/api/{page.stem}\n" in contents


def test_every_module_on_a_page_says_in_one_line_what_it_is_for():
    for name in described():
        assert first_line(name).endswith("."), name


def test_modules_are_found_by_their_place_in_the_package(tmp_path):
    (tmp_path / "methods").mkdir()
    for file in ("__init__", "splits", "methods/__init__", "methods/__main__"):
        (tmp_path / f"{file}.py").write_text('"""One line.\n\nMore."""\n')
    assert module_names(tmp_path) == ["methods", "splits"]
    assert first_line("splits", tmp_path) == "One line."
    assert first_line("methods", tmp_path) == "One line."


def test_all_forms_of_an_import_are_seen():
    code = (
        "import numpy as np\n"
        "import recsys_helpers.plots\n"
        "from recsys_helpers import metrics\n"
        "from recsys_helpers.methods.als import ALS\n"
    )
    found = imported_modules(code)
    assert {"plots", "metrics", "methods.als"} <= found
    assert not {"numpy", "ALS"} & found


def test_a_module_knows_its_chapters(tmp_path):
    (tmp_path / "03_near.py").write_text("from recsys_helpers import metrics\n")
    (tmp_path / "10_large.py").write_text("from recsys_helpers.metrics import mae\n")
    chapters = chapters_of(["metrics", "splits"], tmp_path)
    assert chapters["metrics"] == ["/notebooks/03_near", "/notebooks/10_large"]
    assert chapters["splits"] == []
    last = table(["metrics"], tmp_path).splitlines()[-1]
    assert "{ref}`metrics <api-metrics>`" in last
    assert "{doc}`3 </notebooks/03_near>`, {doc}`10 </notebooks/10_large>`" in last


def test_only_reference_pages_are_filled():
    page, other = ["# A\n\n% api: splits\n"], ["% api: splits\n"]
    fill(None, "book/api/data", page)
    fill(None, "book/glossary", other)
    assert ".. automodule:: recsys_helpers.splits" in page[0]
    assert other == ["% api: splits\n"]
