"""Which features find posters of the same genre, and what they cost.

    python benchmarks/posters.py [--output FILE] [--quick] [--without-vgg16]

480 drawn posters of 12 genres, tilted, cropped and roughened; the share of the ten
nearest posters that have the same genre, from two draws of the movies. What it depends
on: the layer, pooling, how pixels are prepared, standardising. Then what extraction
costs: one image at a time as in the source against batches, the cache, and the most
memory while thousands of posters stream through. Costs are CPU seconds, of one run.

VGG16 is measured where its weights are in a file that the environment variable
RECSYS_VGG16_WEIGHTS names (a few CPU minutes). `--quick` tries it all on few posters.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from recsys_helpers.datasets import load_movielens
from recsys_helpers.images import extract_features, square_pixels, standardised
from recsys_helpers.images.backbones import (
    CHANNEL_MEANS,
    VGG16_FILE,
    Backbone,
    load_backbone,
    prepared,
)
from recsys_helpers.images.baselines import (
    colour_histograms,
    genre_agreement,
    movies_for_the_task,
    thumbnails,
)
from recsys_helpers.intervals import bootstrap_interval
from recsys_helpers.measure import peak_memory_mib
from recsys_helpers.posters import draw_posters
from recsys_helpers.results import versions, write_results

RESULTS = Path(__file__).parent / "results" / "posters.json"
SEEDS = (0, 1)
LAYERS = {
    "squeezenet": ("conv1", "fire2", "fire3", "fire5", "fire7", "fire9"),
    "vgg16": tuple(f"block{block}_pool" for block in range(1, 6)),
}
BATCH = 32
AGREEMENT = "genre agreement@10"


def as_is(pixels):
    return pixels[..., ::-1].astype(np.float32)


# How else pixels could reach the network, and what that leaves out.
PREPARATIONS = {
    "without the channel means": as_is,
    "pixels from 0 to 1": lambda pixels: pixels.astype(np.float32) / 255,
    "red and blue exchanged": lambda p: p.astype(np.float32) - CHANNEL_MEANS[::-1],
}


class Task:
    """Drawn posters whose genres are known, and what has been measured on them."""

    def __init__(self, seed, per_genre):
        movies = movies_for_the_task(load_movielens("small").movies, per_genre, seed)
        self.seed, self.genres = seed, movies["genre"].to_numpy(dtype=str)
        self.images = list(draw_posters(movies, wear=True))
        self.records = []

    def judge(self, name, matrix, *, cpu_s=None, standardise=True):
        matrix = standardised(matrix) if standardise else matrix
        found = bootstrap_interval(genre_agreement(matrix, self.genres))
        print(f"{self.seed} {name:60} {found.value:.3f}", flush=True)
        self.records.append(
            {
                "method": name,
                "metric": AGREEMENT,
                "value": round(float(found.value), 4),
                "low": round(float(found.low), 4),
                "high": round(float(found.high), 4),
                "n": found.n,
                "seed": self.seed,
                "cpu_s": cpu_s,
            }
        )

    def without_a_network(self):
        noise = np.random.default_rng(self.seed).standard_normal((len(self.images), 64))
        self.judge("random numbers", noise)
        for standardise in (False, True):
            mark = ", standardised" * standardise
            for n in (4, 8):
                matrix = colour_histograms(self.images, n_levels=n).matrix
                name = f"colour histogram, {n} levels{mark}"
                self.judge(name, matrix, standardise=standardise)
            matrix = thumbnails(self.images).matrix
            self.judge(f"thumbnail 16 x 24{mark}", matrix, standardise=standardise)

    def with_network(self, name, weights):
        """Judge all layers of a network in one pass, which is most of the cost."""
        outputs, cpu_s = self.outputs(name, weights, LAYERS[name])
        for layer, parts in outputs.items():
            label = f"{name}, weights {weights}, {layer}"
            pooled = np.concatenate([part.mean(axis=(1, 2)) for part in parts])
            self.judge(f"{label}, average", pooled, cpu_s=cpu_s)
        flat = np.concatenate([part.reshape(len(part), -1) for part in parts])
        self.judge(f"{label}, flatten", flat, cpu_s=cpu_s)
        if weights == "imagenet":
            self.judge(f"{label}, average, not standardised", pooled, standardise=False)
            half = pooled.astype(np.float16)
            self.judge(f"{label}, average, float16", half.astype(np.float32))

    def with_other_pixels(self):
        """Prepare pixels otherwise, for SqueezeNet's last layer."""
        label = "squeezenet, weights imagenet, fire9, average, {}".format
        for name, prepare in PREPARATIONS.items():
            outputs, _ = self.outputs("squeezenet", "imagenet", ["fire9"], prepare)
            pooled = [part.mean(axis=(1, 2)) for part in outputs["fire9"]]
            self.judge(label(name), np.concatenate(pooled))
        backbone = load_backbone()
        squashed = extract_features(self.images, backbone, fit="squash")
        self.judge(label("squashed"), squashed.matrix)
        small = [image.resize((23, 34)) for image in self.images]
        self.judge(label("from 23 x 34"), extract_features(small, backbone).matrix)

    def outputs(self, name, weights, layers, prepare=prepared):
        import keras

        whole = load_backbone(name, weights).model
        ends = [whole.get_layer(layer).output for layer in layers]
        model = keras.Model(whole.input, ends)
        parts = {layer: [] for layer in layers}
        start = time.process_time()
        for first in range(0, len(self.images), BATCH):
            batch = self.images[first : first + BATCH]
            pixels = prepare(np.stack([square_pixels(image) for image in batch]))
            found = model.predict_on_batch(pixels)
            found = found if isinstance(found, list) else [found]
            for layer, output in zip(layers, found, strict=True):
                # Every output of every layer would take gigabytes.
                last = layer == layers[-1]
                kept = output if last else output.mean(axis=(1, 2), keepdims=True)
                parts[layer].append(kept)
        return parts, round(time.process_time() - start, 1)


def cost_of(name, images):
    """Extract in both ways, one after the other; then once more from the cache."""
    backbone: Backbone = load_backbone(name)
    n = len(images)
    backbone.activations(square_pixels(images[0])[np.newaxis])  # builds the program
    backbone.model.predict(prepared(square_pixels(images[0])[np.newaxis]), verbose=0)

    def as_in_source():
        rows = np.zeros((n, backbone.length("flatten")))
        for row, image in enumerate(images):
            pixels = prepared(square_pixels(image)[np.newaxis])
            rows[row] = backbone.model.predict(pixels, verbose=0).ravel()
        return rows

    with tempfile.TemporaryDirectory() as folder:

        def in_batches(cache=None):
            return extract_features(images, backbone, pooling="flatten", cache=cache)

        in_batches()  # builds the program for this size of a batch
        costs = {"one image at a time": cpu_s_of(as_in_source)}
        costs["in batches of 32"] = cpu_s_of(in_batches)
        in_batches(folder)
        costs["from the cache"] = cpu_s_of(lambda: in_batches(folder))
    one, many = as_in_source(), in_batches().matrix
    difference = np.abs(one - many).max() / np.abs(one).max()
    for way, (cpu_s, wall_s) in costs.items():
        print(f"{name}, {way}: {cpu_s:.2f} CPU s, {wall_s:.2f} s", flush=True)
        for metric, value in (("cpu_s an image", cpu_s), ("wall_s an image", wall_s)):
            yield {"method": f"{name}, {way}", "metric": metric, "value": value / n} | {
                "n": n
            }
    yield {
        "method": f"{name}, one at a time against batches",
        "metric": "largest difference, relative",
        "value": float(difference),
        "n": n,
    }


def cpu_s_of(call):
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    return time.process_time() - cpu, time.perf_counter() - wall


def memory_for(n):
    """Stream posters through SqueezeNet, and print the most memory it took."""
    movies = load_movielens("small").movies.head(n)
    features = extract_features(draw_posters(movies, size=(92, 138)), load_backbone())
    print(len(features.matrix), peak_memory_mib())


def memory(n):
    """Measure in a process of its own: a peak does not go down again."""
    command = [sys.executable, __file__, "--memory-for", str(n)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    n_read, peak = run.stdout.split()
    print(f"{n_read} posters: {float(peak):.0f} MiB", flush=True)
    return {
        "method": "squeezenet, fire9, average, streamed",
        "metric": "peak MiB",
        "value": round(float(peak), 1),
        "n": int(n_read),
        "peak_mib": round(float(peak), 1),
    }


def main(output, per_genre, n_memory, n_cost, with_vgg16):
    tasks = [Task(seed, per_genre) for seed in SEEDS]
    for task in tasks:
        task.without_a_network()
        task.with_network("squeezenet", "random")
        task.with_network("squeezenet", "imagenet")
        task.with_other_pixels()
    records = [record for task in tasks for record in task.records]
    records += cost_of("squeezenet", tasks[0].images[:n_cost])
    records += [memory(n) for n in n_memory]
    if with_vgg16:
        records += cost_of("vgg16", tasks[0].images[: n_cost // 4])
        tasks[0].records.clear()
        tasks[0].with_network("vgg16", "imagenet")
        records += tasks[0].records
    used = versions("numpy", "pandas", "scipy", "pillow", "keras")
    about = {"edition": "small", "versions": used}
    write_results([about | record for record in records], output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument(
        "--without-vgg16", action="store_true", help="even if its weights are here"
    )
    parser.add_argument("--memory-for", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    use_vgg16 = bool(os.environ.get(VGG16_FILE)) and not arguments.without_vgg16
    sizes = (3, (40, 80), 8) if arguments.quick else (40, (500, 2000), 96)
    if arguments.memory_for:
        memory_for(arguments.memory_for)
    else:
        main(arguments.output, *sizes, use_vgg16)
