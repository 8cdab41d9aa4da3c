"""When a training that is watched stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from recsys_helpers.keras_setup import load_keras
from recsys_helpers.methods import check_ratings_frame

if TYPE_CHECKING:
    pass


def early_stopping(patience: int) -> Any:
    """Make a callback that stops when the validation RMSE no longer falls.

    Parameters
    ----------
    patience : int
        How many epochs without a new best are waited for. The weights go back to
        those of the best.

    Returns
    -------
    keras.callbacks.EarlyStopping
        It watches `val_rmse`, not the loss, which holds penalties too.
    """
    return load_keras().callbacks.EarlyStopping(
        "val_rmse", patience=patience, mode="min", restore_best_weights=True
    )


def check_watched(valid: pd.DataFrame | None, patience: int | None) -> None:
    """Check the ratings to be watched: there must be some if there is a patience.

    Raises
    ------
    ValueError
        If there is `patience` and no `valid`, or a rating cannot be.
    """
    if valid is not None:
        check_ratings_frame(valid)
    elif patience is not None:
        raise ValueError(
            "To stop early, fit needs ratings to watch: fit(train, valid). Without "
            "them, leave patience at None."
        )
