"""Keras starts quietly, on TensorFlow or on JAX, and the same way each time."""

import os
import subprocess
import sys

import pytest

from recsys_helpers.nn import SETTINGS, load_keras, reproducible_keras

TRAINS = """
from recsys_helpers.nn import load_keras
keras = load_keras()
i = keras.Input((1,))
model = keras.Model(i, keras.layers.Dense(1)(i))
model.compile("adam", "mse")
import numpy as np
x = np.ones((8, 1))
model.fit(x, x, verbose=0)
for n in range(1, 8):
    model.predict(x[:n], verbose=0)
"""


def run(code, **environment):
    inherited = {k: v for k, v in os.environ.items() if k not in SETTINGS}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=inherited | environment,
        capture_output=True,
        text=True,
    )


def test_tensorflow_starts_trains_and_predicts_without_a_word():
    done = run(TRAINS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_setting_of_the_environment_is_left_as_it_is():
    code = (
        "import os; from recsys_helpers.nn import load_keras; load_keras();"
        "print(os.environ['TF_ENABLE_ONEDNN_OPTS'], os.environ['KERAS_BACKEND'])"
    )
    assert run(code, TF_ENABLE_ONEDNN_OPTS="1").stdout.split() == ["1", "tensorflow"]


def test_without_keras_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(ImportError, match="keras"):
        load_keras()


WITHOUT_TENSORFLOW = """
import sys, tempfile

class Hides:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tensorflow":
            raise ModuleNotFoundError(f"No module named {name!r}")

sys.meta_path.insert(0, Hides())
import numpy as np
import pandas as pd
from recsys_helpers.methods.collaborative import KerasFactors, load_rating_model
from recsys_helpers.methods.entity import SampledLinkModel, SoftmaxLinkModel
from recsys_helpers.methods.entity.links import FilmLinks
from recsys_helpers.methods.two_tower import RetrievalTowers, TwoTowers
from recsys_helpers.nn import reproducible_keras

assert reproducible_keras(0).backend.backend() == "jax"
movies = pd.DataFrame({"movie_id": range(6), "genres": [("War",)] * 6, "year": 1990})
users, rated = np.nonzero(np.arange(48).reshape(8, 6) % 5)
ratings = pd.DataFrame({"user_id": users, "movie_id": rated, "rating": 4.0})
once = {"movies": movies, "n_epochs": 1}
for towers in (RetrievalTowers(**once), TwoTowers(n_folds=2, **once)):
    assert len(towers.fit(ratings).recommend(0))
pairs = ratings.rename(columns={"user_id": "film_id"})
pairs["entity"] = "person: " + pairs["movie_id"].astype(str)
links = FilmLinks.from_pairs(pairs[["film_id", "entity"]])
for method in (SampledLinkModel, SoftmaxLinkModel):
    assert np.isfinite(method(n_epochs=1).fit(links).film_vectors_).all()
factors = KerasFactors(with_sets=True, **once).fit(ratings)
with tempfile.TemporaryDirectory() as folder:
    factors.save(f"{folder}/stars.keras")
    load_rating_model(f"{folder}/stars.keras")
"""


def test_on_jax_all_trains_without_a_word_where_tensorflow_is_not_installed():
    pytest.importorskip("jax")
    done = run(WITHOUT_TENSORFLOW, KERAS_BACKEND="jax")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_same_seed_gives_the_same_numbers():
    first, second = (
        float(reproducible_keras(seed).random.normal(())) for seed in (3, 3)
    )
    assert first == second
    assert first != float(reproducible_keras(4).random.normal(()))
