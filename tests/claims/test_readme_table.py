"""The README's table of methods is what the results file says."""

from itertools import combinations

import pandas as pd
import pytest
import readme_table
from readme_table import COLUMNS, ROWS, chapters_table, main, methods_table, with_table

METHODS = "<!-- methods: from a file -->\nold\n<!-- end of methods -->\n"
CHAPTERS = "<!-- chapters: from titles -->\n<!-- end of chapters -->\n"


@pytest.fixture
def results():
    """Give every method a value of every column, but one; EASE is ahead of all."""
    methods = [method for method, *_ in ROWS]
    asked = [tuple(of) for _, *of in COLUMNS]
    rows = [
        {"method": method, "split": split, "metric": metric, "value": 0.25}
        for method in methods
        for split, metric in [*asked, ("user temporal", "fit_cpu_s")]
        if (method, metric) != ("posters", "rmse")
    ]
    rows += [
        {
            "method": f"{a} - {b}",
            "split": split,
            "metric": "paired difference of "
            + ("squared error" if metric == "rmse" else metric),
            "value": (a == "EASE") - (b == "EASE") * 1.0,
        }
        for a, b in combinations(methods, 2)
        for split, metric in asked
    ]
    results = pd.DataFrame(rows).assign(seed=None)
    of_ease = (results["method"] == "EASE") & (results["metric"] == "ndcg@10")
    results.loc[of_ease, "value"] = 0.5
    return results.assign(low=results["value"] - 0.1, high=results["value"] + 0.1)


def test_the_readme_is_up_to_date():
    assert main(["--check"]) is None


def test_a_stale_readme_is_noticed_and_mended(tmp_path, monkeypatch):
    stale = tmp_path / "README.md"
    stale.write_text(f"# Title\n{METHODS}{CHAPTERS}end\n", encoding="utf-8")
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
    assert posters.endswith("| - | 0.250 | 0.250 | 0.250 | 0.250 | 0.2 |")


def test_the_best_is_bold_and_what_is_not_surely_behind_is_in_italics(results):
    a, b = "EASE", "ALS"
    near = results["method"].isin([f"{a} - {b}", f"{b} - {a}"])
    results.loc[near & (results["split"] == "random"), "low"] = -9.0
    lines = methods_table(results).splitlines()
    ease = next(line for line in lines if "| EASE |" in line)
    als = next(line for line in lines if "| ALS |" in line)
    assert ease.count("**0.500**") == 4
    assert als.split(" | ")[4:6] == ["0.250", "*0.250*"]


def test_a_method_without_results_is_an_error(results):
    with pytest.raises(KeyError, match="ALS"):
        methods_table(results[results["method"] != "ALS"])


def test_a_chapter_has_its_number_and_title(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "03_als.py").write_text("# # 3 · ALS: why?\n")
    row = chapters_table(tmp_path).splitlines()[-1]
    assert row == "| [3](notebooks/03_als.ipynb) | ALS: why? |"


@pytest.mark.parametrize("text", ["no marks", METHODS[:30], CHAPTERS])
def test_a_text_without_the_marks_is_an_error(text):
    with pytest.raises(ValueError, match="needs the marks"):
        with_table(text, "methods", "table")
