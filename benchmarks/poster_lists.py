"""What lists made from posters are worth, by the protocol of chapter 2, on `small`.

    python benchmarks/poster_lists.py [--cache FOLDER] [--output FILE] [--quick]

A poster is drawn for every movie, worn as in `benchmarks/posters.py`, and SqueezeNet
says what is on it. Somebody's list holds the movies whose vectors are nearest to those
that they liked. Two questions: the last fifth of each user's ratings, where popularity
and ALS know who rated what; and movies that nobody has rated, where they know nothing.
Drawn posters can show a genre and little else. So beside them stand the genres
themselves: the one that is drawn, and all of a movie's. And posters of other movies.

The features can be kept in a folder (15 CPU minutes without). `--quick` goes through it
all on `sample`, to try the script.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from two_towers import OnlyOf

from recsys_helpers.datasets import load_movielens
from recsys_helpers.evaluation import evaluate, ndcg_of_users
from recsys_helpers.features.content import genre_flags
from recsys_helpers.images.backbones import load_backbone
from recsys_helpers.intervals import bootstrap_interval, paired_difference
from recsys_helpers.methods.als import Als
from recsys_helpers.methods.baselines import Popularity, RandomChoice
from recsys_helpers.methods.liked_vectors import LikedVectors
from recsys_helpers.methods.posters import PosterMethod
from recsys_helpers.posters import draw_posters, poster_genre
from recsys_helpers.results import results_table, versions, write_results
from recsys_helpers.splits import cold_start_movies, user_temporal_split
from recsys_helpers.vectors import MovieVectors

RESULTS = Path(__file__).parent / "results" / "poster_lists.json"
AMONG_NEW = "ndcg@10 among new movies"


def vectors_of(movies, cache):
    """Vectors by name, all with the same movies in the same order."""
    # Equal scores come in the order of the movies, which should mean nothing.
    movies = movies.sample(frac=1, random_state=0).reset_index(drop=True)
    method = PosterMethod(describe=load_backbone(), options={"cache": cache})
    posters = method.fit(movies, draw_posters(movies, wear=True)).movie_vectors()
    print(f"{method.features_}", flush=True)
    others = np.random.default_rng(0).permutation(len(movies))
    drawn = movies["genres"].map(poster_genre)
    matrices = {
        "posters": posters.matrix,
        "posters of other movies": posters.matrix[others],
        "the genre that is drawn": pd.get_dummies(drawn).to_numpy(dtype=float),
        "all genres": genre_flags(movies).to_numpy(),
    }
    return {
        name: MovieVectors(movies["movie_id"], matrix, movies["title"].tolist())
        for name, matrix in matrices.items()
    }


def on_rated_movies(data, vectors):
    """Judge lists by the last fifth of each user's ratings."""
    split = user_temporal_split(data.ratings)
    models = {name: LikedVectors(vectors=found) for name, found in vectors.items()}
    models |= {"random choice": RandomChoice(), "popularity": Popularity()}
    models["ALS, the source's settings"] = Als()
    for name, model in models.items():
        print("lists by", name, flush=True)
        yield evaluate(
            model, split, movies=data.movies, method=name, edition=data.edition
        ).summary


def among_new_movies(data, vectors):
    """List nothing but movies all of whose ratings are hidden."""
    split = cold_start_movies(data.ratings)
    new = np.unique(split.test["movie_id"])
    models = {
        name: LikedVectors(vectors=found).fit(split.train)
        for name, found in vectors.items()
    }
    models["random choice"] = RandomChoice().fit(split.test)
    models["popularity"] = Popularity().fit(split.train)
    models["ALS, the source's settings"] = Als().fit(split.train)
    found = {}
    for name, model in models.items():
        print("new movies by", name, flush=True)
        found[name] = ndcg_of_users(OnlyOf(model, new), split)
    about = {"split": split.name, "seed": split.seed, "edition": data.edition}
    rows = [
        {"method": name, "metric": AMONG_NEW, **numbers(bootstrap_interval(values))}
        for name, values in found.items()
    ]
    for other in ("random choice", "posters of other movies", "all genres"):
        difference = paired_difference(found["posters"], found[other])
        rows.append(
            {
                "method": f"posters less {other}",
                "metric": f"{AMONG_NEW}, difference",
                **numbers(difference),
            }
        )
    return pd.DataFrame(rows).assign(**about)


def numbers(estimate):
    return dict(zip(("value", "low", "high", "n"), estimate, strict=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, help="a folder for the features")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    data = load_movielens("sample" if arguments.quick else "small")
    vectors = vectors_of(data.movies, arguments.cache)
    frames = [*on_rated_movies(data, vectors), among_new_movies(data, vectors)]
    results = pd.concat(frames, ignore_index=True)
    records = results.to_dict("records")
    used = versions("numpy", "pandas", "scipy", "keras", "implicit")
    write_results(
        [{**record, "versions": used} for record in records], arguments.output
    )
    print(results_table(results, ["ndcg@10"], split="user temporal").to_string())
    print(results_table(results, [AMONG_NEW]).to_string())


if __name__ == "__main__":
    main()
