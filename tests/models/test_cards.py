"""The cards that ship: complete, honest, and used by what names them."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import PurePosixPath

import pytest

from nodes.sdk.models import ModelCard, cards
from nodes.sdk.registry import default_registry

CARDS = list(cards().values())


@pytest.fixture(params=CARDS, ids=[entry.name for entry in CARDS])
def entry(request: pytest.FixtureRequest) -> ModelCard:
    return request.param


def test_there_are_cards() -> None:
    assert {entry.name for entry in CARDS} >= {"face_landmarker", "anny_head"}


def test_a_card_says_what_it_is_and_under_which_licence(entry: ModelCard) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", entry.name)
    for text in (entry.title, entry.description, entry.licence):
        assert text.strip() == text
        assert text
    assert isinstance(entry.commercial, bool)
    assert entry.commercial or entry.licence_note, "a card that forbids commercial use says why"


def test_a_card_pins_its_carrier(entry: ModelCard) -> None:
    assert entry.client in ("pip", "npm", "user")
    if entry.client != "user":
        assert re.fullmatch(r"(@[\w.-]+/)?[\w.-]+", entry.package)
        assert re.fullmatch(r"\d[\w.]*", entry.version)


def test_a_cards_paths_stay_where_they_belong(entry: ModelCard) -> None:
    assert PurePosixPath(entry.file).parts == (entry.file,)
    member = PurePosixPath(entry.member)
    assert not member.is_absolute()
    assert ".." not in member.parts


def test_a_card_has_a_full_checksum_or_a_builder(entry: ModelCard) -> None:
    assert isinstance(entry.size, int)
    if entry.client == "user" and not entry.sha256:
        return
    if entry.builder:
        assert entry.sha256 == "" or re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
    else:
        assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
        assert entry.size > 0


def test_a_builder_is_the_products_own_and_takes_carrier_and_target(entry: ModelCard) -> None:
    if not entry.builder:
        return
    module, _, function = entry.builder.partition(":")
    assert module.startswith("nodes.")
    assert len(inspect.signature(getattr(importlib.import_module(module), function)).parameters) == 2


def test_what_the_setup_fetches_needs_neither_npm_nor_an_agreement(entry: ModelCard) -> None:
    if entry.required:
        assert entry.client == "pip"
        assert entry.commercial
        assert not entry.sdist


def test_no_two_cards_share_a_file() -> None:
    files = [entry.file for entry in CARDS]
    assert len(set(files)) == len(files)


def test_every_model_a_node_names_has_a_card() -> None:
    named = {name for spec in default_registry() for name in spec.models}
    assert named <= set(cards())


def test_a_node_with_a_non_commercial_model_says_so() -> None:
    for spec in default_registry():
        if any(not cards()[name].commercial for name in spec.models):
            assert spec.note, f"{spec.id} uses a model that is not for commercial use and has no note"
