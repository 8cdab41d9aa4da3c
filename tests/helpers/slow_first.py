"""Which files of tests start first, so that no worker has a long one left at the end.

With ``--dist loadfile`` a file runs on one worker. pytest-xdist would begin with the
files of the most tests; what counts is how long they take.
"""

from pathlib import Path

from xdist.scheduler import LoadFileScheduling

# The longest first, by `make test-package`; one that is not here takes seconds.
SLOW = [
    "test_assignments.py",
    "test_collaborative.py",
    "test_classroom.py",
    "test_method_contract.py",
    "test_several_workers.py",
    "test_two_tower.py",
    "test_spark_results.py",
    "test_results_files.py",
    "test_spark_cluster.py",
    "test_live_tastes.py",
    "test_film_credits.py",
    "test_spark.py",
    "test_sandbox.py",
    "test_entity.py",
    "test_entities_results.py",
    "test_neighbours.py",
    "test_spark_cluster_results.py",
    "test_metrics.py",
    "test_keras_setup.py",
    "test_without_extras.py",
    "test_serving_results.py",
]
# These share the methods of the live page, which take half a minute to train.
LIVE = [
    "test_export.py",
    "test_live_catalogue.py",
    "test_live_maps.py",
    "test_live_methods.py",
    "test_live_table.py",
    "test_live_tastes.py",
]


def place(file: str) -> int:
    """Give the place of a file in the order of starting: a small number is early."""
    name = Path(file).name
    name = "test_live_tastes.py" if name in LIVE else name
    return SLOW.index(name) if name in SLOW else len(SLOW)


class SlowFirst(LoadFileScheduling):
    """A file to a worker, those of the live page to the same one."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "live" if Path(file).name in LIVE else file
