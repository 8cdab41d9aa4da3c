import subprocess
import sys
from functools import cache, partial

import numpy as np
import pandas as pd
import pytest

from recsys_helpers.methods import NotFittedError
from recsys_helpers.methods.entity import SampledLinkModel, SoftmaxLinkModel
from recsys_helpers.methods.entity.links import FilmLinks, UnknownEntityError
from recsys_helpers.vectors import MovieVectors, UnknownMovieError

N_FILMS, N_ENTITIES = 24, 16
LONELY = 900  # a film without a link


def checkerboard():
    """Even films link to even entities and odd films to odd ones, most of them.

    Of each film, the entity whose number is that of the film modulo 16 is held back
    and the one that follows in its colour, so no two films of a colour are the same.
    """
    films, entities = np.meshgrid(
        np.arange(100, 100 + N_FILMS), np.arange(N_ENTITIES), indexing="ij"
    )
    linked = (films + entities) % 2 == 0
    held_back = (entities - films) % N_ENTITIES <= 2
    keep = linked & ~held_back
    return pd.DataFrame(
        {
            "film_id": films[keep],
            "entity": [f"person: number {e:02}" for e in entities[keep]],
        }
    )


LINKS = FilmLinks.from_pairs(
    checkerboard(), film_ids=[*range(100, 100 + N_FILMS), LONELY]
)
TITLES = pd.Series([f"Film {i} (1990)" for i in LINKS.films.ids], LINKS.films.ids)
# A few hundred pairs: small batches and large steps.
SAMPLED = {"n_factors": 4, "n_epochs": 12, "positives_per_batch": 16}
SAMPLED |= {"negative_ratio": 2, "learning_rate": 0.02, "fast": False}
SOFTMAX = {"n_factors": 4, "n_epochs": 25, "batch_size": 4, "learning_rate": 0.05}
SOFTMAX |= {"temperature": 0.5}
METHODS = {
    "regression": partial(SampledLinkModel, **SAMPLED),
    "classification": partial(SampledLinkModel, head="classification", **SAMPLED),
    "popularity-aware": partial(
        SampledLinkModel, popularity=0.75, optimizer="adam", **SAMPLED
    ),
    "softmax": partial(SoftmaxLinkModel, composed=False, **SOFTMAX),
    "softmax, composed, idf": partial(SoftmaxLinkModel, idf_power=0.5, **SOFTMAX),
}
every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


@cache
def fitted(method):
    """Fit to the checkerboard, once for all tests that only ask."""
    return method().fit(LINKS)


# --- what was learned -----------------------------------------------------------------


@every_method
def test_films_that_link_to_the_same_are_near_each_other(method):
    vectors = fitted(method).film_vectors()
    for film in range(100, 100 + N_FILMS):
        near = vectors.neighbours(film, n=6)["movie_id"]
        assert (near % 2 == film % 2).all()


@every_method
def test_entities_that_the_same_films_link_to_are_near_each_other(method):
    near = fitted(method).similar_entities("number 04", n=7)
    assert [int(name[-2:]) % 2 for name in near["entity"]] == [0] * 7
    assert near["similarity"].is_monotonic_decreasing
    assert "person: number 04" not in set(near["entity"])


@every_method
def test_a_film_and_an_entity_make_a_question_together(method):
    near = fitted(method).nearest_to(films=[101], entities=["number 03"], n=8)
    assert (near["movie_id"] % 2 == 1).all()
    assert 101 not in set(near["movie_id"])


@every_method
def test_near_to_an_entity_are_films_that_link_to_its_like(method):
    near = fitted(method).nearest_to(entities=["number 02"], n=5)["movie_id"]
    assert (near % 2 == 0).all()


@every_method
def test_the_loss_falls(method):
    loss = fitted(method).history_["loss"]
    assert len(loss) == method().n_epochs
    assert loss.iloc[-1] < 0.9 * loss.iloc[0]


# --- what every method promises -------------------------------------------------------


@every_method
def test_there_is_a_vector_of_every_film(method):
    vectors = fitted(method).film_vectors(TITLES)
    assert isinstance(vectors, MovieVectors)
    assert vectors.movie_ids.tolist() == LINKS.films.ids.tolist()
    assert vectors.n_dimensions == 4
    assert vectors.titles == tuple(TITLES)


@every_method
def test_the_vector_of_a_film_without_links_is_zero(method):
    vectors = fitted(method).film_vectors()
    assert not vectors.vector(LONELY).any()
    assert np.abs(vectors.matrix).sum(axis=1).astype(bool).sum() == N_FILMS


@every_method
def test_there_is_a_vector_of_every_entity(method):
    assert fitted(method).entity_vectors_.shape == (N_ENTITIES, 4)


@every_method
def test_a_fit_gives_the_vectors_of_its_seed_and_leaves_the_links_as_they_are(method):
    before = LINKS.matrix.copy()
    models = [method(n_epochs=1, seed=seed) for seed in (1, 1, 2)]
    assert all(model.fit(LINKS) is model for model in models)
    one, same, other = (model.film_vectors_ for model in models)
    np.testing.assert_allclose(one, same, atol=1e-5)
    assert not np.allclose(one, other, atol=1e-2)
    np.testing.assert_array_equal(LINKS.matrix.toarray(), before.toarray())


@every_method
def test_before_fit_there_is_no_answer(method):
    for ask in (
        lambda model: model.film_vectors(),
        lambda model: model.similar_entities("number 04"),
        lambda model: model.nearest_to(films=[101]),
    ):
        with pytest.raises(NotFittedError, match="FilmLinks"):
            ask(method())


@every_method
def test_pairs_that_are_no_links_object_are_refused(method):
    with pytest.raises(TypeError, match="DataFrame"):
        method().fit(checkerboard())


def test_the_fast_training_finds_the_same_neighbours():
    # Compiling takes seconds, so that all other tests train step by step.
    fast = SampledLinkModel(**{**SAMPLED, "fast": True}).fit(LINKS).film_vectors()
    for film in (100, 101, 110, 111):
        assert (fast.neighbours(film, n=6)["movie_id"] % 2 == film % 2).all()


@pytest.mark.parametrize(
    ("method", "setting"),
    [
        (SampledLinkModel, {"head": "sigmoid"}),
        (SampledLinkModel, {"negative_ratio": 0}),
        (SampledLinkModel, {"positives_per_batch": 0.5}),
        (SampledLinkModel, {"popularity": -1}),
        (SampledLinkModel, {"optimizer": "sgd"}),
        (SampledLinkModel, {"learning_rate": 0}),
        (SoftmaxLinkModel, {"temperature": 0}),
        (SoftmaxLinkModel, {"batch_size": 0}),
        (SoftmaxLinkModel, {"idf_power": -1}),
        (SoftmaxLinkModel, {"hidden_share": 1}),
        (SoftmaxLinkModel, {"n_factors": 0}),
        (SoftmaxLinkModel, {"n_epochs": 0}),
        (SoftmaxLinkModel, {"seed": -1}),
    ],
)
def test_settings_that_cannot_be_are_refused(method, setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        method(**setting).fit(LINKS)


def test_where_all_films_have_all_links_idf_weights_are_refused():
    pairs = pd.DataFrame({"film_id": [1, 2], "entity": "page"})
    with pytest.raises(ValueError, match="idf_power"):
        SoftmaxLinkModel(idf_power=1).fit(FilmLinks.from_pairs(pairs))


# --- films that were not there in training --------------------------------------------


@pytest.fixture
def composed():
    return fitted(METHODS["softmax, composed, idf"])


def test_the_vector_of_links_is_that_of_the_film_with_these_links(composed):
    theirs = LINKS.matrix[[LINKS.rows(104).item()]].indices
    vector = composed.vector_of_links(LINKS.entities[e] for e in theirs)
    expected = composed.film_vectors().vector(104)
    np.testing.assert_allclose(vector, expected, atol=1e-6)


def test_a_new_film_is_near_films_with_such_links(composed):
    vector = composed.vector_of_links(["number 02", "number 08", "number 02"])
    near = composed.film_vectors().nearest_to(vector, n=8)
    assert (near["movie_id"] % 2 == 0).all()


def test_a_new_film_needs_links_that_are_known(composed):
    with pytest.raises(UnknownEntityError, match="nobody"):
        composed.vector_of_links(["nobody"])
    with pytest.raises(ValueError, match="entity"):
        composed.vector_of_links([])


def test_films_with_vectors_of_their_own_say_nothing_of_a_new_one(model):
    with pytest.raises(ValueError, match="composed"):
        model.vector_of_links(["number 02"])


# --- questions ------------------------------------------------------------------------


@pytest.fixture
def model():
    return fitted(METHODS["softmax"])


def test_titles_can_be_asked_about(model):
    near = model.nearest_to(films=["film 103"], n=3, titles=TITLES)
    assert near.columns.tolist() == ["movie_id", "title", "similarity"]
    assert 103 not in set(near["movie_id"])


def test_one_name_needs_no_list(model):
    pd.testing.assert_frame_equal(
        model.nearest_to(entities="number 05"), model.nearest_to(entities=["number 05"])
    )


def test_a_query_is_the_mean_of_directions_whatever_their_lengths(model):
    vectors = model.film_vectors()
    film = vectors.vector(101) / np.linalg.norm(vectors.vector(101))
    entity = model.entity_vectors_[LINKS.column("number 02")]
    near = model.nearest_to([101], ["number 02"], n=1).iloc[0]
    query = film + entity / np.linalg.norm(entity)
    found = vectors.vector(int(near["movie_id"]))
    cosine = query @ found / np.linalg.norm(query) / np.linalg.norm(found)
    assert near["similarity"] == pytest.approx(cosine, abs=1e-5)


def test_what_is_unknown_is_named(model):
    with pytest.raises(UnknownMovieError, match="999"):
        model.nearest_to(films=[999])
    with pytest.raises(UnknownEntityError, match="nobody"):
        model.nearest_to(entities=["nobody"])


def test_a_question_needs_a_name(model):
    with pytest.raises(ValueError, match="film or an entity"):
        model.nearest_to()


def test_importing_does_not_load_tensorflow():
    code = "import recsys_helpers.methods.entity, sys; sys.exit('keras' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
