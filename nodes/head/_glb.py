"""A head as binary glTF 2.0: 52 morph targets by their ARKit names, eyes, teeth, tongue, texture.

One mesh with a primitive for each material, all with the same targets, so that programs show one
object with 52 shape keys. Looking keys turn the eyeballs, and so do two bones, by what is missing to
the gaze; a third bone turns the head. A motion becomes an animation of weights and bones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nodes.head._materials import THIN, covered_parts, eye_picture, plain_colour, teeth_picture
from nodes.head._pose import gaze_from_coefficients
from nodes.head._shape import eye_centres, gaze_rotation, neutral_vertices, parts_of
from nodes.head._texture import HeadTexture
from nodes.media.gltf import GltfFile
from nodes.media.gltf_motion import animation_of, eye_turns, looking_angles
from nodes.raster.geometry import vertex_normals
from nodes.sdk.values import ARKIT_NAMES, HeadState, Motion
from nodes.sdk.values.arrays import FloatArray


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
    for name, triangles, vertices, uv in covered_parts(head, neutral):
        bone = {"eye_left": 1, "eye_right": 2}.get(name, 0)
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


def _material(file: GltfFile, name: str, head: HeadState, texture: HeadTexture) -> dict[str, Any]:
    surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": 0.65}
    if name == "skin":
        surface["baseColorTexture"] = {"index": file.picture(texture.pixels, "head texture")}
    elif name.startswith("eye_"):
        known = [number for number, image in enumerate(file.images) if image["name"] == "eye texture"]
        picture = known[0] if known else file.picture(eye_picture(texture), "eye texture")
        surface["baseColorTexture"] = {"index": picture}
        surface["roughnessFactor"] = 0.12
    elif name == "teeth":
        surface["baseColorTexture"] = {"index": file.picture(teeth_picture(texture), "teeth texture")}
        surface["roughnessFactor"] = 0.3
    else:
        surface["baseColorFactor"] = plain_colour(name, texture)
        surface["roughnessFactor"] = 0.3
    return {
        "name": name,
        "pbrMetallicRoughness": surface,
        "doubleSided": name in THIN,
    }
