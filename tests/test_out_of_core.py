"""Three engines prepare the same ratings, and refuse the same files."""

import tempfile

import numpy as np
import polars as pl
import pytest

from recsys_helpers.datasets import InvalidDataError, load_movielens
from recsys_helpers.interactions import Interactions
from recsys_helpers.out_of_core import ENGINES, prepare_ratings
from recsys_helpers.splits import user_temporal_split

HEADER = "userId,movieId,rating,timestamp\n"
MINIMA = {"min_ratings_per_user": 30, "min_ratings_per_movie": 10}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Write the small edition, shuffled, as a CSV and as a parquet file."""
    folder = tmp_path_factory.mktemp("ratings")
    ratings = load_movielens("small").ratings.sample(frac=1, random_state=0)
    ratings.to_csv(folder / "ratings.csv", index=False)
    columns = {name: ratings[name].to_numpy() for name in ratings}
    pl.DataFrame(columns).write_parquet(folder / "ratings.parquet")
    return folder


@pytest.fixture(scope="module")
def of_pandas(files):
    return prepare_ratings(files / "ratings.csv", engine="pandas", **MINIMA)


def written(folder, text, name="ratings.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def assert_same(one, other):
    """Compare two results to the last bit, types included."""
    for part in ("train", "test"):
        a, b = getattr(one, part), getattr(other, part)
        pairs = [(a.users.ids, b.users.ids), (a.movies.ids, b.movies.ids)]
        arrays = ("indptr", "indices", "data")
        pairs += [(getattr(a.matrix, n), getattr(b.matrix, n)) for n in arrays]
        for x, y in pairs:
            assert x.dtype == y.dtype
            np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize(
    ("engine", "file"),
    [
        ("duckdb", "ratings.csv"),
        ("duckdb", "ratings.parquet"),
        ("polars", "ratings.csv"),
        ("polars", "ratings.parquet"),
    ],
)
def test_every_engine_gives_the_arrays_of_pandas(engine, file, files, of_pandas):
    assert_same(prepare_ratings(files / file, engine=engine, **MINIMA), of_pandas)


def test_the_arrays_are_those_of_the_courses_own_functions(of_pandas):
    ratings = load_movielens("small").ratings
    many = {
        name: ratings.groupby(f"{name}_id")["rating"].transform("size")
        for name in ("user", "movie")
    }
    kept = ratings[(many["user"] >= 30) & (many["movie"] >= 10)]
    split = user_temporal_split(kept)
    axes = Interactions.from_ratings(kept)
    for part in ("train", "test"):
        expected = Interactions.from_ratings(
            getattr(split, part), users=axes.users, movies=axes.movies
        ).matrix
        assert (getattr(of_pandas, part).matrix != expected).nnz == 0


def test_test_rows_are_the_ratings_of_the_test_matrix(of_pandas):
    rows = of_pandas.test_rows()
    again = Interactions.from_ratings(
        rows, users=of_pandas.train.users, movies=of_pandas.train.movies
    )
    assert (again.matrix != of_pandas.test.matrix).nnz == 0
    assert len(rows) == of_pandas.test.matrix.nnz


def test_the_matrix_takes_eight_bytes_a_rating(of_pandas):
    matrix = of_pandas.train.matrix
    assert matrix.indices.itemsize + matrix.data.itemsize == 8
    assert matrix.indptr.dtype == np.int32


@pytest.mark.parametrize("engine", ENGINES)
def test_ties_in_time_go_by_movie_and_the_filter_counts_once(engine, tmp_path):
    # User 7 has five ratings at one moment, 8 has five of which one movie goes, 9 goes.
    lines = [f"7,{movie},3.5,100" for movie in (50, 10, 40, 20, 30)]
    lines += [f"8,{movie},{movie / 20},{60 - movie}" for movie in (10, 20, 30, 40)]
    lines += ["8,2000000000,5,1", "9,10,0.5,0"]
    path = written(tmp_path, HEADER + "\n".join(lines) + "\n")
    prepared = prepare_ratings(
        path, engine=engine, min_ratings_per_user=5, min_ratings_per_movie=2
    )
    assert prepared.train.users.ids.tolist() == [7, 8]
    assert prepared.train.movies.ids.tolist() == [10, 20, 30, 40]
    # 50 has one rating. User 7 is left with four, and the floor of 0.8 is none.
    assert prepared.test.matrix.nnz == 0
    assert prepared.train.matrix.toarray()[1].tolist() == [0.5, 1.0, 1.5, 2.0]
    half = prepare_ratings(
        path, engine=engine, min_ratings_per_movie=2, test_share=0.5
    ).test_rows()
    assert half.groupby("user_id")["movie_id"].agg(list).to_dict() == {
        7: [30, 40],  # the higher ids of a tie are the later ones
        8: [10, 20],
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_columns_may_come_in_another_order_with_others_between(engine, tmp_path):
    text = "note,timestamp,rating,movie_id,user_id\nx,5,4.5,9,1\n,6,3,8,1\n"
    prepared = prepare_ratings(written(tmp_path, text), engine=engine, test_share=0.5)
    assert prepared.train.movies.ids.tolist() == [8, 9]
    assert prepared.test_rows().to_dict("list") == {
        "user_id": [1],
        "movie_id": [8],
        "rating": [3.0],
    }


REFUSED = {
    "rating 7.0": "1,2,7,100",
    "rating 3.3": "1,2,3.3,100",
    "rating": "1,2,,100",
    "nan": "1,2,nan,100",
    "movie_id 0": "1,0,3,100",
    "user_id|userId|column 0": "1.5,2,3,100",
    "user_id 4000000000": "4000000000,2,3,100",
    "timestamp -1": "1,2,3,-1",
    "movie_id|movieId|column|parse|literal": "1,Heat,3,100",
    "Found: 3|timestamp None|NA values": "1,2,3",
    "Found: 5|more fields|Length of header|saw 5": "1,2,3,100,5",
    "movie_id 3 more than once": "1,3,4,9\n1,3,4,10",
    "user_id 1 rates movie_id 3 more": "1,3,4,9\n"
    + "1,5,2,10\n1,6,2,10\n1,7,2,10\n1,3,4,12",
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("message", "lines"), REFUSED.items())
def test_a_row_that_breaks_a_rule_is_refused(engine, message, lines, tmp_path):
    path = written(tmp_path, f"{HEADER}4,4,4,4\n{lines}\n")
    with pytest.raises(InvalidDataError, match=rf"ratings\.csv.*{message}"):
        prepare_ratings(path, engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_that_is_no_whole_file_of_ratings_is_refused(engine, tmp_path):
    for text, message in {
        "": "is empty",
        "userId,movieId,rating\n1,2,3\n": "missing column timestamp",
        "userId,user_id,movieId,rating,timestamp\n1,1,2,3,4\n": "more than one column",
        HEADER: "no rating is left",
        f"{HEADER}1,2,3,100": "cut short",
    }.items():
        with pytest.raises(InvalidDataError, match=message):
            prepare_ratings(written(tmp_path, text), engine=engine)
    with pytest.raises(InvalidDataError, match=r"no file .*missing\.csv"):
        prepare_ratings(tmp_path / "missing.csv", engine=engine)
    path = written(tmp_path, f"{HEADER}1,2,3,100\n")
    with pytest.raises(InvalidDataError, match="no rating is left"):
        prepare_ratings(path, engine=engine, min_ratings_per_user=2)


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_a_damaged_parquet_file_is_refused(engine, files, tmp_path):
    whole = (files / "ratings.parquet").read_bytes()
    damaged = tmp_path / "ratings.parquet"
    for content in (b"", whole[: len(whole) // 2], b"PAR1" + b"\0" * 50 + b"PAR1"):
        damaged.write_bytes(content)
        with pytest.raises(InvalidDataError, match=r"ratings\.parquet cannot be read"):
            prepare_ratings(damaged, engine=engine)


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_a_parquet_file_is_checked_as_a_csv_is(engine, tmp_path):
    path = tmp_path / "ratings.parquet"
    row = {"userId": [1], "movieId": [2], "rating": [3.0], "timestamp": [4]}
    for name, value, message in (
        ("userId", 1.5, r"user_id 1\.5"),
        ("rating", float("nan"), "rating nan"),
        ("timestamp", "noon", "timestamp|cannot be read"),
        ("movieId", None, "movie"),
    ):
        pl.DataFrame(row | {name: [value]}).write_parquet(path)
        with pytest.raises(InvalidDataError, match=message):
            prepare_ratings(path, engine=engine)
    pl.DataFrame(row).drop("rating").write_parquet(path)
    with pytest.raises(InvalidDataError, match="missing column rating"):
        prepare_ratings(path, engine=engine)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"engine": "spark"}, "engine is one of duckdb, polars, pandas"),
        ({"min_ratings_per_user": 0}, "min_ratings_per_user must be at least 1"),
        ({"min_ratings_per_movie": 1.5}, "min_ratings_per_movie must be at least 1"),
        ({"test_share": 1}, "test_share must be from 0 to below 1"),
        ({"engine": "polars", "memory_limit": "1GB"}, "memory_limit is for DuckDB"),
        ({"memory_limit": "much"}, "memory_limit is a size such as '1GB'"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(settings, message, files):
    with pytest.raises(ValueError, match=message):
        prepare_ratings(files / "ratings.csv", **settings)


def test_a_format_that_an_engine_cannot_read_is_refused(files):
    with pytest.raises(ValueError, match="pyarrow"):
        prepare_ratings(files / "ratings.parquet", engine="pandas")
    with pytest.raises(ValueError, match=r"ends in \.csv or \.parquet"):
        prepare_ratings(files / "ratings.json")


def test_a_memory_limit_that_is_too_small_says_so(files):
    with pytest.raises(MemoryError, match="larger memory_limit"):
        prepare_ratings(files / "ratings.csv", memory_limit="1MB")


def test_no_file_is_left_behind_even_after_an_error(files, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    prepare_ratings(files / "ratings.csv", **MINIMA)
    with pytest.raises(InvalidDataError):
        prepare_ratings(files / "ratings.csv", min_ratings_per_user=100_000)
    assert list(tmp_path.iterdir()) == []


def test_a_quote_in_a_folders_name_is_part_of_the_name(files, tmp_path):
    folder = tmp_path / "Ann's"
    folder.mkdir()
    for name in ("ratings.csv", "ratings.parquet"):
        copy = folder / name
        copy.write_bytes((files / name).read_bytes())
        assert prepare_ratings(copy).train.matrix.nnz > 50_000


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_an_engine_that_is_not_installed_is_named(engine, files, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, engine, None)
    with pytest.raises(ImportError, match=f"pip install {engine}"):
        prepare_ratings(files / "ratings.csv", engine=engine)
