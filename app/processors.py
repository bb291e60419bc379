"""How the program's threads share the machine."""

from __future__ import annotations

import os


def wait_politely() -> None:
    """Let idle threads of OpenMP sleep; call before anything loads OpenMP.

    By default they spin for a while after each parallel loop. Where the interface or another
    program wants the processors too, a picture of a few short loops takes ten times as long then.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
