"""The live page in numpy: reads its data files, and computes what a browser would.

It follows the format of the files, and uses nothing of the methods that made them.
"""

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DTYPES = {
    "u8": "<u1",
    "i8": "<i1",
    "u16": "<u2",
    "i16": "<i2",
    "u32": "<u4",
    "i32": "<i4",
    "f32": "<f4",
}
NOTHING = 65_535


def read_script(path):
    """Name of the part, and the object, that a script hands to the page."""
    text = Path(path).read_text(encoding="utf-8")
    found = re.fullmatch(r'fiveWays\.receive\("(\w+)", (\{.*\})\);\n', text)
    return found[1], json.loads(found[2])


def unpacked(text, kind, *shape):
    """Give the numbers as int64 or float64."""
    numbers = np.frombuffer(base64.b64decode(text, validate=True), DTYPES[kind])
    wide = np.float64 if kind == "f32" else np.int64
    return numbers.astype(wide).reshape(shape or -1)


@dataclass
class LiveData:
    """All parts of the data. A film is its position in the catalogue."""

    manifest: dict
    catalogue: dict
    neighbours: dict
    tastes: dict
    map: dict

    @classmethod
    def read(cls, folder):
        folder = Path(folder)
        _, manifest = read_script(folder / "manifest.js")
        parts = dict(read_script(folder / name) for name in manifest["files"].values())
        return cls(manifest, **parts)

    @property
    def n(self):
        return self.manifest["n"]

    @property
    def movie_ids(self):
        return unpacked(self.catalogue["movieIds"], "i32")

    def neighbour_lists(self, *, well_known=False):
        """Lists of each method: shape (n_methods, n_films, n)."""
        n = self.neighbours["n"]
        shape = len(self.neighbours["methods"]), self.n, 2 * n
        lists = unpacked(self.neighbours["lists"], "u16", *shape)
        if not well_known:
            return lists[..., :n]
        unknown = self.likes() < self.neighbours["fewestLikes"]
        leaves = np.isin(lists, [*np.flatnonzero(unknown), NOTHING])
        stay_first = np.argsort(leaves, axis=-1, kind="stable")
        lists = np.where(leaves, NOTHING, lists)
        return np.take_along_axis(lists, stay_first, axis=-1)[..., :n]

    def likes(self):
        """How many people like each film."""
        return unpacked(self.catalogue["nLikes"], "u16")

    def ease_scores(self, ratings):
        """Score all films for a mapping of films to stars."""
        ease = self.tastes["ease"]
        starts = unpacked(ease["starts"], "u32")
        films, weights = unpacked(ease["films"], "u16"), unpacked(ease["weights"], "i8")
        scales = unpacked(ease["scales"], "f32")
        scores = np.zeros(self.n)
        for film in self._liked(ratings, self.tastes["likeThreshold"]):
            row = slice(starts[film], starts[film + 1])
            scores[films[row]] += weights[row] * scales[film]
        return scores

    def als_scores(self, ratings):
        als = self.tastes["als"]
        n_factors = als["nFactors"]
        liked = self._liked(ratings, als["likeThreshold"])
        stars = np.array([ratings[film] for film in liked])
        confidence = {
            "stars": stars,
            "constant": np.full(len(liked), 1 + als["alpha"]),
            "linear": 1 + als["alpha"] * stars,
        }[als["weighting"]]
        factors = self._factors(als)
        Y = factors[liked]
        left = unpacked(als["gram"], "f32", n_factors, n_factors)
        left = left + (Y.T * (confidence - 1)) @ Y
        left += als["regularization"] * np.eye(n_factors)
        return factors @ np.linalg.solve(left, Y.T @ confidence)

    def towers_scores(self, ratings):
        return self._scores_of_features(self.tastes_of(ratings))

    def scores_by_likes(self, likes):
        """Score all films for somebody who says what they like."""
        features = {}
        for slider in self.tastes["towers"]["sliders"]:
            for kind in ("likes", "watches"):
                if slider["what"] in likes:
                    moved = likes[slider["what"]] * slider[f"{kind}Spread"]
                    value = slider[f"{kind}Mean"] + moved
                    features[f"{kind} {slider['what']}"] = value
        return self._scores_of_features(features)

    def traits(self):
        """How much of each trait the films have, shape (n_films, n_traits)."""
        towers, n_genres = self.tastes["towers"], len(self.catalogue["genreNames"])
        bits = unpacked(self.catalogue["genres"], "u32")
        flags = bits[:, None] >> np.arange(n_genres) & 1
        assert towers["traits"][:n_genres] == self.catalogue["genreNames"]
        scales = [unpacked(towers[name], "f32") for name in towers["traits"][n_genres:]]
        return np.column_stack([flags, *scales])

    def tastes_of(self, ratings):
        """Describe a user: a value for each feature that is known."""
        towers, traits = self.tastes["towers"], self.traits()
        films, stars = np.array(list(ratings)), np.array(list(ratings.values()))
        rest = stars - towers["mean"] - unpacked(towers["movieBiases"], "f32")[films]
        bias = rest.sum() / (towers["userShrinkage"] + len(films))
        features = {"bias": bias, "log_n_ratings": np.log1p(len(films))}
        usual, many = unpacked(towers["usual"], "f32"), towers["watchesShrinkage"]
        for name, values, usually in zip(
            towers["traits"], traits[films].T, usual, strict=True
        ):
            squares = (values**2).sum()
            if squares > 0:
                likes = (values * (rest - bias)).sum()
                features[f"likes {name}"] = likes / (squares + towers["likesShrinkage"])
            watches = (values.sum() + many * usually) / (len(films) + many)
            features[f"watches {name}"] = watches
        return features

    def _scores_of_features(self, features):
        towers = self.tastes["towers"]
        columns = towers["encoder"]["columns"]
        means, spreads, lows, highs = (
            unpacked(towers["encoder"][name], "f32")
            for name in ("means", "spreads", "lows", "highs")
        )
        values = np.array([features.get(name, np.nan) for name in columns])
        scaled = (values.clip(lows, highs) - means) / spreads
        x = np.concatenate([np.nan_to_num(scaled), ~np.isnan(values)])
        for layer in towers["layers"]:
            weights = unpacked(layer["weights"], "f32", layer["nIn"], layer["nOut"])
            x = x @ weights + unpacked(layer["bias"], "f32")
            if layer["activation"] == "relu":
                x = np.maximum(x, 0)
        return self._factors(towers) @ (x / np.linalg.norm(x))

    def _factors(self, method):
        kind = f"i{method['bits']}"
        numbers = unpacked(method["factors"], kind, self.n, method["nFactors"])
        return numbers * unpacked(method["scales"], "f32")[:, None]

    @staticmethod
    def _liked(ratings, threshold):
        return [film for film, stars in ratings.items() if stars >= threshold]


def best_films(scores, rated=(), n=10):
    """Give the films with the highest scores, best first, ties by position."""
    left = np.array(scores, dtype=float)
    left[list(rated)] = -np.inf
    return np.argsort(-left, kind="stable")[:n]
