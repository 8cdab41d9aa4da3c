"""Files of the live page: named by their content, safe to load, and all there."""

import hashlib
from dataclasses import replace

import pytest
from live_data import LiveData, read_script

from recsys_helpers.live import export
from recsys_helpers.live.export import PARTS, export_live, script_of

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "\"Quotes\" & 'Apostrophes' (1990)",
    "Ends a line \u2028 and a paragraph \u2029 (1991)",
    "\U0001f984 and \u202e\u05d0\u05d1\u05d2 (1992)",
    "${alert(1)} `{{ title }}` \\u003c | (1993)",
    "Half a pair \ud83e (1994)",
]


@pytest.fixture
def quick_parts(monkeypatch):
    """Without the parts that take seconds."""
    for name in ("tastes", "map"):
        monkeypatch.setitem(export.PARTS, name, lambda methods: {"n": 1})


@pytest.fixture
def hostile(live_methods):
    """The methods, with titles that want to be markup on the most rated films."""
    movies = live_methods.data.movies.set_index("movie_id")
    titles = movies["title"].to_dict()
    titles |= dict(zip(live_methods.movie_ids, HOSTILE, strict=False))
    movies = movies.assign(title=[titles[movie] for movie in movies.index])
    data = replace(live_methods.data, movies=movies.reset_index())
    return replace(live_methods, data=data)


def files_in(folder):
    return {path.name for path in (folder / "static" / "live-data").iterdir()}


def test_a_file_is_named_by_its_content(live_folder):
    _, manifest = read_script(live_folder / "static" / "live-data" / "manifest.js")
    for part, name in manifest["files"].items():
        content = (live_folder / "static" / "live-data" / name).read_bytes()
        assert name == f"{part}.{hashlib.sha256(content).hexdigest()[:12]}.js"


def test_the_manifest_says_what_there_is(live_folder, live_methods):
    part, manifest = read_script(live_folder / "static" / "live-data" / "manifest.js")
    assert (part, manifest["edition"], manifest["n"]) == ("manifest", "sample", 400)
    assert list(manifest["files"]) == list(PARTS)
    assert files_in(live_folder) == {"manifest.js", *manifest["files"].values()}


def test_every_part_hands_itself_to_the_page(live):
    assert len(live.catalogue["titles"]) == live.n


@pytest.mark.usefixtures("quick_parts")
def test_files_of_an_earlier_version_are_removed_and_no_others(live_methods, tmp_path):
    folder = tmp_path / "static" / "live-data"
    folder.mkdir(parents=True)
    for name in ("tastes.0123456789ab.js", "notes.txt", "tastes.old.js"):
        (folder / name).touch()
    written = export_live(live_methods, tmp_path)
    new = {path.name for name, path in written.items() if name != "table"}
    assert files_in(tmp_path) == new | {"notes.txt", "tastes.old.js"}


@pytest.mark.usefixtures("quick_parts")
def test_the_same_methods_give_the_same_files(live_methods, tmp_path):
    first = export_live(live_methods, tmp_path / "a")
    second = export_live(live_methods, tmp_path / "b")
    for name, path in first.items():
        assert second[name].read_bytes() == path.read_bytes()


@pytest.mark.usefixtures("quick_parts")
def test_the_manifest_is_written_after_what_it_names(
    live_methods, tmp_path, monkeypatch
):
    order = []
    monkeypatch.setattr(export, "write_whole", lambda path, _: order.append(path.name))
    (tmp_path / "static" / "live-data").mkdir(parents=True)
    export_live(live_methods, tmp_path)
    assert order[-1] == "manifest.js"


def test_a_folder_that_is_a_file_is_refused(live_methods, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="file"):
        export_live(live_methods, tmp_path / "file")


# --- titles are text ----------------------------------------------------------------


@pytest.mark.usefixtures("quick_parts")
def test_no_title_is_markup_in_the_data(hostile, tmp_path):
    written = export_live(hostile, tmp_path)
    for name, path in written.items():
        if name != "table":
            text = path.read_text(encoding="utf-8")
            assert not {"<", "\u2028", "\u2029"} & set(text)


@pytest.mark.usefixtures("quick_parts")
def test_every_title_comes_back_as_it_was(hostile, tmp_path):
    live = LiveData.read(export_live(hostile, tmp_path)["manifest"].parent)
    assert live.catalogue["titles"][0] == HOSTILE[0]
    assert live.catalogue["titles"][1] == HOSTILE[1]
    assert live.catalogue["titles"][7] == "Half a pair \ud83e"


@pytest.mark.usefixtures("quick_parts")
def test_no_title_is_markup_in_the_table(hostile, tmp_path):
    text = export_live(hostile, tmp_path)["table"].read_text(encoding="utf-8")
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert not any(tag in text for tag in ("<img", "<script", "<!--"))


def test_a_number_that_is_none_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        script_of("map", {"x": float("nan")})


def test_the_content_of_a_script_is_json(tmp_path):
    content = {"titles": HOSTILE, "n": 3}
    (tmp_path / "a.js").write_bytes(script_of("catalogue", content))
    assert read_script(tmp_path / "a.js") == ("catalogue", content)


# --- the command --------------------------------------------------------------------


def test_the_command_says_how_large_the_files_are(
    live_methods, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(export, "fit_live_methods", lambda data, n: live_methods)
    monkeypatch.setattr(export, "PARTS", {"map": lambda methods: {}})
    assert export.main(["--edition", "sample", "--out", str(tmp_path)]) == 0
    assert "manifest.js" in capsys.readouterr().out


def test_the_command_says_what_it_cannot_do(
    live_methods, tmp_path, monkeypatch, capsys
):
    options = ["--edition", "sample", "--out", str(tmp_path / "file")]
    assert export.main([*options, "--films", "9"]) == 2
    assert "n_films" in capsys.readouterr().err
    monkeypatch.setattr(export, "fit_live_methods", lambda data, n: live_methods)
    (tmp_path / "file").touch()
    assert export.main(options) == 2
    assert "folder" in capsys.readouterr().err
