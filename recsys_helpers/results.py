"""Results files: what was measured, on what, with what.

A results file is a JSON list of records with the fields `FIELDS`, null where one
does not apply. The tables in the prose are made from these files, so a number on a
page can always be traced to a run.
"""

import json
import math
import os
import platform
import subprocess
import sysconfig
from datetime import date
from importlib.metadata import version
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys_helpers._checks import as_list
from recsys_helpers._files import write_whole

_TEXT, _NUMBER, _WHOLE, _DICT = (str,), (Real,), (Integral,), (dict,)
_KINDS = {
    "name": _TEXT,
    "method": _TEXT,
    "metric": _TEXT,
    "value": _NUMBER,
    "low": _NUMBER,
    "high": _NUMBER,
    "split": _TEXT,
    "edition": _TEXT,
    "seed": _WHOLE,
    "n": _WHOLE,
    "cpu_s": _NUMBER,
    "peak_mib": _NUMBER,
    "versions": _DICT,
    "hardware": _TEXT,
    "commit": _TEXT,
    "date": _TEXT,
}
FIELDS = tuple(_KINDS)
REQUIRED = ("name", "metric", "value")
# How pages and figures call methods whose name has commas: those of several could not
# be told apart in a sentence. All others are called as the results files call them.
METHOD_NAMES = {
    "neighbours, stars": "neighbours for stars",
    "neighbours, lists": "neighbours for lists",
    "EASE, dates": "EASE with dates",
    "ALS, source's settings": "ALS as in the article",
    "ALS, the source's settings": "ALS as in the article",
    "ALS, scaled penalty": "ALS with scaled penalty",
    "Keras factors, ids only": "Keras factors with ids only",
    "Keras factors, everything": "Keras factors with everything",
    "two towers, stars": "two towers for stars",
    "two towers, lists": "two towers for lists",
    "two towers, lists, features only": "two towers without ids",
    "blend of stars": "blend for stars",
    "blend of lists": "blend for lists",
    "neighbours, towers for new movies": "switch for stars",
    "EASE, one in ten new": "switch for lists",
}
_CHECKOUT = Path(__file__).resolve().parent.parent / "benchmarks"
_ALL_BUT_RESULTS = (":/", ":(exclude,top)benchmarks/results")


class ResultsError(ValueError):
    """A results file, or what should become one, is not as it should be."""


def write_results(results: pd.DataFrame | list[dict], path: str | os.PathLike) -> None:
    """Write results as a JSON list of records.

    Parameters
    ----------
    results : DataFrame or list of dict
        Its columns are among `FIELDS`. NaN and missing fields become null, apart
        from those that are filled in where they are missing: `name` (the file's
        name), `versions`, `hardware`, `commit` and `date` (of this run).
    path : path ending in .json
        Is replaced as a whole or not at all.

    Raises
    ------
    ResultsError
        If a record has an unknown field, lacks a required one, or a value is of the
        wrong kind; nothing is written.
    """
    path = Path(path)
    rows = results.to_dict("records") if isinstance(results, pd.DataFrame) else results
    filled_in = {
        "name": path.stem,
        "versions": versions(),
        "hardware": hardware(),
        "commit": commit(),
        "date": date.today().isoformat(),
    }
    records = [dict.fromkeys(FIELDS) | _plain(row) for row in rows]
    for record in records:
        record |= {k: v for k, v in filled_in.items() if record[k] is None}
    _check(records, path.name)
    # One record a line: short, and a changed number is one changed line.
    lines = [json.dumps(row, ensure_ascii=False, allow_nan=False) for row in records]
    text = "[\n" + ",\n".join(lines) + "\n]\n"
    write_whole(path, text.encode())


def read_results(path: str | os.PathLike) -> pd.DataFrame:
    """Read a results file.

    Returns
    -------
    DataFrame with the columns `FIELDS`
        One row a record; null numbers are NaN or NA.

    Raises
    ------
    ResultsError
        If the file is not JSON or a record is wrong; the message says which.
    """
    path = Path(path)
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ResultsError(f"{path.name} is not a JSON file: {error}") from error
    _check(records, path.name)
    frame = pd.DataFrame(records, columns=list(FIELDS))
    numbers = [field for field, kind in _KINDS.items() if kind is _NUMBER]
    wholes = [field for field, kind in _KINDS.items() if kind is _WHOLE]
    return frame.astype(dict.fromkeys(numbers, "float64")).astype(
        dict.fromkeys(wholes, "Int64")
    )


def published_results(name: str) -> pd.DataFrame:
    """Read one of the results files that come with the course.

    Parameters
    ----------
    name : str
        Of the benchmark, for example ``"als_growth"``.

    Returns
    -------
    DataFrame with the columns `FIELDS`, as `read_results` returns it

    Raises
    ------
    FileNotFoundError
        If there is no such file; the message names those that there are.
    """
    return read_results(published_file("results", f"{name}.json"))


def named_for_readers(results: pd.DataFrame) -> pd.DataFrame:
    """Call the methods of results as pages and figures do, without commas.

    Parameters
    ----------
    results : DataFrame with `method` and `metric`
        As `published_results` gives it.

    Returns
    -------
    DataFrame
        A copy with the names of `METHOD_NAMES`, also in the two of a pair
        (``"ALS - EASE, dates"``) and in a weight (``"weight of EASE, dates"``).

    Examples
    --------
    >>> pair = pd.DataFrame({"method": ["ALS - EASE, dates"], "metric": ["rmse"]})
    >>> named_for_readers(pair)["method"].item()
    'ALS - EASE with dates'
    """

    def of_pair(names: str) -> str:
        return " - ".join(METHOD_NAMES.get(n, n) for n in names.split(" - "))

    def of_weight(metric: str) -> str:
        member = metric.removeprefix("weight of ")
        return metric.replace(member, METHOD_NAMES.get(member, member))

    return results.assign(
        method=results["method"].map(of_pair, na_action="ignore"),
        metric=results["metric"].map(of_weight),
    )


def where_measured(name: str) -> str:
    """Say of one of the results files that come with the course where it is from.

    Returns
    -------
    str
        ``"benchmarks/results/NAME.json, measured 2026-11-30 by python
        benchmarks/NAME.py"``; from the first to the last day, if there are several.

    Raises
    ------
    FileNotFoundError
        If there is no such file; the message names those that there are.
    """
    days = sorted(published_results(name)["date"].dropna().unique())
    when = " to ".join(dict.fromkeys((days[0], days[-1])))
    return (
        f"benchmarks/results/{name}.json, measured {when} by "
        f"python benchmarks/{name}.py"
    )


def published_file(kind: str, file_name: str) -> Path:
    """Find one of the files that come with the course.

    They lie in ``benchmarks/<kind>`` of a checkout, and an installed package brings a
    copy along.

    Parameters
    ----------
    kind : {"results", "vectors"}
    file_name : str
        With its ending.

    Raises
    ------
    FileNotFoundError
        If there is no such file; the message names those that there are.
    """
    installed = Path(sysconfig.get_path("data"), "share", "recsys-helpers", kind)
    folder = _CHECKOUT / kind if (_CHECKOUT / kind).is_dir() else installed
    path = folder / file_name
    if not path.is_file():
        others = sorted(file.stem for file in folder.glob(f"*{path.suffix}"))
        raise FileNotFoundError(
            f"There are no published {kind} called {path.stem!r}. There are: "
            f"{', '.join(others) or 'none'}."
        )
    return path


def results_table(
    results: pd.DataFrame | str | os.PathLike,
    metrics: str | list[str],
    *,
    split: str | None = None,
    digits: int = 4,
) -> pd.DataFrame:
    """Arrange results for the prose: a row a method, a column a metric.

    Parameters
    ----------
    results : DataFrame or path of a results file
    metrics : str or list of str
        Which, in the order of the columns.
    split : str, optional
        Only this split's results.
    digits : int
        Decimal places.

    Returns
    -------
    DataFrame of str, index `method` in the order of the file
        ``"0.0618 [0.0530, 0.0710]"``, without brackets where there is no interval,
        and ``"-"`` where a method has no such result.

    Raises
    ------
    ResultsError
        If a metric is not there, or if a method has several values of one.
    """
    metrics = as_list(metrics)
    frame = results if isinstance(results, pd.DataFrame) else read_results(results)
    if split is not None:
        frame = frame[frame["split"] == split]
    missing = [metric for metric in metrics if metric not in set(frame["metric"])]
    if missing:
        known = ", ".join(map(str, frame["metric"].unique())) or "none"
        raise ResultsError(f"No results for {', '.join(missing)}. There are: {known}.")
    frame = frame[frame["metric"].isin(metrics)]
    several = frame[frame.duplicated(["method", "metric"])]
    if len(several):
        method, metric = several.iloc[0][["method", "metric"]]
        raise ResultsError(
            f"{method} has several results for {metric}. Choose a split: "
            + ", ".join(map(str, frame["split"].unique()))
        )
    cells = frame.assign(cell=[_cell(row, digits) for row in frame.itertuples()])
    return (
        cells.pivot(index="method", columns="metric", values="cell")
        .reindex(index=frame["method"].unique(), columns=metrics)
        .fillna("-")
        .rename_axis(index="method", columns=None)
    )


def versions(*packages: str) -> dict[str, str]:
    """Versions of Python and of `packages` (default: numpy, pandas and scipy)."""
    packages = packages or ("numpy", "pandas", "scipy")
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def hardware() -> str:
    """Describe this machine: ``"2 cores, 24 GiB, Linux x86_64"``."""
    try:
        n_cores: int | None = len(os.sched_getaffinity(0))
    except AttributeError:  # only Linux knows which cores a process may use
        n_cores = os.cpu_count()
    parts = [f"{n_cores} cores"]
    try:
        n_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        parts.append(f"{round(n_bytes / 2**30)} GiB")
    except (AttributeError, ValueError):  # Windows does not say without a library
        pass
    return ", ".join([*parts, f"{platform.system()} {platform.machine()}"])


def commit() -> str | None:
    """Short hash of the commit that this package is checked out from, None without one.

    It ends in "-dirty" if any tracked file differs from the commit, apart from
    results files: what one benchmark has written does not change the next.
    """
    try:
        # An installed package can lie in a checkout of something else.
        _git("ls-files", "--error-unmatch", Path(__file__).name)
        changed = _git("status", "--porcelain", "-uno", "--", *_ALL_BUT_RESULTS)
        short_hash = _git("rev-parse", "--short", "HEAD")
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{short_hash}-dirty" if changed else short_hash


def _git(*arguments: str) -> str:
    folder = Path(__file__).resolve().parent
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    answer = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    return answer.stdout.strip()


def _plain(row: dict) -> dict:
    return {field: _plain_value(value) for field, value in row.items()}


def _plain_value(value: object) -> object:
    """Turn numpy's and pandas' scalars into JSON's, NaN and NA into None."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return value


def _check(records: object, where: str) -> None:
    if not isinstance(records, list) or not records:
        raise ResultsError(f"{where} must be a list of at least one record.")
    for number, record in enumerate(records, start=1):
        problem = _problem(record)
        if problem:
            raise ResultsError(f"{where}, record {number}: {problem}")


def _problem(record: object) -> str | None:
    if not isinstance(record, dict):
        return f"a record is an object with named fields, not {record!r}."
    if set(record) != set(FIELDS):
        unknown = sorted(set(record) - set(FIELDS))
        missing = sorted(set(FIELDS) - set(record))
        return f"unknown fields {unknown}, missing fields {missing}."
    for field, value in record.items():
        if value is None:
            if field in REQUIRED:
                return f"{field} is missing."
        elif not isinstance(value, _KINDS[field]) or isinstance(value, bool):
            return f"{field} is {value!r}, expected {_KINDS[field][0].__name__}."
        elif isinstance(value, Real) and not math.isfinite(value):
            return f"{field} is {value}; only finite numbers can be stored."
    low, high = record["low"], record["high"]
    if (low is None) != (high is None) or (low is not None and low > high):
        return f"the interval from {low} to {high} is none."
    return None


def _cell(row: Any, digits: int) -> str:
    value = f"{row.value:.{digits}f}"
    if pd.isna(row.low):
        return value
    return f"{value} [{row.low:.{digits}f}, {row.high:.{digits}f}]"
