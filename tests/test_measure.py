"""What a run reports of itself."""

import argparse
import subprocess
import sys

import numpy as np
import pytest

from recsys_helpers import measure


def printed(code: str) -> float:
    """Run code that prints a number in a process of its own."""
    code = f"from recsys_helpers import measure\n{code}"
    run = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    return float(run.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell")
def test_peak_memory_grows_by_what_is_allocated():
    grown = printed(
        "held = []\n"
        "for _ in range(2):\n"
        "    peak = measure.peak_memory_mib()\n"
        "    held.append(b'x' * 64 * measure.MIB)\n"
        "print(measure.peak_memory_mib() - peak)"
    )
    assert grown == pytest.approx(64, abs=8)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell")
def test_peak_memory_is_not_that_of_the_parent_process():
    held = np.ones(512 * measure.MIB, dtype=np.uint8)
    assert 10 < printed("print(measure.peak_memory_mib())") < 512
    assert held.all()


def test_this_run_names_machine_edition_and_versions(monkeypatch):
    monkeypatch.setenv("RECSYS_DATASET", "")
    text = measure.this_run("sample")
    assert "cores" in text
    assert "edition sample." in text
    assert f"numpy {np.__version__}" in text


def test_a_quick_run_needs_a_file_of_its_own(monkeypatch, tmp_path, capsys):
    results, other = tmp_path / "results.json", tmp_path / "try.json"
    monkeypatch.setattr("sys.argv", ["measure.py", "--quick"])
    with pytest.raises(SystemExit):
        measure.benchmark_arguments(argparse.ArgumentParser(), results)
    assert "--output" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["measure.py", "--quick", "--output", str(other)])
    given = measure.benchmark_arguments(argparse.ArgumentParser(), results)
    assert (given.quick, given.output) == (True, other)
    monkeypatch.setattr("sys.argv", ["measure.py"])
    given = measure.benchmark_arguments(argparse.ArgumentParser(), results)
    assert (given.quick, given.output) == (False, results)
