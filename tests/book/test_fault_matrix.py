"""Every input and every way to fail: a test, or a reason why it cannot happen."""

import fault_matrix
from fault_matrix import CANNOT, FAULTS, Shown, fill, marked_tests, page, problems


def test_every_fault_of_every_input_has_a_test_or_a_reason():
    assert problems(marked_tests()) == []


def test_a_missing_test_and_a_needless_reason_are_noticed():
    tests = marked_tests()
    first = tests[0]
    without = [test for test in tests if test[:2] != first[:2]]
    assert problems(without) == [
        f"{first.source}: {first.fault} needs a test or a reason, not both"
    ]
    source, fault = next((s, next(iter(reasons))) for s, reasons in CANNOT.items())
    assert len(problems([*tests, Shown(source, fault, "it fails", "f.py")])) == 1
    assert "is no input" in problems([*tests, Shown("The moon", "empty", "a", "b")])[0]


def test_marks_are_read_without_running_the_tests(tmp_path):
    (tmp_path / "test_a.py").write_text(
        "import nowhere\n"
        '@pytest.mark.fault("TMDB", "empty")\n'
        '@pytest.mark.fault("TMDB", "refused")\n'
        "def test_nothing_is_told(): ...\n"
        "def test_of_something_else(): ...\n"
    )
    assert marked_tests(tmp_path) == [
        Shown("TMDB", "empty", "nothing is told", "test_a.py"),
        Shown("TMDB", "refused", "nothing is told", "test_a.py"),
    ]


def test_the_page_has_a_section_an_input_and_a_row_a_fault():
    text = page(marked_tests())
    for source in CANNOT:
        rows = text.split(f"## {source}\n")[1].split("\n## ")[0].splitlines()
        assert [row for row in rows if row.startswith("| ")][1:] != []
        assert sum(row.startswith("| ") for row in rows) == len(FAULTS) + 1
    assert "A cut download is resumed where it stopped." in text


def test_only_a_page_with_the_line_is_filled():
    asked, other = [f"# A\n\n{fault_matrix.MARK}"], ["# B\n"]
    fill(None, "book/when_things_fail", asked)
    fill(None, "book/glossary", other)
    assert "## TMDB" in asked[0]
    assert other == ["# B\n"]
