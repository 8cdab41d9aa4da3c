"""Whether Spark can run on this machine; tests that need it are skipped by name."""

import pytest

from recsys_helpers.extras import require
from recsys_helpers.large.spark import JavaMissingError, find_java

CANNOT_RUN = "Spark cannot run here"


def problem():
    """Say in a line why Spark cannot run, None where it can."""
    try:
        require("pyspark", "spark")
        find_java()
    except (ImportError, JavaMissingError) as error:
        return f"{CANNOT_RUN}: {error}"
    return None


needs_spark = pytest.mark.skipif(problem() is not None, reason=problem() or "")
