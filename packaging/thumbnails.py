"""Renders the small pictures of the gallery: `python packaging/thumbnails.py [NAME ...]`.

Every example graph of `resources/graphs/gallery.json` is computed at the node and frame named there.
The models the graphs need must have been fetched.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GRAPHS = ROOT / "resources" / "graphs"
SIZE = (360, 240)
QUALITY = 86
#: How much of the picture's width is shown, and about where, so that faces are large enough to see.
SHARE, MIDDLE = 0.74, 0.46


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="graphs to render; all when none are named")
    chosen = set(parser.parse_args().names)
    sys.path.insert(0, str(ROOT))
    from app.document.format import load
    from app.engine.evaluate import Evaluator
    from app.processors import wait_politely
    from nodes.sdk.errors import FacewrightError
    from nodes.sdk.registry import default_registry

    wait_politely()
    registry = default_registry()
    evaluator = Evaluator(registry, device="cpu")
    (GRAPHS / "thumbnails").mkdir(exist_ok=True)
    failed = 0
    for entry in json.loads((GRAPHS / "gallery.json").read_text("utf-8"))["examples"]:
        name = entry["graph"]
        if not entry["node"] or (chosen and name not in chosen):
            continue
        try:
            graph = load(GRAPHS / f"{name}.graph", registry).graph
            value = evaluator.value(graph, entry["node"], frame=entry["frame"])
            _write(value, GRAPHS / "thumbnails" / f"{name}.jpg", entry.get("share", SHARE))
        except FacewrightError as error:
            failed += 1
            sys.stderr.write(f"{name}: {error}\n")
            continue
        sys.stdout.write(f"wrote resources/graphs/thumbnails/{name}.jpg\n")
    return 1 if failed else 0


def _write(value: object, path: Path, share: float) -> None:
    """A share of a picture's width, at the top where faces are, in the shape of the gallery's."""
    from PIL import Image

    from app.engine.preview import preview_of

    pixels = preview_of(value).pixels
    if pixels is None:
        raise ValueError(f"{path.stem} gives no picture")
    picture = Image.fromarray(pixels).convert("RGB")
    width = picture.width * share
    left = max(picture.width * MIDDLE - width / 2, 0.0) if share < 1 else 0.0
    box = (left, 0.0, left + width, min(width * SIZE[1] / SIZE[0], picture.height))
    fitted = picture.resize(SIZE, Image.Resampling.LANCZOS, box)
    fitted.save(path, "JPEG", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
