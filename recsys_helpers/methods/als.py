r"""Matrix factorisation by alternating least squares (ALS): from scratch, and fast.

Of what a user has not watched we know nothing; of what they watched we know that
they chose it. So every cell of the user by movie matrix has a preference
:math:`p_{ui}`, 1 or 0, and a confidence :math:`c_{ui}` in it. ALS looks for a vector
:math:`x_u` for every user and :math:`y_i` for every movie that make

.. math::
    \sum_{u, i} c_{ui} (p_{ui} - x_u \cdot y_i)^2
    + \lambda \Bigl(\sum_u |x_u|^2 + \sum_i |y_i|^2\Bigr)

small, over *all* cells: Hu, Koren and Volinsky, "Collaborative filtering for implicit
feedback datasets", ICDM 2008, equation 3. The stored cells of a sparse matrix `C` are
the confidences of the ones; an empty cell is a zero with confidence 1.
"""

from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers._checks import (
    check_choice,
    check_count,
    check_number,
    check_positive,
)
from recsys_helpers.extras import require
from recsys_helpers.interactions import Interactions
from recsys_helpers.methods._base import (
    FactorLists,
    Floats,
    NewRatings,
    ScoresNewUsers,
    check_ratings_frame,
    of_known_movies,
    require_fitted,
    some_positives,
)
from recsys_helpers.progress import progress_bar

Weighting = Literal["stars", "constant", "linear"]

# The best of those that `benchmarks/trials.py` tries on training rows.
CHOSEN_ALS: dict[str, Any] = {
    "n_factors": 64,
    "n_iterations": 15,
    "regularization": 10,
    "like_threshold": 4.0,
    "weighting": "constant",
    "alpha": 0.5,
}


def confidences(
    ratings: pd.DataFrame,
    like_threshold: float | None = None,
    weighting: Weighting = "constant",
    alpha: float = 1.0,
) -> pd.DataFrame:
    """Choose which ratings are positives, and how much each of them counts.

    Parameters
    ----------
    ratings : DataFrame with `rating`
    like_threshold : float or None
        A rating of at least this many stars is a positive; None: every rating is,
        half a star too.
    weighting : {"stars", "constant", "linear"}
        The confidence c of a positive with r stars: c = r; c = 1 + alpha; or
        c = 1 + alpha * r, which is Hu et al.'s. The confidence of an empty cell
        is 1, so "stars" gives half a star less weight than nothing at all.
    alpha : float
        At least 0; not used by "stars".

    Returns
    -------
    DataFrame
        The positives, in their order, with a column `confidence` and a fresh index.

    Raises
    ------
    ValueError
        If there are no ratings, or none of them is a positive.

    Examples
    --------
    >>> import pandas as pd
    >>> ratings = pd.DataFrame({"movie_id": [1, 2, 3], "rating": [5.0, 0.5, 4.0]})
    >>> confidences(ratings, like_threshold=4, weighting="linear", alpha=10)
       movie_id  rating  confidence
    0         1     5.0        51.0
    1         3     4.0        41.0
    """
    if ratings.empty:
        raise ValueError("There are no ratings to weigh: the table is empty.")
    liked = some_positives(ratings, like_threshold)
    stars = liked["rating"].to_numpy(np.float64)
    return liked.assign(confidence=confidence_values(stars, None, weighting, alpha))


def confidence_values(
    stars: NDArray[np.float64],
    like_threshold: float | None,
    weighting: Weighting,
    alpha: float,
) -> NDArray[np.float64]:
    """Say how much each rating counts, as `confidences` does: 0 for no positive."""
    check_choice("weighting", weighting, get_args(Weighting))
    check_number("alpha", alpha)
    weights = {
        "stars": stars,
        "constant": np.full(stars.shape, 1.0 + alpha),
        "linear": 1.0 + alpha * stars,
    }[weighting]
    return weights if like_threshold is None else weights * (stars >= like_threshold)


def factorise(
    C: sparse.csr_array,
    n_factors: int = 10,
    n_iterations: int = 20,
    regularization: float = 0.1,
    seed: int = 0,
) -> tuple[Floats, Floats]:
    """Alternate between users and movies: the course's own ALS, in numpy.

    Parameters
    ----------
    C : scipy.sparse.csr_array, shape (n_users, n_movies)
        As in `solve_factors`.
    n_factors, n_iterations, regularization, seed
        As in `Als`, and from the same random start as there.

    Returns
    -------
    X, Y : array of float64, shape (n_users, n_factors), (n_movies, n_factors)
    """
    check_count("n_factors", n_factors)
    check_count("n_iterations", n_iterations)
    n_users, n_movies = C.shape
    rng = np.random.default_rng(seed)
    # implicit draws the users' factors first. They are replaced before they are
    # read, but without this draw the movies would start from other numbers.
    rng.random((n_users, n_factors), dtype=np.float32)
    Y: Floats = rng.random((n_movies, n_factors), dtype=np.float32) * np.float32(0.01)
    Y = Y.astype(np.float64)
    by_movie = C.T.tocsr()
    for _ in range(n_iterations):
        X = solve_factors(C, Y, regularization)
        Y = solve_factors(by_movie, X, regularization)
    return X, Y


def solve_factors(C: sparse.csr_array, Y: Floats, regularization: float) -> Floats:
    r"""One half-step of ALS: the best vector of every row, with `Y` held fixed.

    With one side fixed the loss is a sum of separate least-squares problems, one a
    row u, solved by (Hu et al., equation 4)

    .. math::
        (Y^T Y + Y_u^T (C_u - I) Y_u + \lambda I) \, x_u = Y_u^T c_u

    where :math:`Y_u` has only the rows of `Y` that u has a positive for.
    :math:`Y^T Y`, the part that all cells share, is computed once: so a row costs
    time in proportion to its positives and not to its cells.

    Parameters
    ----------
    C : scipy.sparse.csr_array, shape (n_rows, n_columns)
        Confidences of the positives, above 0. Its transpose solves the other side.
    Y : array, shape (n_columns, n_factors)
    regularization : float
        The lambda of the loss, above 0.

    Returns
    -------
    array, shape (n_rows, n_factors)
        Zeros for a row without positives.

    Raises
    ------
    ValueError
        If `C` is not a csr matrix or `Y` does not fit it, a confidence or
        `regularization` is not above 0, or a number is NaN or infinite.

    Examples
    --------
    One factor, movies at 1 and 2, a user who likes the first with confidence 3:
    (1 + 4 + (3 - 1) * 1 + 1) x = 3, so x = 3/8.

    >>> solve_factors(sparse.csr_array([[3.0, 0.0]]), np.array([[1.0], [2.0]]), 1)
    array([[0.375]])
    """
    _check_problem(C, Y)
    # Without it a row's equations need not have one solution.
    check_positive("regularization", regularization)
    n_factors = Y.shape[1]
    shared = Y.T @ Y + regularization * np.eye(n_factors)
    X = np.zeros((C.shape[0], n_factors))
    for u, (start, stop) in enumerate(zip(C.indptr[:-1], C.indptr[1:], strict=True)):
        X[u] = solve_row(shared, Y[C.indices[start:stop]], C.data[start:stop])
    return X


def solve_row(shared: Floats, Y_u: Floats, c_u: Floats) -> Floats:
    r"""Solve for the vector of one row, shape (n_factors,), as `solve_factors` does.

    `shared` is :math:`Y^T Y + \lambda I`, which a server computes once and not for each
    request; `Y_u` holds the vectors of the row's positives, `c_u` their confidences.
    """
    return np.linalg.solve(shared + (Y_u.T * (c_u - 1)) @ Y_u, Y_u.T @ c_u)


def als_loss(C: sparse.csr_array, X: Floats, Y: Floats, regularization: float) -> float:
    r"""Weighted squared error over all cells, and the penalty: what ALS makes small.

    No dense matrix is made. If all cells were zeros with confidence 1, the error
    would be :math:`\sum_{u,i} (x_u \cdot y_i)^2`, which is the sum of the entries of
    :math:`X^T X \circ Y^T Y`; then each positive's term is put right.

    Parameters
    ----------
    C : scipy.sparse.csr_array, shape (n_users, n_movies)
        As in `solve_factors`.
    X, Y : array, shape (n_users, n_factors), (n_movies, n_factors)
    regularization : float
        The lambda of the loss; 0 leaves the penalty out.
    """
    _check_problem(C, Y)
    if X.shape != (C.shape[0], Y.shape[1]):
        raise ValueError(
            f"X needs one vector for each of the {C.shape[0]:,} rows of C, as long as "
            f"those of Y: shape {(C.shape[0], Y.shape[1])}, not {X.shape}."
        )
    rows = np.repeat(np.arange(C.shape[0]), np.diff(C.indptr))
    scores = np.einsum("ij,ij->i", X[rows], Y[C.indices])
    all_zeros = np.sum((X.T @ X) * (Y.T @ Y))
    put_right = np.sum(C.data * (1 - scores) ** 2 - scores**2)
    penalty = regularization * (np.sum(X**2) + np.sum(Y**2))
    return float(all_zeros + put_right + penalty)


def _check_problem(C: sparse.csr_array, Y: Floats) -> None:
    if C.format != "csr":
        raise ValueError(f"C must be a csr matrix, not {C.format}: use C.tocsr().")
    if C.shape[1] != len(Y):
        raise ValueError(
            f"C has {C.shape[1]:,} columns and there are {len(Y):,} vectors, but each "
            "column needs one. Where they are the vectors of C's rows, pass "
            "C.T.tocsr()."
        )
    if not np.all((C.data > 0) & (C.data < np.inf)):
        raise ValueError(
            "A confidence must be a number above 0; leave empty cells out of C."
        )
    if not np.isfinite(Y).all():
        raise ValueError("A number in the vectors Y is NaN or infinite.")


@dataclass
class Als(FactorLists, ScoresNewUsers):
    """Recommend by factors that implicit's ALS has learned; scores as in `FactorLists`.

    The defaults are those of the article that chapter 4 starts from.

    implicit solves each row by a few steps of conjugate gradients: Takács, Pilászy
    and Tikk, "Applications of the conjugate gradient method for implicit feedback
    collaborative filtering", RecSys 2011. After the last iteration the users' factors
    are solved once more, exactly. So a score, the sum of its explanation and a
    fold-in of the same ratings agree.

    Parameters
    ----------
    n_factors, n_iterations : int
        At least 1.
    regularization : float
        The lambda of the loss, above 0.
    like_threshold, weighting, alpha
        What is a positive and how much it counts: see `confidences`.
    seed : int
        Of the factors that ALS starts from.
    num_threads : int
        At least 0; 0 for one a core. The result does not depend on it.

    Attributes
    ----------
    user_factors_, movie_factors_
        As in `FactorLists`.
    confidences_ : Interactions
        The positives' confidences, with the same rows and columns.
    model_ : implicit.cpu.als.AlternatingLeastSquares
    """

    n_factors: int = 10
    n_iterations: int = 20
    regularization: float = 0.1
    like_threshold: float | None = None
    weighting: Weighting = "stars"
    alpha: float = 1.0
    seed: int = 0
    num_threads: int = 0

    def fit(self, train: pd.DataFrame) -> Self:
        """Learn a vector for every user and movie; some rating has to be a positive."""
        check_ratings_frame(train)
        check_count("n_factors", self.n_factors)
        check_count("n_iterations", self.n_iterations)
        check_positive("regularization", self.regularization)
        # A negative number would end the whole process, in the library of threads.
        check_count("num_threads", self.num_threads, at_least=0)
        # Not implicit.als, which hands out another class where there is a GPU.
        model_class = require("implicit.cpu.als", "als").AlternatingLeastSquares
        threadpool_limits = require("threadpoolctl", "als").threadpool_limits
        rated = Interactions.from_ratings(train)
        liked = confidences(train, self.like_threshold, self.weighting, self.alpha)
        weighted = Interactions.from_ratings(
            liked, "confidence", rated.users, rated.movies
        )
        C = _for_implicit(weighted.matrix)
        # implicit has threads of its own; with those of BLAS beneath them it warns, and
        # can take ten times as long.
        with (
            threadpool_limits(1, "blas"),
            progress_bar(self.n_iterations, "ALS") as bar,
        ):
            # A new object each time: a used one keeps its factors, and reads beyond
            # their end where the new matrix is larger.
            model = model_class(
                factors=self.n_factors,
                iterations=self.n_iterations,
                regularization=self.regularization,
                num_threads=self.num_threads,
                random_state=self.seed,
            )
            model.fit(C, show_progress=False, callback=lambda *_: bar.update())
            model.partial_fit_users(np.arange(C.shape[0]), C)
        self.interactions_, self.confidences_, self.model_ = rated, weighted, model
        self.user_factors_, self.movie_factors_ = model.user_factors, model.item_factors
        return self

    def fold_in(self, ratings: NewRatings) -> Floats:
        """Vector of a new user: one half-step for one row, the movies held fixed.

        Parameters and errors are as in `recommend_to`.

        Returns
        -------
        array of float32, shape (n_factors,)
            Zeros if no rating is a positive.
        """
        require_fitted(self, "model_")
        _, rated = of_known_movies(ratings, self.interactions_.movies)
        return self._vector_of(rated)

    def explain(self, user_id: int, movie_id: int, n: int | None = 10) -> pd.DataFrame:
        r"""Which of the user's positives the score of a movie comes from.

        The score is a sum over them: :math:`x_u \cdot y_i = \sum_j c_{uj} \,
        y_i^T (Y^T C_u Y + \lambda I)^{-1} y_j` (Hu et al., section 5). A movie that
        the user liked is among its own reasons.

        Parameters
        ----------
        user_id, movie_id : int
        n : int or None
            Length of the list; None: all, and they add up to the score.

        Returns
        -------
        DataFrame with `movie_id` and `contribution`
            Largest first; some can be negative. Empty for a user without positives.
        """
        require_fitted(self, "model_")
        if n is not None:
            check_count("n", n)
        movies = self.confidences_.movies
        liked = self.confidences_.matrix[[self.confidences_.users.rows(user_id)]]
        # implicit looks the user up in the matrix it is given: here the only row.
        _, parts, _ = self.model_.explain(
            0, _for_implicit(liked), movies.rows(movie_id), N=n or liked.nnz
        )
        columns = np.array([column for column, _ in parts], dtype=np.intp)
        contributions = np.array([part for _, part in parts], dtype=float)
        return pd.DataFrame(
            {"movie_id": movies.ids[columns], "contribution": contributions}
        )

    def _new_user_scores(self, ratings: pd.DataFrame, rated: Interactions) -> Floats:
        return self._scores(self._vector_of(rated))

    def _vector_of(self, rated: Interactions) -> Floats:
        row = rated.matrix.copy()
        row.data = confidence_values(
            row.data, self.like_threshold, self.weighting, self.alpha
        )
        row.eliminate_zeros()
        if not row.nnz:
            return np.zeros(self.n_factors, dtype=np.float32)
        return self.model_.recalculate_user(0, _for_implicit(row))


def _for_implicit(matrix: sparse.csr_array) -> sparse.csr_matrix:
    # It takes a csr_matrix, not the newer csr_array, and computes in float32.
    return sparse.csr_matrix(matrix, dtype=np.float32)
