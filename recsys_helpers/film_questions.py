"""Are the near films the right ones? Three questions whose answers are known.

To look at a few neighbours and nod is no test. These are asked of thousands of films:

franchise
    Are the film's sequels among its ten nearest? All links are known to the model.
director
    Are films of the same director? The model must not know who directed: every link
    from a film to a person who directs it is held out, whatever else they do in it.
genre
    Have the nearest films the same genres? Links to genres are held out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers.checks import check_choice
from recsys_helpers.films import Films, entities_of
from recsys_helpers.franchises import franchise_matrix
from recsys_helpers.ids import IdIndex
from recsys_helpers.intervals import bootstrap_interval
from recsys_helpers.vectors import MovieVectors

__all__ = ["QUESTIONS", "FilmQuestion", "held_out_pairs", "neighbour_rows"]

QUESTIONS = ("franchise", "director", "genre")
METRICS = {
    "franchise": ("recall@10",),
    "director": ("precision@10", "recall@10"),
    "genre": ("jaccard@10",),
}
N_NEAREST = 10


def held_out_pairs(films: Films, question: str, min_films: int = 3) -> pd.DataFrame:
    """Give the pairs that a model may learn from before it is asked a question.

    Parameters
    ----------
    films : Films
    question : {"franchise", "director", "genre"}
    min_films : int
        See `Films.pairs`; counted before anything is held out.

    Returns
    -------
    pandas.DataFrame with ``film_id`` and ``entity``
        For `FilmLinks.from_pairs`, which takes all ``film_id`` beside it.

    Raises
    ------
    ValueError
        If there is no such question, or no links of the kind that it asks about.
    """
    _check(films, question)
    if question == "genre":
        others = [kind for kind in films.kinds if kind != "genre"]
        return films.pairs(others, min_films=min_films)
    pairs = films.pairs(min_films=min_films)
    if question == "franchise":
        return pairs
    directed = films.links[films.links["kind"] == "director"]
    known = pd.MultiIndex.from_arrays([directed["film_id"], entities_of(directed)])
    is_known = pd.MultiIndex.from_frame(pairs[["film_id", "entity"]]).isin(known)
    return pairs[~is_known].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class FilmQuestion:
    """A question with its answers, made by `FilmQuestion.of`.

    Attributes
    ----------
    name : str
        One of `QUESTIONS`.
    films : IdIndex
        All films; a row is a place among them, as in `FilmLinks`.
    queries : numpy.ndarray of int, shape (n_queries,)
        Rows of the films that are asked about: those that have an answer.
    answers : scipy.sparse.csr_array of bool
        Shape (n_films, n_films): which films are right answers; for "genre" shape
        (n_films, n_genres): which genres a film has.
    """

    name: str
    films: IdIndex
    queries: NDArray[np.intp]
    answers: sparse.csr_array

    @classmethod
    def of(cls, films: Films, question: str) -> FilmQuestion:
        """Find the right answers.

        Raises
        ------
        ValueError
            If there is no such question, or no links of the kind that it asks about.
        """
        _check(films, question)
        index = IdIndex.of(films.films["film_id"], "film_id")
        if question == "franchise":
            in_order = films.films.sort_values("film_id")["title"]
            answers = franchise_matrix(in_order.tolist())
        else:
            answers = _has(films, index, question)
        if question == "director":
            together = (answers.astype(np.int32) @ answers.T.astype(np.int32)).tolil()
            together.setdiag(0)
            answers = together.tocsr().astype(bool)
            answers.eliminate_zeros()
        queries = np.flatnonzero(np.diff(answers.indptr))
        return cls(question, index, queries, answers)

    @property
    def metrics(self) -> tuple[str, ...]:
        """What `scores` gives: "recall@10", for instance."""
        return METRICS[self.name]

    def scores(self, neighbours: NDArray[np.integer]) -> pd.DataFrame:
        r"""Score lists of neighbours, query by query.

        * ``precision@10``: right answers among the ten, divided by 10.
        * ``recall@10``: the same, divided by the number of right answers, or by 10 if
          there are more, so that 1 can be reached (`recsys_helpers.metrics.recall_at_k`
          always divides by their number).
        * ``jaccard@10``: the mean, over the ten, of the genres that both films have,
          divided by those that either has.

        Parameters
        ----------
        neighbours : numpy.ndarray of int, shape (n_films, n)
            Rows of each film's nearest films, best first; of more than ten the first
            ten count, and fewer than ten are ten with wrong ones at the end.

        Returns
        -------
        pandas.DataFrame, one row a query, indexed by film_id
            With a column for each of `metrics`.

        Raises
        ------
        ValueError
            If there is not a row of neighbours for each film, or one is no row.
        """
        lists = self._checked(neighbours)[self.queries, :N_NEAREST]
        if self.name == "genre":
            found = {"jaccard@10": self._jaccard(lists)}
        else:
            asked = np.repeat(self.queries, lists.shape[1])
            right = self.answers[asked, lists.ravel()]
            hits = np.asarray(right).reshape(lists.shape).sum(axis=1)
            n_answers = np.diff(self.answers.indptr)[self.queries]
            found = {
                "precision@10": hits / N_NEAREST,
                "recall@10": hits / np.minimum(n_answers, N_NEAREST),
            }
        ids = pd.Index(self.films.ids[self.queries], name="film_id")
        return pd.DataFrame(found, index=ids)[list(self.metrics)]

    def estimates(self, neighbours: NDArray[np.integer], seed: int = 0) -> pd.DataFrame:
        """Means over the queries, and how sure they are.

        Parameters
        ----------
        neighbours
            As in `scores`.
        seed : int
            Of the bootstrap: see `recsys_helpers.intervals.bootstrap_interval`.

        Returns
        -------
        pandas.DataFrame, one row a metric
            ``metric``, ``value``, ``low``, ``high``, ``n`` (queries).
        """
        scores = self.scores(neighbours)
        rows = [
            {"metric": metric, **bootstrap_interval(column, seed=seed)._asdict()}
            for metric, column in scores.items()
        ]
        return pd.DataFrame(rows)

    def _checked(self, neighbours: NDArray[np.integer]) -> NDArray[np.integer]:
        neighbours = np.asarray(neighbours)
        if neighbours.ndim != 2 or len(neighbours) != len(self.films):
            raise ValueError(
                f"There are {len(self.films):,} films, and each needs a row of "
                f"neighbours; got the shape {neighbours.shape}."
            )
        if not np.issubdtype(neighbours.dtype, np.integer):
            raise ValueError("Neighbours are rows of films, whole numbers.")
        lists = neighbours[:, :N_NEAREST]
        if lists.size and not (lists.min() >= 0 and lists.max() < len(self.films)):
            raise ValueError(
                f"A neighbour is a row from 0 to {len(self.films) - 1:,}; these go "
                f"from {lists.min()} to {lists.max()}. For film_ids: neighbour_rows."
            )
        return lists

    def _jaccard(self, lists: NDArray[np.integer]) -> NDArray[np.float64]:
        genres = self.answers.toarray()
        own = genres[self.queries]
        total = np.zeros(len(lists))
        for place in lists.T:
            theirs = genres[place]
            total += (own & theirs).sum(axis=1) / (own | theirs).sum(axis=1)
        return total / N_NEAREST


def neighbour_rows(vectors: MovieVectors, n: int = N_NEAREST) -> NDArray[np.intp]:
    """Rows of the nearest films of all films, by the cosine of their vectors.

    Parameters
    ----------
    vectors : MovieVectors
        Of all films, in the order of their ids.
    n : int

    Returns
    -------
    numpy.ndarray of int, shape (n_films, min(n, n_films - 1))
        For `FilmQuestion.scores`.
    """
    index = IdIndex.of(vectors.movie_ids, "film_id")
    if not np.array_equal(index.ids, vectors.movie_ids):
        raise ValueError("The vectors have to be in the order of the films' ids.")
    film_ids, _ = vectors.neighbours_of_all(n)
    return index.rows(film_ids)


def _has(films: Films, index: IdIndex, kind: str) -> sparse.csr_array:
    """Which film has which links of a kind, shape (n_films, n_names), bool."""
    links = films.links[films.links["kind"] == kind]
    codes, names = pd.factorize(links["name"], sort=True)
    rows = index.rows(links["film_id"])
    shape = (len(index), len(names))
    return sparse.csr_array((np.ones(len(rows), dtype=bool), (rows, codes)), shape)


def _check(films: Films, question: str) -> None:
    check_choice("question", question, QUESTIONS)
    if question != "franchise" and question not in films.kinds:
        raise ValueError(
            f"This question asks about links of the kind {question}, and the kinds "
            f"here are {', '.join(films.kinds)}."
        )
