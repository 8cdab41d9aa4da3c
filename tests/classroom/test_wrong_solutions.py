"""What a slip costs: one function of an assignment is written otherwise, and graded.

The cells run here and not in nbgrader: what is asked is which checks fail.
"""

import course
import jupytext
import matplotlib.pyplot as plt
import pytest

pytestmark = pytest.mark.classroom

# Cells that are given and that checks rely on.
GIVEN = {"split-look", "keras-load", "bug-program", "bug-report"}


def lost(name: str, task: int, otherwise: dict[str, str]) -> set[str]:
    """Names of the checks of a task that fail when cells are written otherwise."""
    found: dict = {}
    failed, heading = set(), 0
    for cell in jupytext.read(course.SOURCES / f"{name}.py").cells:
        about = cell.metadata["nbgrader"]
        here = about["grade_id"]
        if cell.cell_type != "code":
            heading += cell.source.startswith("## Task ")
            continue
        if heading > task:
            break
        if about.get("points"):
            if heading == task:
                try:
                    exec(cell.source, found)
                except Exception:
                    failed.add(here)
        elif heading == 0 or about["solution"] or here in GIVEN:
            exec(otherwise.get(here, cell.source), found)
    plt.close("all")
    return failed


@pytest.fixture(autouse=True)
def small_edition(monkeypatch):
    monkeypatch.setenv("RECSYS_DATASET", "sample")  # as the notebooks do, for good


METRICS, ALS, KERAS, TOWERS, POSTERS = (
    "01_metrics_and_splits",
    "02_neighbours_and_als",
    "03_keras_factors",
    "04_two_towers",
    "05_posters_and_comparison",
)

DELEGATED_SPLIT = """
from recsys_helpers.splits import user_temporal_split
def hide_last(ratings, share):
    parts = user_temporal_split(ratings, share)
    return parts.train, parts.test
"""
CURRENT_AXES_RECALL = """
import matplotlib.pyplot as plt
def draw_recall(shelves, liked, ax):
    for name, lists in shelves.items():
        plt.plot(range(1, 21), [
            np.mean([
                precision_and_recall(lists[u], liked[u], k)[1] for u in liked.index
            ])
            for k in range(1, 21)
        ], label=name)
    plt.xlabel("k"), plt.ylabel("recall"), plt.legend()
    return ax
"""
ROOT_OF_TOO_MUCH = """
def rmse_in_stars(loss, penalty, stars_per_unit=1.0):
    return np.sqrt((loss - penalty) * stars_per_unit)
def loss_parts(params, u, i, r, lam):
    mean, b_u, b_i, P, Q = params
    squares = sum(np.sum(numbers**2) for numbers in params[1:])
    return np.mean((predict(params, u, i) - r) ** 2), lam / len(r) * squares
"""
KERAS_MODEL = """
def build_model(n_users, n_movies, mean, k, l2):
    L2, Normal = keras.regularizers.L2, keras.initializers.RandomNormal
    rows = [keras.Input((), dtype="int64") for _ in range(2)]
    p, q = (
        layers.Embedding(
            n, k, embeddings_initializer=Normal(0, 0.1, seed=SEED),
            embeddings_regularizer=L2(l2),
        )(row)
        for row, n, seed in zip(rows, (n_users, n_movies), (1, 2))
    )
    b, c = (
        layers.Embedding(n, 1, embeddings_initializer="zeros", PENALTY)(row)
        for row, n in zip(rows, (n_users, n_movies))
    )
    stars = layers.Add()([layers.Dot(axes=1)([p, q]), b, c])
    return keras.Model(rows, layers.Rescaling(1.0, offset=mean)(stars))
"""
PENALISED = "embeddings_regularizer=L2(l2)"
DELEGATED_AVERAGE = """
from recsys_helpers.features.content import leave_one_out_averages
def leave_one_out(groups, stars):
    frame = pd.DataFrame({"user_id": groups, "movie_id": 1, "rating": stars})
    users = leave_one_out_averages(frame, data.movies).users
    return users["average"].to_numpy()
"""
CLIPPED = """
def in_batch_loss(F, G, films, log_share, temperature):
    s = np.clip(F @ G.T / temperature - log_share, -500, 500)
    again = (films[:, None] == films) & ~np.eye(len(films), dtype=bool)
    s[again] = -np.inf
    return np.mean(np.log(np.exp(s).sum(axis=1)) - np.diag(s))
"""
WITHOUT_TEMPERATURE = """
def gradients(U, M, A, B, films, log_share, temperature):
    F, G, n = U @ A, M @ B, len(films)
    s = F @ G.T / temperature - log_share
    s[(films[:, None] == films) & ~np.eye(n, dtype=bool)] = -np.inf
    P = np.exp(s - s.max(axis=1, keepdims=True))
    D = (P / P.sum(axis=1, keepdims=True) - np.eye(n)) / n
    return U.T @ D @ G, M.T @ D.T @ F / temperature
"""
FAME = """
import matplotlib.pyplot as plt
def draw_fame(fame, ax):
    for name, n_likes in fame.items():
        x, n = np.unique(n_likes, return_counts=True)
        DRAW(x, np.cumsum(n) / n.sum(), label=name)
    ax.set(xlabel="likes", ylabel="share")
    ax.legend()
    return ax
"""
FRAMES = """
def honest_inputs(train, test):
    stars, made = train["rating"].to_numpy(), ({}, {})
    for column in ["user_id", "movie_id"]:
        groups = train[column].to_numpy()
        made[0][column] = leave_one_out(groups, stars)
        made[1][column] = averages_for(groups, stars, test[column].to_numpy())
    return tuple(pd.DataFrame(m).fillna(stars.mean()) for m in made)
"""
CONVOLUTION_OF_THE_CHAPTER = """
def convolve(x, w, b=0.0):
    x, w = np.asarray(x, dtype=float), np.asarray(w, dtype=float)
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape)
    return b + np.einsum("ijst,st->ij", windows, w)
"""
DELEGATED_INTERVAL = """
from recsys_helpers.intervals import paired_difference
def decide(a, b, n_draws=1000, seed=0):
    gap = paired_difference(
        np.asarray(a, float), np.asarray(b, float), n_resamples=n_draws, seed=seed
    )
    verdict = "a" if gap.low > 0 else "b" if gap.high < 0 else "not decided"
    return gap.low, gap.high, verdict
"""
UNKNOWN_ARE_DRAWN = """
def decide(a, b, n_draws=1000, seed=0):
    gaps = np.asarray(a, float) - np.asarray(b, float)
    drawn = np.random.default_rng(seed).choice(gaps, (n_draws, len(gaps)))
    low, high = np.nanquantile(np.nanmean(drawn, axis=1), [0.025, 0.975])
    verdict = "a" if low > 0 else "b" if high < 0 else "not decided"
    return low, high, verdict
"""


@pytest.mark.parametrize(
    ("name", "task", "cell", "code", "checks"),
    [
        (METRICS, 1, "split-solution", DELEGATED_SPLIT, {"split-hidden"}),
        (METRICS, 3, "paper-solution", "ndcg_on_paper = 0.6", {"ndcg-paper"}),
        (
            *(METRICS, 6, "picture-solution", CURRENT_AXES_RECALL),
            {"picture-visible", "picture-hidden"},
        ),
        (ALS, 4, "half-paper", "x_on_paper = 0.4", {"paper-hidden"}),
        (KERAS, 2, "paper-solution", "stars_on_paper = 3.75", {"paper-hidden"}),
        (KERAS, 3, "paper2-solution", "p_on_paper = (0.95, -1.1)", {"paper2-hidden"}),
        (KERAS, 4, "loss-solution", ROOT_OF_TOO_MUCH, {"root-hidden"}),
        (TOWERS, 1, "average-solution", DELEGATED_AVERAGE, {"average-hidden"}),
        (TOWERS, 3, "loss-paper", "loss_on_paper = 0.3", {"paper-hidden"}),
        (TOWERS, 3, "loss-solution", CLIPPED, {"large-hidden"}),
        (TOWERS, 4, "down-solution", WITHOUT_TEMPERATURE, {"down-hidden"}),
        (
            *(TOWERS, 6, "fame-solution", FAME.replace("DRAW", "plt.plot")),
            {"fame-visible", "fame-hidden"},
        ),
        (TOWERS, 7, "honest-solution", FRAMES, {"honest-visible", "honest-hidden"}),
        (
            POSTERS,
            1,
            "paper-solution",
            "y_on_paper = [[5, 0], [3, 6]]",
            {"paper-hidden"},
        ),
        (
            *(POSTERS, 1, "convolve-solution", CONVOLUTION_OF_THE_CHAPTER),
            {"steps-visible", "steps-hidden"},
        ),
        (POSTERS, 6, "decide-solution", DELEGATED_INTERVAL, {"decide-hidden"}),
        (POSTERS, 6, "decide-solution", UNKNOWN_ARE_DRAWN, {"known-hidden"}),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # a wrong solution may warn
def test_a_slip_costs_its_own_points(name, task, cell, code, checks):
    assert lost(name, task, {cell: code}) == checks


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "penalty", "checks"),
    [
        ("1", PENALISED, {"tables-hidden"}),
        ("seed", "", {"penalty-hidden"}),
        ("seed", PENALISED, set()),
    ],
)
def test_a_slip_in_the_keras_model_costs_its_own_points(seed, penalty, checks):
    code = KERAS_MODEL.replace("SEED", seed).replace("PENALTY", penalty)
    assert lost(KERAS, 5, {"keras-solution": code}) == checks


@pytest.mark.parametrize("draw", ["ax.plot", "ax.step"])
def test_another_way_to_draw_the_same_shares_is_right(draw):
    code = FAME.replace("DRAW", draw).replace(
        "label=name", "label=name" + (', where="post"' if "step" in draw else "")
    )
    assert lost(TOWERS, 6, {"fame-solution": code}) == set()
