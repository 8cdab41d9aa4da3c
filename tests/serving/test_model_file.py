"""The file that a served model lies in: whole, or refused; never unpickled."""

import io
import pickle
from dataclasses import replace

import numpy as np
import pytest
from served import sample_recommender

from recsys_helpers.serving import model_file
from recsys_helpers.serving.model_file import ModelFileError

NEW = {1: 5.0, 50: 4.5, 318: 4.0, 356: 3.0}


@pytest.fixture(scope="module")
def model():
    return sample_recommender()


@pytest.fixture
def content(model, tmp_path):
    """The arrays of a model file, to be spoilt."""
    model_file.save(model, tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as archive:
        return dict(archive)


def test_a_loaded_model_is_the_saved_one(model, tmp_path):
    model_file.save(model, tmp_path / "model.npz")
    loaded = model_file.load(tmp_path / "model.npz")
    assert loaded.fingerprint == model.fingerprint
    assert loaded.recommend_to(NEW) == model.recommend_to(NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]


def test_one_changed_number_changes_the_fingerprint(model):
    scale = model.scale.copy()
    scale[0] *= 0.5
    assert replace(model, scale=scale).fingerprint != model.fingerprint


@pytest.mark.fault("The server's model", "changed bytes")
@pytest.mark.parametrize("at", [0.1, 0.5, 0.95])
def test_a_damaged_file_is_refused(model, tmp_path, at):
    path = tmp_path / "model.npz"
    model_file.save(model, path)
    whole = bytearray(path.read_bytes())
    whole[int(at * len(whole))] ^= 0xFF
    path.write_bytes(whole)
    with pytest.raises(ModelFileError, match="--save"):
        model_file.load(path)


@pytest.mark.fault("The server's model", "cut short")
def test_a_file_that_was_cut_short_is_refused(model, tmp_path):
    path = tmp_path / "model.npz"
    model_file.save(model, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelFileError, match="cannot be read"):
        model_file.load(path)


class Harmful:
    """What runs when it is unpickled."""

    ran = False

    def __reduce__(self):
        return (setattr, (Harmful, "ran", True))


@pytest.mark.fault("The server's model", "hostile")
@pytest.mark.parametrize("wrapped", [True, False])
def test_a_pickle_is_never_run(tmp_path, content, wrapped):
    path = tmp_path / "model.npz"
    if wrapped:
        content["titles"] = np.array([Harmful()], dtype=object)
        np.savez(path, **content)
    else:
        path.write_bytes(pickle.dumps(Harmful()))
    with pytest.raises(ModelFileError):
        model_file.load(path)
    assert not Harmful.ran


def setting(old, new):
    """Replace a piece of the settings, which are text."""

    def spoil(settings):
        assert old in str(settings)
        return np.array(str(settings).replace(old, new))

    return spoil


@pytest.mark.fault("The server's model", "wrong values")
@pytest.mark.parametrize(
    ("name", "spoil", "says"),
    [
        ("format_version", lambda it: it + 1, "format is 3"),
        ("movie_ids", lambda it: it[::-1], "ascending"),
        ("titles", lambda it: it[1:], "titles"),
        ("titles", lambda it: np.arange(len(it)), "no list of text"),
        ("titles", lambda it: it[:, np.newaxis], "no list of text"),
        ("user_vectors", lambda it: it[1:], "user_vectors has shape"),
        ("scale", lambda it: it * np.nan, "scale is NaN"),
        ("scale", lambda it: it * 0, "scale is not above 0"),
        ("movie_vectors", lambda it: it + 1e30, "movie_vectors is NaN"),
        ("settings", lambda it: np.array("[]"), "parts do not fit"),
        ("settings", lambda it: np.array("{"), "parts do not fit"),
        ("settings", lambda it: np.array("[" * 100_000), "parts do not fit"),
        ("settings", setting('"alpha"', '"beta"'), "settings"),
        ("settings", setting('"l2"', '"release_years": null, "l2"'), "settings"),
        ("settings", setting('"constant"', '"heavy"'), "weighting"),
        ("settings", setting('"alpha": 0.5', '"alpha": NaN'), "alpha"),
        ("settings", setting('ion": 10', 'ion": 0'), "regularization"),
        ("settings", setting("3.0", '"three"'), "parts do not fit"),
        ("likes_indices", lambda it: it + 10_000, "parts do not fit"),
        ("queries_indptr", lambda it: it[::-1], "parts do not fit"),
        ("seen_data", lambda it: it * np.inf, "seen is NaN"),
        ("gram_inverse", lambda it: None, "'gram_inverse' is missing"),
    ],
)
def test_parts_that_do_not_fit_are_refused(tmp_path, content, name, spoil, says):
    content[name] = spoil(content[name])
    stored = {key: value for key, value in content.items() if value is not None}
    buffer = io.BytesIO()
    np.savez(buffer, **stored)
    path = tmp_path / "model.npz"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ModelFileError, match=says):
        model_file.load(path)
