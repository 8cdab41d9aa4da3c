"""What the live page should compute, in numpy, from the files that it loads."""

import base64
import json
from pathlib import Path

import numpy as np

KINDS = {"i8": "<i1", "u8": "<u1", "u16": "<u2", "i16": "<i2", "u32": "<u4"}
KINDS |= {"i32": "<i4", "f32": "<f4"}


def read_part(file: Path) -> dict:
    """Read a file of the page's data: a call with a name and an object."""
    text = file.read_text(encoding="utf-8")
    return json.loads(text[text.index("{") : text.rindex("}") + 1])


def write_part(file: Path, part: str, content: dict) -> None:
    """Write a file of the page's data."""
    call = f"fiveWays.receive({json.dumps(part)}, {json.dumps(content)});\n"
    file.write_text(call, encoding="utf-8")


def numbers(text: str, kind: str) -> np.ndarray:
    """Decode an array; integers and floats become large enough to compute with."""
    array = np.frombuffer(base64.b64decode(text), KINDS[kind])
    return array.astype(np.float64 if kind == "f32" else np.int64)


class LiveNumbers:
    """The data of a folder ``live-data``, and what follows from it.

    Ratings are a dict of film, its place in the catalogue, to stars.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.manifest = read_part(folder / "manifest.js")
        files = self.manifest["files"]
        self.files = {part: folder / name for part, name in files.items()}
        self.catalogue = read_part(self.files["catalogue"])
        self.tastes = read_part(self.files["tastes"])
        self.titles = self.catalogue["titles"]
        self.n = len(self.titles)
        self.movie_ids = numbers(self.catalogue["movieIds"], "i32")

    def film(self, title: str) -> int:
        """Film of a title: the most rated of those that have it."""
        return self.titles.index(title)

    def neighbours(self) -> tuple[list[dict], np.ndarray]:
        """Give the methods and their lists, shape (n_methods, n_films, n)."""
        content = read_part(self.files["neighbours"])
        lists = numbers(content["lists"], "u16")
        return content["methods"], lists.reshape(-1, self.n, content["n"])

    def ease(self, ratings: dict[int, float]) -> np.ndarray | None:
        """Sum the rows of what is liked; None if nothing is."""
        exported = self.tastes["ease"]
        shape = (self.n, exported["n"])
        films = numbers(exported["films"], "u16").reshape(shape)
        weights = numbers(exported["weights"], "i8").reshape(shape)
        weights = weights * numbers(exported["scales"], "f32")[:, None]
        threshold = self.tastes["likeThreshold"]
        liked = [film for film, stars in ratings.items() if stars >= threshold]
        scores = np.zeros(self.n)
        for film in liked:
            np.add.at(scores, films[film], weights[film])
        return scores if liked else None

    def als(self, ratings: dict[int, float]) -> np.ndarray | None:
        """Fold in; None if nothing is liked."""
        exported = self.tastes["als"]
        factors, gram = self._factors("als"), numbers(exported["gram"], "f32")
        n_factors, threshold = exported["nFactors"], exported["likeThreshold"]
        left = gram.reshape(n_factors, n_factors)
        left = left + exported["regularization"] * np.eye(n_factors)
        right, alpha = np.zeros(n_factors), exported["alpha"]
        liked = {f: s for f, s in ratings.items() if s >= (threshold or 0)}
        for film, stars in liked.items():
            confidences = {"stars": stars, "constant": 1 + alpha}
            confidences["linear"] = 1 + alpha * stars
            c, y = confidences[exported["weighting"]], factors[film]
            left, right = left + (c - 1) * np.outer(y, y), right + c * y
        return factors @ np.linalg.solve(left, right) if liked else None

    def towers(self, ratings: dict[int, float]) -> np.ndarray:
        """Describe a user by their ratings, and ask the towers."""
        exported = self.tastes["towers"]
        films, stars = np.array(list(ratings)), np.array(list(ratings.values()))
        rest = stars - exported["mean"]
        rest = rest - numbers(exported["movieBiases"], "f32")[films]
        bias = rest.sum() / (exported["userShrinkage"] + len(films))
        rest = rest - bias
        described = {"bias": bias, "log_n_ratings": np.log1p(len(films))}
        usual = numbers(exported["usual"], "f32")
        pull = exported["watchesShrinkage"]
        for t, trait in enumerate(exported["traits"]):
            values = self._trait(trait)[films]
            if values.any():
                squares = (values**2).sum() + exported["likesShrinkage"]
                described[f"likes {trait}"] = values @ rest / squares
            watched = values.sum() + pull * usual[t]
            described[f"watches {trait}"] = watched / (len(films) + pull)
        return self._towers_of(described)

    def towers_by_likes(self, likes: dict[str, float]) -> np.ndarray:
        """Describe somebody by what they say that they like, and ask the towers."""
        described = {}
        for slider in self.tastes["towers"]["sliders"]:
            if slider["what"] in likes:
                for kind in ("likes", "watches"):
                    strength = likes[slider["what"]] * slider[f"{kind}Spread"]
                    column = f"{kind} {slider['what']}"
                    described[column] = slider[f"{kind}Mean"] + strength
        return self._towers_of(described)

    def _towers_of(self, described: dict[str, float]) -> np.ndarray:
        exported = self.tastes["towers"]
        encoder = exported["encoder"]
        values = [described.get(column, np.nan) for column in encoder["columns"]]
        lows, highs = numbers(encoder["lows"], "f32"), numbers(encoder["highs"], "f32")
        known = np.isfinite(values)
        scaled = np.clip(values, lows, highs) - numbers(encoder["means"], "f32")
        scaled = np.nan_to_num(scaled / numbers(encoder["spreads"], "f32"))
        x = np.concatenate([scaled, known])
        for layer in exported["layers"]:
            weights = numbers(layer["weights"], "f32").reshape(layer["nIn"], -1)
            x = x @ weights + numbers(layer["bias"], "f32")
            x = np.maximum(x, 0) if layer["activation"] == "relu" else x
        return self._factors("towers") @ (x / np.linalg.norm(x))

    def _factors(self, method: str) -> np.ndarray:
        exported = self.tastes[method]
        factors = numbers(exported["factors"], f"i{exported['bits']}")
        scales = numbers(exported["scales"], "f32")
        return factors.reshape(self.n, exported["nFactors"]) * scales[:, None]

    def _trait(self, name: str) -> np.ndarray:
        if name in ("newer", "famous", "acclaimed"):
            return numbers(self.tastes["towers"][name], "f32")
        bit = self.catalogue["genreNames"].index(name)
        return (numbers(self.catalogue["genres"], "u32") >> bit) & 1
