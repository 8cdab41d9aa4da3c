"""Keras starts quietly, on TensorFlow, and the same way each time."""

import os
import subprocess
import sys
from types import SimpleNamespace

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


def test_another_backend_is_refused(monkeypatch):
    backend = SimpleNamespace(backend=lambda: "jax")
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(backend=backend))
    with pytest.raises(ImportError, match=r"jax.*KERAS_BACKEND"):
        load_keras()


def test_the_same_seed_gives_the_same_numbers():
    first, second = (
        float(reproducible_keras(seed).random.normal(())) for seed in (3, 3)
    )
    assert first == second
    assert first != float(reproducible_keras(4).random.normal(()))
