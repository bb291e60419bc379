"""Downloads the published packages that carry model files, by the ordinary package clients."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.models.policy import check_online
from nodes.sdk.errors import ModelProblem
from nodes.sdk.models import ModelCard

#: What the clients print when they cannot reach anything.
_NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|Max retries exceeded"
    r"|Failed to establish a new connection|Temporary failure in name resolution|Connection refused"
    r"|Network is unreachable|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH"
)
_POLL_SECONDS = 0.2


class NoNetwork(ModelProblem):
    """The package client could not reach anything; asking for more is in vain."""


@dataclass(frozen=True)
class Carrier:
    """A published package, pinned."""

    client: str
    package: str
    version: str
    sdist: bool

    @property
    def source(self) -> str:
        """Where it comes from, as people write it: "pip NAME==VERSION" or "npm NAME@VERSION"."""
        joint = "@" if self.client == "npm" else "=="
        return f"{self.client} {self.package}{joint}{self.version}"


def carrier_of(card: ModelCard) -> Carrier:
    """The package that carries a card's file."""
    return Carrier(card.client, card.package, card.version, card.sdist)


def download(carrier: Carrier, folder: Path, waiting: Callable[[int], None]) -> Path:
    """Download a package into the empty folder `folder`; nothing of it is installed.

    Args:
        waiting: called several times a second with the bytes that have arrived; when it raises,
            the download is given up.

    Returns:
        The archive.

    Raises:
        NoNetwork: when nothing could be reached.
        ModelProblem: when fetching is switched off, the client is absent, or it failed.
    """
    check_online()
    command = _pip(carrier, folder) if carrier.client == "pip" else _npm(carrier, folder)
    with tempfile.TemporaryDirectory(dir=folder, prefix="client-") as scratch:
        code, output = _run(command, folder, Path(scratch), waiting)
    if code != 0:
        raise _problem(carrier, output)
    archives = [path for path in folder.iterdir() if path.is_file()]
    if len(archives) != 1:
        raise ModelProblem(f"{carrier.source} did not arrive as one archive")
    return archives[0]


def _pip(carrier: Carrier, folder: Path) -> list[str]:
    if importlib.util.find_spec("pip") is None:
        raise ModelProblem(
            f"pip is needed to fetch {carrier.source}", hint=f"Install pip for {sys.executable}"
        )
    # A source archive is asked for by name, so that what it is built with may still be wheels. pip
    # runs its build script to learn its name and version; cards therefore prefer wheels.
    kind = ["--no-binary", carrier.package] if carrier.sdist else ["--only-binary", ":all:"]
    return [
        *(sys.executable, "-m", "pip", "download", "--no-deps", *kind, "--dest", str(folder)),
        *("--quiet", "--no-input", "--disable-pip-version-check", "--retries", "2"),
        f"{carrier.package}=={carrier.version}",
    ]


def _npm(carrier: Carrier, folder: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise ModelProblem(
            f"npm is needed to fetch {carrier.source}",
            hint="Install Node.js, which brings npm, and try again",
        )
    return [
        *(npm, "pack", "--pack-destination", str(folder), "--ignore-scripts"),
        *(
            "--loglevel",
            "error",
            "--fetch-retries",
            "1",
            "--fetch-retry-mintimeout",
            "1000",
            f"{carrier.package}@{carrier.version}",
        ),
    ]


def _run(command: list[str], folder: Path, scratch: Path, waiting: Callable[[int], None]) -> tuple[int, str]:
    """Run a client without a terminal; its own temporary files go where they are cleaned up."""
    temporary = {name: str(scratch) for name in ("TMPDIR", "TEMP", "TMP")}
    log = scratch / "output.txt"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | temporary,
        ) as process,
    ):
        try:
            while True:
                waiting(_bytes_in(folder))
                try:
                    process.wait(_POLL_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    continue
        except BaseException:
            process.kill()
            raise
    return process.returncode, log.read_text("utf-8", "replace")


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue  # the client moves its files about
    return total


def _problem(carrier: Carrier, output: str) -> ModelProblem:
    if _NO_NETWORK.search(output):
        return NoNetwork(
            f"{carrier.source} cannot be fetched: there is no network", hint="Connect and try again"
        )
    if "No space left" in output or "ENOSPC" in output:
        return ModelProblem(f"{carrier.source} cannot be fetched: the disk is full", hint="Make room")
    lines = [line.strip() for line in output.splitlines() if re.search(r"\berror\b", line, re.IGNORECASE)]
    reason = re.sub(r"^(npm )?error:?\s*", "", lines[-1], flags=re.IGNORECASE) if lines else "no reason given"
    return ModelProblem(
        f"{carrier.source} cannot be fetched: {reason.rstrip('.')}",
        hint="Check that the package client works, and try again",
    )
