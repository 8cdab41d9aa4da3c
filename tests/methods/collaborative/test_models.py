"""The models against arithmetic by hand: what they predict, and what they minimise."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys_helpers.features.content import set_matrix
from recsys_helpers.interactions import IdIndex, Interactions
from recsys_helpers.methods.collaborative.models import factor_model, network_model

MEAN = 3.5
RATINGS = pd.DataFrame(
    {
        "user_id": [7, 7, 9, 9, 12],
        "movie_id": [50, 60, 50, 70, 70],
        "rating": [4.0, 3.0, 5.0, 1.0, 2.0],
    }
)
# Movie 80 is known to the model, and nobody has rated it.
KNOWN = Interactions.from_ratings(RATINGS, movies=IdIndex.of([50, 60, 70, 80]))
FEATURES = sparse.csr_array([[1.0, 0], [0, 1], [1, 0], [0.6, 0.8]])
PAIRS = [RATINGS["user_id"].to_numpy(), RATINGS["movie_id"].to_numpy()]
ROWS, COLUMNS = KNOWN.users.rows(PAIRS[0]), KNOWN.movies.rows(PAIRS[1])


def numbers_of(model):
    """Fill all that is learned with known random numbers; rows of unknown ids too."""
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    return [weight.numpy() for weight in model.trainable_weights]


def predicted(model, users, movies):
    pairs = [np.asarray(users), np.asarray(movies)]
    return model.predict_on_batch(pairs).ravel()


def parts_of(model, **options):
    """Name the tables by what they are: `own`, `features`, `set` of a side and part."""
    tables = {}
    by_layer = [layer for layer in model.layers if layer.trainable_weights]
    for layer in by_layer:
        (weight,) = layer.trainable_weights
        kind = "own" if "embeddings" in weight.path else f"of {layer.n_entries}"
        tables[kind, *weight.shape] = weight.numpy()
    return tables


def test_a_prediction_is_mean_biases_and_dot_product():
    model = factor_model(KNOWN, MEAN, n_factors=2)
    numbers_of(model)
    table = parts_of(model)
    P, b_u = table["own", 4, 2], table["own", 4, 1]
    Q, b_i = table["own", 5, 2], table["own", 5, 1]
    by_hand = (
        MEAN
        + b_u[ROWS + 1, 0]
        + b_i[COLUMNS + 1, 0]
        + np.sum(P[ROWS + 1] * Q[COLUMNS + 1], axis=1)
    )
    np.testing.assert_allclose(predicted(model, *PAIRS), by_hand, rtol=1e-5)


def test_with_features_and_sets_a_part_is_a_sum():
    model = factor_model(KNOWN, MEAN, n_factors=2, features=FEATURES, with_sets=True)
    numbers_of(model)
    table = parts_of(model)
    rated, raters = set_matrix(KNOWN.matrix), set_matrix(KNOWN.matrix.T.tocsr())
    of_users = table["of 5", 5, 2]  # members: an unknown movie, and four movies
    of_movies = table["of 5", 4, 2]  # members: an unknown user, and three users
    p = table["own", 4, 2][1:] + rated @ of_users[1:]
    q = table["own", 5, 2][1:] + FEATURES @ table["of 5", 2, 2]
    q = q + raters @ of_movies[1:]
    b_u = table["own", 4, 1][1:] + rated @ table["of 5", 5, 1][1:]
    b_i = table["own", 5, 1][1:] + FEATURES @ table["of 5", 2, 1]
    b_i = b_i + raters @ table["of 5", 4, 1][1:]
    by_hand = (
        MEAN + b_u[ROWS, 0] + b_i[COLUMNS, 0] + np.sum(p[ROWS] * q[COLUMNS], axis=1)
    )
    np.testing.assert_allclose(predicted(model, *PAIRS), by_hand, rtol=1e-4)


@pytest.mark.parametrize("options", [{}, {"features": FEATURES, "with_sets": True}])
def test_the_loss_is_the_squared_error_and_lambda_over_n_of_each_table(options):
    model = factor_model(
        KNOWN,
        MEAN,
        n_factors=2,
        **{"factor_l2": 1, "bias_l2": 2, "feature_l2": 3, "set_l2": 4},
        **options,
    )
    numbers_of(model)
    stars = RATINGS["rating"].to_numpy()
    model.compile(loss="mse")
    loss = model.evaluate(PAIRS, stars, verbose=0)
    penalty = 0
    for (kind, n_rows, width), table in parts_of(model).items():
        own, of_set = (1 if width > 1 else 2), (3 if n_rows == 2 else 4)
        penalty += (own if kind == "own" else of_set) * np.sum(table**2)
    squared = np.sum((predicted(model, *PAIRS) - stars) ** 2)
    assert loss == pytest.approx((squared + penalty) / len(stars), rel=1e-5)


def test_while_it_is_trained_user_and_movie_are_out_of_each_others_sets():
    model = factor_model(KNOWN, MEAN, n_factors=2, with_sets=True)
    numbers_of(model)
    table = parts_of(model)
    in_training = np.asarray(model([PAIRS[0][:1], PAIRS[1][:1]], training=True))
    # User 7 has rated 50 and 60; 50 is left out. 50 was rated by 7 and 9; 7 is out.
    share = 1 / np.sqrt(2)
    members = {side: table["of 5", side, 2] for side in (4, 5)}
    biases = {side: table["of 5", side, 1] for side in (4, 5)}
    p = table["own", 4, 2][1] + share * members[5][2]
    q = table["own", 5, 2][1] + share * members[4][2]
    b = table["own", 4, 1][1, 0] + table["own", 5, 1][1, 0]
    b += share * (biases[5][2, 0] + biases[4][2, 0])
    assert in_training[0, 0] == pytest.approx(MEAN + b + p @ q, rel=1e-5)


def test_what_has_no_ratings_starts_with_zeros_of_its_own():
    model = factor_model(KNOWN, MEAN, n_factors=2)
    tables = parts_of(model)
    assert tables["own", 4, 2][0].tolist() == [0, 0]  # an unknown user
    assert tables["own", 5, 2][[0, 4]].tolist() == [[0, 0], [0, 0]]  # and movie 80
    assert np.all(tables["own", 5, 2][1:4] != 0)


def test_an_unknown_pair_is_the_mean():
    for model in (factor_model(KNOWN, MEAN), factor_model(KNOWN, MEAN, with_sets=True)):
        assert predicted(model, [999], [999]) == pytest.approx(MEAN)


def test_the_seed_decides_where_vectors_start():
    one, same, other = (
        factor_model(KNOWN, MEAN, seed=seed, with_sets=True).get_weights()
        for seed in (0, 0, 1)
    )
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_no_two_tables_start_alike():
    model = factor_model(KNOWN, MEAN, n_factors=2, with_sets=True)
    tables = parts_of(model)
    assert not np.allclose(tables["own", 5, 2][1], tables["of 5", 5, 2][1])


def test_the_network_is_two_layers_over_both_vectors():
    model = network_model(KNOWN, MEAN, n_factors=2, n_hidden=3)
    P, Q, W1, c1, W2, c2 = numbers_of(model)
    x = np.concatenate([P[ROWS + 1], Q[COLUMNS + 1]], axis=1)
    by_hand = MEAN + np.maximum(x @ W1 + c1, 0) @ W2 + c2
    np.testing.assert_allclose(predicted(model, *PAIRS), by_hand.ravel(), rtol=1e-4)


def test_the_network_drops_numbers_only_while_it_is_trained():
    model = network_model(KNOWN, MEAN, n_factors=8, dropout=0.5)
    trained = [np.asarray(model(PAIRS, training=True)).ravel() for _ in range(2)]
    asked = [np.asarray(model(PAIRS, training=False)).ravel() for _ in range(2)]
    assert not np.array_equal(*trained)
    np.testing.assert_array_equal(*asked)
