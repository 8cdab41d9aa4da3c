"""Measure what the entity models of chapter 7 cost: batches, epochs, and the loss.

    python benchmarks/entity_speed.py [--output FILE]

CPU time of a batch of 512 links and ten pairs that are none for each, by the source's
loop and by ours; of an epoch of the source's schedule and of ours; and the loss that
both have reached after five epochs, on the same pairs. All in one process, which should
have the machine for itself.
"""

import argparse
import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from entities import LARGE_BATCHES
from source_entities import EpochClock, SourceLinks, looped_batches

from recsys_helpers.datasets import load_films
from recsys_helpers.methods.entity import SampledLinkModel, SoftmaxLinkModel
from recsys_helpers.methods.entity.layers import LinkBatches
from recsys_helpers.methods.entity.links import FilmLinks
from recsys_helpers.methods.entity.sampling import NegativeSampler
from recsys_helpers.nn import load_keras
from recsys_helpers.results import versions, write_results

RESULTS = Path(__file__).parent / "results" / "entity_speed.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    output = parser.parse_args().output
    load_keras()
    films = load_films("all")
    links = FilmLinks.from_pairs(films.pairs(), films.films["film_id"])
    # The first training of a process pays for starting TensorFlow.
    SampledLinkModel(n_epochs=1, **LARGE_BATCHES).fit(links)
    common = {"split": "speed", "edition": films.edition}
    common |= {"versions": versions("numpy", "scipy", "keras")}
    records = [
        {"method": method, "metric": metric, "value": value, **common}
        for method, metric, value in [*of_batches(links), *of_epochs(links)]
    ]
    for record in records:
        print(f"{record['method']}, {record['metric']}: {record['value']:.4g}")
    write_results(records, output)


def of_batches(links: FilmLinks, n: int = 100) -> list[tuple[str, str, float]]:
    """CPU milliseconds of a batch, and of its pairs that are no links alone."""
    looped = looped_batches(links)
    found = [("source", "batch_cpu_ms", cpu_ms_of(lambda: next(looped), n))]
    for popularity in (0.0, 0.75):
        dealt = LinkBatches(links.matrix, popularity=popularity)
        sampler = NegativeSampler(links.matrix, popularity)
        rng = np.random.default_rng(0)
        method = f"vectorised, popularity {popularity:g}"
        # Other batches each time: the numbers of one would lie ready in the caches.
        in_turn = (dealt[number % len(dealt)] for number in itertools.count())
        batch = cpu_ms_of(lambda b=in_turn: next(b), 10 * n)
        negatives = cpu_ms_of(lambda s=sampler, r=rng: s.draw(5120, r), 10 * n)
        found += [(method, "batch_cpu_ms", batch)]
        found += [(method, "negatives_cpu_ms", negatives)]
    return found


def of_epochs(links: FilmLinks) -> list[tuple[str, str, float]]:
    """CPU seconds of an epoch after the first, and the loss after five."""
    # All links once, each with ten freshly drawn pairs that are none.
    unseen = LinkBatches(links.matrix, 8192, seed=12345)
    found = []
    for method, model in {
        "source": SourceLinks(),
        "regression": SampledLinkModel(**LARGE_BATCHES),
        "softmax, composed": SoftmaxLinkModel(n_epochs=3),
    }.items():
        clock = EpochClock()
        model.fit(links, [clock.callback()])
        found.append((method, "epoch_cpu_s", clock.usual))
        if "softmax" not in method:
            loss = float(model.model_.evaluate(unseen, verbose=0))
            found.append((method, "loss", loss))
    return found


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
