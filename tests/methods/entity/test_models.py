import numpy as np
import pytest
from scipy import sparse
from scipy.special import log_softmax

from recsys_helpers.methods.entity.links import listed_links
from recsys_helpers.methods.entity.models import (
    sampled_link_model,
    softmax_link_models,
)
from recsys_helpers.vectors.nearest import unit_rows

LINKS = sparse.csr_array(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1.0]]))
FILMS, ENTITIES = np.array([0, 1, 1, 2]), np.array([0, 1, 2, 3])


# --- links and pairs that are none ----------------------------------------------------


def cosines(model):
    f, e = (
        model.get_layer(f"{side}_vector").embeddings.numpy()
        for side in ("film", "entity")
    )
    return np.sum(unit_rows(f)[FILMS] * unit_rows(e)[ENTITIES], axis=1)


def test_the_regression_head_gives_the_cosine():
    model = sampled_link_model(3, 4, n_factors=5)
    found = np.asarray(model([FILMS, ENTITIES]))
    assert found.shape == (4, 1)
    np.testing.assert_allclose(found[:, 0], cosines(model), atol=1e-6)


def test_the_classification_head_is_one_unit_on_the_cosine():
    model = sampled_link_model(3, 4, n_factors=5, head="classification")
    (slope,), (offset,) = model.get_layer("odds").get_weights()
    found = np.ravel(model([FILMS, ENTITIES]))
    expected = 1 / (1 + np.exp(-(slope[0] * cosines(model) + offset)))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_source_has_a_table_of_fifty_numbers_a_film_and_an_entity():
    assert sampled_link_model(100, 200).count_params() == 50 * 300


def test_another_head_is_refused():
    with pytest.raises(ValueError, match="regression, classification"):
        sampled_link_model(3, 4, head="softmax")


# --- softmax --------------------------------------------------------------------------

ROWS = np.arange(3)


def models(**settings):
    return softmax_link_models(*LINKS.shape, n_factors=3, **settings)


def film_vectors(of_films, **how):
    return np.asarray(of_films(listed_links(LINKS, ROWS), **how))


@pytest.mark.parametrize("composed", [False, True])
def test_vectors_have_length_one(composed):
    training, of_films = models(composed=composed)
    entities = np.asarray(training.get_layer("softmax").entity_vectors())
    assert entities.shape == (4, 3)
    for vectors in (film_vectors(of_films), entities):
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("composed", [False, True])
def test_the_scores_and_the_loss_are_those_of_the_formula(composed):
    training, of_films = models(composed=composed, temperature=0.5)
    scores = training(listed_links(LINKS, ROWS))
    entities = np.asarray(training.get_layer("softmax").entity_vectors())
    in_batch = list(dict.fromkeys(LINKS.indices))
    expected = film_vectors(of_films) @ entities[in_batch].T / 0.5
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-6)
    loss = -log_softmax(expected, axis=1)[LINKS[:, in_batch].nonzero()].mean()
    assert float(training.losses[0]) == pytest.approx(loss, rel=1e-5)


def test_a_film_with_more_links_counts_more():
    training, _ = models(composed=False)
    unequal = sparse.csr_array(np.array([[1, 1, 1, 0], [0, 0, 0, 1]]))
    scores = training(listed_links(unequal, [0, 1]))
    losses = -log_softmax(scores, axis=1)
    expected = (losses[0, :3].sum() + losses[1, 3]) / 4
    assert float(training.losses[0]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("composed", [False, True])
def test_what_is_behind_the_links_changes_nothing(composed):
    training, _ = models(composed=composed)
    film, *links = listed_links(LINKS, ROWS)
    scores, loss = training([film, *links]), float(training.losses[0])
    longer = [np.pad(numbers, (0, 3), constant_values=-1) for numbers in links]
    found = np.asarray(training([film, *longer]))
    np.testing.assert_allclose(found[:, : len(links[-1])], scores, rtol=1e-6)
    assert float(training.losses[0]) == pytest.approx(loss, rel=1e-6)


def test_what_no_film_of_the_batch_links_to_takes_no_part():
    training, _ = models()
    scores = np.asarray(training(listed_links(LINKS, ROWS[:1])))
    assert scores.shape == (1, 2)
    expected = -log_softmax(scores, axis=1).mean()
    assert float(training.losses[0]) == pytest.approx(expected, rel=1e-5)


def test_a_composed_film_hides_links_in_training_only():
    _, of_films = models(hidden_share=0.5)
    whole = film_vectors(of_films)
    np.testing.assert_array_equal(film_vectors(of_films), whole)
    shown = [film_vectors(of_films, training=True) for _ in range(8)]
    assert not all(np.allclose(vectors, whole) for vectors in shown)


def test_without_hidden_links_training_sees_all():
    _, of_films = models(hidden_share=0.0)
    seen = film_vectors(of_films, training=True)
    np.testing.assert_allclose(seen, film_vectors(of_films), rtol=1e-6)


def test_entities_count_by_their_weights():
    _, of_films = models(weights=np.array([0.0, 1.0, 0.0, 2.0]))
    (table,) = (w.numpy() for w in of_films.trainable_weights)
    expected = unit_rows(np.array([table[1], table[1], 2 * table[3]]))
    np.testing.assert_allclose(film_vectors(of_films), expected, rtol=1e-5)


@pytest.mark.parametrize("composed", [False, True])
def test_weights_follow_the_seed(composed):
    one, same, other = (models(composed=composed, seed=s)[0] for s in (1, 1, 2))
    for a, b, c in zip(
        one.trainable_weights,
        same.trainable_weights,
        other.trainable_weights,
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)
        assert not np.allclose(a, c)


def test_the_two_tables_start_as_other_numbers():
    films, entities = (w.numpy() for w in models()[0].trainable_weights)
    assert not np.allclose(films, entities)
