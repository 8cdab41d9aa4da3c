"""Same seed, same numbers: every random choice in the repository takes a seed.

The code is read, not run: calls that draw numbers without a seed are found by name.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["recsys_helpers", "notebooks", "benchmarks", "book", "classroom"]
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))

# These draw from a state that the whole process shares.
SHARED_STATE = {"np.random", "numpy.random", "random", "tf.random", "tensorflow.random"}
HARMLESS = {"default_rng", "Generator", "SeedSequence", "PCG64", "Random"}
# By the last part of the name: where the seed stands, as an argument's name.
WANTS = {
    "default_rng": "seed",
    "Random": "seed",
    "sample": "random_state",  # of a pandas frame
    "KMeans": "random_state",
    "MiniBatchKMeans": "random_state",
    "TSNE": "random_state",
    "TruncatedSVD": "random_state",
    "train_test_split": "random_state",
    "ShuffleSplit": "random_state",
    "AlternatingLeastSquares": "random_state",
    "BayesianPersonalizedRanking": "random_state",
    "ALS": "seed",  # of Spark
    "Dropout": "seed",
    "GlorotUniform": "seed",
    "HeNormal": "seed",
    "RandomNormal": "seed",
    "RandomUniform": "seed",
    "TruncatedNormal": "seed",
}
# The seed may be the first argument without a name.
FIRST_IS_SEED = {"default_rng", "Random", "GlorotUniform"}
# What looks random and is not, or is seeded in another way; each with its reason.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("benchmarks/keras_ratings.py", "layers.Dropout"): (
        "The source's network as it is, built after keras.utils.set_random_seed."
    ),
    ("recsys_helpers/splits.py", "_split(seed=None)"): (
        "Remembers the seed of a split; those by time draw nothing."
    ),
}


def name_of(node: ast.expr) -> str:
    """Write a dotted name, "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return ""


def is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def has_seed(call: ast.Call, argument: str, *, first: bool) -> bool:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if None in given:  # **settings may hold it
        return True
    if first and call.args:
        return not is_none(call.args[0])
    return argument in given and not is_none(given[argument])


def unseeded(code: str) -> list[tuple[int, str]]:
    """Find the lines that draw without a seed, and what they call."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            name = name_of(node.func)
            module, _, last = name.rpartition(".")
            if module in SHARED_STATE and last not in HARMLESS:
                found.append((node.lineno, name))
            elif last in WANTS and not (last == "sample" and _is_a_draw(node)):
                first = last in FIRST_IS_SEED
                if not has_seed(node, WANTS[last], first=first):
                    found.append((node.lineno, name))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found += _silent_seeds(node)
    return sorted(found)


def _is_a_draw(call: ast.Call) -> bool:
    """Say whether ``x.sample(...)`` is no pandas frame's: a generator's, say."""
    names = {keyword.arg for keyword in call.keywords}
    return not names & {"n", "frac", "weights", "replace"} and len(call.args) != 1


def _silent_seeds(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    with_default = positional[len(positional) - len(arguments.defaults) :]
    pairs = [*zip(with_default, arguments.defaults, strict=True)]
    pairs += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return [
        (function.lineno, f"{function.name}({argument.arg}=None)")
        for argument, default in pairs
        if argument.arg in ("seed", "random_state", "rng") and default is not None
        if is_none(default)
    ]


def test_every_random_choice_takes_a_seed():
    """Or is listed in EXCEPTIONS, with the reason."""
    found = {
        (path.relative_to(ROOT).as_posix(), call, line)
        for path in SOURCES
        for line, call in unseeded(path.read_text(encoding="utf-8"))
    }
    assert [one for one in sorted(found) if one[:2] not in EXCEPTIONS] == []


def test_every_exception_is_still_needed():
    for where, call in EXCEPTIONS:
        calls = [name for _, name in unseeded((ROOT / where).read_text("utf-8"))]
        assert call in calls, f"{call} in {where} is no longer there."


@pytest.mark.parametrize(
    "planted",
    [
        "rng = np.random.default_rng()",
        "rng = np.random.default_rng(None)",
        "rng = numpy.random.default_rng(seed=None)",
        "x = np.random.rand(3)",
        "np.random.shuffle(x)",
        "random.shuffle(x)",
        "rng = random.Random()",
        "few = ratings.sample(100)",
        "few = ratings.sample(frac=0.1)",
        "groups = KMeans(n_clusters=3).fit(x)",
        "a, b = train_test_split(x, test_size=0.2)",
        "model = implicit.als.AlternatingLeastSquares(factors=8)",
        "x = layers.Dropout(0.5)(x)",
        "x = tf.random.normal((3,))",
        "start = keras.initializers.RandomNormal(stddev=0.1)",
        "def fit(x, seed=None): pass",
        "def fit(x, *, random_state=None): pass",
    ],
)
def test_a_choice_without_a_seed_is_found(planted):
    assert unseeded(planted)


@pytest.mark.parametrize(
    "fine",
    [
        "rng = np.random.default_rng(0)",
        "rng = np.random.default_rng(seed)",
        "rng = np.random.default_rng([seed, 1])",
        "x = rng.normal(size=3)",
        "few = ratings.sample(100, random_state=0)",
        "groups = KMeans(3, random_state=seed)",
        "x = layers.Dropout(0.5, seed=1)(x)",
        "model = AlternatingLeastSquares(**settings)",
        "shuffled = random.Random(3)",
        "def fit(x, *, seed): pass",
        "def fit(x, seed=0): pass",
    ],
)
def test_a_choice_with_a_seed_passes(fine):
    assert not unseeded(fine)
