r"""What Spark's ALS sends around, what memory it takes, and how long: on paper.

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
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from recsys_helpers._checks import check_count, check_csr, check_number

GIB = 2**30
BYTES_OF_A_FACTOR = 4  # a 32-bit number
SECONDS_OF_AN_HOUR = 3600


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


def expected_copies(counts: ArrayLike, n_blocks: int) -> NDArray[np.float64]:
    """Blocks that rows of so many ratings reach on average, the columns being anywhere.

    Of B blocks, d ratings (`counts`) miss one with the probability (1 - 1/B) to the
    power of d.

    Examples
    --------
    >>> expected_copies([1, 2, 1000], n_blocks=4).round(2).tolist()
    [1.0, 1.75, 4.0]
    """
    check_count("n_blocks", n_blocks)
    missed = (1 - 1 / n_blocks) ** np.asarray(counts, dtype=np.float64)
    return n_blocks * (1 - missed)


def long_tailed_counts(
    mean: float, spread: float = 1.2, n: int = 1000
) -> NDArray[np.float64]:
    """Ratings a row, typical of many: the middles of `n` equal shares of a lognormal.

    `mean` is theirs, and `spread` the standard deviation of their logarithm; 0: all
    rows have the same. The users of `benchmarks/als_growth.py` have 1.2.

    Examples
    --------
    >>> long_tailed_counts(100, n=4).round().tolist()
    [16.0, 43.0, 92.0, 249.0]
    """
    check_number("spread", spread)
    check_count("n", n)
    normal = np.array([NormalDist().inv_cdf((i + 0.5) / n) for i in range(n)])
    counts = np.exp(spread * normal)
    return counts * mean / counts.mean()


def shuffled_bytes_on_paper(
    *,
    n_users: float,
    n_movies: float,
    n_interactions: float,
    n_factors: int,
    n_blocks: int,
    spread: float = 1.2,
) -> float:
    """Bytes that one iteration would send, of data that nobody has to have.

    `spread` is that of the long tail, of users and movies: see `long_tailed_counts`.

    Examples
    --------
    >>> size = {"n_users": 1e7, "n_movies": 5e5, "n_interactions": 1e9}
    >>> round(shuffled_bytes_on_paper(**size, n_factors=64, n_blocks=64) / GIB, 1)
    91.4
    """
    copies = sum(
        n_rows
        * expected_copies(
            long_tailed_counts(n_interactions / n_rows, spread), n_blocks
        ).mean()
        for n_rows in (n_users, n_movies)
    )
    return float(copies * n_factors * BYTES_OF_A_FACTOR)


def memory_on_paper(
    *,
    n_users: float,
    n_movies: float,
    n_interactions: float,
    n_factors: int,
    bytes_of_an_interaction: float,
) -> float:
    """Bytes that a fit in one process takes: the ratings, and the vectors.

    The bytes of an interaction are measured, as the slope of the peak memory over the
    number of interactions.

    Examples
    --------
    >>> memory_on_paper(
    ...     n_users=10, n_movies=10, n_interactions=100, n_factors=2,
    ...     bytes_of_an_interaction=50,
    ... )
    5160.0
    """
    vectors = (n_users + n_movies) * n_factors * BYTES_OF_A_FACTOR
    return float(n_interactions * bytes_of_an_interaction + vectors)


def hours_on_paper(
    *,
    n_interactions: float,
    n_iterations: int,
    cpu_s_of_an_interaction: float,
    n_cores: int,
) -> float:
    """Hours that a fit takes, if time grows with the interactions and no core waits.

    Measured are the CPU seconds of one iteration, divided by the interactions.

    Examples
    --------
    >>> hours_on_paper(
    ...     n_interactions=1e9, n_iterations=10, cpu_s_of_an_interaction=3.6e-6,
    ...     n_cores=10,
    ... )
    1.0
    """
    cpu_s = n_interactions * n_iterations * cpu_s_of_an_interaction
    return cpu_s / n_cores / SECONDS_OF_AN_HOUR


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
