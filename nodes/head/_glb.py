"""A head as binary glTF 2.0: 52 morph targets by their ARKit names, eyes, teeth, tongue, texture.

One mesh with a primitive for each material, all with the same targets, so that programs show one
object with 52 shape keys. Looking keys turn the eyeballs, and so do two bones, by what is missing to
the gaze; a third bone turns the head. A motion becomes an animation of weights and bones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nodes.head._own import eye_colours
from nodes.head._pose import gaze_from_coefficients
from nodes.head._shape import eye_centres, gaze_rotation, neutral_vertices, parts_of
from nodes.head._teeth import ARCH_SHARE, HEIGHT, strip
from nodes.head._texture import HeadTexture
from nodes.media.gltf import GltfFile
from nodes.media.gltf_motion import animation_of, eye_turns, looking_angles
from nodes.raster.geometry import vertex_normals
from nodes.sdk.values import ARKIT_NAMES, HeadState, Motion
from nodes.sdk.values.arrays import FloatArray, IntArray

_EYE_TEXELS = 256
_PRIMITIVES = (
    ("skin", ("skin",)),
    ("mouth", ("mouth",)),
    ("sockets", ("socket",)),
    ("eye_left", ("eye_left",)),
    ("eye_right", ("eye_right",)),
    ("teeth", ("teeth_upper", "teeth_lower")),
    ("tongue", ("tongue",)),
)


def head_glb(head: HeadState, texture: HeadTexture, motion: Motion | None = None) -> bytes:
    """The bytes of a `.glb` file.

    Args:
        head: its neutral shape becomes the mesh, its expression the weights at rest.
        texture: the colours.
        motion: an animation, or None.
    """
    model = head.model
    neutral = neutral_vertices(head)
    targets = expression_targets(head, neutral)
    normals = vertex_normals(neutral, model.triangles)
    file = GltfFile()
    centres = eye_centres(head, neutral)
    eyes = bool(all(len(eye) for eye in parts_of(model).eyes))
    materials, primitives = [], []
    for name, parts in _PRIMITIVES:
        numbers = [model.part_names.index(part) for part in parts if part in model.part_names]
        rows = np.nonzero(np.isin(model.parts, numbers))[0]
        if not len(rows):
            continue
        triangles, vertices, uv = _seamless(model.triangles[rows], model.uv[rows])
        bone = 0
        if name.startswith("eye_"):
            bone = 1 if name == "eye_left" else 2
            uv = _eye_uv(head, neutral, vertices, bone - 1)
        elif name == "teeth":
            uv = teeth_uv(head, neutral, vertices)
        entry = {
            "attributes": {
                "POSITION": file.vectors(neutral[vertices], bounds=True),
                "NORMAL": file.vectors(normals[vertices]),
                "TEXCOORD_0": file.vectors(np.column_stack([uv[:, 0], 1.0 - uv[:, 1]])),
                "JOINTS_0": file.joints(np.tile([bone if eyes else 0, 0, 0, 0], (len(vertices), 1))),
                "WEIGHTS_0": file.vectors(np.tile([1.0, 0.0, 0.0, 0.0], (len(vertices), 1))),
            },
            "indices": file.indices(triangles),
            "material": len(materials),
            "targets": [{"POSITION": file.vectors(target[vertices], bounds=True)} for target in targets],
        }
        primitives.append(entry)
        materials.append(_material(file, name, head, texture))
    mesh = {
        "name": "head",
        "primitives": primitives,
        "weights": [float(value) for value in head.expression],
        "extras": {"targetNames": list(ARKIT_NAMES)},
    }
    nodes, skin = _bones(file, head, centres if eyes else centres[:0])
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "Facewright", "copyright": f"Head model: {model.licence}"},
        "scene": 0,
        "scenes": [{"nodes": [0, 1]}],
        "nodes": [{"name": "head", "mesh": 0, "skin": 0}, *nodes],
        "skins": [skin],
        "meshes": [mesh],
        "materials": materials,
        "textures": [{"source": number, "sampler": 0} for number in range(len(file.images))],
        "samplers": [{"magFilter": 9729, "minFilter": 9987}],
        "images": file.images,
    }
    if motion is not None:
        document["animations"] = [
            animation_of(file, motion, face=0, head=1, eyes=(2, 3) if eyes else None, looking_targets=True)
        ]
    return file.packed(document)


def _bones(
    file: GltfFile, head: HeadState, centres: FloatArray
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The nodes of the head's and the eyes' bones, as nodes 1, 2, 3 of the file, and their skin.

    At rest the eyes look where the head does now.
    """
    nodes: list[dict[str, Any]] = [{"name": "head_bone"}]
    for side, centre in enumerate(centres):
        looks = looking_angles(head.expression[None], side)
        nodes.append(
            {
                "name": ("eye_left", "eye_right")[side],
                "translation": [float(value) for value in centre],
                "rotation": [float(value) for value in eye_turns(head.gaze[None, side], looks)[0]],
            }
        )
    if len(centres):
        nodes[0]["children"] = [2, 3]
    inverse = np.tile(np.eye(4, dtype=np.float32), (len(nodes), 1, 1))
    inverse[1:, 3, :3] = -centres  # glTF counts matrices column by column
    skin = {
        "joints": list(range(1, len(nodes) + 1)),
        "skeleton": 1,
        "inverseBindMatrices": file.vectors(inverse, vertex=False),
    }
    return nodes, skin


def expression_targets(head: HeadState, neutral: FloatArray) -> FloatArray:
    """52 x V x 3 metres: the model's expressions, with eyeballs that turn instead of shear."""
    targets = head.model.expression.copy()
    centres = eye_centres(head, neutral)
    for number in range(52):
        gaze = gaze_from_coefficients(np.eye(52, dtype=np.float32)[number])
        for side, eye in enumerate(parts_of(head.model).eyes):
            around = neutral[eye] - centres[side]
            targets[number, eye] = around @ gaze_rotation(gaze[side]).T.astype(np.float32) - around
    return targets


def _seamless(triangles: IntArray, uv: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Triangles over vertices that have one UV each: triangles, the model's vertices, UVs."""
    corners = np.column_stack([triangles.ravel(), uv.reshape(-1, 2)])
    unique, numbers = np.unique(corners, axis=0, return_inverse=True)
    return numbers.reshape(-1, 3), unique[:, 0].astype(np.int64), unique[:, 1:]


def _eye_uv(head: HeadState, neutral: FloatArray, vertices: IntArray, side: int) -> FloatArray:
    """UVs of an eyeball as seen from the front, over a picture twice as wide as the ball is deep."""
    around = neutral[vertices] - eye_centres(head, neutral)[side]
    radius = np.linalg.norm(around, axis=1).max()
    return 0.5 + 0.48 * around[:, :2] / radius


def teeth_uv(head: HeadState, neutral: FloatArray, vertices: IntArray) -> FloatArray:
    """UVs of both rows of teeth as seen from the front, over `teeth_picture`; N x 2."""
    parts = parts_of(head.model)
    uv = np.full((len(vertices), 2), 0.5)
    for row, which, rise in ((parts.teeth_upper, "upper", 0.5), (parts.teeth_lower, "lower", 0.0)):
        mine = np.isin(vertices, row)
        if not mine.any():
            continue
        place = 1000.0 * neutral[vertices[mine]]
        ends = place[:, 0].min(), place[:, 0].max()
        # The drawn arch is as wide as the model's, its biting edges where the model's are.
        across = (2 * (place[:, 0] - ends[0]) / max(ends[1] - ends[0], 1e-6) - 1) * ARCH_SHARE[which]
        up = place[:, 1] - place[:, 1].min() if which == "upper" else place[:, 1] - place[:, 1].max() + HEIGHT
        uv[mine] = np.column_stack([0.5 + 0.5 * across, rise + 0.5 * np.clip(up / HEIGHT, 0.01, 0.99)])
    return uv


def teeth_picture(texture: HeadTexture) -> FloatArray:
    """Both rows of teeth, the upper one in the upper half, H x W x 3; between them the dark of the mouth."""
    rows = np.concatenate([strip("upper", texture.teeth), strip("lower", texture.teeth)])
    dark = 0.18 * np.asarray(texture.lips)
    return np.asarray(rows[..., :3] * rows[..., 3:] + dark * (1 - rows[..., 3:]), np.float32)


def _eye_picture(texture: HeadTexture) -> FloatArray:
    """The front of an eyeball, S x S x 3."""
    place = (np.arange(_EYE_TEXELS) + 0.5) / _EYE_TEXELS * 2 - 1
    x, y = np.meshgrid(place / 0.96, -place / 0.96)
    depth = np.sqrt(np.clip(1 - x**2 - y**2, 0.0, 1.0))
    direction = np.stack([x, y, depth], axis=-1).reshape(-1, 3)
    colours = eye_colours(texture, direction, np.ones((len(direction), 1), np.float32))
    return colours.reshape(_EYE_TEXELS, _EYE_TEXELS, 3)


def _material(file: GltfFile, name: str, head: HeadState, texture: HeadTexture) -> dict[str, Any]:
    surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": 0.65}
    if name == "skin":
        surface["baseColorTexture"] = {"index": file.picture(texture.pixels, "head texture")}
    elif name.startswith("eye_"):
        known = [number for number, image in enumerate(file.images) if image["name"] == "eye texture"]
        picture = known[0] if known else file.picture(_eye_picture(texture), "eye texture")
        surface["baseColorTexture"] = {"index": picture}
        surface["roughnessFactor"] = 0.12
    elif name == "teeth":
        surface["baseColorTexture"] = {"index": file.picture(teeth_picture(texture), "teeth texture")}
        surface["roughnessFactor"] = 0.3
    else:
        tones = {"tongue": texture.tongue, "mouth": texture.lips * 0.5}
        tone = tones.get(name, texture.sclera * 0.5)
        surface["baseColorFactor"] = [*(float(value) for value in np.asarray(tone) ** 2.2), 1.0]
        surface["roughnessFactor"] = 0.3
    return {
        "name": name,
        "pbrMetallicRoughness": surface,
        "doubleSided": name in ("mouth", "sockets", "teeth"),
    }
