"""Write the README's table of the methods, from the results file that chapter 9 shows.

python book/readme_table.py           # write it
python book/readme_table.py --check   # say whether it is up to date
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from recsys_helpers._files import write_whole
from recsys_helpers.comparison import leaders_of
from recsys_helpers.results import METHOD_NAMES, published_results

README = Path(__file__).resolve().parent.parent / "README.md"
START, END = "<!-- methods: from a results file -->", "<!-- end of methods -->"
# Method in the results file, chapter, what it learns from.
ROWS = [
    ("random choice", 2, "nothing"),
    ("popularity", 2, "how many like a movie"),
    ("bias model", 2, "how kind people are, how good movies"),
    ("neighbours, stars", 3, "who rated alike"),
    ("neighbours, lists", 3, "what is liked together"),
    ("EASE", 3, "what is liked together"),
    ("ALS", 4, "hidden tastes behind the likes"),
    ("Keras factors, everything", 5, "stars, genres, years"),
    ("two towers, stars", 6, "what is known of both sides"),
    ("two towers, lists", 6, "what is known of both sides"),
    ("entities", 7, "the people and things a film links to"),
    ("posters", 8, "how a drawn poster looks to a network"),
    ("BPR", 9, "which of two movies somebody likes"),
    ("blend of stars", 9, "several of the methods above"),
    ("blend of lists", 9, "several of the methods above"),
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
        lines.append(f"| {chapter} | {name} | {learns_from} | {' | '.join(cells)} |")
    return "\n".join(lines)


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


def with_table(text: str, table: str) -> str:
    """Put the table between the two marks of a text.

    Raises
    ------
    ValueError
        If the text has not both marks, in this order.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"The text needs the marks {START} and {END}, in this order.")
    return f"{before}{START}\n{table}\n{END}{after}"


def main(arguments: list[str] | None = None) -> str | None:
    """Write or check; return what is wrong, if anything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    text = README.read_text(encoding="utf-8")
    new = with_table(text, methods_table(published_results("five_methods")))
    if parser.parse_args(arguments).check:
        return None if new == text else "Run `python book/readme_table.py`."
    write_whole(README, new.encode())
    return None


if __name__ == "__main__":
    sys.exit(main())
