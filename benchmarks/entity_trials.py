"""Choose settings on half of the directors, and judge them on the others.

    python benchmarks/entity_trials.py [--output FILE] [--quick]

Which films does a director's film lie near, with all links to directors held out? With
that question, asked of the films of one half of the directors, the composed model and
tf-idf choose among six settings each. The composed model keeps its default settings
unless others are decidedly better; tf-idf takes its best. All three questions are then
asked of the films of the other half, which chose nothing: the composed model from three
seeds, and paired differences, film by film. The films of a director are no independent
witnesses, so the bootstrap draws directors.

Last, how well vectors tell what readers like: paired differences over the same people.

`--quick` goes through all of it on `sample`, with short trainings, to try the script.
"""

import argparse
from collections.abc import Callable
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from entities import RESULTS as OF_ENTITIES
from entities import SEEDS, readers_tastes
from numpy.typing import NDArray
from scipy import sparse

from recsys_helpers.datasets import Films, entities_of, load_films
from recsys_helpers.interactions import top_n
from recsys_helpers.intervals import Estimate, bootstrap_interval, paired_difference
from recsys_helpers.measure import benchmark_arguments
from recsys_helpers.methods.entity import SoftmaxLinkModel
from recsys_helpers.methods.entity.links import (
    FilmLinks,
    cosine_neighbours,
    svd_vectors,
)
from recsys_helpers.methods.entity.questions import (
    N_NEAREST,
    QUESTIONS,
    FilmQuestion,
    FilmTaste,
    held_out_pairs,
    neighbour_rows,
)
from recsys_helpers.nn import load_keras
from recsys_helpers.results import versions, write_results
from recsys_helpers.vectors import MovieVectors

RESULTS = OF_ENTITIES.with_name("entity_trials.json")
CHOOSING, JUDGING = "choosing half", "judging half"
CHOSEN_BY = ("director", "recall@10")
COMPOSED: dict[str, dict[str, Any]] = {
    "default": {},
    "temperature 0.05": {"temperature": 0.05},
    "temperature 0.1": {"temperature": 0.1},
    "15 % hidden": {"hidden_share": 0.15},
    "50 % hidden": {"hidden_share": 0.5},
    "100 factors": {"n_factors": 100},
}
FREQUENT = 0.05  # share of the films that link to an entity
K1, B = 1.2, 0.75  # of BM25, as they are usually set


def sublinear(links: FilmLinks, films: Films) -> NDArray[np.intp]:
    """Let somebody with several credits in a film count more, by their logarithm."""
    named = films.links.assign(entity=entities_of(films.links))
    credits = named.groupby(["film_id", "entity"], observed=True).size()
    weighted = links.tf_idf()
    rows, columns = weighted.nonzero()
    names = np.array(links.entities, dtype=object)[columns]
    pairs = pd.MultiIndex.from_arrays([links.films.ids[rows], names])
    weighted.data *= 1 + np.log(credits.reindex(pairs).to_numpy()).astype(np.float32)
    return of_cosines(weighted)


def without_frequent(links: FilmLinks, films: Films) -> NDArray[np.intp]:
    rare = links.n_films_with <= FREQUENT * len(links.films)
    return of_cosines(links.tf_idf()[:, np.flatnonzero(rare)])


def bm25(links: FilmLinks, films: Films) -> NDArray[np.intp]:
    """Take a film's links as a query, and weigh those of the others by BM25."""
    n_with = links.n_films_with
    idf = np.log1p((len(links.films) - n_with + 0.5) / (n_with + 0.5))
    length = links.n_links_of / links.n_links_of.mean()
    saturated = (K1 + 1) / (1 + K1 * (1 - B + B * length))
    weighted = links.matrix.copy()
    weighted.data *= (idf[weighted.indices]).astype(np.float32)
    weighted.data *= np.repeat(saturated, links.n_links_of).astype(np.float32)
    return nearest(links.matrix, weighted)


TF_IDF: dict[str, Callable[[FilmLinks, Films], NDArray[np.intp]]] = {
    "plain": lambda links, _: cosine_neighbours(links),
    "idf to the power 0.5": lambda links, _: cosine_neighbours(links, idf_power=0.5),
    "idf to the power 2": lambda links, _: cosine_neighbours(links, idf_power=2),
    "sublinear in credits": sublinear,
    "without frequent links": without_frequent,
    "BM25": bm25,
}
assert len(TF_IDF) == len(COMPOSED)


def of_cosines(weighted: sparse.csr_array) -> NDArray[np.intp]:
    weighted = weighted.copy()
    lengths = np.sqrt(weighted.multiply(weighted).sum(axis=1))
    lengths = np.where(lengths > 0, lengths, 1)
    weighted.data /= np.repeat(lengths, np.diff(weighted.indptr))
    return nearest(weighted, weighted)


def nearest(queries: sparse.csr_array, found: sparse.csr_array) -> NDArray[np.intp]:
    """Rows with the largest products with each query's, without its own."""
    turned = found.T.tocsr()
    rows: list[NDArray[np.intp]] = []
    for start in range(0, queries.shape[0], 200):
        # What differs by rounding is a tie.
        for scores in (queries[start : start + 200] @ turned).toarray().round(6):
            rows.append(top_n(scores, N_NEAREST, exclude=[len(rows)]))
    return np.array(rows)


class Halves:
    """Whose film each film is, and into which half these directors were drawn.

    A film of several directors counts as the first one's. Films whose directors were
    drawn into both halves, and films that have none, are in neither.
    """

    def __init__(self, films: Films, seed: int = 0) -> None:
        directed = films.links[films.links["kind"] == "director"]
        directed = directed[["film_id", "name"]].drop_duplicates()
        names = directed["name"].unique()
        drawn = np.random.default_rng(seed).permutation(len(names)) < len(names) // 2
        chooses = directed["name"].map(dict(zip(names, drawn, strict=True)))
        of_film = chooses.groupby(directed["film_id"]).agg(["all", "any"])
        self.director = directed.groupby("film_id")["name"].first()
        self.films = {
            CHOOSING: of_film.index[of_film["all"]],
            JUDGING: of_film.index[~of_film["any"]],
        }

    def by_director(self, scores: pd.Series, half: str) -> pd.DataFrame:
        """Means of a half's films and their number, a row a director."""
        of_half = scores[scores.index.isin(self.films[half])]
        director = self.director.loc[of_half.index].to_numpy()
        return of_half.groupby(director).agg(["mean", "size"])

    def interval(self, scores: pd.Series, half: str) -> Estimate:
        means = self.by_director(scores, half)
        return bootstrap_interval(means["mean"], weights=means["size"])

    def difference(self, a: pd.Series, b: pd.Series, half: str) -> Estimate:
        of_a, of_b = (self.by_director(scores, half) for scores in (a, b))
        return paired_difference(of_a["mean"], of_b["mean"], weights=of_a["size"])


class Trials:
    """Scores of all films by method, settings and question, each computed once."""

    def __init__(self, films: Films, quick: bool) -> None:
        self.films, self.short = films, {"n_epochs": 1} if quick else {}
        self.halves = Halves(films)
        self.composed = cache(self._composed)
        self.tf_idf = cache(self._tf_idf)

    def links(self, question: str) -> FilmLinks:
        pairs = held_out_pairs(self.films, question)
        return FilmLinks.from_pairs(pairs, self.films.films["film_id"])

    def _composed(
        self, settings: str, question: str, seed: int = 0
    ) -> tuple[pd.DataFrame, MovieVectors]:
        print("composed", settings, question, seed, flush=True)
        model = SoftmaxLinkModel(seed=seed, **self.short | COMPOSED[settings])
        vectors = model.fit(self.links(question)).film_vectors()
        asked = FilmQuestion.of(self.films, question)
        return asked.scores(neighbour_rows(vectors)), vectors

    def _tf_idf(self, settings: str, question: str) -> pd.DataFrame:
        print("tf-idf", settings, question, flush=True)
        neighbours = TF_IDF[settings](self.links(question), self.films)
        return FilmQuestion.of(self.films, question).scores(neighbours)

    def choose(self) -> tuple[str, str, list[dict]]:
        """Try all settings; give the composed model's, tf-idf's, and the records."""
        question, metric = CHOSEN_BY
        gain_of = f"{metric}, difference"
        of_composed = {s: self.composed(s, question)[0][metric] for s in COMPOSED}
        of_tf_idf = {s: self.tf_idf(s, question)[metric] for s in TF_IDF}
        records, means = [], {}
        for method, tried in (("composed", of_composed), ("tf-idf", of_tf_idf)):
            first = next(iter(tried))
            for settings, scores in tried.items():
                label = f"{method}, {settings}"
                found = self.halves.interval(scores, CHOOSING)
                means[label] = found.value
                records.append(record(label, question, metric, CHOOSING, found))
                if settings != first:
                    found = self.halves.difference(scores, tried[first], CHOOSING)
                    pair = f"{label} - {method}, {first}"
                    records.append(record(pair, question, gain_of, CHOOSING, found))
        best = max(TF_IDF, key=lambda settings: means[f"tf-idf, {settings}"])
        ours = max(COMPOSED, key=lambda settings: means[f"composed, {settings}"])
        if ours != "default":
            scores, default = of_composed[ours], of_composed["default"]
            gain = self.halves.difference(scores, default, CHOOSING)
            ours = ours if gain.low > 0 else "default"
        return ours, best, records

    def judge(self, ours: str, best: str) -> list[dict]:
        """Ask all questions of the half that chose nothing."""
        records = []
        for question in QUESTIONS:
            seeds = [self.composed(ours, question, seed)[0] for seed in SEEDS]
            mean = sum(seeds[1:], start=seeds[0]) / len(seeds)
            scores = {f"composed, {ours}": mean}
            for settings in dict.fromkeys([best, "plain"]):
                scores[f"tf-idf, {settings}"] = self.tf_idf(settings, question)
            for metric in mean:
                of_metric = {name: frame[metric] for name, frame in scores.items()}
                for name, values in of_metric.items():
                    found = self.halves.interval(values, JUDGING)
                    records.append(record(name, question, metric, JUDGING, found))
                for a, b in combinations(of_metric, 2):
                    found = self.halves.difference(of_metric[a], of_metric[b], JUDGING)
                    pair, of_pair = f"{a} - {b}", f"{metric}, difference"
                    records.append(record(pair, question, of_pair, JUDGING, found))
            n_films = mean.index.isin(self.halves.films[JUDGING]).sum()
            about = {"method": "all", "split": f"{question}, {JUDGING}"}
            records.append(about | {"metric": "films asked", "value": int(n_films)})
        return records

    def readers(self, ours: str, quick: bool) -> list[dict]:
        """Tell what people like from what they don't, all by the same flat border."""
        genres = FilmLinks.from_pairs(
            self.films.pairs(["genre"]), self.films.films["film_id"]
        )
        of_genres = MovieVectors(genres.films.ids, genres.matrix.toarray())
        told_by = {
            "truncated SVD, 100": [svd_vectors(self.links("franchise"), 100)],
            f"composed, {ours}": [
                self.composed(ours, "franchise", seed)[1] for seed in SEEDS
            ],
            "genres": [of_genres],
        }
        tastes = readers_tastes(self.films, quick)
        right = {
            name: np.mean([accuracies(one, tastes) for one in vectors], axis=0)
            for name, vectors in told_by.items()
        }
        records = []
        metric, who = "balanced accuracy", "all of them"
        for name, found in right.items():
            interval = bootstrap_interval(found)
            records.append(record(name, "readers", metric, who, interval))
        for a, b in combinations(right, 2):
            gain = paired_difference(right[a], right[b])
            pair, of_pair = f"{a} - {b}", f"{metric}, difference"
            records.append(record(pair, "readers", of_pair, who, gain))
        return records


def accuracies(vectors: MovieVectors, tastes: list) -> NDArray[np.floating]:
    found = [FilmTaste().fit(vectors, *taste).accuracy_ for taste in tastes]
    return np.array(found)


def record(method: str, question: str, metric: str, half: str, found: Estimate) -> dict:
    """One record of the results file; n counts directors, or people."""
    print(f"{half}, {question}, {metric}: {method} {found}", flush=True)
    about = {"method": method, "metric": metric, "split": f"{question}, {half}"}
    return about | found._asdict()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments = benchmark_arguments(parser, RESULTS)
    edition = "sample" if arguments.quick else "all"
    load_keras()
    trials = Trials(load_films(edition), arguments.quick)
    ours, best, records = trials.choose()
    records += trials.judge(ours, best)
    records += trials.readers(ours, arguments.quick)
    used = versions("numpy", "pandas", "scipy", "keras", "scikit-learn")
    about = {"edition": edition, "versions": used}
    write_results([about | row for row in records], arguments.output)


if __name__ == "__main__":
    main()
