"""Measure the entity vectors of chapter 7 on all installed films, and what beats them.

    python benchmarks/entities.py [--output FILE] [--processes N] [--quick]

Three questions with known answers (`recsys_helpers.methods.entity.questions`), each
asked of a model that was trained without what would give the answer away: chance and
fame, raw links (Jaccard, cosine, tf-idf, truncated SVD), the source's model with its
loop, ours with a vectorised sampler and both heads, with popularity-aware negatives,
and with a softmax objective; the best from three seeds. How famous the neighbours of
famous films are. Last, what the vectors are good for: a reader's taste (users of
MovieLens, whose likes and dislikes are known) and critics' scores.

`--quick` goes through all of it on `sample`, with short trainings, to try the script.
"""

import argparse
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from source_entities import SourceLinks

from recsys_helpers.datasets import Films, load_films, load_movielens, match_films
from recsys_helpers.intervals import bootstrap_interval
from recsys_helpers.large.processes import leave_none_behind
from recsys_helpers.measure import benchmark_arguments
from recsys_helpers.methods.entity import SampledLinkModel, SoftmaxLinkModel
from recsys_helpers.methods.entity.links import (
    FilmLinks,
    cosine_neighbours,
    famous_neighbours,
    jaccard_neighbours,
    random_neighbours,
    svd_vectors,
)
from recsys_helpers.methods.entity.questions import (
    QUESTIONS,
    FilmQuestion,
    FilmTaste,
    compare_regressions,
    critics_scores,
    held_out_pairs,
    neighbour_rows,
)
from recsys_helpers.nn import load_keras
from recsys_helpers.results import results_table, versions, write_results
from recsys_helpers.vectors import MovieVectors

RESULTS = Path(__file__).parent / "results" / "entities.json"
SEEDS = (0, 1, 2)
# Fewer and larger steps: a step of the optimizer goes over both tables as a whole,
# however few of their rows are in the batch.
LARGE_BATCHES = {
    "positives_per_batch": 4096,
    "learning_rate": 0.01,
    "optimizer": "adam",
}
VECTORS = ("source", "softmax", "softmax, composed", "truncated SVD, 100")
N_READERS, N_EXAMPLES = 60, 15
LIKED_FROM, DISLIKED_TO = 4.0, 2.5  # stars


def main() -> None:
    arguments = parse_arguments()
    edition = "sample" if arguments.quick else "all"
    # A process of its own for each question, since the source's loop leaves all cores
    # but one idle. So times are measured elsewhere, in entity_speed.py.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(arguments.processes, mp_context=fresh) as pool:
        parts = pool.map(measured, QUESTIONS, [edition] * len(QUESTIONS))
        results = pd.concat(parts, ignore_index=True)
    used = versions("numpy", "pandas", "scipy", "keras", "scikit-learn")
    results = results.assign(versions=[used] * len(results), edition=edition)
    write_results(results, arguments.output)
    for split in results["split"].unique():
        metrics = results.loc[results["split"] == split, "metric"].unique().tolist()
        print(f"\n{split}")
        print(results_table(results, metrics, split=split).to_string())


def measured(question: str, edition: str) -> pd.DataFrame:
    """Ask one question of all methods; with the first, measure all the rest."""
    # Not `reproducible_keras`: with determinism TensorFlow compiles nothing. All that
    # is random has a seed of its own.
    load_keras()
    run = Run(load_films(edition), edition == "sample")
    # The first training of a process pays for starting TensorFlow.
    run.sampled(n_epochs=1).fit(run.links(question))
    run.without_training(question)
    run.learned(question)
    if question == "franchise":
        run.critics()
        run.readers()
    return pd.concat(run.frames, ignore_index=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=2)
    return benchmark_arguments(parser, RESULTS)


@dataclass
class Run:
    """What is measured, on these films; the records come into `frames`."""

    films: Films
    quick: bool
    frames: list[pd.DataFrame] = field(default_factory=list)
    vectors: dict[str, MovieVectors] = field(default_factory=dict)

    @property
    def film_ids(self) -> pd.Series:
        return self.films.films["film_id"]

    def links(self, question: str) -> FilmLinks:
        return FilmLinks.from_pairs(held_out_pairs(self.films, question), self.film_ids)

    def sampled(self, **settings: Any) -> SampledLinkModel:
        short = {"n_epochs": 1} if self.quick else {}
        return SampledLinkModel(**LARGE_BATCHES | short | settings)

    def softmax(self, **settings: Any) -> SoftmaxLinkModel:
        short = {"n_epochs": 1} if self.quick else {}
        return SoftmaxLinkModel(**short | settings)

    def source(self) -> SourceLinks:
        return SourceLinks(n_epochs=1 if self.quick else 5)

    def note(
        self, split: str, method: str, n: int | None = None, **values: float
    ) -> None:
        frame = pd.DataFrame({"metric": list(values), "value": list(values.values())})
        self.frames.append(frame.assign(method=method, split=split, n=n))

    def answered(
        self, question: FilmQuestion, method: str, neighbours: np.ndarray, cpu_s: float
    ) -> None:
        """Note how good the neighbours are, and how famous."""
        frame = question.estimates(neighbours)
        self.frames.append(
            frame.assign(method=method, split=question.name, cpu_s=cpu_s)
        )
        if question.name == "franchise":
            fame = fame_of_neighbours(self.n_reviews, neighbours)
            self.note("franchise", method, fame=fame)

    @cached_property
    def n_reviews(self) -> np.ndarray:
        by_id = self.films.films.set_index("film_id").sort_index()
        return by_id["n_reviews"].astype("Float64").to_numpy(float, na_value=np.nan)

    def without_training(self, name: str) -> None:
        question, links = FilmQuestion.of(self.films, name), self.links(name)
        n_most = min(400, len(links.entities) - 1)
        for method, find in {
            "random": lambda: random_neighbours(len(links.films)),
            "fame, reviews": lambda: famous_neighbours(self.n_reviews),
            "fame, links": lambda: famous_neighbours(links.n_links_of),
            "Jaccard": lambda: jaccard_neighbours(links),
            "binary cosine": lambda: cosine_neighbours(links, idf_power=0),
            "tf-idf cosine": lambda: cosine_neighbours(links),
            "truncated SVD, 100": lambda: neighbour_rows(svd_vectors(links, 100)),
            "truncated SVD, 400": lambda: neighbour_rows(svd_vectors(links, n_most)),
        }.items():
            print(method, "on", name, flush=True)
            started = time.process_time()
            neighbours = find()
            cpu_s = time.process_time() - started
            self.answered(question, method, neighbours, cpu_s)

    def learned(self, name: str) -> None:
        """Train each model without the answers, and ask; keep those that know all."""
        question, links = FilmQuestion.of(self.films, name), self.links(name)
        for method, model in self.models(name).items():
            print(method, "on", name, flush=True)
            started = time.process_time()
            vectors = model.fit(links).film_vectors()
            cpu_s = time.process_time() - started
            self.answered(question, method, neighbour_rows(vectors), cpu_s)
            if name == "franchise":
                self.vectors[method] = vectors

    def models(self, question: str) -> dict[str, Any]:
        models = {
            "source": self.source(),
            "regression": self.sampled(),
            "classification": self.sampled(head="classification"),
            "regression, popular negatives": self.sampled(popularity=0.75),
            "softmax": self.softmax(composed=False),
            "softmax, composed": self.softmax(),
        }
        if question == "franchise":
            models["softmax, composed, seed 1"] = self.softmax(seed=1)
            models["softmax, composed, seed 2"] = self.softmax(seed=2)
            models["softmax, composed, idf"] = self.softmax(idf_power=1.0)
        return models

    def critics(self) -> None:
        """Predict critics' scores from vectors, raw links and genres."""
        links = self.links("franchise")
        self.vectors["truncated SVD, 100"] = svd_vectors(links, 100)
        genres = FilmLinks.from_pairs(self.films.pairs(["genre"]), self.film_ids)
        features = {
            "genres": genres.matrix,
            "tf-idf": links.tf_idf(),
            **{name: self.vectors[name].matrix for name in VECTORS},
        }
        for critic in ("tomato_meter", "metascore"):
            print("scores,", critic, flush=True)
            scores = critics_scores(self.films, critic)
            rows = links.rows(scores.index)
            told = {name: matrix[rows] for name, matrix in features.items()}
            found = compare_regressions(told, scores)
            rmse = found.rename(columns={"features": "method", "rmse": "value"})
            rmse = rmse.drop(columns="r2").assign(metric="rmse", split=critic)
            self.frames.append(rmse)
            for row in found.itertuples():
                self.note(critic, row.features, n=row.n, r2=row.r2)
        self.vectors["genres"] = MovieVectors(genres.films.ids, genres.matrix.toarray())

    def readers(self) -> None:
        """Tell what users of MovieLens like from what they don't."""
        tastes = readers_tastes(self.films, self.quick)
        for method in ("genres", *VECTORS):
            vectors = self.vectors[method]
            for kernel in ("linear", "rbf"):
                print("tastes,", method, kernel, flush=True)
                accuracies = [
                    FilmTaste(kernel=kernel).fit(vectors, *taste).accuracy_
                    for taste in tastes
                ]
                found = bootstrap_interval(accuracies)._asdict()
                record = {"method": f"{method}, {kernel}", "split": "readers", **found}
                record["metric"] = "balanced accuracy"
                self.frames.append(pd.DataFrame([record]))


def readers_tastes(films: Films, quick: bool) -> list[tuple[list[int], list[int]]]:
    """Films that people of MovieLens liked, and that they disliked."""
    movielens = load_movielens("sample" if quick else "small")
    pairs = match_films(movielens.movies, films.films).pairs
    ratings = movielens.ratings.merge(pairs[["movie_id", "film_id"]], on="movie_id")
    return list(likes_and_dislikes(ratings))[: 5 if quick else N_READERS]


def likes_and_dislikes(ratings: pd.DataFrame) -> Any:
    """Films that a user liked and disliked, of users who have enough of both."""
    for _, theirs in ratings.groupby("user_id"):
        liked = theirs.loc[theirs["rating"] >= LIKED_FROM, "film_id"]
        disliked = theirs.loc[theirs["rating"] <= DISLIKED_TO, "film_id"]
        if min(len(liked), len(disliked)) >= N_EXAMPLES:
            yield liked.tolist(), disliked.tolist()


def fame_of_neighbours(n_reviews: np.ndarray, neighbours: np.ndarray) -> float:
    """Rank correlation of a film's reviews with the median of its neighbours'."""
    theirs = pd.DataFrame(n_reviews[neighbours]).median(axis=1)
    return float(pd.Series(n_reviews).corr(theirs, method="spearman"))


if __name__ == "__main__":
    with leave_none_behind("Stopped. The results file is as it was."):
        main()
