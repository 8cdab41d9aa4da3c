import numpy as np
import pytest
from scipy import sparse
from scipy.special import log_softmax

from recsys_helpers.entity_models import sampled_link_model, softmax_link_models
from recsys_helpers.nearest import unit_rows

LINKS = sparse.csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1.0]]))
FILMS, ENTITIES = np.array([0, 1, 1, 2]), np.array([0, 1, 2, 3])
SHARES = np.array([1, 2, 2, 1]) / 6


# --- links and pairs that are none ----------------------------------------------------


def cosines(model):
    f, e = (
        model.get_layer(f"{side}_vector").embeddings.numpy()
        for side in ("film", "entity")
    )
    return np.sum(unit_rows(f)[FILMS] * unit_rows(e)[ENTITIES], axis=1)


def test_the_regression_head_gives_the_cosine():
    model = sampled_link_model(3, 4, n_factors=5)
    found = model([FILMS, ENTITIES]).numpy()
    assert found.shape == (4, 1)
    np.testing.assert_allclose(found[:, 0], cosines(model), atol=1e-6)


def test_the_classification_head_is_one_unit_on_the_cosine():
    model = sampled_link_model(3, 4, n_factors=5, head="classification")
    (slope,), (offset,) = model.get_layer("odds").get_weights()
    found = model([FILMS, ENTITIES]).numpy()[:, 0]
    expected = 1 / (1 + np.exp(-(slope[0] * cosines(model) + offset)))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_source_has_a_table_of_fifty_numbers_a_film_and_an_entity():
    assert sampled_link_model(100, 200).count_params() == 50 * 300


def test_another_head_is_refused():
    with pytest.raises(ValueError, match="regression, classification"):
        sampled_link_model(3, 4, head="softmax")


# --- softmax --------------------------------------------------------------------------


def batch(weights=(1, 1, 1, 1)):
    log_share = np.log(SHARES[ENTITIES]).astype(np.float32)
    return [FILMS, ENTITIES, log_share, np.array(weights, dtype=np.float32)]


@pytest.mark.parametrize("composed", [False, True])
def test_vectors_have_length_one(composed):
    _, of_films, of_entities = softmax_link_models(LINKS, composed=composed)
    f = of_films([np.arange(3), np.zeros(3, dtype=int)]).numpy()
    e = of_entities(np.arange(4)).numpy()
    for vectors in (f, e):
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_the_loss_leaves_out_what_else_the_film_links_to():
    model, of_films, of_entities = softmax_link_models(
        LINKS, n_factors=3, temperature=0.5
    )
    model(batch())
    f = of_films([FILMS, ENTITIES]).numpy()
    logits = f @ of_entities(ENTITIES).numpy().T / 0.5 - np.log(SHARES[ENTITIES])
    logits[1, 2] = logits[2, 1] = -np.inf  # two links of one film
    expected = -np.diagonal(log_softmax(logits, axis=1)).mean()
    assert float(model.losses[0]) == pytest.approx(expected, rel=1e-5)


def test_links_can_be_weighted():
    model, *_ = softmax_link_models(LINKS, n_factors=3)
    losses = []
    for weights in np.eye(4):
        model(batch(weights))
        losses.append(float(model.losses[0]))
    model(batch([0.5, 2, 0, 1]))
    expected = np.dot(losses, [0.5, 2, 0, 1])
    assert float(model.losses[0]) == pytest.approx(expected, rel=1e-5)


def test_a_composed_film_leaves_out_what_is_to_be_picked_in_training_only():
    _, of_films, _ = softmax_link_models(LINKS, n_factors=3, composed=True)
    rows = np.array([0, 0])
    one, other = of_films([rows, np.array([0, 1])], training=True).numpy()
    assert not np.allclose(one, other)
    one, other = of_films([rows, np.array([0, 1])], training=False).numpy()
    np.testing.assert_array_equal(one, other)


def test_sums_start_with_long_vectors_for_rare_entities():
    idf = np.array([9.0, 1.0, 1.0, 1.0])
    _, of_films, _ = softmax_link_models(LINKS, n_factors=50, composed=True, idf=idf)
    (members,) = (w.numpy() for w in of_films.weights if w.name == "members")
    lengths = np.linalg.norm(members, axis=1)
    assert lengths[0] > 5 * lengths[1:].max()


def test_weights_follow_the_seed():
    one, same, other = (
        softmax_link_models(LINKS, composed=True, seed=s)[1] for s in (1, 1, 2)
    )
    for a, b, c in zip(
        one.trainable_weights,
        same.trainable_weights,
        other.trainable_weights,
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)
        assert not np.allclose(a, c)
