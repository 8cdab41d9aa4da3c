"""What a program needs is found in its text: modules, and files that it names."""

from pathlib import Path

import pytest
from imports import Imports, imported_names

ROOT = Path(__file__).resolve().parents[2]

FILES = {
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["tests", "tools"]\n',
    "recsys_helpers/__init__.py": "",
    "recsys_helpers/results.py": "",
    "recsys_helpers/metrics.py": "import numpy as np\n",
    "recsys_helpers/methods/__init__.py": "from ._base import f\n",
    "recsys_helpers/methods/_base.py": "def f():\n    from .. import metrics\n",
    "recsys_helpers/methods/als.py": "from ._base import f\n",
    "recsys_helpers/methods/ease.py": "",
    "recsys_helpers/serving/__init__.py": "",
    "recsys_helpers/serving/__main__.py": "from recsys_helpers.methods import ease\n",
    "tools/build_site.py": "import run_chapters\n",
    "tools/run_chapters.py": "",
    "tests/conftest.py": "",
    "tests/live/conftest.py": "import build_site\n",
    "tests/live/helper.py": "",
    "benchmarks/speed.py": "",
    "benchmarks/results/speed.json": "[]",
    "benchmarks/vectors/posters.npz": "",
    "book/_toc.yml": "",
    "_build/recsys_helpers/metrics.py": "",
    "venv/pyvenv.cfg": "",
    "venv/lib/_toc.yml": "",
}


@pytest.fixture
def needed(tmp_path):
    """Write the files of FILES, and one more; name what that one needs."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def needed(code: str, name: str = "notebooks/01.py") -> set[str]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(code)
        found = {file.relative_to(tmp_path) for file in Imports(tmp_path).closure(path)}
        return {file.as_posix().removeprefix("recsys_helpers/") for file in found} - {
            "__init__.py",
            name,
        }

    return needed


METHODS = {"methods/__init__.py", "methods/_base.py", "metrics.py"}
SERVING = {"serving/__init__.py", "serving/__main__.py", "methods/ease.py", *METHODS}


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("import numpy", set()),
        ("import recsys_helpers.metrics", {"metrics.py"}),
        ("from recsys_helpers import metrics as m", {"metrics.py"}),
        ("from recsys_helpers.metrics import mae", {"metrics.py"}),
        ("def f():\n    import recsys_helpers.metrics", {"metrics.py"}),
        ("import_module('recsys_helpers.metrics')", {"metrics.py"}),
        ("from recsys_helpers.methods import f", METHODS),
        ("from recsys_helpers.methods.als import Als", {"methods/als.py", *METHODS}),
        ("run(['python', '-m', 'recsys_helpers.serving'])", SERVING),
        ("if TYPE_CHECKING:\n    import recsys_helpers.metrics", set()),
        (
            "if TYPE_CHECKING:\n    import a\nelse:\n    import recsys_helpers.metrics",
            {"metrics.py"},
        ),
        ("import build_site", {"tools/build_site.py", "tools/run_chapters.py"}),
        ("import tools.run_chapters", {"tools/run_chapters.py"}),
    ],
)
def test_what_is_imported_is_found_in_all_its_forms(needed, code, files):
    assert needed(code) == files


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("open('_toc.yml')", {"book/_toc.yml"}),
        ("open('vectors/posters.npz')", {"benchmarks/vectors/posters.npz"}),
        ("open('other/posters.npz')", set()),
        ("'speed'", set()),
        (
            "from recsys_helpers.results import published_results as p\np('speed')",
            {"results.py", "benchmarks/results/speed.json"},
        ),
        (
            "from recsys_helpers import results\nresults.published('posters')",
            {"results.py", "benchmarks/vectors/posters.npz"},
        ),
    ],
)
def test_files_that_are_named_are_found(needed, code, files):
    assert needed(code) == files


def test_a_test_needs_the_conftests_of_its_folders_and_what_they_need(needed):
    found = needed("speed = measured_quickly('speed')", "tests/live/test_export.py")
    assert found == {
        *("tests/conftest.py", "tests/live/conftest.py"),
        *("tools/build_site.py", "tools/run_chapters.py"),
        *("benchmarks/speed.py", "benchmarks/results/speed.json"),
    }


def test_imports_that_go_round_in_a_circle_come_to_an_end(tmp_path):
    for one, other in ("ab", "ba"):
        (tmp_path / f"{one}.py").write_text(f"import {other}\n")
    closure = Imports(tmp_path).closure(tmp_path / "a.py")
    assert closure == {tmp_path / "a.py", tmp_path / "b.py"}


def test_names_are_those_of_modules_and_of_what_is_taken_from_them():
    code = "import numpy as np\nfrom a.b import c\nfrom .d import e\nfrom . import f\n"
    assert imported_names(code) == {"numpy", "a.b", "a.b.c", ".d", ".d.e", ".", ".f"}


@pytest.fixture(scope="module")
def chapters():
    """What each chapter of the course needs, by its name without a number."""
    imports = Imports(ROOT)
    sources = sorted((ROOT / "notebooks").glob("[0-9]*.py"))
    return {path.stem[3:]: imports.closure(path) for path in sources}


@pytest.mark.parametrize(
    ("file", "those"),
    [
        ("recsys_helpers/posters/_motifs.py", {"posters"}),
        ("recsys_helpers/large/out_of_core.py", {"when_one_machine_is_not_enough"}),
        ("recsys_helpers/serving/ranking.py", {"in_production"}),
        ("benchmarks/results/tower_newcomers.json", {"two_towers"}),
    ],
)
def test_a_change_concerns_the_chapters_that_use_it(chapters, file, those):
    concerned = {name for name, files in chapters.items() if ROOT / file in files}
    assert concerned == those


@pytest.mark.parametrize(
    ("page", "file"),
    [
        ("welcome", "recsys_helpers/interactions.py"),
        ("data_and_licences", "benchmarks/results/prepare_32m.json"),
    ],
)
def test_pages_in_markdown_need_what_their_cells_do(page, file):
    assert ROOT / file in Imports(ROOT).closure(ROOT / "book" / f"{page}.md")
