"""Runs inside Blender's Python: reads a head's GLB, says what is in it, and renders it.

    python -m tests.bench.blender_reading STILL.glb MOVING.glb OUTPUT_FOLDER

The findings go to OUTPUT_FOLDER/findings.json. Nothing of the product is imported here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

#: How a key must move what it moves: axis (0 to the viewer's right, 1 up, 2 to the viewer) and sign. The
#: person's left is the viewer's right.
WAYS: dict[str, tuple[int, int]] = {
    "browDownLeft": (1, -1), "browDownRight": (1, -1), "browInnerUp": (1, 1), "browOuterUpLeft": (1, 1),
    "browOuterUpRight": (1, 1), "eyeBlinkLeft": (1, -1), "eyeBlinkRight": (1, -1), "eyeWideLeft": (1, 1),
    "eyeWideRight": (1, 1), "eyeLookUpLeft": (1, 1), "eyeLookUpRight": (1, 1), "eyeLookDownLeft": (1, -1),
    "eyeLookDownRight": (1, -1), "eyeLookInLeft": (0, -1), "eyeLookOutLeft": (0, 1), "eyeLookInRight": (0, 1),
    "eyeLookOutRight": (0, -1), "jawOpen": (1, -1), "jawForward": (2, 1), "jawLeft": (0, 1),
    "jawRight": (0, -1), "mouthLeft": (0, 1), "mouthRight": (0, -1), "mouthSmileLeft": (1, 1),
    "mouthSmileRight": (1, 1), "mouthFrownLeft": (1, -1), "mouthFrownRight": (1, -1), "mouthPucker": (2, 1),
    "mouthFunnel": (2, 1), "mouthUpperUpLeft": (1, 1), "mouthUpperUpRight": (1, 1),
    "mouthLowerDownLeft": (1, -1), "mouthLowerDownRight": (1, -1), "mouthStretchLeft": (0, 1),
    "mouthStretchRight": (0, -1), "noseSneerLeft": (1, 1), "noseSneerRight": (1, 1), "tongueOut": (2, 1),
    "cheekPuff": (2, 1), "cheekSquintLeft": (1, 1), "cheekSquintRight": (1, 1),
}  # fmt: skip
#: Metres from the middle of what moves to where it belongs.
REACH = 0.045


def main(still: Path, moving: Path, folder: Path) -> None:
    """Read both files, render the first."""
    import bpy

    findings: dict[str, Any] = {"version": bpy.app.version_string}
    face = _load(bpy, still)
    findings |= _still(bpy, face)
    findings["pictures"] = _render(bpy, face, folder)
    findings |= _moving(bpy, moving)
    (folder / "findings.json").write_text(json.dumps(findings, indent=1), "utf-8")


def _load(bpy: Any, path: Path) -> Any:
    """A scene with the file alone in it: the object with the shape keys."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(path))
    return next(o for o in bpy.data.objects if o.type == "MESH" and o.data.shape_keys)


def _places(points: Any) -> np.ndarray:
    """Vertices of a mesh or a shape key as the file has them: y up, z to the viewer."""
    flat = np.zeros(3 * len(points), np.float32)
    points.foreach_get("co", flat)
    x, y, z = flat.reshape(-1, 3).T
    return np.column_stack([x, z, -y])


def _parts(face: Any) -> dict[str, np.ndarray]:
    """Vertices by the name of their material."""
    found: dict[str, set[int]] = {slot.name: set() for slot in face.material_slots}
    for polygon in face.data.polygons:
        found[face.material_slots[polygon.material_index].name].update(polygon.vertices)
    return {name: np.array(sorted(numbers)) for name, numbers in found.items()}


def _still(bpy: Any, face: Any) -> dict[str, Any]:
    keys = face.data.shape_keys.key_blocks
    rest = _places(keys[0].data)
    parts = _parts(face)
    middles = {name: rest[numbers].mean(axis=0) for name, numbers in parts.items() if len(numbers)}
    wrong = {}
    for key in keys[1:]:
        problem = _misplaced(key.name, rest, _places(key.data) - rest, parts, middles)
        if problem:
            wrong[key.name] = problem
    eyes = np.stack([middles["eye_left"], middles["eye_right"]])
    teeth = rest[parts["teeth"]]
    lips = rest[parts["skin"]][rest[parts["skin"]][:, 2].argmax()]
    textured = {
        slot.name: [n.image.name for n in slot.material.node_tree.nodes if n.type == "TEX_IMAGE" and n.image]
        for slot in face.material_slots
    }
    return {
        "keys": [key.name for key in keys[1:]],
        "wrong": wrong,
        "eye_distance": float(np.linalg.norm(eyes[0] - eyes[1])),
        "eyes_level": float(abs(eyes[0, 1] - eyes[1, 1])),
        "left_eye_on_the_persons_left": bool(eyes[0, 0] > eyes[1, 0]),
        "teeth_below_eyes": float(eyes[:, 1].mean() - teeth[:, 1].mean()),
        "teeth_behind_nose": float(lips[2] - teeth[:, 2].max()),
        "textures": textured,
        "picture_sizes": {image.name: list(image.size) for image in bpy.data.images},
    }


def _misplaced(
    name: str,
    rest: np.ndarray,
    moves: np.ndarray,
    parts: dict[str, np.ndarray],
    middles: dict[str, np.ndarray],
) -> str:
    """What is wrong with a key; empty when it moves what it names."""
    chosen = np.arange(len(rest))
    if name.startswith("eyeLook"):
        chosen = parts["eye_left" if name.endswith("Left") else "eye_right"]
        chosen = chosen[rest[chosen, 2] > middles["eye_left"][2]]  # the front of the ball
    elif name == "tongueOut":
        chosen = parts["tongue"]
    size = np.linalg.norm(moves[chosen], axis=1)
    if size.max(initial=0.0) < 2e-4:
        return "moves nothing"
    share = size / size.sum()
    middle = share @ rest[chosen]
    mean = share @ moves[chosen]
    side = 1 if name.endswith("Left") else -1 if name.endswith("Right") else 0
    if side and name not in ("jawLeft", "jawRight", "mouthLeft", "mouthRight") and middle[0] * side < 0.002:
        return f"moves the other side: {middle.round(3).tolist()}"
    eyes = (middles["eye_left"] + middles["eye_right"]) / 2
    home = middles["teeth"]
    if name.startswith("eye"):
        home = middles["eye_left" if side > 0 else "eye_right"]
    elif name.startswith("brow"):
        home = eyes + np.array([0.03 * side, 0.02, 0.01])
    elif name.startswith(("cheek", "nose")):
        home = (eyes + middles["teeth"]) / 2 + np.array([(0.04 if name[0] == "c" else 0.01) * side, 0.0, 0.0])
    away = float(np.linalg.norm((middle - home)[:2]))
    if away > REACH + (0.02 if name.startswith("jaw") else 0.0):
        return f"moves something {100 * away:.1f} cm away"
    axis, sign = WAYS.get(name, (0, 0))
    if sign and mean[axis] * sign <= 0:
        return f"moves the wrong way: {(1000 * mean).round(2).tolist()} mm"
    return ""


def _moving(bpy: Any, path: Path) -> dict[str, Any]:
    """What the animation does, as Blender plays it: the jaw's key, the head's turn, the eyes'."""
    face = _load(bpy, path)
    scene, parts = bpy.context.scene, _parts(face)
    opened, noses, looks = [], [], []
    rest = _places(face.data.shape_keys.key_blocks[0].data)
    tip, iris = (parts[name][rest[parts[name], 2].argmax()] for name in ("skin", "eye_left"))
    last = max(int(action.frame_range[1]) for action in bpy.data.actions)
    for frame in np.linspace(0, last, 9).astype(int):
        scene.frame_set(int(frame))
        solved = face.evaluated_get(bpy.context.evaluated_depsgraph_get())
        mesh = solved.to_mesh()
        place = _places(mesh.vertices)
        noses.append(place[tip].tolist())
        looks.append((place[iris] - place[parts["eye_left"]].mean(axis=0)).tolist())
        opened.append(float(face.data.shape_keys.key_blocks["jawOpen"].value))
        solved.to_mesh_clear()
    return {"jaw": opened, "nose": noses, "look": looks, "seconds": last / scene.render.fps}


def _render(bpy: Any, face: Any, folder: Path) -> list[str]:
    """Stills by Cycles on the processor, at rest and with keys set."""
    from mathutils import Vector

    scene = bpy.context.scene
    for other in bpy.data.objects:
        if other.type == "MESH" and other is not face:
            other.hide_render = True
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples, scene.cycles.use_denoising = "CPU", 24, False
    scene.render.resolution_x, scene.render.resolution_y = 400, 480
    scene.view_settings.view_transform = "Standard"
    world = bpy.data.worlds.new("world")
    scene.world = world
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs[0].default_value = (0.5, 0.52, 0.56, 1.0)
    world.node_tree.nodes["Background"].inputs[1].default_value = 0.7
    middle = Vector((0.0, 0.0, 0.0))
    corners = [face.matrix_world @ Vector(corner) for corner in face.bound_box]
    for corner in corners:
        middle += corner / 8
    sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
    sun.data.energy, sun.rotation_euler = 2.2, (0.7, 0.2, 0.5)
    scene.collection.objects.link(sun)
    lens = bpy.data.objects.new("lens", bpy.data.cameras.new("lens"))
    scene.collection.objects.link(lens)
    scene.camera = lens
    lens.data.lens = 70
    written = []
    keys = face.data.shape_keys.key_blocks
    shots: tuple[tuple[str, dict[str, float], float], ...] = (
        ("rest", {}, 0.0),
        ("open", {"jawOpen": 0.7, "browInnerUp": 1.0, "eyeWideLeft": 1.0, "eyeWideRight": 1.0}, 0.0),
        ("smile", {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9, "eyeBlinkLeft": 1.0}, 0.0),
        ("look", {"eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0, "tongueOut": 1.0, "jawOpen": 0.5}, 0.0),
        (
            "teeth",
            {
                "jawOpen": 0.25,
                "mouthSmileLeft": 0.9,
                "mouthSmileRight": 0.9,
                "mouthUpperUpLeft": 0.8,
                "mouthUpperUpRight": 0.8,
                "mouthLowerDownLeft": 0.8,
                "mouthLowerDownRight": 0.8,
            },
            0.35,
        ),
        ("side", {}, 0.9),
    )
    for name, values, angle in shots:
        for key in keys[1:]:
            key.value = values.get(key.name, 0.0)
        away = Vector((np.sin(angle) * 0.85, -np.cos(angle) * 0.85, 0.02))
        lens.location = middle + away
        lens.rotation_euler = (-away).to_track_quat("-Z", "Y").to_euler()
        scene.render.filepath = str(folder / f"blender_{name}.png")
        bpy.ops.render.render(write_still=True)
        written.append(scene.render.filepath)
    return written


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
