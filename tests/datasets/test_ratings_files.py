"""Archives that must not be trusted, and archives that are damaged."""

import io
import zipfile

import pytest
from tiny_movielens import tiny_zip

from recsys_helpers.datasets import InvalidDataError
from recsys_helpers.datasets.ratings_files import opened


def read_all(path):
    with opened(path) as (names, open_file):
        return {name: open_file(name).read() for name in names}


def written(folder, content):
    path = folder / "archive.zip"
    path.write_bytes(content)
    return path


def test_a_folder_and_a_zip_give_the_same_files(tmp_path):
    archive = written(tmp_path, tiny_zip())
    with zipfile.ZipFile(archive) as source:
        source.extractall(tmp_path)
    assert read_all(archive) == read_all(tmp_path / "ml-tiny")


def test_nothing_is_unpacked(tmp_path):
    read_all(written(tmp_path, tiny_zip()))
    assert [file.name for file in tmp_path.iterdir()] == ["archive.zip"]


def test_two_files_of_one_name_are_refused(tmp_path):
    archive = written(tmp_path, tiny_zip("other/ratings.csv"))
    with pytest.raises(InvalidDataError, match=r"ratings\.csv"):
        read_all(archive)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<html>Log in</html>", "a web page"),
        (b"\xef\xbb\xbf \n<?xml?>", "a web page"),
        (b"", "empty"),
        (b"\x1f\x8b\x08", "gzip"),
        ("a,b\n".encode("utf-16"), "UTF-16"),
        ("a,b\n".encode("utf-16-be"), "UTF-16"),
        (b"a,b\n1,\0\n1,2\n1,2\n", "bytes of value 0"),
        (b"a,b\n", "Give the folder"),
    ],
)
def test_what_is_no_zip_is_said_to_be_what_it_is(tmp_path, content, kind):
    with pytest.raises(InvalidDataError, match=rf"archive\.zip is .*{kind}"):
        read_all(written(tmp_path, content))


def test_backslashes_in_names_are_folders_and_folders_are_no_files(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("ml/", "ml/ratings.csv/", "ml\\links.csv\\", "ml\\movies.csv"):
            archive.writestr(name, "")
    assert list(read_all(written(tmp_path, buffer.getvalue()))) == ["movies.csv"]


def stored(content):
    """A zip without compression, where a byte can be changed with nothing else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("ratings.csv", content)
    return buffer.getvalue()


def damaged_stream():
    content = bytearray(tiny_zip())
    start = content.index(b"ratings.csv") + len(b"ratings.csv")
    content[start : start + 20] = bytes(20)
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        tiny_zip()[: len(tiny_zip()) // 2],
        stored("4.0\n").replace(b"4.0\n", b"3.0\n"),
        damaged_stream(),
    ],
    ids=["cut", "a changed byte", "a damaged stream"],
)
def test_a_damaged_zip_is_noticed(content, tmp_path):
    with pytest.raises(InvalidDataError, match="damaged"):
        read_all(written(tmp_path, content))


def test_damage_is_named_rather_than_the_nonsense_that_it_makes(tmp_path):
    archive = written(tmp_path, stored("4.0\n").replace(b"4.0\n", b"4x0\n"))
    with (
        pytest.raises(InvalidDataError, match=r"checksum of ratings\.csv"),
        opened(archive),
    ):
        raise InvalidDataError("line 1: 4x0 is not a number")


def test_a_path_with_nothing_there_is_named(tmp_path):
    with pytest.raises(InvalidDataError, match=r"nowhere\.zip"):
        read_all(tmp_path / "nowhere.zip")


def test_an_encrypted_zip_is_said_to_be_encrypted(tmp_path):
    # Python writes no encrypted zips: set bit 0 of the flags, in both headers.
    content = bytearray(stored("4.0\n"))
    content[content.index(b"PK\x03\x04") + 6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive = written(tmp_path, bytes(content))
    with pytest.raises(InvalidDataError, match=r"ratings\.csv.* is encrypted"):
        read_all(archive)
