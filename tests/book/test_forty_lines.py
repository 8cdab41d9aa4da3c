"""The recommender in forty lines can be copied, runs, and is what chapter 3 derives."""

import re
from pathlib import Path

import pytest

from recsys_helpers import datasets
from recsys_helpers.methods.ease import Ease
from recsys_helpers.splits import user_temporal_split

PAGE = Path(__file__).resolve().parents[2] / "book" / "forty_lines.md"
CELL = re.compile(r"```\{code-cell\} ipython3\n(:tags: .*\n)?([^`]*)```")
SHOWN = [code for tags, code in CELL.findall(PAGE.read_text("utf-8")) if not tags]
OURS = {"userId": "user_id", "movieId": "movie_id"}
THEIRS = {ours: theirs for theirs, ours in OURS.items()}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Copy all that is shown into one file, and run it where the ratings are."""
    data = datasets.load_movielens("sample")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("ratings"))
        data.ratings.rename(columns=THEIRS).to_csv("ratings.csv", index=False)
        data.movies.rename(columns=THEIRS).to_csv("movies.csv", index=False)
        found: dict = {}
        exec("".join(SHOWN), found)
    return found


def test_it_has_forty_lines_and_needs_three_libraries():
    lines = [line for line in SHOWN[0].splitlines() if line and line[0] != "#"]
    assert len(lines) <= 40
    imported = re.findall(r"^(?:import|from) (\w+)", "".join(SHOWN), flags=re.MULTILINE)
    assert imported == ["numpy", "pandas", "scipy"]


def test_it_hides_what_the_course_hides(ran):
    test = user_temporal_split(ran["ratings"].rename(columns=OURS)).test
    hidden = test.merge(ran["hidden"].rename(columns=OURS), on=list(OURS.values()))
    assert len(hidden) == len(test) == len(ran["hidden"])


def test_its_lists_are_those_of_the_package(ran):
    known = ran["known"].rename(columns=OURS)
    known = known[known["movie_id"].isin(ran["movie_ids"])]
    model = Ease(l2=200, like_threshold=4, half_like_from=None).fit(known)
    for user_id in ran["user_ids"][:20]:
        titles = ran["titles"][model.recommend(user_id, 10)["movie_id"]]
        assert ran["list_for"](user_id) == titles.to_list()


def test_it_beats_the_list_that_is_the_same_for_all(ran):
    assert ran["low"] > 0
