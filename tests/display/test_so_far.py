"""The table of results grows, and has the values of the results file."""

from itertools import pairwise

import pytest

from recsys_helpers.display.so_far import results_so_far
from recsys_helpers.results import published_results


def test_the_table_of_results_grows_from_chapter_to_chapter_and_marks_the_new():
    chapters = [
        "baselines",
        "neighbours",
        "ALS",
        "Keras",
        "towers",
        "entities",
        "posters",
    ]
    texts = [results_so_far(chapter).text for chapter in chapters]
    assert all(len(a.splitlines()) < len(b.splitlines()) for a, b in pairwise(texts))
    marked = [row.split()[0] for row in texts[2].splitlines() if "  new  " in row]
    assert marked == ["ALS"]


def test_the_table_of_results_has_the_values_of_the_results_file():
    results = published_results("five_methods")
    results = results[results["seed"].isna() & (results["split"] == "user temporal")]
    of_als = results[(results["method"] == "ALS") & (results["metric"] == "ndcg@10")]
    assert f"{of_als['value'].item():.3f}" in results_so_far("ALS").text


def test_results_so_far_names_the_chapters_that_there_are():
    with pytest.raises(ValueError, match="baselines, neighbours, ALS"):
        results_so_far("chapter 4")
