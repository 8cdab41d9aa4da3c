import sys
import tomllib
from pathlib import Path

import pytest

from recsys_helpers import extras
from recsys_helpers.extras import EXTRAS, has_extra, require

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("extra", EXTRAS)
def test_what_this_machine_has_is_found_without_a_word(extra, capsys):
    if extra in ("spark", "workers"):  # no student has them
        pytest.importorskip(EXTRAS[extra][0])
    assert has_extra(extra)
    assert capsys.readouterr().out == ""


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch, capsys
):
    monkeypatch.setitem(extras.EXTRAS, "engines", ("json", "no_such_engine"))
    assert not has_extra("engines")
    said = capsys.readouterr().out
    assert "no_such_engine" in said
    assert "json" not in said
    assert 'pip install ".[engines]"' in said


def test_an_extra_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="engines, serve, spark"):
        has_extra("sparkle")


def test_what_is_required_is_imported_or_named_with_the_command_that_installs_it(
    monkeypatch,
):
    assert require("json.decoder", "engines").JSONDecoder
    monkeypatch.setitem(sys.modules, "voyager", None)
    command = r'package voyager.*\n.*pip install "\.\[engines\]"'
    with pytest.raises(ImportError, match=command):
        require("voyager", "engines")


@pytest.mark.parametrize("extra", EXTRAS)
def test_each_extra_is_one_of_the_project_and_brings_these_packages(extra):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = " ".join(project["project"]["optional-dependencies"][extra])
    assert all(name in wanted for name in EXTRAS[extra])
