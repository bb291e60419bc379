"""The command `facewright models`."""

from __future__ import annotations

import io
import json
import os
import sys

import pytest

from app.cli import main
from nodes.sdk.models import find
from tests.models.shelf import CONTENT, Shelf


def run(*words: str) -> int:
    return main(["models", *words])


@pytest.fixture
def two_models(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """One required model, one for research only; both in a package that pip finds."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf.packages))
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    shelf.wheel()
    shelf.card("alpha", required=True)
    shelf.card("beta", commercial=False, licence="research only", licence_note="Trained on faces.")
    return shelf


def test_required_models_are_fetched_and_verified(two_models: Shelf, capsys) -> None:
    assert run("fetch", "--required") == 0
    assert run("verify") == 0
    assert run("fetch", "--required") == 0
    out = capsys.readouterr().out.splitlines()
    assert out == ["fetched alpha", "alpha: here", "alpha is here"]


def test_the_list_shows_state_licence_and_source(two_models: Shelf, capsys) -> None:
    two_models.models.mkdir()
    (two_models.models / "alpha.bin").write_bytes(b"?" * len(CONTENT))
    assert run("list") == 0
    heading, alpha, beta = capsys.readouterr().out.splitlines()
    assert heading.split() == ["name", "state", "size", "licence", "commercial", "use", "source"]
    assert alpha.split()[:2] == ["alpha", "damaged"]
    assert beta.split()[:2] == ["beta", "missing"]
    assert "NO" in beta
    assert "pip made-up-carrier==1.0" in beta


def test_the_list_for_programs_is_json(two_models: Shelf, capsys) -> None:
    assert run("list", "--json") == 0
    listed = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert listed["beta"]["commercial"] is False
    assert listed["alpha"]["state"] == "missing"


def test_without_a_terminal_a_research_licence_needs_yes(two_models: Shelf, capsys) -> None:
    assert run("fetch", "beta") == 1
    errors = capsys.readouterr().err.splitlines()
    assert errors[-1].startswith("facewright: error: the model 'The beta' is not for commercial use")
    assert find("beta") is None
    assert run("fetch", "beta", "--yes") == 0
    assert find("beta") is not None


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("\n", 1), ("no\n", 1)])
def test_on_a_terminal_it_asks(two_models: Shelf, monkeypatch, capsys, answer: str, code: int) -> None:
    terminal = io.StringIO(answer)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    assert run("fetch", "beta") == code
    assert "Trained on faces." in capsys.readouterr().out


def test_a_damaged_model_fails_verification_with_what_to_do(two_models: Shelf, capsys) -> None:
    run("fetch", "alpha")
    (two_models.models / "alpha.bin").write_bytes(CONTENT[:-1] + b"?")
    assert run("verify") == 1
    assert "facewright models fetch alpha" in capsys.readouterr().err


def test_a_missing_model_fails_verification_only_when_named(two_models: Shelf) -> None:
    assert run("verify") == 0
    assert run("verify", "alpha") == 1


def test_the_offline_switch_is_kept_and_holds(two_models: Shelf, capsys) -> None:
    assert run("offline", "on") == 0
    assert run("fetch", "alpha") == 1
    assert "facewright models offline off" in capsys.readouterr().err
    assert run("offline", "off") == 0
    assert run("fetch", "alpha") == 0


def test_an_unknown_name_and_a_missing_name_are_told_apart(two_models: Shelf, capsys) -> None:
    assert run("fetch", "gamma") == 1
    assert capsys.readouterr().err == "facewright: error: there is no model card 'gamma'\n"
    assert run("fetch") == 2


def test_damaged_settings_are_named_and_not_overwritten(two_models: Shelf, capsys) -> None:
    settings = two_models.data / "models.json"
    settings.write_text("{")
    assert run("fetch", "alpha") == 1
    assert str(settings) in capsys.readouterr().err
    assert settings.read_text() == "{"
