"""Which features find posters of the same genre, and what they cost.

480 drawn posters of 12 genres, tilted, cropped and roughened; the share of the ten
nearest posters that have the same genre. VGG16 is measured where its weights are in a
file that the environment variable RECSYS_VGG16_WEIGHTS names (a few CPU minutes).

    python benchmarks/posters.py
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np

from recsys_helpers.backbones import VGG16_FILE, load_backbone, prepared
from recsys_helpers.datasets import load_movielens
from recsys_helpers.image_baselines import colour_histograms, thumbnails
from recsys_helpers.image_features import extract_features, standardised
from recsys_helpers.images import square_pixels
from recsys_helpers.poster_art import draw_posters
from recsys_helpers.poster_questions import genre_agreement, movies_for_the_task
from recsys_helpers.results import write_results

RESULTS = Path(__file__).parent / "results" / "posters.json"
RANDOM_LAYERS = ("conv1", "fire2", "fire5", "fire9")
VGG16_LAYERS = tuple(f"block{block}_pool" for block in range(1, 6))
BATCH = 16


def measured(name, describe, genres, *, standardise=True):
    start = time.process_time()
    features = describe()
    cpu = time.process_time() - start
    matrix = standardised(features) if standardise else features
    agreement = genre_agreement(matrix, genres)
    print(f"{name:55} {agreement.mean():.3f}  {cpu:6.1f} s of CPU time", flush=True)
    return {
        "method": name,
        "metric": "genre agreement@10",
        "value": round(float(agreement.mean()), 4),
        "n": len(genres),
        "cpu_s": round(cpu, 1),
    }


def by_network(images, genres, name, weights, layers, poolings):
    for layer in layers:
        backbone = load_backbone(name, weights, layer)
        for pooling in poolings:
            label = f"{name}, weights {weights}, {layer}, {pooling}"

            def describe(backbone=backbone, pooling=pooling):
                return extract_features(images, backbone, pooling=pooling).matrix

            yield measured(label, describe, genres)


def vgg16_blocks(images, genres):
    """Measure all blocks of VGG16 in one pass, which is most of the cost."""
    import keras

    backbone = load_backbone("vgg16")
    ends = [backbone.model.get_layer(name).output for name in VGG16_LAYERS]
    model = keras.Model(backbone.model.input, ends)
    rows = {name: [] for name in [*VGG16_LAYERS, "block5_pool, flatten"]}
    start = time.process_time()
    for first in range(0, len(images), BATCH):
        pixels = np.stack([square_pixels(i) for i in images[first : first + BATCH]])
        outputs = model.predict_on_batch(prepared(pixels))
        for name, output in zip(VGG16_LAYERS, outputs, strict=True):
            rows[name].append(output.mean(axis=(1, 2)))
        rows["block5_pool, flatten"].append(outputs[-1].reshape(len(pixels), -1))
    cpu = round(time.process_time() - start, 1)
    print(f"VGG16: {cpu} s of CPU time for all of these:")
    for name, parts in rows.items():
        label = f"vgg16, weights imagenet, {name}"
        yield {
            **measured(label, lambda p=parts: np.concatenate(p), genres),
            "cpu_s": cpu,
        }


def main(seed, per_genre, with_vgg16):
    movies = load_movielens("small").movies
    movies = movies_for_the_task(movies, per_genre, seed)
    genres = movies["genre"].to_numpy(dtype=str)
    start = time.process_time()
    images = list(draw_posters(movies, wear=1.0))
    print(f"Drew {len(images)} posters in {time.process_time() - start:.1f} s.")
    noise = np.random.default_rng(seed).standard_normal((len(images), 64))
    records = [measured("random numbers", lambda: noise, genres)]
    for n_levels in (4, 8):
        for standardise in (False, True):
            records.append(
                measured(
                    f"colour histogram, {n_levels} levels"
                    + ", standardised" * standardise,
                    lambda n=n_levels: colour_histograms(images, n_levels=n).matrix,
                    genres,
                    standardise=standardise,
                )
            )
    for standardise in (False, True):
        name = "thumbnail 16 x 24" + ", standardised" * standardise
        records.append(
            measured(
                name, lambda: thumbnails(images).matrix, genres, standardise=standardise
            )
        )
    tasks = [
        ("squeezenet", "random", RANDOM_LAYERS, ["average"]),
        ("squeezenet", "imagenet", ["fire9"], ["average", "flatten"]),
    ]
    for task in tasks:
        records += by_network(images, genres, *task)
    if with_vgg16:
        records += vgg16_blocks(images, genres)
    write_results([{**record, "seed": seed} for record in records], RESULTS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="of the movies drawn")
    parser.add_argument("--per-genre", type=int, default=40)
    parser.add_argument(
        "--without-vgg16", action="store_true", help="even if its weights are here"
    )
    arguments = parser.parse_args()
    use_vgg16 = bool(os.environ.get(VGG16_FILE)) and not arguments.without_vgg16
    main(arguments.seed, arguments.per_genre, use_vgg16)
