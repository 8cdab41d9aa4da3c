"""The README's table of methods is what the results file says."""

import pandas as pd
import pytest
import readme_table
from readme_table import END, METRICS, ROWS, START, main, methods_table, with_table


@pytest.fixture
def results():
    """Give every method a value of every metric, but one."""
    rows = [
        {"method": method, "metric": metric, "value": 0.25}
        for method, *_ in ROWS
        for metric in METRICS
        if (method, metric) != ("posters", "rmse")
    ]
    return pd.DataFrame(rows)


def test_the_readme_is_up_to_date():
    assert main(["--check"]) is None


def test_a_stale_readme_is_noticed_and_mended(tmp_path, monkeypatch):
    stale = tmp_path / "README.md"
    stale.write_text(f"# Title\n{START}\nold\n{END}\nend\n", encoding="utf-8")
    monkeypatch.setattr(readme_table, "README", stale)
    assert "readme_table.py" in main(["--check"])
    assert "old" in stale.read_text(encoding="utf-8")
    assert main([]) is None
    assert main(["--check"]) is None
    text = stale.read_text(encoding="utf-8")
    assert text.startswith("# Title\n")
    assert text.endswith("\nend\n")


def test_a_row_has_the_numbers_of_its_method(results):
    lines = methods_table(results).splitlines()
    assert len(lines) == 2 + len(ROWS)
    posters = next(line for line in lines if "| Posters |" in line)
    assert posters.endswith("| - | 0.250 | 0.250 | 0.2 |")


def test_a_method_without_results_is_an_error(results):
    with pytest.raises(KeyError, match="ALS"):
        methods_table(results[results["method"] != "ALS"])


@pytest.mark.parametrize("text", ["no marks", f"{START} only", f"{END} {START}"])
def test_a_text_without_the_marks_is_an_error(text):
    with pytest.raises(ValueError, match="needs the marks"):
        with_table(text, "table")
