"""The pause that a busy server asks for."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

__all__ = ["seconds_to_wait"]


def seconds_to_wait(retry_after: str, now: float) -> float:
    """Read the header Retry-After, which holds seconds or a date (RFC 9110, 10.2.3).

    Parameters
    ----------
    retry_after : str
        The header, or "" where there is none.
    now : float
        Seconds since 1970.

    Returns
    -------
    float
        Seconds from now, at least 0; 0 where the header is neither of the two.

    Examples
    --------
    >>> seconds_to_wait("7", 0), seconds_to_wait("soon", 0)
    (7.0, 0.0)
    >>> seconds_to_wait("Thu, 01 Jan 1970 00:01:00 GMT", 15)
    45.0
    """
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return 0.0
