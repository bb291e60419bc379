"""The stand-in of the engine is called as the engine's client is, or tests would pass on what fails."""

from __future__ import annotations

import inspect

import pytest

from app.engine.client import EngineClient
from tests.ui.fakes import FakeEngine

CALLS = [name for name, _ in inspect.getmembers(EngineClient, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("name", CALLS)
def test_stand_in_takes_what_the_client_takes(name: str) -> None:
    wanted = inspect.signature(getattr(EngineClient, name))
    assert inspect.signature(getattr(FakeEngine, name)) == wanted
