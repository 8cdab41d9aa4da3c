"""Write the README's tables: of the methods, from results, and of the chapters.

python book/readme_table.py           # write them
python book/readme_table.py --check   # say whether they are up to date
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import pandas as pd

from recsys_helpers._files import write_whole
from recsys_helpers.comparison import leaders_of
from recsys_helpers.results import METHOD_NAMES, published_results

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
TITLE = re.compile(r"^# # \d+ · (.+)$", re.MULTILINE)
KERAS = "05_keras_collaborative_filtering"
# Method in the results file, its chapter (which has a title), what it learns from.
ROWS = [
    ("random choice", "02_is_it_any_good", "nothing"),
    ("popularity", "02_is_it_any_good", "how many like a movie"),
    ("bias model", "02_is_it_any_good", "how kind people are, how good movies"),
    ("neighbours, stars", "03_neighbours", "who rated alike"),
    ("neighbours, lists", "03_neighbours", "what is liked together"),
    ("EASE", "03_neighbours", "what is liked together"),
    ("ALS", "04_als", "hidden tastes behind the likes"),
    ("Keras factors, everything", KERAS, "stars, genres, years"),
    ("two towers, stars", "06_two_towers", "what is known of both sides"),
    ("two towers, lists", "06_two_towers", "what is known of both sides"),
    ("entities", "07_entity_embeddings", "the people and things a film links to"),
    ("posters", "08_posters", "how a drawn poster looks to a network"),
    ("BPR", "09_five_methods", "which of two movies somebody likes"),
    ("blend of stars", "09_five_methods", "several of the methods above"),
    ("blend of lists", "09_five_methods", "several of the methods above"),
]
# Heading, question (the split) and metric.
COLUMNS = [
    ("RMSE, last fifth", "user temporal", "rmse"),
    ("nDCG@10, last fifth", "user temporal", "ndcg@10"),
    ("at random", "random", "ndcg@10"),
    ("one moment", "one moment", "ndcg@10"),
    ("new movies", "cold-start movies", "ndcg@10"),
]


def methods_table(results: pd.DataFrame) -> str:
    """Write the table in Markdown; a dash where a method has no such value.

    The best of a column is bold, and what is not surely behind it is in italics.

    Raises
    ------
    KeyError
        If a method of `ROWS` is not among the results.
    """
    columns = {heading: _cells(results, *of) for heading, *of in COLUMNS}
    costs = _values(results, "user temporal", "fit_cpu_s")
    columns["fit, CPU s"] = costs.loc[[row[0] for row in ROWS]].map("{:.1f}".format)
    lines = [
        f"| Chapter | Method | It learns from | {' | '.join(columns)} |",
        f"|--:|---|---|{'--:|' * len(columns)}",
    ]
    for method, chapter, learns_from in ROWS:
        name = METHOD_NAMES.get(method, method)
        name = name[0].upper() + name[1:]
        cells = [column.get(method, "-") for column in columns.values()]
        lines.append(
            f"| {_link(chapter)} | {name} | {learns_from} | {' | '.join(cells)} |"
        )
    return "\n".join(lines)


def chapters_table(root: Path = ROOT) -> str:
    """Write the table of the chapters in Markdown: numbers that lead there, titles."""
    lines = ["| Chapter | |", "|--:|---|"]
    for path in sorted((root / "notebooks").glob("[0-9]*.py")):
        title = TITLE.search(path.read_text(encoding="utf-8"))
        lines.append(f"| {_link(path.stem)} | {title[1] if title else '?'} |")
    return "\n".join(lines)


def _link(chapter: str) -> str:
    """Write a chapter's number, which leads to it."""
    return f"[{int(chapter[:2])}](notebooks/{chapter}.ipynb)"


def _values(results: pd.DataFrame, question: str, metric: str) -> pd.Series:
    """Give the values of the methods of `ROWS`, over all seeds, NaN left out."""
    chosen = (results["split"] == question) & (results["metric"] == metric)
    chosen &= results["seed"].isna()
    values = results[chosen].set_index("method")["value"]
    return values.reindex([row[0] for row in ROWS]).dropna()


def _cells(results: pd.DataFrame, question: str, metric: str) -> pd.Series:
    """Write the values of a column, with the marks of the best."""
    values = _values(results, question, metric)
    best, *level = leaders_of(results, question, metric, list(values.index))
    cells = values.map("{:.3f}".format)
    cells[best] = f"**{cells[best]}**"
    cells[level] = [f"*{cell}*" for cell in cells[level]]
    return cells


def with_table(text: str, name: str, table: str) -> str:
    """Put a table between its two marks in a text.

    Raises
    ------
    ValueError
        If the text has not both marks, in this order.
    """
    start, end = rf"<!-- {name}: .*? -->\n", f"<!-- end of {name} -->"
    marks = re.compile(f"({start}).*?({end})", re.DOTALL)
    if not marks.search(text):
        raise ValueError(f"The text needs the marks {start} and {end}, in this order.")
    return marks.sub(lambda found: f"{found[1]}{table}\n{found[2]}", text)


def main(arguments: list[str] | None = None) -> str | None:
    """Write or check; return what is wrong, if anything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    text = README.read_text(encoding="utf-8")
    methods = methods_table(published_results("five_methods"))
    new = with_table(text, "methods", methods)
    new = with_table(new, "chapters", chapters_table())
    if parser.parse_args(arguments).check:
        return None if new == text else "Run `python book/readme_table.py`."
    write_whole(README, new.encode())
    return None


if __name__ == "__main__":
    sys.exit(main())
