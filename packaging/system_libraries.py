"""System libraries that wheels do not bring: which are missing, and how to get them on Debian."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

#: Without these the program does not start: shared library -> Debian package.
NEEDED = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libportaudio.so.2": "libportaudio2",
    "libXrender.so.1": "libxrender1",
}
#: A window needs these; rendering from the command line does not.
FOR_A_WINDOW = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
#: The tests of the window open it on a virtual screen: program -> Debian package.
FOR_TESTS = {"Xvfb": "xvfb", "xauth": "xauth"}
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")
FONT_PACKAGE = "fonts-dejavu-core"


def missing() -> tuple[list[str], list[str]]:
    """Debian packages that are missing: (those the program needs, those windows and tests need)."""
    if not sys.platform.startswith("linux"):
        return [], []
    needed = [package for library, package in NEEDED.items() if not _loads(library)]
    others = [package for library, package in FOR_A_WINDOW.items() if not _loads(library)]
    others += [package for program, package in FOR_TESTS.items() if shutil.which(program) is None]
    if not any(Path(folder).is_dir() and any(Path(folder).rglob("*.[to]tf")) for folder in FONT_FOLDERS):
        others.append(FONT_PACKAGE)
    return needed, others


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def command(packages: list[str]) -> str:
    """The one command that installs the packages by hand."""
    return f"sudo apt-get update && sudo apt-get install -y {' '.join(packages)}"


def install(packages: list[str], log: Path) -> bool:
    """Install packages with apt-get when that needs no password; False when it did not work."""
    prefix = _privilege()
    if shutil.which("apt-get") is None or prefix is None:
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with log.open("ab") as output:
        for arguments in (
            ["apt-get", "update"],
            ["apt-get", "install", "-y", "--no-install-recommends", *packages],
        ):
            code = subprocess.call(
                [*prefix, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
            )
    return code == 0


def _privilege() -> list[str] | None:
    """What to put before a command that only root may run; None when it would ask for a password."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if subprocess.call([sudo, "-n", "true"], **quiet) != 0:
        return None
    return [sudo, "-n", "--preserve-env=DEBIAN_FRONTEND"]
