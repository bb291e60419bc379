"""Sets Facewright up in the folder .venv, with nothing but Python's standard library.

    python packaging/install.py

It makes the environment, installs the locked packages, sees to system libraries, and fetches the
models that the first graph needs. Run again, it does only what is left to do.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import system_libraries

OLDEST_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv"
LOCK = ROOT / "packaging" / "lock.txt"
STAMP = ENVIRONMENT / "facewright-setup.txt"
LOG = ENVIRONMENT / "facewright-setup.log"
NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ProxyError|Max retries exceeded"
    r"|Failed to establish a new connection|Temporary failure in name resolution|Network is unreachable"
)


class SetupError(Exception):
    """The set-up cannot go on; its text is one line for the user."""


def main(arguments: list[str] | None = None) -> int:
    """Set up what is not set up yet.

    Returns:
        0 when the program can be used, 1 when something it needs is missing.
    """
    parser = argparse.ArgumentParser(description="Set Facewright up in the folder .venv.")
    parser.add_argument("--no-system", action="store_true", help="do not look at system libraries")
    parser.add_argument("--no-models", action="store_true", help="do not fetch models")
    parser.add_argument("--quiet", action="store_true", help="say nothing when there is nothing to do")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        check_python(sys.version_info[:2])
        worked = install_packages()
        if not options.no_system:
            worked |= see_to_system_libraries()
        if not options.no_models:
            worked |= fetch_models()
    except SetupError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"set-up: {error.filename or ROOT}: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up: stopped; run it again to go on", file=sys.stderr)
        return 1
    if worked or not options.quiet:
        program = program_path("facewright").relative_to(ROOT)
        say(f"ready after {time.monotonic() - started:.1f} s; start the editor with {program}")
    return 0


def say(text: str) -> None:
    print(f"set-up: {text}", flush=True)


def check_python(version: tuple[int, int]) -> None:
    """Raise SetupError when this Python is too old."""
    if version < OLDEST_PYTHON:
        wanted, found = (".".join(map(str, pair)) for pair in (OLDEST_PYTHON, version))
        raise SetupError(
            f"Facewright needs Python {wanted} or newer, this is {found}. "
            f"Run it with a newer one: python{wanted} packaging/install.py, or make PYTHON=python{wanted}"
        )


def program_path(name: str) -> Path:
    """A program of the environment."""
    if os.name == "nt":
        return ENVIRONMENT / "Scripts" / f"{name}.exe"
    return ENVIRONMENT / "bin" / name


def fingerprint() -> str:
    """A text that changes when the packages have to be installed again."""
    digest = hashlib.sha256()
    for part in (LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes()):
        digest.update(hashlib.sha256(part).digest())
    digest.update(f"{sys.version_info[:3]} {ROOT}".encode())
    return digest.hexdigest()


def install_packages() -> bool:
    """Make the environment and install the locked packages; False when nothing had to be done."""
    wanted = fingerprint()
    if STAMP.is_file() and STAMP.read_text("ascii").strip() == wanted and program_path("python").exists():
        return False
    make_environment()
    say("installing the packages; the first time takes a few minutes")
    started = time.monotonic()
    pip = [str(program_path("python")), "-m", "pip", "--no-input", "--disable-pip-version-check"]
    what = ["--progress-bar", "off", "--constraint", str(LOCK), "--editable", f"{ROOT}[dev]"]
    code, output = run_logged([*pip, "install", *what])
    if code != 0:
        raise SetupError(explain(output))
    STAMP.write_text(wanted + "\n", "ascii")
    say(f"packages installed in {time.monotonic() - started:.0f} s")
    return True


def make_environment() -> None:
    """Make .venv with this Python; one that was made by another Python or elsewhere is replaced."""
    configuration = ENVIRONMENT / "pyvenv.cfg"
    if ENVIRONMENT.exists():
        if configuration.is_file() and program_path("python").exists() and made_here(configuration):
            STAMP.unlink(missing_ok=True)
            return
        if not configuration.is_file():
            raise SetupError(f"{ENVIRONMENT} is in the way: it is not a Python environment. Move it away")
        say("replacing the environment, it was made by another Python or in another place")
        shutil.rmtree(ENVIRONMENT)
    say(f"making the environment {ENVIRONMENT.name}")
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(ENVIRONMENT)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if made.returncode != 0:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        if "ensurepip" in made.stdout + made.stderr:
            raise SetupError(
                "this Python cannot make environments. Install it: sudo apt-get install python3-venv"
            )
        raise SetupError(f"the environment cannot be made ({last_line(made.stderr)})")


def made_here(configuration: Path) -> bool:
    """Whether an environment was made by this version of Python, and in the place where it lies."""
    lines = configuration.read_text("utf-8").splitlines()
    settings = {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}
    version = ".".join(map(str, sys.version_info[:3]))
    return settings.get("version") == version and settings.get("command", "").endswith(str(ENVIRONMENT))


def run_logged(command: list[str]) -> tuple[int, str]:
    """Run a command with its output in the log; on a terminal, show what it works at.

    Returns:
        The exit code and the output.
    """
    lines: list[str] = []
    live = sys.stdout.isatty()
    piped = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with LOG.open("a", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=ROOT, text=True, encoding="utf-8", errors="replace", **piped)
        for line in process.stdout or ():
            log.write(line)
            lines.append(line)
            if live and line.startswith(("Collecting", "Installing", "Building")):
                sys.stdout.write(f"\r\x1b[K{line.strip()[:78]}")
                sys.stdout.flush()
        code = process.wait()
    if live:
        sys.stdout.write("\r\x1b[K")
    return code, "".join(lines)


def explain(output: str) -> str:
    """One line that says why pip failed."""
    if NO_NETWORK.search(output):
        return "the packages cannot be fetched: there is no network. Connect and run it again"
    if "No space left on device" in output:
        return "the packages do not fit on the disk. Make room (about 3 GB) and run it again"
    errors = [line for line in output.splitlines() if line.startswith("ERROR:")]
    reason = errors[-1].removeprefix("ERROR:").strip() if errors else last_line(output)
    return f"the packages cannot be installed ({reason}). The whole output is in {LOG.relative_to(ROOT)}"


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def see_to_system_libraries() -> bool:
    """Install missing system libraries where that is allowed, else name them.

    Raises:
        SetupError: when a library that the program needs is missing and cannot be installed.
    """
    needed, others = system_libraries.missing()
    if not needed and not others:
        return False
    say(f"installing system libraries: {' '.join(needed + others)}")
    if system_libraries.install(needed + others, LOG):
        needed, others = system_libraries.missing()
    if needed:
        raise SetupError(
            f"system libraries are missing. Install them, then run it again: "
            f"{system_libraries.command(needed + others)}"
        )
    if others:
        say(f"windows and their tests need more: {system_libraries.command(others)}")
    return True


def fetch_models() -> bool:
    """Fetch the models that the program cannot do without; False when they are all here."""
    result = subprocess.run(
        [str(program_path("python")), "-m", "app", "models", "fetch", "--required"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    if result.returncode != 0:
        raise SetupError("not every model that is needed could be fetched (see above); run it again to go on")
    fetched = [line for line in result.stdout.splitlines() if line.startswith("fetched")]
    for line in fetched:
        say(line)
    return bool(fetched)


if __name__ == "__main__":
    sys.exit(main())
