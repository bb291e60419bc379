"""Finding and proving model files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodes.sdk import ModelProblem, models
from tests.models.shelf import CONTENT, Shelf, make_shelf


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    shelf = make_shelf(tmp_path, monkeypatch)
    shelf.card("alpha")
    shelf.models.mkdir()
    yield shelf
    monkeypatch.undo()
    models.cards.cache_clear()


def test_a_missing_model_says_how_to_fetch_it(shelf: Shelf) -> None:
    with pytest.raises(ModelProblem, match="facewright models fetch alpha"):
        models.verified("alpha")


def test_a_model_the_user_must_bring_says_where_it_goes(shelf: Shelf) -> None:
    shelf.card("beta", client="user")
    with pytest.raises(ModelProblem, match=r"Put your own file 'beta\.bin' into") as caught:
        models.verified("beta")
    assert str(shelf.models) in caught.value.hint


def test_a_damaged_model_is_refused(shelf: Shelf) -> None:
    (shelf.models / "alpha.bin").write_bytes(CONTENT[:-1])
    with pytest.raises(ModelProblem, match="damaged"):
        models.verified("alpha")


def test_a_model_is_proved_once_while_it_stays_the_same(shelf: Shelf, monkeypatch) -> None:
    path = shelf.models / "alpha.bin"
    path.write_bytes(CONTENT)
    proofs = []
    real = models.sha256_of
    monkeypatch.setattr(models, "sha256_of", lambda path: proofs.append(path) or real(path))
    assert models.verified("alpha") == path
    models.verified("alpha")
    assert len(proofs) == 1
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(1, 1))
    with pytest.raises(ModelProblem, match="damaged"):
        models.verified("alpha")


def test_the_users_own_folder_comes_first(shelf: Shelf, tmp_path: Path, monkeypatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for folder in (own, shelf.models):
        (folder / "alpha.bin").write_bytes(CONTENT)
    monkeypatch.setenv("FACEWRIGHT_MODELS", str(own))
    assert models.find("alpha") == own / "alpha.bin"


def test_a_derived_file_is_held_to_its_record(shelf: Shelf) -> None:
    shelf.card("gamma", sha256="", builder="nodes.some:build")
    path = shelf.models / "gamma.bin"
    path.write_bytes(CONTENT)
    (shelf.models / "gamma.bin.sha256").write_text(models.sha256_of(path) + "\n")
    assert models.verified("gamma") == path
    path.write_bytes(CONTENT + b"!")
    with pytest.raises(ModelProblem, match="damaged"):
        models.verified("gamma")


def test_a_loaded_model_is_shared(shelf: Shelf) -> None:
    (shelf.models / "alpha.bin").write_bytes(CONTENT)
    source = models.LocalModels()
    first = source.load("alpha", "", "cpu", Path.read_bytes)
    assert source.load("alpha", "", "cpu", lambda path: pytest.fail("loaded twice")) is first
    assert source.load("alpha", "half", "cpu", lambda path: "other") == "other"
