"""What came of a download of posters, film by film."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from recsys_helpers.tmdb_notice import TMDB_ATTRIBUTION

__all__ = ["STATUSES", "PosterOutcome", "PosterReport"]

STATUSES = ("downloaded", "there", "missing", "failed", "not tried")
_MOST_REASONS = 5


@dataclass(frozen=True)
class PosterOutcome:
    """What came of one film: one of `STATUSES`, why, and where the poster is."""

    status: str
    reason: str = ""
    tmdb_id: int | None = None
    file: Path | None = None


@dataclass(frozen=True, eq=False, repr=False)
class PosterReport:
    """What was found, what not, and why.

    Attributes
    ----------
    films : pandas.DataFrame
        One row a film, in the order that was asked for: ``movie_id``, ``status``,
        ``reason`` (str, empty where all went well), ``tmdb_id`` (nullable Int64) and
        ``file`` (pathlib.Path or None). The status is

        - "downloaded": now;
        - "there": it was in the folder already;
        - "missing": TMDB does not know the film, or has no poster of it;
        - "failed": there should be one, and it did not come;
        - "not tried": TMDB could not be reached any more.
    attribution : str
        TMDB's notice, to be shown wherever the posters are.
    """

    films: pd.DataFrame
    attribution: str = TMDB_ATTRIBUTION

    @classmethod
    def of(cls, outcomes: dict[int, PosterOutcome]) -> PosterReport:
        """Make a report of what came of each movie_id."""
        columns = {
            "movie_id": list(outcomes),
            "status": [outcome.status for outcome in outcomes.values()],
            "reason": [outcome.reason for outcome in outcomes.values()],
            "tmdb_id": pd.array([o.tmdb_id for o in outcomes.values()], dtype="Int64"),
            # None stays None in a column of objects.
            "file": pd.Series([o.file for o in outcomes.values()], dtype=object),
        }
        return cls(pd.DataFrame(columns))

    @property
    def files(self) -> dict[int, Path]:
        """The posters that are there, by movie_id."""
        good = self.films[self.films["status"].isin(["downloaded", "there"])]
        return dict(zip(good["movie_id"].tolist(), good["file"], strict=True))

    def summary(self) -> str:
        """Return a few lines: how many of each, the most frequent reasons, the notice.

        Examples
        --------
        >>> outcomes = {
        ...     1: PosterOutcome("there", file=Path("1.jpg")),
        ...     7: PosterOutcome("missing", "TMDB has no poster of this film."),
        ... }
        >>> PosterReport.of(outcomes)
        2 films: 1 there, 1 missing.
           1 x TMDB has no poster of this film.
        This product uses the TMDB API but is not endorsed or certified by TMDB.
        """
        counts = self.films["status"].value_counts()
        parts = [f"{counts[s]:,} {s}" for s in STATUSES if s in counts]
        what = "1 film" if len(self.films) == 1 else f"{len(self.films):,} films"
        lines = [f"{what}: {', '.join(parts) or 'none asked for'}."]
        reasons = self.films["reason"]
        frequent = reasons[reasons != ""].value_counts(sort=True)
        lines += [f"{n:4,} x {why}" for why, n in frequent[:_MOST_REASONS].items()]
        n_more = len(frequent) - _MOST_REASONS
        if n_more > 0:
            lines.append(f"     and {n_more:,} other reasons: see .films")
        return "\n".join([*lines, self.attribution])

    def __repr__(self) -> str:
        return self.summary()
