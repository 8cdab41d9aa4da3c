"""How far predicted ratings are off, in stars."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def rmse(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Root mean squared error, in stars: ``sqrt(mean((predicted - actual)**2))``.

    A training *loss* is something else in two ways: it is a mean of squares (no
    root), and it often has a penalty on the weights added. A loss of 1.1 and an
    RMSE of 0.89 cannot be compared; compute both models' RMSE on the same rows.

    Parameters
    ----------
    actual, predicted : array, shape (n,)

    Raises
    ------
    ValueError
        If the arrays are empty, differ in shape, or hold NaN or infinity.

    Examples
    --------
    >>> rmse([4.0, 2.0], [3.0, 2.0])
    0.7071067811865476
    """
    return float(np.sqrt(mse(actual, predicted)))


def mae(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Mean absolute error, in stars: ``mean(abs(predicted - actual))``.

    Raises as `rmse` does.
    """
    return float(np.mean(np.abs(rating_errors(actual, predicted))))


def mse(actual: ArrayLike, predicted: ArrayLike) -> float:
    """Mean squared error, in stars squared: ``mean((predicted - actual)**2)``.

    A training loss ``mse + penalty`` is larger than this by the penalty: take the
    error from predictions and not from the loss that the training prints.

    Raises as `rmse` does.
    """
    return float(np.mean(rating_errors(actual, predicted) ** 2))


def rating_errors(actual: ArrayLike, predicted: ArrayLike) -> Floats:
    """``predicted - actual`` in stars, shape (n,), after the checks of `rmse`."""
    actual = np.asarray(actual, dtype=np.float64)
    predicted = np.asarray(predicted, dtype=np.float64)
    if actual.shape != predicted.shape or actual.ndim != 1:
        raise ValueError(
            "Expected two flat arrays of the same length, got shapes "
            f"{actual.shape} and {predicted.shape}."
        )
    if actual.size == 0:
        raise ValueError("There are no ratings to compare: both arrays are empty.")
    for name, values in (("actual", actual), ("predicted", predicted)):
        if not np.isfinite(values).all():
            bad = int(np.flatnonzero(~np.isfinite(values))[0])
            raise ValueError(f"The {name} rating at position {bad} is {values[bad]}.")
    return predicted - actual
