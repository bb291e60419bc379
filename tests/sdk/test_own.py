"""The user's own nodes run only after the user said so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nodes.sdk import FileProblem, own

NODE = '''
from nodes.sdk import node
from nodes.sdk.values import Image


@node(title="Mine", category="Image")
def mine(image: Image) -> Image:
    """Hand the picture on, as it came."""
    return image
'''


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACEWRIGHT_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def listed(*arguments: str) -> str:
    command = [sys.executable, "-c", "import sys; from app.cli import main; sys.exit(main(sys.argv[1:]))"]
    done = subprocess.run(
        [*command, "nodes", *arguments], env=os.environ, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_they_are_off_until_turned_on_and_off_again(data: Path) -> None:
    own.folder().mkdir(parents=True)
    (own.folder() / "mine.py").write_text(NODE)
    assert "  mine " not in listed()
    assert str(own.folder()) in listed("--own", "on")
    assert "  mine " in listed()
    listed("--own", "off")
    assert "  mine " not in listed()


@pytest.mark.parametrize("content", ["", "[]", '{"on": 1}', '{"on": "true"}', "\0"])
def test_a_damaged_choice_is_a_no(data: Path, content: str) -> None:
    data.mkdir()
    (data / "own_nodes.json").write_text(content)
    assert not own.are_on()


def test_a_folder_that_cannot_be_written_is_said(data: Path) -> None:
    data.write_text("a file where the folder should be")
    with pytest.raises(FileProblem, match="cannot be saved") as caught:
        own.turn(True)
    assert caught.value.hint
