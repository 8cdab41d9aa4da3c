"""Compute the vectors of the live page that take too long for every build.

    python benchmarks/live_vectors.py [--only {entities,posters}] [--folder FOLDER]
        [--cache FOLDER] [--films N]

Of the movies of `small` that were rated most: vectors of what a film links to, by the
softmax model of chapter 7, for those that are among the installed films (2 minutes);
and vectors of their posters, drawn and worn as in chapter 8, by SqueezeNet (4 minutes;
with a cache, once). Both are cut down to fewer numbers a movie and rounded, since they
are kept with the code: see `small_vectors`. What that costs is printed.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from recsys_helpers.datasets import load_films, load_movielens, match_films
from recsys_helpers.images.backbones import load_backbone
from recsys_helpers.interactions import long_tail
from recsys_helpers.methods.entity import SoftmaxLinkModel
from recsys_helpers.methods.entity.links import FilmLinks
from recsys_helpers.methods.posters import PosterMethod
from recsys_helpers.nn import load_keras
from recsys_helpers.posters import draw_posters
from recsys_helpers.vectors import MovieVectors
from recsys_helpers.vectors.nearest import unit_rows

NAMES = ["entities", "posters"]
FOLDER = Path(__file__).parent / "vectors"
# As many as half a megabyte has room for, when numbers are whole multiples of 1/64.
# Fewer dimensions in finer steps keep fewer of the neighbours.
N_DIMENSIONS = 160
STEPS = 64


def main() -> None:
    arguments = parse_arguments()
    data = load_movielens("small")
    wanted = long_tail(data.ratings)["movie_id"].head(arguments.films).to_numpy()
    for name in [arguments.only] if arguments.only else NAMES:
        if name == "entities":
            found = entity_vectors(data.movies, wanted)
        else:
            found = poster_vectors(data.movies, wanted, arguments.cache)
        small = small_vectors(found)
        path = arguments.folder / f"{name}.npz"
        small.save(path)
        kept = shared_neighbours(found, small)
        size = path.stat().st_size / 1e3
        print(f"{name}: {small}, {size:.0f} kB; of ten neighbours {kept:.1f} are kept")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=NAMES)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--cache", type=Path, help="a folder for features of posters")
    parser.add_argument("--films", type=int, default=3000)
    return parser.parse_args()


def entity_vectors(movies: pd.DataFrame, wanted: np.ndarray) -> MovieVectors:
    """Vectors of the wanted movies that are found among the installed films."""
    load_keras()
    films = load_films("all")
    links = FilmLinks.from_pairs(films.pairs(), films.films["film_id"])
    of_films = SoftmaxLinkModel().fit(links).film_vectors()
    pairs = match_films(movies, films.films).pairs
    film_of = pairs.set_index("movie_id")["film_id"]
    found = wanted[np.isin(wanted, film_of.index)]
    matrix = of_films.matrix[links.rows(film_of[found])]
    with_links = matrix.any(axis=1)
    return MovieVectors(found[with_links], matrix[with_links])


def poster_vectors(
    movies: pd.DataFrame, wanted: np.ndarray, cache: Path | None
) -> MovieVectors:
    """Vectors of the wanted movies' drawn posters."""
    movies = movies.set_index("movie_id").loc[wanted].reset_index()
    method = PosterMethod(describe=load_backbone(), options={"cache": cache})
    return method.fit(movies, draw_posters(movies, wear=True)).movie_vectors()


def small_vectors(vectors: MovieVectors) -> MovieVectors:
    """Bring vectors to length 1, then to fewer numbers that say the same of cosines.

    Of all projections to so many dimensions, that on the first singular vectors
    changes the products of the rows least.
    """
    matrix = unit_rows(vectors.matrix.astype(np.float64))
    left, spread, _ = np.linalg.svd(matrix, full_matrices=False)
    projected = unit_rows((left * spread)[:, :N_DIMENSIONS])
    rounded = np.round(projected * STEPS) / STEPS
    return MovieVectors(vectors.movie_ids, rounded.astype(np.float32))


def shared_neighbours(vectors: MovieVectors, others: MovieVectors) -> float:
    """How many of ten neighbours are the same, on average over the movies."""
    lists, other_lists = (each.neighbours_of_all(10)[0] for each in (vectors, others))
    both = zip(lists, other_lists, strict=True)
    return float(np.mean([len(np.intersect1d(*pair)) for pair in both]))


if __name__ == "__main__":
    main()
