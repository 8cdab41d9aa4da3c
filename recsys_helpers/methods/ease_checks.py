"""What EASE can be fitted on."""

import pandas as pd

LARGEST_N_USERS = 20_000
BUILD_YEARS = 'Build it by movies.set_index("movie_id")["year"].'


def check_size(n_users: int) -> None:
    """Raise a ValueError if a matrix of users by users would be too large."""
    if n_users > LARGEST_N_USERS:
        gib = 8 * n_users**2 / 2**30
        raise ValueError(
            f"EASE inverts a matrix of users by users, here {n_users:,} squared: "
            f"{gib:,.1f} GiB, and a tenth more while it is computed. Fit it on a "
            f"sample of at most {LARGEST_N_USERS:,} users, for example ratings[ratings"
            '["user_id"].isin(np.random.default_rng(0).choice(user_ids, 20_000, '
            "replace=False))]."
        )


def check_years(years: object) -> None:
    """Raise an error unless the years are whole numbers by movie id."""
    if not isinstance(years, pd.Series):
        raise TypeError(
            f"release_years is no Series but {type(years).__name__}. {BUILD_YEARS}"
        )
    index = years.index
    numbered = isinstance(index, pd.RangeIndex) and index.name is None
    if not pd.api.types.is_integer_dtype(index) or (numbered and index.start == 0):
        raise ValueError(
            "The index of release_years must be movie ids, and holds "
            f"{index[:3].tolist()} at its start. {BUILD_YEARS}"
        )
    if not index.is_unique:
        raise ValueError(
            f"Movie {index[index.duplicated()][0]} is in release_years more than once."
        )
    if not pd.api.types.is_numeric_dtype(years):
        raise ValueError(
            f"release_years must be numbers like 1995, and holds {years.dtype}; the "
            "year of a date is dates.dt.year."
        )
