"""Archives that are damaged, or lie about what they hold, are explained."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nodes.media.archives import bundle_of_model, write_bundle
from nodes.media.stored import stored_value
from nodes.sdk.codec import encode
from nodes.sdk.errors import FacewrightError, FileProblem, ModelProblem
from nodes.sdk.values import Mask

MEMBERS = {"a.json": b"{}" * 50, "b.bin": bytes(range(256))}


def test_the_same_files_make_the_same_archive(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        write_bundle(tmp_path / name, MEMBERS, zipfile.ZIP_DEFLATED)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with bundle_of_model(tmp_path / "one.zip", "the voices", "some_voices", 1000) as bundle:
        assert {name: bundle.read(name) for name in bundle.namelist()} == MEMBERS


@pytest.mark.parametrize("member", ["a.json", "absent"])
def test_a_bundle_with_too_large_or_missing_members_says_what_to_fetch(tmp_path: Path, member: str) -> None:
    write_bundle(tmp_path / "one.zip", MEMBERS)
    largest = 99 if member == "a.json" else 1000
    with (
        pytest.raises(ModelProblem, match=r"the voices one\.zip cannot be read") as caught,
        bundle_of_model(tmp_path / "one.zip", "the voices", "some_voices", largest) as bundle,
    ):
        bundle.read(member)
    assert "models fetch some_voices" in caught.value.hint


def test_flipped_bytes_of_a_bundle_never_raise_anything_else(tmp_path: Path) -> None:
    path = tmp_path / "one.zip"
    write_bundle(path, MEMBERS, zipfile.ZIP_DEFLATED)
    _flip(path, lambda: _read_all(path), ModelProblem)


def test_flipped_bytes_of_a_stored_value_never_raise_anything_else(tmp_path: Path) -> None:
    tree, arrays = encode(Mask(np.random.default_rng(3).random((9, 9), np.float32)))
    stream = io.BytesIO()
    text = np.frombuffer(json.dumps(tree).encode(), np.uint8)
    np.savez_compressed(stream, tree=text, **{f"array_{i}": array for i, array in enumerate(arrays)})
    path = tmp_path / "value.npz"
    path.write_bytes(stream.getvalue())
    assert isinstance(stored_value(path), Mask)
    _flip(path, lambda: stored_value(path), FileProblem)


def _read_all(path: Path) -> None:
    with bundle_of_model(path, "the voices", "some_voices", 1000) as bundle:
        for name in MEMBERS:
            bundle.read(name)


def _flip(path: Path, read, kind: type[FacewrightError]) -> None:
    """Read the file with one byte changed, for every byte; whatever is raised is of one kind."""
    data = path.read_bytes()
    told = 0
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x15]) + data[place + 1 :])
        try:
            read()
        except kind as problem:
            assert problem.hint
            told += 1
    assert told > len(data) // 4
