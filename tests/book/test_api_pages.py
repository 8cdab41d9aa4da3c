"""The reference pages describe what chapters import, in the modules' own words."""

from collections import Counter, namedtuple
from types import SimpleNamespace

from api_pages import (
    ROOT,
    chapters_of,
    described,
    fill,
    first_line,
    imported_modules,
    keep_together,
    path_of,
    says_nothing,
    table,
)


def test_what_chapters_import_is_described_once():
    notebooks = (ROOT / "notebooks").rglob("*.py")
    imported = set().union(*(imported_modules(path.read_text()) for path in notebooks))
    modules = {name for name in imported if path_of(name).exists()}
    assert {"metrics", "methods.als", "datasets"} <= modules <= set(described())
    assert max(Counter(described()).values()) == 1


def test_private_modules_are_described_nowhere():
    assert not [name for name in described() if "._" in f".{name}"]


def test_every_page_is_in_the_contents():
    contents = (ROOT / "book" / "_toc.yml").read_text()
    for page in (ROOT / "book" / "api").glob("*.md"):
        assert f"file: book/api/{page.stem}\n" in contents


def test_every_module_says_in_one_line_what_it_is_for():
    for name in described():
        assert first_line(name).endswith("."), name


def test_modules_are_found_by_their_place_in_the_package(tmp_path):
    (tmp_path / "methods").mkdir()
    for file in ("splits", "methods/__init__"):
        (tmp_path / f"{file}.py").write_text('"""One line.\n\nMore."""\n')
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


def test_the_page_with_the_table_is_read_again_when_a_name_in_it_changes():
    page, noted = ["% api-table\n"], set()
    app = SimpleNamespace(env=SimpleNamespace(note_dependency=noted.add))
    fill(app, "book/api/overview", page)
    assert page[0].startswith("| Module |")
    chapter = next((ROOT / "notebooks").glob("01*.py"))
    assert {str(chapter), str(path_of("methods")), str(path_of("metrics"))} <= noted


def test_what_libraries_write_is_left_out_and_the_rest_stays():
    pair = namedtuple("pair", "a")
    assert says_nothing(None, "class", "a", pair.a, False, None)
    assert says_nothing(None, "class", "model_config", {}, False, None)
    assert says_nothing(None, "class", "table", table, False, None) is None


def test_attributes_that_share_a_line_are_not_taken_for_a_type():
    lines = ["one_, other_ : array, shape (n, k)", "n, k : int", "    Of one_, other_."]
    keep_together(None, "class", "A", None, None, lines)
    assert lines[0] == "one_,other_ : array, shape (n, k)"
    assert lines[1:] == ["n, k : int", "    Of one_, other_."]
