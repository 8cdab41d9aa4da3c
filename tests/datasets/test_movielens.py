"""MovieLens files, good ones and spoilt ones."""

import pandas as pd
import pytest
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
    InvalidDataError,
    _movielens,
    read_movielens,
    validate_ratings,
)


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
    ("right", "wrong", "message"),
    [
        ("2,30,3.5", "-2,30,3.5", r"line 5: user_id -2 "),
        ("2,30,3.5", "2,\xa030,3.5", r"line 5: movie_id '.xa030'"),
        ("2,30,3.5", "\n2,99,3.5", r"line 6: movie_id 99 "),
        ("2,30,3.5", "\n\n2,10,3.5", r"line 7: user_id 2 .*line 4\b"),
        ("2.0,964982931\n", "2.0\n", r"line 6: 3 "),
        ("2.0,964982931\n", "2.0,9649", r"ratings\.csv"),
        ("2.0,964982931\n", "2", r"line 6: 3 "),
    ],
)
def test_a_spoilt_rating_is_named_with_file_line_and_value(
    tmp_path, right, wrong, message
):
    assert right in RATINGS
    with pytest.raises(InvalidDataError, match=message):
        read_spoilt(tmp_path, ratings=RATINGS.replace(right, wrong, 1))


@pytest.mark.parametrize("name", ["ratings", "movies", "links"])
def test_an_empty_file_is_said_to_be_empty(tmp_path, name):
    with pytest.raises(InvalidDataError, match=rf"{name}\.csv"):
        read_spoilt(tmp_path, **{name: ""})


@pytest.mark.parametrize(
    ("name", "content"), [("ratings", RATINGS), ("movies", MOVIES), ("links", LINKS)]
)
def test_a_file_with_a_header_only_is_an_error(tmp_path, name, content):
    header = content.split("\n")[0] + "\n"
    with pytest.raises(InvalidDataError, match=rf"{name}\.csv"):
        read_spoilt(tmp_path, **{name: header})


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("title,", "name,", r"movies\.csv: .*title"),
        ("30,Fawlty", "10,Fawlty", r"movies\.csv, line 4: movie_id 10 "),
        ("30,Fawlty", "x,Fawlty", r"movies\.csv, line 4: movie_id x"),
        ("30,Fawlty", "٣٠,Fawlty", r"movies\.csv, line 4: movie_id ٣٠"),
        ("30,Fawlty", "0,Fawlty", r"movies\.csv, line 4: movie_id 0 "),
        (",Thriller", "", r"movies\.csv, line 3: 2 .*3 "),
        ('95) ",Thriller', "95) ,Thriller", r"movies\.csv"),
        ("listed)\n", "lis", r"movies\.csv"),
    ],
)
def test_a_spoilt_movie_is_named_with_file_and_line(tmp_path, right, wrong, message):
    assert right in MOVIES
    with pytest.raises(InvalidDataError, match=message):
        read_spoilt(tmp_path, movies=MOVIES.replace(right, wrong, 1))


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("0114709", "", r"links\.csv, line 2: imdb_id ''"),
        ("0114709", "nm0114709", r"line 2: imdb_id nm0114709"),
        ("0114709", "٠١١٤٧٠٩", r"line 2: imdb_id ٠١١٤٧٠٩"),
        ("862", "Toy Story", r"line 2: tmdb_id Toy Story"),
        ("862", "٨٦٢", r"line 2: tmdb_id ٨٦٢"),
        ("862", f"{2**31}", r"line 2: tmdb_id 2147483648"),
        ("862", f"{10**30}", r"line 2: tmdb_id 10+"),
        ("20,113957", "10,113957", r"line 3: movie_id 10 "),
    ],
)
def test_a_spoilt_link_is_named_with_file_and_line(tmp_path, right, wrong, message):
    assert right in LINKS
    with pytest.raises(InvalidDataError, match=message):
        read_spoilt(tmp_path, links=LINKS.replace(right, wrong, 1))


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
    text = {"movies": MOVIES, "links": LINKS}[name]
    header, rows = text.split("\n", 1)
    changed = f"\n{header.upper()},,\n\n{rows},,\n \n".replace("\n", end)
    plain = read_movielens(tiny_folder(tmp_path / "plain"))
    spoilt = read_spoilt(tmp_path, **{name: changed})
    for one, other in zip(plain, spoilt, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_stray_quotes_in_a_title_are_an_error(tmp_path):
    with pytest.raises(InvalidDataError, match=r"movies\.csv .*line 2 "):
        read_spoilt(tmp_path, movies=MOVIES.replace("Toy Story", '"Toy" Story'))


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
