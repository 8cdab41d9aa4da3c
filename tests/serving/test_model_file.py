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


class Harmful:
    """What runs when it is unpickled."""

    ran = False

    def __reduce__(self):
        return (setattr, (Harmful, "ran", True))


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_pickle_is_never_run(tmp_path, content, wrapped):
    path = tmp_path / "model.npz"
    if wrapped:
        content["titles"] = np.array([Harmful()], dtype=object)
        np.savez(path, **content)
    else:
        path.write_bytes(pickle.dumps(Harmful()))
    with pytest.raises(ModelFileError, match="--save"):
        model_file.load(path)
    assert not Harmful.ran


def setting(old, new):
    """Replace a piece of the settings, which are text."""

    def spoil(settings):
        assert old in str(settings)
        return np.array(str(settings).replace(old, new))

    return spoil


@pytest.mark.parametrize(
    ("name", "spoil", "told"),
    [
        ("format_version", lambda it: it + 1, "3"),
        ("movie_ids", lambda it: it[::-1], "movie_ids"),
        ("titles", lambda it: it[1:], "titles"),
        ("titles", lambda it: np.arange(len(it)), "titles"),
        ("titles", lambda it: it[:, np.newaxis], "titles"),
        ("user_vectors", lambda it: it[1:], "user_vectors"),
        ("scale", lambda it: it * np.nan, "scale"),
        ("scale", lambda it: it * 0, "scale"),
        ("movie_vectors", lambda it: it + 1e30, "movie_vectors"),
        ("settings", lambda it: np.array("[]"), "model.npz"),
        ("settings", lambda it: np.array("{"), "model.npz"),
        ("settings", lambda it: np.array("[" * 100_000), "model.npz"),
        ("settings", setting('"alpha"', '"beta"'), "settings"),
        ("settings", setting('"l2"', '"release_years": null, "l2"'), "settings"),
        ("settings", setting('"constant"', '"heavy"'), "weighting"),
        ("settings", setting('"alpha": 0.5', '"alpha": NaN'), "alpha"),
        ("settings", setting('ion": 10', 'ion": 0'), "regularization"),
        ("settings", setting("3.0", '"three"'), "model.npz"),
        ("likes_indices", lambda it: it + 10_000, "model.npz"),
        ("queries_indptr", lambda it: it[::-1], "model.npz"),
        ("seen_data", lambda it: it * np.inf, "seen"),
        ("gram_inverse", lambda it: None, "gram_inverse"),
    ],
)
def test_parts_that_do_not_fit_are_refused(tmp_path, content, name, spoil, told):
    content[name] = spoil(content[name])
    stored = {key: value for key, value in content.items() if value is not None}
    buffer = io.BytesIO()
    np.savez(buffer, **stored)
    path = tmp_path / "model.npz"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(ModelFileError, match=told):
        model_file.load(path)
