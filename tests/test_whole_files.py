"""Files that are written whole or not at all."""

import os

import pytest

from recsys_helpers._files import write_whole


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


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "precious").write_bytes(b"old")
    (tmp_path / "file").symlink_to(tmp_path / "precious")
    write_whole(tmp_path / "file", b"new")
    assert (tmp_path / "precious").read_bytes() == b"old"
    assert (tmp_path / "file").read_bytes() == b"new"
