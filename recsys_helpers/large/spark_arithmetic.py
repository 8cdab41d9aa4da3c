r"""What Spark's ALS sends around: on paper, and in its event log.

Spark cuts users into blocks, and movies too: row i is in block i modulo the number of
blocks. To solve for the movies of a block, the vectors of all users who rated one of
them must be there. So before each half-step every user's vector travels once to each
movie block in which the user has rated something, and not once a rating; then the
same the other way. That is a *shuffle*, and there are two an iteration. The design is
that of Spark's ``ALS.scala``; for its scale see Das, Upadhyaya, Meng and Talwalkar,
"Collaborative filtering as a case-study for model parallelism on bulk synchronous
systems", CIKM 2017.
"""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers._checks import check_count, check_csr

BYTES_OF_A_FACTOR = 4  # a 32-bit number


def copies_of_rows(R: sparse.csr_array, n_blocks: int) -> NDArray[np.intp]:
    """To how many blocks of columns the vector of each row must travel.

    Column j is in block ``j % n_blocks``. R has the shape (n_rows, n_columns), and the
    answer (n_rows,).

    Examples
    --------
    The first user has rated movies 0, 2 and 3, which lie in blocks 0, 0 and 1.

    >>> R = sparse.csr_array([[5, 0, 4, 3], [0, 2, 0, 0]])
    >>> copies_of_rows(R, n_blocks=2).tolist()
    [2, 1]
    """
    check_csr("R", R)
    check_count("n_blocks", n_blocks)
    rows = np.repeat(np.arange(R.shape[0]), np.diff(R.indptr))
    pairs = np.unique(rows * n_blocks + R.indices % n_blocks)
    return np.bincount(pairs // n_blocks, minlength=R.shape[0])


def shuffled_bytes(R: sparse.csr_array, n_factors: int, n_blocks: int) -> int:
    """Bytes of vectors that one iteration sends: users' vectors, then movies'.

    R has the shape (n_users, n_movies). Spark writes some ten bytes more for each
    vector, and the ids of the blocks.

    Examples
    --------
    Three copies of users and four of movies, of 64 numbers each.

    >>> R = sparse.csr_array([[5, 0, 4, 3], [0, 2, 0, 0]])
    >>> copies_of_rows(R.T.tocsr(), n_blocks=2).tolist()
    [1, 1, 1, 1]
    >>> shuffled_bytes(R, n_factors=64, n_blocks=2)
    1792
    """
    check_count("n_factors", n_factors)
    copies = [copies_of_rows(side, n_blocks).sum() for side in (R, R.T.tocsr())]
    return int(sum(copies)) * n_factors * BYTES_OF_A_FACTOR


def bytes_written_by_group(event_log: Path) -> dict[str, int]:
    """Bytes that the jobs of each job group wrote for others to fetch.

    Of a file that Spark wrote with ``spark.eventLog.enabled``, not compressed. A group
    has the name that ``sparkContext.setJobGroup`` was given; "" without.
    """
    written: dict[str, int] = defaultdict(int)
    group_of: dict[int, str] = {}
    with event_log.open(encoding="utf-8") as lines:
        for event in map(json.loads, lines):
            if event["Event"] == "SparkListenerStageSubmitted":
                stage = event["Stage Info"]["Stage ID"]
                properties = event.get("Properties") or {}
                group_of[stage] = properties.get("spark.jobGroup.id", "")
            elif event["Event"] == "SparkListenerTaskEnd" and event.get("Task Metrics"):
                task = event["Task Metrics"]["Shuffle Write Metrics"]
                written[group_of[event["Stage ID"]]] += task["Shuffle Bytes Written"]
    return dict(written)
