"""The package clients as they are: pip with a local package, no network, no npm."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from app.models.carriers import Carrier, NoNetwork, download
from nodes.sdk.errors import Cancelled, ModelProblem
from tests.models.shelf import Shelf, write_tar

WHEEL = Carrier("pip", "made-up-carrier", "1.0", sdist=False)
PACKAGE = Carrier("npm", "@made-up/carrier", "1.0.0", sdist=False)


@pytest.fixture
def local_pip(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """A pip that knows nothing but the shelf's packages."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf.packages))
    return shelf


def _waiting(size: int) -> None:
    """Nobody looks at the progress."""


def test_pip_brings_the_pinned_wheel_and_installs_nothing(local_pip: Shelf, tmp_path: Path) -> None:
    local_pip.wheel(version="1.0")
    local_pip.wheel(version="2.0")
    target = tmp_path / "target"
    target.mkdir()
    archive = download(WHEEL, target, _waiting)
    assert archive.name == "made_up_carrier-1.0-py3-none-any.whl"
    assert list(target.iterdir()) == [archive]


def test_pip_says_in_one_line_that_a_version_does_not_exist(local_pip: Shelf, tmp_path: Path) -> None:
    local_pip.wheel(version="2.0")
    with pytest.raises(ModelProblem, match="No matching distribution found") as caught:
        download(WHEEL, tmp_path, _waiting)
    assert "\n" not in str(caught.value)
    assert not isinstance(caught.value, NoNetwork)


def test_a_missing_network_is_told_apart(local_pip: Shelf, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "https://127.0.0.1:9/simple")
    with pytest.raises(NoNetwork, match=r"pip made-up-carrier==1\.0 cannot be fetched: there is no network"):
        download(WHEEL, tmp_path, _waiting)


def test_a_download_that_nobody_wants_any_more_is_ended(local_pip: Shelf, tmp_path: Path) -> None:
    def stop(size: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        download(WHEEL, tmp_path, stop)
    assert list(tmp_path.glob("client-*")) == []


def test_without_npm_the_message_says_what_would_need_it(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelProblem, match=r"npm is needed to fetch npm @made-up/carrier@1\.0\.0") as caught:
        download(PACKAGE, tmp_path, _waiting)
    assert "Node.js" in caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for npm is a shell script")
def test_npm_is_asked_for_the_pinned_package_without_its_scripts(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = write_tar(tmp_path / "made.tgz", {"package/a.bin": b"abc"})
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\necho "$@" > "{tmp_path}/asked"\ncp "{packed}" "$3/carrier-1.0.0.tgz"\n')
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{npm.parent}{os.pathsep}{os.environ['PATH']}")
    target = tmp_path / "target"
    target.mkdir()
    assert download(PACKAGE, target, _waiting).read_bytes() == packed.read_bytes()
    asked = (tmp_path / "asked").read_text().split()
    assert asked[0] == "pack"
    assert asked[-1] == "@made-up/carrier@1.0.0"
    assert "--ignore-scripts" in asked


def test_offline_nothing_is_asked_for(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEWRIGHT_OFFLINE", "1")
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("a client was started"))
    with pytest.raises(ModelProblem, match="switched off"):
        download(WHEEL, tmp_path, _waiting)
