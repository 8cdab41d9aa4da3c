"""Measure the entity vectors of chapter 7 on all installed films, and what beats them.

    python benchmarks/entities.py [--output FILE] [--quick]

Three questions with known answers (`recsys_helpers.film_questions`), each asked of a
model that was trained without what would give the answer away: chance and fame, raw
links (Jaccard, cosine, tf-idf, truncated SVD), the source's model with its loop, ours
with a vectorised sampler and both heads, with popularity-aware negatives, and with a
softmax objective; the best from three seeds. Then CPU time: a batch of the source's
loop and of ours; an epoch of the source's schedule and of ours, and the loss that both
reach, on the same pairs. Last, what the vectors are good for: a reader's taste (users
of MovieLens, whose likes and dislikes are known) and critics' scores.

`--quick` goes through all of it on `sample`, with short trainings, to try the script.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from source_entities import EpochClock, SourceLinks, looped_batches

from recsys_helpers.datasets import load_films, load_movielens
from recsys_helpers.film_links import FilmLinks
from recsys_helpers.film_matching import match_films
from recsys_helpers.film_questions import (
    QUESTIONS,
    FilmQuestion,
    held_out_pairs,
    neighbour_rows,
)
from recsys_helpers.film_tastes import FilmTaste, compare_regressions, critics_scores
from recsys_helpers.films import Films
from recsys_helpers.intervals import bootstrap_interval
from recsys_helpers.keras_setup import load_keras
from recsys_helpers.link_baselines import (
    cosine_neighbours,
    famous_neighbours,
    jaccard_neighbours,
    random_neighbours,
    svd_vectors,
)
from recsys_helpers.link_batches import LinkBatches
from recsys_helpers.methods.entity import SampledLinkModel, SoftmaxLinkModel
from recsys_helpers.negative_sampling import NegativeSampler
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
BEST = {"composed": True}
N_READERS, N_EXAMPLES = 60, 15
LIKED_FROM, DISLIKED_TO = 4.0, 2.5  # stars


def main() -> None:
    arguments = parse_arguments()
    # Not `reproducible_keras`: with determinism TensorFlow compiles nothing. All that
    # is random has a seed of its own.
    load_keras()
    run = Run(load_films("sample" if arguments.quick else "all"), arguments.quick)
    # The first training of a process pays for starting TensorFlow.
    run.sampled(n_epochs=1).fit(run.links("franchise"))

    for question in QUESTIONS:
        run.without_training(question)
        run.learned(question)
    run.speed_of_sampling()
    run.speed_of_epochs()
    run.critics()
    run.readers()

    results = pd.concat(run.frames, ignore_index=True)
    used = versions("numpy", "pandas", "scipy", "keras", "scikit-learn")
    results = results.assign(versions=[used] * len(results), edition=run.films.edition)
    write_results(results, arguments.output)
    for split in results["split"].unique():
        metrics = results.loc[results["split"] == split, "metric"].unique().tolist()
        print(f"\n{split}")
        print(results_table(results, metrics, split=split).to_string())


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    if arguments.quick and arguments.output == RESULTS:
        parser.error("--quick is no measurement: give another file with --output")
    return arguments


@dataclass
class Run:
    """What is measured, on these films; the records come into `frames`."""

    films: Films
    quick: bool
    frames: list[pd.DataFrame] = field(default_factory=list)

    @property
    def film_ids(self) -> pd.Series:
        return self.films.films["film_id"]

    def links(self, question: str) -> FilmLinks:
        return FilmLinks.from_pairs(held_out_pairs(self.films, question), self.film_ids)

    def sampled(self, **settings: Any) -> SampledLinkModel:
        short = {"n_epochs": 1} if self.quick else {}
        return SampledLinkModel(**short | settings)

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
        self, question: FilmQuestion, method: str, find: Callable[[], np.ndarray]
    ) -> None:
        """Ask one method, and note its answers and how long it took."""
        print(method, "on", question.name, flush=True)
        started = time.process_time()
        neighbours = find()
        cpu_s = time.process_time() - started
        frame = question.estimates(neighbours)
        self.frames.append(
            frame.assign(method=method, split=question.name, cpu_s=cpu_s)
        )

    def without_training(self, name: str) -> None:
        question, links = FilmQuestion.of(self.films, name), self.links(name)
        by_id = self.films.films.set_index("film_id").sort_index()
        reviews = by_id["n_reviews"].astype("Float64").to_numpy(float, na_value=np.nan)
        n_most = min(400, len(links.entities) - 1)
        for method, find in {
            "random": lambda: random_neighbours(len(links.films)),
            "fame, reviews": lambda: famous_neighbours(reviews),
            "fame, links": lambda: famous_neighbours(links.n_links_of),
            "Jaccard": lambda: jaccard_neighbours(links),
            "binary cosine": lambda: cosine_neighbours(links, idf_power=0),
            "tf-idf cosine": lambda: cosine_neighbours(links),
            "truncated SVD, 50": lambda: neighbour_rows(svd_vectors(links, 50)),
            "truncated SVD, 400": lambda: neighbour_rows(svd_vectors(links, n_most)),
        }.items():
            self.answered(question, method, find)

    def learned(self, name: str) -> None:
        question, links = FilmQuestion.of(self.films, name), self.links(name)
        large = LARGE_BATCHES
        models = {
            "source": self.source(),
            "regression": self.sampled(),
            "classification": self.sampled(head="classification"),
            "regression, large batches": self.sampled(**large),
            "regression, popular negatives": self.sampled(popularity=0.75),
            "classification, popular negatives": self.sampled(
                head="classification", popularity=0.75
            ),
            "softmax": self.softmax(),
            "softmax, not corrected": self.softmax(corrected=False),
            "softmax, idf": self.softmax(idf_power=0.5),
            **{
                f"softmax, composed, seed {seed}": self.softmax(seed=seed, **BEST)
                for seed in SEEDS[: 1 if self.quick else None]
            },
        }
        for method, model in models.items():
            self.answered(
                question, method, lambda m=model: neighbour_rows_of(m.fit(links))
            )

    def speed_of_sampling(self) -> None:
        """CPU time of a batch: 512 links and ten pairs that are none for each."""
        links, n = self.links("franchise"), 5 if self.quick else 100
        print("speed of sampling", flush=True)
        looped = looped_batches(links)
        self.note("speed", "source", batch_cpu_ms=cpu_ms_of(lambda: next(looped), n))
        for popularity in (0.0, 0.75):
            dealt = LinkBatches(links.matrix, popularity=popularity)
            sampler = NegativeSampler(links.matrix, popularity)
            rng = np.random.default_rng(0)
            self.note(
                "speed",
                f"vectorised, popularity {popularity:g}",
                batch_cpu_ms=cpu_ms_of(lambda d=dealt: d[0], 10 * n),
                negatives_cpu_ms=cpu_ms_of(
                    lambda s=sampler, r=rng: s.draw(5120, r), 10 * n
                ),
            )

    def speed_of_epochs(self) -> None:
        """CPU time of an epoch, and the loss reached, on the same pairs for all."""
        links = self.links("franchise")
        print("speed of epochs", flush=True)
        source = self.source().fit(links)
        self.note("speed", "source", **self.epochs_of(source, source.clock_))
        for method, settings in {
            "regression": {},
            "regression, large batches": LARGE_BATCHES,
        }.items():
            clock = EpochClock()
            model = self.sampled(**settings).fit(links, [clock.callback()])
            self.note("speed", method, **self.epochs_of(model, clock))
        for method, settings in {"softmax": {}, "softmax, composed": BEST}.items():
            clock = EpochClock()
            self.softmax(**settings, n_epochs=2).fit(links, [clock.callback()])
            self.note("speed", method, epoch_cpu_s=clock.usual)

    def epochs_of(self, model: Any, clock: EpochClock) -> dict[str, float]:
        # All links once, each with ten pairs that are none, which nobody has seen.
        unseen = LinkBatches(model.links_.matrix, 8192, seed=12345)
        loss = float(model.model_.evaluate(unseen, verbose=0))
        return {"epoch_cpu_s": clock.usual, "loss": loss}

    def critics(self) -> None:
        """Predict critics' scores from vectors, raw links and genres."""
        links = self.links("franchise")
        vectors = {
            "source": self.source().fit(links).film_vectors(),
            "softmax": self.softmax().fit(links).film_vectors(),
            "softmax, composed": self.softmax(**BEST).fit(links).film_vectors(),
            "truncated SVD, 50": svd_vectors(links, 50),
        }
        genres = FilmLinks.from_pairs(self.films.pairs(["genre"]), self.film_ids)
        features = {
            "genres": genres.matrix,
            "tf-idf": links.tf_idf(),
            **{name: of_films.matrix for name, of_films in vectors.items()},
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
        del vectors["source"]
        self.vectors_ = {**vectors, "genres": dense_vectors(genres)}

    def readers(self) -> None:
        """Tell what users of MovieLens like from what they don't."""
        movielens = load_movielens("sample" if self.quick else "small")
        pairs = match_films(movielens.movies, self.films.films).pairs
        ratings = movielens.ratings.merge(pairs[["movie_id", "film_id"]], on="movie_id")
        tastes = list(likes_and_dislikes(ratings))[: 5 if self.quick else N_READERS]
        for method, vectors in self.vectors_.items():
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


def likes_and_dislikes(ratings: pd.DataFrame) -> Any:
    """Films that a user liked and disliked, of users who have enough of both."""
    for _, theirs in ratings.groupby("user_id"):
        liked = theirs.loc[theirs["rating"] >= LIKED_FROM, "film_id"]
        disliked = theirs.loc[theirs["rating"] <= DISLIKED_TO, "film_id"]
        if min(len(liked), len(disliked)) >= N_EXAMPLES:
            yield liked.tolist(), disliked.tolist()


def dense_vectors(links: FilmLinks) -> MovieVectors:
    return MovieVectors(links.films.ids, links.matrix.toarray())


def neighbour_rows_of(model: Any) -> np.ndarray:
    return neighbour_rows(model.film_vectors())


def cpu_ms_of(function: Callable[[], Any], n: int) -> float:
    """Median of n calls in CPU milliseconds."""
    function()
    taken = []
    for _ in range(n):
        started = time.process_time()
        function()
        taken.append(1000 * (time.process_time() - started))
    return float(np.median(taken))


if __name__ == "__main__":
    main()
