"""Archives are not trusted: paths, sizes, links."""

from __future__ import annotations

import hashlib
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from app.models import unpack as unpack_module
from app.models.unpack import extract_member, unpack
from nodes.sdk.errors import ModelProblem
from tests.models.shelf import write_tar, write_zip

FILES = {"top/inside/a.bin": b"abc", "top/b.txt": b"hello"}


@pytest.mark.parametrize("write", [write_zip, write_tar])
@pytest.mark.parametrize("member", ["top/inside/a.bin", "inside/a.bin"])
def test_a_member_is_found_with_or_without_the_top_folder(write, member: str, tmp_path: Path) -> None:
    archive = write(tmp_path / "carrier", FILES)
    digest = extract_member(archive, member, tmp_path / "out", 3)
    assert (tmp_path / "out").read_bytes() == b"abc"
    assert digest == hashlib.sha256(b"abc").hexdigest()


def test_a_member_that_is_absent_is_named(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "carrier", FILES)
    with pytest.raises(ModelProblem, match=r"does not hold inside/c\.bin"):
        extract_member(archive, "inside/c.bin", tmp_path / "out", 3)


def test_a_member_of_another_size_is_refused_before_it_is_written(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "carrier", {"a.bin": bytes(10_000_000)})
    with pytest.raises(ModelProblem, match="10000000 bytes instead of 3"):
        extract_member(archive, "a.bin", tmp_path / "out", 3)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_a_whole_archive_is_unpacked(write, tmp_path: Path) -> None:
    unpack(write(tmp_path / "carrier", FILES), tmp_path / "out")
    found = {
        path.relative_to(tmp_path / "out").as_posix(): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert found == FILES


@pytest.mark.parametrize("write", [write_zip, write_tar])
@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "C:/evil", "a\\..\\evil"])
def test_a_path_that_leaves_the_folder_is_refused(write, name: str, tmp_path: Path) -> None:
    archive = write(tmp_path / "carrier", {name: b"x"})
    with pytest.raises(ModelProblem, match="unsafe path"):
        unpack(archive, tmp_path / "deep" / "out")
    assert not list(tmp_path.rglob("evil"))


def test_links_in_a_tar_file_are_refused(tmp_path: Path) -> None:
    link = tarfile.TarInfo("models")
    link.type, link.linkname = tarfile.SYMTYPE, os.sep
    with tarfile.open(tmp_path / "carrier", "w:gz") as archive:
        archive.addfile(link)
    with pytest.raises(ModelProblem, match="unsafe path"):
        unpack(tmp_path / "carrier", tmp_path / "out")


def test_links_in_a_zip_file_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("models")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "carrier", "w") as archive:
        archive.writestr(link, os.sep)
    with pytest.raises(ModelProblem, match="unsafe path"):
        unpack(tmp_path / "carrier", tmp_path / "out")


def test_an_archive_beyond_the_bounds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack_module, "MOST_BYTES", 1 << 20)
    archive = write_zip(tmp_path / "carrier", {"bomb": bytes(4 << 20)})
    with pytest.raises(ModelProblem, match="larger than"):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out" / "bomb").exists()


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_a_truncated_archive_is_one_clear_problem(write, tmp_path: Path) -> None:
    archive = write(tmp_path / "carrier.whl", {"a.bin": os.urandom(50_000)})
    archive.write_bytes(archive.read_bytes()[:20_000])
    with pytest.raises(ModelProblem, match=r"carrier\.whl is damaged"):
        extract_member(archive, "a.bin", tmp_path / "out", 50_000)


def test_a_flipped_byte_in_a_zip_file_is_one_clear_problem(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "carrier.whl", {"a.bin": os.urandom(50_000)})
    content = bytearray(archive.read_bytes())
    content[10_000] ^= 255
    archive.write_bytes(content)
    with pytest.raises(ModelProblem, match="damaged"):
        extract_member(archive, "a.bin", tmp_path / "out", 50_000)
