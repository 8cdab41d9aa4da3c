"""What two builds put out is compared cell by cell."""

import nbformat
import pytest
from compare_builds import Difference, compare, main, outputs_of
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

SAYS = "print('nDCG@10', score)"
TIMES = "print('fitted in', seconds)"


def build(folder, said: str, timed: str, figure: str = "AAAA", code: str = SAYS):
    """Make a build of one chapter that says one thing and times another."""
    new_output = nbformat.v4.new_output
    cells = [
        nbformat.v4.new_markdown_cell("# A chapter"),
        nbformat.v4.new_code_cell(code, outputs=[new_output("stream", text=said)]),
        nbformat.v4.new_code_cell(TIMES, outputs=[new_output("stream", text=timed)]),
        nbformat.v4.new_code_cell(
            "plot()", outputs=[new_output("display_data", {"image/png": figure})]
        ),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    cache = get_cache(str(folder / ".jupyter_cache"))
    bundle = CacheBundleIn(notebook, str(folder / "01_chapter.ipynb"))
    cache.cache_notebook_bundle(bundle, check_validity=False)
    return folder


def found(before, after) -> list[Difference]:
    """Compare the one chapter of two builds."""
    notebooks = [outputs_of(build)["01_chapter"] for build in (before, after)]
    return compare("01_chapter", *notebooks)


@pytest.fixture
def before(tmp_path):
    return build(tmp_path / "before", "nDCG@10 0.25\n", "fitted in 3.1 s\n")


def test_the_same_build_twice_has_no_difference(before, tmp_path, capsys):
    after = build(tmp_path / "after", "nDCG@10 0.25\n", "fitted in 3.1 s\n")
    assert found(before, after) == []
    assert main([str(before), str(after)]) == 0
    assert "3 code cells: 3 the same, 0 with other" in capsys.readouterr().out


def test_another_time_is_shown_and_allowed(before, tmp_path, capsys):
    after = build(tmp_path / "after", "nDCG@10 0.25\n", "fitted in 2.9 s\n")
    assert main([str(before), str(after)]) == 0
    said = capsys.readouterr().out
    assert "01_chapter, code cell 2: measured anew" in said
    assert "- fitted in 3.1 s" in said


@pytest.mark.parametrize(
    "said", ["{} ns a film", "one at a time: {} times the CPU time", "{} times as long"]
)
def test_a_time_is_known_in_other_words_too(said):
    lines = [f"{sign} {said.format(n)}" for sign, n in (("-", 5.3), ("+", 6.7))]
    assert Difference("08_posters", 1, tuple(lines)).is_measured


def test_how_a_stream_was_cut_is_no_difference(before, tmp_path):
    after = build(tmp_path / "after", "\nnDCG@10 0.25\n\n", "fitted in 3.1 s\n")
    assert found(before, after) == []


def test_another_score_is_not_allowed(before, tmp_path, capsys):
    after = build(tmp_path / "after", "nDCG@10 0.26\n", "fitted in 3.1 s\n")
    assert found(before, after) == [
        Difference("01_chapter", 1, ("- nDCG@10 0.25", "+ nDCG@10 0.26")),
    ]
    assert main([str(before), str(after)]) == 1
    assert "code cell 1: DIFFERS" in capsys.readouterr().out


def test_another_figure_is_not_allowed(before, tmp_path):
    after = build(tmp_path / "after", "nDCG@10 0.25\n", "fitted in 3.1 s\n", "BBBB")
    assert main([str(before), str(after)]) == 1


def test_a_score_in_a_cell_that_also_times_is_not_excused(tmp_path):
    folders = [
        build(tmp_path / name, f"score {score}\nin {seconds} seconds\n", "")
        for name, score, seconds in (("before", 0.25, 3), ("after", 0.26, 4))
    ]
    [difference] = found(*folders)
    assert not difference.is_measured


def test_other_code_cannot_be_compared(before, tmp_path, capsys):
    after = build(tmp_path / "after", "nDCG@10 0.25\n", "", code="print(1)")
    assert main([str(before), str(after)]) == 2
    assert "01_chapter: the code of the two is not the same" in capsys.readouterr().err


def test_of_a_chapter_that_was_run_twice_the_last_one_counts(before, tmp_path):
    build(tmp_path / "before", "nDCG@10 0.30\n", "", code="print('another', score)")
    after = build(
        tmp_path / "after", "nDCG@10 0.30\n", "", code="print('another', score)"
    )
    assert main([str(before), str(after)]) == 0


def test_a_folder_without_a_build_is_named(before, tmp_path, capsys):
    assert main([str(before), str(tmp_path)]) == 2
    assert "Run make book first" in capsys.readouterr().err
