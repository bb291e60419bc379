"""Photos, clips and scans to test on. They are not part of the repository; tests do without."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

#: Where the samples lie: FACEWRIGHT_SAMPLES, or `shared/samples` beside the checkout.
SAMPLES = Path(
    os.environ.get("FACEWRIGHT_SAMPLES") or Path(__file__).resolve().parents[2] / "shared" / "samples"
)


def sample(path: str) -> Path:
    """A sample by its path inside the folder, such as "photos/portrait_s0.jpg".

    The calling test is skipped when it is not on this machine.
    """
    found = SAMPLES / path
    if not found.exists():
        pytest.skip(f"the sample {path} is not on this machine")
    return found


def samples(pattern: str) -> list[Path]:
    """All samples that match a pattern such as "photos/*.jpg"; skips when there are none."""
    found = sorted(SAMPLES.glob(pattern))
    if not found:
        pytest.skip(f"no samples {pattern} are on this machine")
    return found


def model(name: str) -> Path:
    """The file of a model card; the calling test is skipped when it was not fetched."""
    from nodes.sdk.models import find

    found = find(name)
    if found is None:
        pytest.skip(f"the model '{name}' was not fetched (facewright models fetch {name})")
    return found
