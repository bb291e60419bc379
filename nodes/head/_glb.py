"""A head as binary glTF 2.0: 52 morph targets by their ARKit names, eyes, teeth, tongue, texture.

One mesh with a primitive for each material, all with the same targets, so that programs show one
object with 52 shape keys. Looking coefficients turn the eyeballs. A motion becomes an animation of
the target weights and of the head's rotation.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np

from nodes.head._own import eye_colours
from nodes.head._pose import gaze_from_coefficients
from nodes.head._shape import eye_centres, gaze_rotation, neutral_vertices, parts_of
from nodes.head._texture import HeadTexture
from nodes.media.glb import pack_glb
from nodes.raster.geometry import vertex_normals
from nodes.sdk.values import ARKIT_NAMES, HeadState, Motion
from nodes.sdk.values.arrays import FloatArray, IntArray

_FLOAT, _UINT, _USHORT = 5126, 5125, 5123
_ARRAY, _ELEMENT = 34962, 34963
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
    file = _File()
    materials, primitives = [], []
    for name, parts in _PRIMITIVES:
        numbers = [model.part_names.index(part) for part in parts if part in model.part_names]
        rows = np.nonzero(np.isin(model.parts, numbers))[0]
        if not len(rows):
            continue
        triangles, vertices, uv = _seamless(model.triangles[rows], model.uv[rows])
        if name.startswith("eye_"):
            side = 0 if name == "eye_left" else 1
            uv = _eye_uv(head, neutral, vertices, side)
        entry = {
            "attributes": {
                "POSITION": file.vectors(neutral[vertices], bounds=True),
                "NORMAL": file.vectors(normals[vertices]),
                "TEXCOORD_0": file.vectors(np.column_stack([uv[:, 0], 1.0 - uv[:, 1]])),
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
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "Facewright", "copyright": f"Head model: {model.licence}"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"name": "head", "mesh": 0}],
        "meshes": [mesh],
        "materials": materials,
        "textures": [{"source": number, "sampler": 0} for number in range(len(file.images))],
        "samplers": [{"magFilter": 9729, "minFilter": 9987}],
        "images": file.images,
    }
    if motion is not None:
        document["animations"] = [_animation(file, motion)]
    return file.packed(document)


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


def _eye_picture(texture: HeadTexture) -> FloatArray:
    """The front of an eyeball, S x S x 3."""
    place = (np.arange(_EYE_TEXELS) + 0.5) / _EYE_TEXELS * 2 - 1
    x, y = np.meshgrid(place / 0.96, -place / 0.96)
    depth = np.sqrt(np.clip(1 - x**2 - y**2, 0.0, 1.0))
    direction = np.stack([x, y, depth], axis=-1).reshape(-1, 3)
    colours = eye_colours(texture, direction, np.ones((len(direction), 1), np.float32))
    return colours.reshape(_EYE_TEXELS, _EYE_TEXELS, 3)


def _material(file: _File, name: str, head: HeadState, texture: HeadTexture) -> dict[str, Any]:
    surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": 0.65}
    if name == "skin":
        surface["baseColorTexture"] = {"index": file.picture(texture.pixels, "head texture")}
    elif name.startswith("eye_"):
        if file.eye is None:
            file.eye = file.picture(_eye_picture(texture), "eye texture")
        surface["baseColorTexture"] = {"index": file.eye}
        surface["roughnessFactor"] = 0.12
    else:
        tones = {"teeth": texture.teeth, "tongue": texture.tongue, "mouth": texture.lips * 0.5}
        tone = tones.get(name, texture.sclera * 0.5)
        surface["baseColorFactor"] = [*(float(value) for value in np.asarray(tone) ** 2.2), 1.0]
        surface["roughnessFactor"] = 0.3
    return {
        "name": name,
        "pbrMetallicRoughness": surface,
        "doubleSided": name in ("mouth", "sockets", "teeth"),
    }


def _animation(file: _File, motion: Motion) -> dict[str, Any]:
    """Target weights, and the head's rotation, over time."""
    from scipy.spatial.transform import Rotation

    times = np.arange(len(motion.coefficients), dtype=np.float32) / motion.fps
    turns = Rotation.from_rotvec(np.asarray(motion.rotation, np.float64)).as_quat().astype(np.float32)
    clock = file.numbers(times)
    samplers = [
        {"input": clock, "output": file.numbers(np.asarray(motion.coefficients, np.float32).ravel())},
        {"input": clock, "output": file.vectors(turns, vertex=False)},
    ]
    channels = [
        {"sampler": 0, "target": {"node": 0, "path": "weights"}},
        {"sampler": 1, "target": {"node": 0, "path": "rotation"}},
    ]
    return {"name": "motion", "samplers": samplers, "channels": channels}


class _File:
    """Collects the binary part of a glTF file."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._length = 0
        self._views: list[dict[str, Any]] = []
        self._accessors: list[dict[str, Any]] = []
        self.images: list[dict[str, Any]] = []
        self.eye: int | None = None

    def _view(self, data: bytes, target: int | None = None) -> int:
        view: dict[str, Any] = {"buffer": 0, "byteOffset": self._length, "byteLength": len(data)}
        if target is not None:
            view["target"] = target
        padded = data + b"\0" * (-len(data) % 4)
        self._chunks.append(padded)
        self._length += len(padded)
        self._views.append(view)
        return len(self._views) - 1

    def _accessor(self, entry: dict[str, Any]) -> int:
        self._accessors.append(entry)
        return len(self._accessors) - 1

    def vectors(self, array: FloatArray, *, bounds: bool = False, vertex: bool = True) -> int:
        data = np.ascontiguousarray(array, np.float32)
        entry: dict[str, Any] = {
            "bufferView": self._view(data.tobytes(), _ARRAY if vertex else None),
            "componentType": _FLOAT,
            "count": len(data),
            "type": f"VEC{data.shape[1]}",
        }
        if bounds:
            entry |= {"min": data.min(axis=0).tolist(), "max": data.max(axis=0).tolist()}
        return self._accessor(entry)

    def numbers(self, array: FloatArray) -> int:
        data = np.ascontiguousarray(array, np.float32)
        entry = {
            "bufferView": self._view(data.tobytes()),
            "componentType": _FLOAT,
            "count": len(data),
            "type": "SCALAR",
            "min": [float(data.min())],
            "max": [float(data.max())],
        }
        return self._accessor(entry)

    def indices(self, triangles: IntArray) -> int:
        small = triangles.max() < 65535
        data = triangles.astype(np.uint16 if small else np.uint32).ravel()
        entry = {
            "bufferView": self._view(data.tobytes(), _ELEMENT),
            "componentType": _USHORT if small else _UINT,
            "count": len(data),
            "type": "SCALAR",
        }
        return self._accessor(entry)

    def picture(self, pixels: FloatArray, name: str) -> int:
        from PIL import Image as Pictures

        eight = np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
        stream = BytesIO()
        Pictures.fromarray(eight).save(stream, "PNG")
        self.images.append(
            {"bufferView": self._view(stream.getvalue()), "mimeType": "image/png", "name": name}
        )
        return len(self.images) - 1

    def packed(self, document: dict[str, Any]) -> bytes:
        body = b"".join(self._chunks)
        document |= {
            "buffers": [{"byteLength": len(body)}],
            "bufferViews": self._views,
            "accessors": self._accessors,
        }
        return pack_glb(document, body)
