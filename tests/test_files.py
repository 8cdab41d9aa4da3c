"""Files are written whole or not at all, and archives are read safely."""

import os
import zipfile

import numpy as np
import pytest

from recsys_helpers._files import ArraysFileError, read_npz, write_npz, write_whole


class CardsFileError(ArraysFileError):
    holds = "cards"
    remedy = "Shuffle again."


def test_a_file_is_written_and_its_folder_made(tmp_path):
    write_whole(tmp_path / "new" / "file", b"all")
    assert (tmp_path / "new" / "file").read_bytes() == b"all"
    assert os.listdir(tmp_path / "new") == ["file"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"old")

    def fail(*paths):
        raise OSError("no")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no"):
        write_whole(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(os.name == "nt", reason="Windows lets few people make a link")
def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "precious").write_bytes(b"old")
    (tmp_path / "file").symlink_to(tmp_path / "precious")
    write_whole(tmp_path / "file", b"new")
    assert (tmp_path / "precious").read_bytes() == b"old"
    assert (tmp_path / "file").read_bytes() == b"new"


@pytest.mark.parametrize("compress", [True, False])
def test_arrays_come_back_as_they_were(tmp_path, compress):
    arrays = {"numbers": np.arange(3.0), "text": np.array("Amélie")}
    write_npz(tmp_path / "file", arrays, version=2, compress=compress)
    found = read_npz(tmp_path / "file", version=2, names=arrays)
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array, strict=True)
    assert os.listdir(tmp_path) == ["file"]


def text(path):
    path.write_text("movie_id,title\n1,Heat\n", encoding="utf-8")


def one_array(path):
    with open(path, "wb") as file:
        np.save(file, np.ones(3))


def another_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")


def other_arrays(path):
    write_npz(path, {"tricks": [3]}, version=1)


def no_version(path):
    write_npz(path, {"cards": [3]})


def newer(path):
    write_npz(path, {"cards": [3]}, version=2)


def pickled(path):
    np.savez(path, format_version=1, cards=np.array(["ace"], dtype=object))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (text, "not a complete .npz"),
        (one_array, "not a complete .npz"),
        (another_zip, "readme.txt is no array"),
        (other_arrays, "it has no cards"),
        (no_version, "it has no format_version"),
        (newer, "its format is 2"),
        (pickled, "allow_pickle"),
    ],
)
def test_another_file_is_refused_with_the_reason_and_a_remedy(tmp_path, make, reason):
    path = tmp_path / "file.npz"
    make(path)
    with pytest.raises(CardsFileError, match=rf"hold cards: .*{reason}.*Shuffle again"):
        read_npz(path, CardsFileError, version=1, names=["cards"])


def test_a_file_cut_or_changed_anywhere_is_refused_or_reads_the_same(tmp_path):
    # Arrays are guarded by checksums; what is not (dates, flags) changes none.
    path = tmp_path / "file.npz"
    write_npz(path, {"cards": np.arange(100)}, version=1)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(CardsFileError, match="not a complete"):
            read_npz(path, CardsFileError, version=1, names=["cards"])
    n_refused = 0
    for position in range(0, len(whole), 5):
        changed = bytearray(whole)
        changed[position] ^= 0xFF
        path.write_bytes(changed)
        try:
            found = read_npz(path, CardsFileError, version=1, names=["cards"])
        except CardsFileError:
            n_refused += 1
        else:
            np.testing.assert_array_equal(found["cards"], np.arange(100))
    assert n_refused > len(whole) / 5 / 2


def test_a_missing_file_is_reported_as_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_npz(tmp_path / "none.npz")
