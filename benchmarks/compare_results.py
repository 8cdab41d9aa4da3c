"""Compare two results files: what moved, by how much, and what may have moved it.

    python benchmarks/compare_results.py old.json new.json
    python benchmarks/compare_results.py                   # HEAD and the working copy

Quality and cost are judged apart. The same code, versions and seed give the same
quality, so a move needs an explanation; a time is noise up to a quarter, and is only
worth a look as a ratio. What the prose says of times and memory was measured on one
machine: where it does not hold of the new results, that is told, as a warning. The
exit status is 1 if a quality got worse.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from recsys_helpers.results import ResultsError, read_results

KEY = ["name", "method", "metric", "split", "edition", "seed", "n"]
#: Metrics of which more is better, and of which less is, by how their names start.
MORE_IS_BETTER = re.compile(
    r"(ndcg|recall|precision|hit rate|map|mrr|r2|balanced accuracy|jaccard|overlap"
    r"|genre agreement|films shared)\b"
)
LESS_IS_BETTER = re.compile(r"(inner )?(rmse|mae|mse)\b")
COST = re.compile(
    r"(_s|_ms|_mib|mib|\bms|/s|seconds an epoch|bytes|times exact|queries per cpu_s"
    r"|ratio)\b|wall_s|cpu_s|MiB|exponent"
)
# Equal but for the order in which a processor adds.
ROUNDING = 1e-6
# A time that differs by less may have been measured on a busier machine.
NOISE_OF_COSTS = 1.25


#: What the prose says of times, memory and the like, which depend on the machine.
CLAIMS = Path(__file__).with_name("claims.csv")


def compare(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Set the results of two runs side by side.

    Parameters
    ----------
    old, new : DataFrame
        As `recsys_helpers.results.read_results` returns them.

    Returns
    -------
    DataFrame, one row a result
        The columns of `KEY`; `old` and `new` (NaN where there is none); `change`, new
        less old; `ratio`, new over old; `kind` (``"quality"``, ``"cost"`` or
        ``"other"``) and `verdict`: ``"same"``, ``"only in old"``, ``"only in new"``;
        for a quality ``"within the seeds"`` (no further than the results of several
        seeds lie apart in `old`), ``"better"`` or ``"worse"``; for a cost
        ``"noise"``, ``"more"`` or ``"less"``; for the rest ``"moved"``.

    Raises
    ------
    ResultsError
        If the two have no benchmark in common.
    """
    if not set(old["name"]) & set(new["name"]):
        raise ResultsError(
            f"These are results of {', '.join(sorted(set(old['name'])))} and of "
            f"{', '.join(sorted(set(new['name'])))}: there is nothing to compare."
        )
    both = pd.merge(
        _keyed(old).rename(columns={"value": "old"}),
        _keyed(new).rename(columns={"value": "new"}),
        on=[*KEY, "repeat"],
        how="outer",
        sort=False,
    ).drop(columns="repeat")
    both["change"] = both["new"] - both["old"]
    both["ratio"] = both["new"] / both["old"].where(both["old"] != 0)
    both["kind"] = [kind_of(metric) for metric in both["metric"]]
    spread = _spread_over_seeds(both)
    both["verdict"] = [
        _verdict(row, far) for row, far in zip(both.itertuples(), spread, strict=True)
    ]
    return both


def kind_of(metric: str) -> str:
    """Say whether a metric is a quality, a cost, or something else.

    >>> [kind_of(metric) for metric in ("ndcg@10", "fit_cpu_s", "gini@10")]
    ['quality', 'cost', 'other']
    """
    if MORE_IS_BETTER.match(metric) or LESS_IS_BETTER.match(metric):
        return "quality"
    return "cost" if COST.search(metric) else "other"


def reasons(old: pd.DataFrame, new: pd.DataFrame) -> list[str]:
    """List what differs between two runs besides their results, a sentence each."""
    found = []
    before, after = _versions_of(old), _versions_of(new)
    for package in sorted(before.keys() & after.keys()):
        if before[package] != after[package]:
            found.append(f"{package} went from {before[package]} to {after[package]}.")
    for field, what in (("hardware", "hardware"), ("edition", "edition")):
        ours, theirs = (set(run[field].dropna()) for run in (old, new))
        if ours != theirs:
            found.append(
                f"The {what} differs: {_listed(ours)}, then {_listed(theirs)}."
            )
    ours, theirs = (set(run["commit"].dropna()) for run in (old, new))
    if ours != theirs:
        found.append(f"The code is of commit {_listed(ours)}, then {_listed(theirs)}.")
    return found


def report(old: pd.DataFrame, new: pd.DataFrame) -> tuple[str, bool]:
    """Write what moved and why it may have; and say whether no quality got worse."""
    both = compare(old, new)
    counts = both["verdict"].value_counts()
    lines = [", ".join(f"{n:,} {verdict}" for verdict, n in counts.items()) + "."]
    moved = both[~both["verdict"].isin(["same", "noise"])]
    for kind in ("quality", "other", "cost"):
        rows = moved[moved["kind"] == kind]
        if len(rows):
            lines += ["", f"{kind.capitalize()}:", _shown(rows).to_string(index=False)]
    why = reasons(old, new)
    worse = both["verdict"].eq("worse").any()
    if len(moved):
        lines += ["", "What else differs:", *(why or ["Nothing that is recorded."])]
        if worse and not any(" went from " in reason for reason in why):
            lines.append("No version moved: look for the reason in the code.")
    return "\n".join(lines), not worse


def broken_claims(results: pd.DataFrame, claims: pd.DataFrame) -> list[str]:
    """Say which claims do not hold of these results, a sentence each.

    A claim is about the value of a metric (of `method`, a pattern; of `split` and of
    `n` where they are named), or about how many times that of `over`, another method,
    it is, or that of `over_split` or `over_n`. All that match must be `at_least` so
    much and `below` so much. What was not measured in this run is passed over.
    """
    told = []
    for claim in claims[claims["benchmark"].isin(results["name"])].itertuples():
        values = _values(results, claim.metric, claim.method, claim.split, claim.n)
        over = [claim.over, claim.over_split, claim.over_n]
        if not all(map(pd.isna, over)):
            same = [claim.method, claim.split, claim.n]
            other = [a if pd.isna(b) else b for a, b in zip(same, over, strict=True)]
            values = values / _values(results, claim.metric, *other).mean()
        if (values < claim.at_least).any():
            told.append(f"{claim.says}: {values.min():,.4g}, not {claim.at_least:,.4g}")
        if (values >= claim.below).any():
            told.append(f"{claim.says}: {values.max():,.4g}, not < {claim.below:,.4g}")
    return told


def _values(results: pd.DataFrame, metric: str, method, split, n) -> pd.Series:
    """Give the values of a metric, which may be a column of its own."""
    chosen = results["method"].str.fullmatch(method)
    if metric not in results:
        chosen &= results["metric"] == metric
    for column, wanted in (("split", split), ("n", n)):
        if not pd.isna(wanted):
            chosen &= (results[column] == wanted).fillna(False)
    return results.loc[chosen, metric if metric in results else "value"].dropna()


def changed_since(
    revision: str, root: Path, old_files: Path
) -> list[tuple[Path, Path]]:
    """Pair each results file that differs from a commit with what the commit has.

    The old ones are written into the folder `old_files`.
    """
    folder = "benchmarks/results"
    names = _git(root, "diff", "--name-only", "--diff-filter=M", revision, "--", folder)
    pairs = []
    for name in names.split():
        old = old_files / Path(name).name
        old.write_text(_git(root, "show", f"{revision}:{name}"), encoding="utf-8")
        pairs.append((old, root / name))
    return pairs


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print, and return the exit status: 1 if a quality got worse."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, help="old.json new.json")
    files = parser.parse_args(arguments).files
    if len(files) not in (0, 2):
        parser.error("give two files, or none for HEAD and the working copy")
    root = Path(__file__).resolve().parent.parent
    try:
        with tempfile.TemporaryDirectory() as folder:
            pairs = [(files[0], files[1])] if files else []
            pairs = pairs or changed_since("HEAD", root, Path(folder))
            results = [(read_results(a), read_results(b), b.name) for a, b in pairs]
        good = True
        for old, new, name in results:
            text, fine = report(old, new)
            print(f"== {name}\n{text}\n")
            for broken in broken_claims(new, pd.read_csv(CLAIMS)):
                print(f"Warning: not on this machine: {broken}")
            good &= fine
    except (OSError, ResultsError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 2
    if not pairs:
        print("No results file differs from the last commit.")
    return 0 if good else 1


def _keyed(results: pd.DataFrame) -> pd.DataFrame:
    """Keep key and value; number the results that share a key, in their order."""
    keyed = results[[*KEY, "value"]].copy()
    keyed["repeat"] = keyed.groupby(KEY, dropna=False).cumcount()
    return keyed


def _spread_over_seeds(both: pd.DataFrame) -> pd.Series:
    """Tell how far the old results of the same thing lie apart, 0 for one seed."""
    alike = both[both["old"].notna()].groupby(KEY[:5], dropna=False)
    spread = alike["old"].transform("max") - alike["old"].transform("min")
    several = alike["seed"].transform("nunique") > 1
    return spread.where(several, 0.0).reindex(both.index)


def _verdict(row, spread: float) -> str:
    if pd.isna(row.old) or pd.isna(row.new):
        return "only in new" if pd.isna(row.old) else "only in old"
    if abs(row.change) <= ROUNDING * max(1.0, abs(row.old)):
        return "same"
    if row.kind == "cost":
        if row.old > 0 and 1 / NOISE_OF_COSTS <= row.ratio <= NOISE_OF_COSTS:
            return "noise"
        return "more" if row.change > 0 else "less"
    if row.kind == "other":
        return "moved"
    if abs(row.change) <= np.nan_to_num(spread):
        return "within the seeds"
    rises_well = bool(MORE_IS_BETTER.match(row.metric))
    return "better" if (row.change > 0) == rises_well else "worse"


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    columns = ["method", "metric", "split", "seed", "old", "new", "ratio", "verdict"]
    order = {"worse": 0, "better": 1}
    by_weight = rows["verdict"].map(order).fillna(2).argsort(kind="stable")
    return rows.iloc[by_weight][columns].round(4)


def _versions_of(results: pd.DataFrame) -> dict[str, str]:
    return {
        package: version
        for versions in results["versions"].dropna()
        for package, version in versions.items()
    }


def _listed(values: set[str]) -> str:
    return " and ".join(sorted(values)) or "none"


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
