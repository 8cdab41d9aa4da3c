"""Three engines prepare the same ratings, and refuse the same files."""

import io
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recsys_helpers.datasets import InvalidDataError, load_movielens, read_movielens
from recsys_helpers.interactions import Interactions
from recsys_helpers.large.out_of_core import ENGINES, prepare_ratings
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


def pairs_of(part):
    """List the (user, movie) pairs that a matrix has a rating of."""
    rows, columns = part.matrix.nonzero()
    users, movies = part.users.ids[rows], part.movies.ids[columns]
    return sorted(zip(users.tolist(), movies.tolist(), strict=True))


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
    half = prepare_ratings(path, engine=engine, min_ratings_per_movie=2, test_share=0.5)
    # The higher ids of a tie are the later ones.
    assert pairs_of(half.test) == [(7, 30), (7, 40), (8, 10), (8, 20)]


@pytest.mark.parametrize("engine", ENGINES)
def test_columns_may_come_in_another_order_with_others_between(engine, tmp_path):
    text = "note,timestamp,rating,movie_id,user_id\nx,5,4.5,9,1\n,6,3,8,1\n"
    prepared = prepare_ratings(written(tmp_path, text), engine=engine, test_share=0.5)
    assert prepared.train.movies.ids.tolist() == [8, 9]
    assert pairs_of(prepared.test) == [(1, 8)]
    assert prepared.test.matrix.data.tolist() == [3.0]


# What a ratings file may look like, and what every reader makes of it: the rows
# (user, movie), or the error, whose message says where.
ROW, OTHER = "1,10,4.0,5\n", "2,10,3.5,6\n"
NOTE = HEADER.replace("\n", ",note\n")
FIRST, BOTH = [(1, 10)], [(1, 10), (2, 10)]
TAKEN = {
    "blank lines at the end": (HEADER + ROW + "\n\n", FIRST),
    "a blank line in the middle": (HEADER + ROW + "\n" + OTHER, BOTH),
    "blank lines before and after the header": ("\n" + HEADER + "\n" + ROW, FIRST),
    "a line of spaces": (HEADER + ROW + "   \n" + OTHER, BOTH),
    "a line of commas": (HEADER + ROW + ",,,\n" + OTHER, BOTH),
    "blank lines of Windows": ((HEADER + ROW + "\n").replace("\n", "\r\n"), FIRST),
    "the mark of UTF-8": ("\ufeff" + HEADER + ROW, FIRST),
    "lines that end in CR": ((HEADER + ROW + OTHER).replace("\n", "\r"), BOTH),
    "CR, and LF at the end": ((HEADER + ROW).replace("\n", "\r") + "\n", FIRST),
    "two kinds of line ends": (HEADER + ROW.replace("\n", "\r\n") + OTHER, BOTH),
    "CR among LF": (HEADER + ROW + OTHER.replace("\n", "\r") + "3,3,4,5\n", None),
    "ids as 1.0": (HEADER + "1.0,10.0,4,5.0\n", FIRST),
    "numbers as 1e0": (HEADER + "1e0,10,4e0,5\n", FIRST),
    "signs and noughts": (HEADER + "+1,0010,4.,5\n", FIRST),
    "spaces around numbers": (HEADER + "1 , 10 , 4.0,5 \n", FIRST),
    "quoted numbers": (
        HEADER.replace("userId", '"userId"') + '"1","10","4","5"\n',
        FIRST,
    ),
    "quotes after a space": (HEADER + '1, "10", "4",5\n', FIRST),
    "a header in capitals": (HEADER.upper() + ROW, FIRST),
    "a header with spaces": (HEADER.replace(",", " , ") + ROW, FIRST),
    "a column without a name": ("," + HEADER + "0," + ROW, FIRST),
    "trailing commas": ("".join(f"{x[:-1]},,\n" for x in (HEADER, ROW, OTHER)), BOTH),
    "trailing commas in a row": (HEADER + ROW + OTHER[:-1] + ",,\n", BOTH),
    "a name with quotes in it": (
        HEADER[:-1] + ""","tag 'n' ""m"" "\n1,10,4,5,x\n""",
        FIRST,
    ),
    "two other columns of one name": ("a,a," + HEADER + "x,y," + ROW, FIRST),
    "rows that lack another column": (
        NOTE + ROW + "2,10,3.5,6,x\n" + "3,3,4,5\n",
        None,
    ),
    "line breaks in another column": (
        NOTE + '1,10,4,5,"x\n\n1,2,3,4,y"\n2,10,4,5,z\n',
        BOTH,
    ),
    "stray quotes in another column": (NOTE + '1,10,4,5,"a" b\n2,10,4,5,a "b"\n', BOTH),
    "another encoding in another column": (
        (NOTE + "1,10,4,5,\xe9\n").encode("latin-1"),
        FIRST,
    ),
}
REFUSED = {
    "nothing": ("", "empty"),
    "blank lines only": ("\n\n", "empty"),
    "a header only": (HEADER, "header"),
    "a web page": ("<!DOCTYPE html>\n<title>Log in</title>\n", "web page"),
    "a zip": (b"PK\x03\x04" + bytes(99), "zip"),
    "a gzip": (b"\x1f\x8b\x08" + bytes(99), "gzip"),
    "a parquet file": (b"PAR1" + bytes(99), "parquet"),
    "UTF-16": ((HEADER + ROW).encode("utf-16"), "UTF-16"),
    "UTF-16 without its mark": ((HEADER + ROW).encode("utf-16-le"), "UTF-16"),
    "a pointer": (
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        "git lfs",
    ),
    "semicolons": ((HEADER + ROW).replace(",", ";"), "';'"),
    "no header": (ROW + OTHER, "user_id"),
    "a column that is missing": (
        HEADER.replace("rating", "stars") + ROW,
        "rating",
    ),
    "a column in two ways": (
        "USERID," + HEADER + "1," + ROW,
        "user_id.*USERID, userId",
    ),
    "an end in a line": (HEADER + ROW + "2,10,4.0,9", "line"),
    "another encoding": (
        (HEADER + ROW + "2\xe9,10,4,5\n").encode("latin-1"),
        "line 3 .*UTF-8",
    ),
    "a quote that stays open": (
        HEADER + ROW + '2,"10,4,5\n3,10,4,5\n',
        "line 3 ",
    ),
    "an open quote in another column": (
        NOTE + '1,10,4,5,"a\n2,10,4,5,z\n',
        "line 2 ",
    ),
    "too few fields": (HEADER + ROW + "\n2,10,4.0\n", "line 4: 3 .*4"),
    "too few fields at once": (HEADER + "2,10,4.0\n" + ROW, "line 2: 3 .*4"),
    "too many fields": (HEADER + ROW + "2,10,4.0,5,6\n", "line 3: 5 .*4"),
    "too many fields at once": (
        HEADER + "2,10,4.0,5,6\n" + ROW,
        "line 2: 5 .*4",
    ),
    "a comment": (HEADER + "# by Ann\n" + ROW, "line 2: 1 "),
}
REFUSED |= {
    f"the row {row}": (HEADER + "\n" + ROW + row + "\n", f"line 4: {what}")
    for row, what in {
        "1_0,10,4,5": "user_id 1_0",
        "1,2,0_4,5": "rating 0_4",
        "0x1,10,4,5": "user_id 0x1",
        "1,Heat,4,5": "movie_id Heat",
        "1,\u0663,4,5": "movie_id \u0663",
        '1,"1,000",4,5': "movie_id 1,000",
        '1,10,"4,0",5': "rating 4,0",
        "1,10,NA,5": "rating NA",
        "1,10,nan,5": "rating nan",
        "1,10,,5": "rating ''",
        "1,10,inf,5": "rating inf",
        "1,10,7,5": "rating 7",
        "1,10,3.3,5": "rating 3.3",
        "1.5,10,4,5": "user_id 1.5",
        "1,0,4,5": "movie_id 0",
        "4000000000,10,4,5": "user_id 4000000000",
        f"{10**30},10,4,5": "user_id 10+",
        "1,10,4,-1": "timestamp -1",
        "1,10,4,later": "timestamp later",
    }.items()
}
REFUSED["a column of True"] = (HEADER + "1,10,True,5\n", "line 2: rating True")
READERS = (*ENGINES, "read_movielens")
MOVIES = "movieId,title,genres\n2,A (1995),x\n3,B (1995),x\n10,C (1995),x\n"


def pairs(reader, folder):
    if reader == "read_movielens":
        ratings = read_movielens(folder)[0]
        return sorted(zip(ratings["user_id"], ratings["movie_id"], strict=True))
    prepared = prepare_ratings(folder / "ratings.csv", engine=reader, test_share=0.5)
    return sorted(pairs_of(prepared.train) + pairs_of(prepared.test))


def put(folder, content):
    content = content if isinstance(content, bytes) else content.encode()
    (folder / "ratings.csv").write_bytes(content)
    (folder / "movies.csv").write_text(MOVIES, encoding="utf-8")


@pytest.mark.parametrize(("content", "expected"), TAKEN.values(), ids=TAKEN)
def test_every_reader_takes_the_same_files(content, expected, tmp_path):
    put(tmp_path, content)
    expected = expected or [*BOTH, (3, 3)]
    assert {reader: pairs(reader, tmp_path) for reader in READERS} == dict.fromkeys(
        READERS, expected
    )


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_every_reader_refuses_the_same_files_in_the_same_words(
    content, message, tmp_path
):
    put(tmp_path, content)
    said = set()
    for reader in READERS:
        with pytest.raises(
            InvalidDataError, match=rf"ratings\.csv.*{message}"
        ) as error:
            pairs(reader, tmp_path)
        said.add(str(error.value).replace(str(tmp_path), ""))
    assert len(said) == 1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "later", ["1,10,4,10\n", "1,5,2,10\n1,6,2,10\n1,7,2,10\n1,10,4,12\n"]
)
def test_a_pair_that_comes_twice_is_refused(engine, later, tmp_path):
    path = written(tmp_path, HEADER + ROW + later)
    with pytest.raises(InvalidDataError, match=r"user_id 1 .*movie_id 10 "):
        prepare_ratings(path, engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_file_and_no_rating_left_are_refused(engine, tmp_path):
    (tmp_path / "folder.csv").mkdir()
    for name, message in (
        ("missing.csv", "missing"),
        ("folder.csv", "folder"),
    ):
        with pytest.raises(InvalidDataError, match=message):
            prepare_ratings(tmp_path / name, engine=engine)
    path = written(tmp_path, HEADER + ROW)
    with pytest.raises(InvalidDataError, match="rating"):
        prepare_ratings(path, engine=engine, min_ratings_per_user=2)


NAMES = [
    ("ratings [1]", "ratings 1"),
    ("my ratings*", "my ratings old*"),
    ("what?", "whats"),
    ("[!a]{b,c}", "bb"),
    ("rating=5/Ann's", None),
    ("~/ratings", None),
]


@pytest.mark.parametrize(("name", "beside"), NAMES, ids=[name for name, _ in NAMES])
@pytest.mark.parametrize("ending", [".csv", ".parquet", ".CSV"])
def test_a_path_names_one_file_and_no_pattern(
    name, beside, ending, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for stem, user in ((name, 1), (beside, 77)):
        if stem is None:
            continue
        path = Path(stem + ending)
        path.parent.mkdir(exist_ok=True)
        rows = pl.DataFrame(
            {"userId": [user], "movieId": [user], "rating": [4.0], "timestamp": [5]}
        )
        content = io.BytesIO()
        if ending == ".parquet":
            rows.write_parquet(content)
        else:
            rows.write_csv(content)
        path.write_bytes(content.getvalue())
    for engine in ENGINES:
        if (engine, ending) != ("pandas", ".parquet"):
            prepared = prepare_ratings(name + ending, engine=engine, test_share=0)
            assert prepared.train.users.ids.tolist() == [1], engine


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_temporary_folders_may_have_any_name(engine, tmp_path, monkeypatch):
    folder = tmp_path / "[t]*'"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    path = written(tmp_path, HEADER + "1 ,10,4.0,5 \n" + OTHER + OTHER[:-1] + ",\n")
    with pytest.raises(InvalidDataError, match=r"user_id 2 .*movie_id 10 "):
        prepare_ratings(path, engine=engine)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_a_damaged_parquet_file_is_refused(engine, files, tmp_path):
    whole = (files / "ratings.parquet").read_bytes()
    damaged = tmp_path / "ratings.parquet"
    for content in (
        b"",
        HEADER.encode(),
        whole[: len(whole) // 2],
        b"PAR1" + b"\0" * 50 + b"PAR1",
    ):
        damaged.write_bytes(content)
        with pytest.raises(InvalidDataError, match=r"ratings\.parquet"):
            prepare_ratings(damaged, engine=engine)


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_a_parquet_file_is_checked_as_a_csv_is(engine, tmp_path):
    path = tmp_path / "ratings.parquet"
    row = {"userId": [1], "movieId": [2], "rating": [3.0], "timestamp": [4]}
    for name, value, message in (
        ("userId", 1.5, r"user_id 1\.5"),
        ("rating", float("nan"), "rating nan"),
        ("timestamp", "5", "timestamp"),
        ("rating", True, "rating"),
        ("movieId", None, "movie"),
    ):
        pl.DataFrame(row | {name: [value]}).write_parquet(path)
        with pytest.raises(InvalidDataError, match=message):
            prepare_ratings(path, engine=engine)
    pl.DataFrame(row).drop("rating").write_parquet(path)
    with pytest.raises(InvalidDataError, match="rating"):
        prepare_ratings(path, engine=engine)


@pytest.mark.parametrize(
    "settings",
    [
        {"engine": "spark"},
        {"min_ratings_per_user": 0},
        {"min_ratings_per_movie": 1.5},
        {"test_share": 1},
        {"memory_limit": "1GB", "engine": "polars"},
        {"memory_limit": "much"},
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_is_refused(settings, files):
    with pytest.raises(ValueError, match=next(iter(settings))):
        prepare_ratings(files / "ratings.csv", **settings)


def test_a_format_that_an_engine_cannot_read_is_refused(files):
    with pytest.raises(ValueError, match="pyarrow"):
        prepare_ratings(files / "ratings.parquet", engine="pandas")
    with pytest.raises(ValueError, match=r"\.csv.*\.parquet"):
        prepare_ratings(files / "ratings.json")


def test_a_memory_limit_that_is_too_small_says_so(files):
    with pytest.raises(MemoryError, match="memory_limit"):
        prepare_ratings(files / "ratings.csv", memory_limit="1MB")


def test_no_file_is_left_behind_even_after_an_error(files, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    prepare_ratings(files / "ratings.csv", **MINIMA)
    with pytest.raises(InvalidDataError):
        prepare_ratings(files / "ratings.csv", min_ratings_per_user=100_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_an_engine_that_is_not_installed_is_named(engine, files, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, engine, None)
    with pytest.raises(ImportError, match=engine):
        prepare_ratings(files / "ratings.csv", engine=engine)
