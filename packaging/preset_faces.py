"""Renders the faces of the expression presets: `python packaging/preset_faces.py`.

Each preset of `resources/presets/edit_expression.json` is put on the portrait of the first example
graph. The models that graph needs must have been fetched.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PRESETS = ROOT / "resources" / "presets"
KIND = "edit_expression"
GRAPH = ROOT / "resources" / "graphs" / "first_face.graph"
SIZE = (112, 112)
#: The face in the portrait of 512 x 512 pixels: left, top, right, bottom.
FACE = (165, 60, 273, 168)
QUALITY = 82


def main() -> int:
    sys.path.insert(0, str(ROOT))
    from PIL import Image

    from app.document.format import load
    from app.engine.evaluate import Evaluator
    from app.engine.preview import preview_of
    from app.processors import wait_politely
    from app.ui.panels.presets import picture_of, presets_of
    from nodes.sdk.registry import default_registry

    wait_politely()
    registry = default_registry()
    evaluator = Evaluator(registry, device="cpu")
    plain = load(GRAPH, registry).graph
    by_kind = {node.kind: name for name, node in plain.nodes.items()}
    target, output = by_kind[KIND], by_kind["render_head"]
    for name in plain.nodes[target].parameters:
        plain = plain.with_parameter(target, name, None)
    for preset in presets_of(KIND):
        if preset.own:
            continue
        graph = plain
        for name, value in preset.values.items():
            graph = graph.with_parameter(target, name, value)
        pixels = preview_of(evaluator.value(graph, output, frame=0)).pixels
        assert pixels is not None
        path = picture_of(KIND, preset.title)
        path.parent.mkdir(parents=True, exist_ok=True)
        face = Image.fromarray(pixels).convert("RGB").resize(SIZE, Image.Resampling.LANCZOS, FACE)
        face.save(path, "WEBP", quality=QUALITY, method=6)
        sys.stdout.write(f"wrote {path.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
