"""Meshes as OBJ, GLB and PLY."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.export.atomic import replacing
from app.export.pictures import encode_picture, write_picture
from nodes.media.colour import as_bytes, to_linear
from nodes.media.gltf import GltfFile
from nodes.sdk.values import HeadState, Mesh
from nodes.sdk.values.arrays import FloatArray, host_array


def head_mesh(head: HeadState) -> Mesh:
    """The surface of a fitted head as it stands in the world, with its texture coordinates."""
    from nodes.head._shape import world_vertices

    return Mesh(world_vertices(head), head.model.triangles, head.model.uv)


def write_obj(mesh: Mesh, path: Path) -> None:
    """Write a Wavefront OBJ; a texture goes beside it as `.png`, with the `.mtl` that names it."""
    lines = ["# metres, y up"]
    if mesh.texture is not None and mesh.uv is not None:
        picture, material = path.with_suffix(".png"), path.with_suffix(".mtl")
        write_picture(mesh.texture, picture)
        with replacing(material) as draft:
            draft.write_text(f"newmtl skin\nKd 1 1 1\nmap_Kd {picture.name}\n", "utf-8")
        lines += [f"mtllib {material.name}", "usemtl skin"]
    vertices = host_array(mesh.vertices)
    if mesh.colours is not None:
        vertices = np.hstack([vertices, host_array(mesh.colours)])
    lines += ["v " + " ".join(f"{number:.7g}" for number in row) for row in vertices.tolist()]
    corners = host_array(mesh.triangles) + 1
    if mesh.uv is None:
        lines += [f"f {a} {b} {c}" for a, b, c in corners.tolist()]
    else:
        places, numbers = np.unique(host_array(mesh.uv).reshape(-1, 2), axis=0, return_inverse=True)
        lines += [f"vt {u:.6f} {v:.6f}" for u, v in places.tolist()]
        both = np.stack([corners, numbers.reshape(-1, 3) + 1], axis=2).tolist()
        lines += ["f " + " ".join(f"{vertex}/{place}" for vertex, place in row) for row in both]
    with replacing(path) as draft:
        draft.write_text("\n".join(lines) + "\n", "utf-8")


def vertex_normals(vertices: FloatArray, triangles: npt.NDArray[np.integer[Any]]) -> FloatArray:
    """Unit normals of the vertices, V x 3: the mean of their triangles', weighted by area; 0 without any."""
    corners = vertices[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sums = np.stack(
        [
            np.bincount(triangles.ravel(), np.repeat(faces[:, axis], 3), minlength=len(vertices))
            for axis in range(3)
        ],
        axis=1,
    )
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.maximum(length, 1e-20), np.float32)


def write_glb(mesh: Mesh, path: Path) -> None:
    """Write a binary glTF 2.0 with normals, and the texture or the vertices' colours inside."""
    with replacing(path) as draft:
        draft.write_bytes(glb_bytes(mesh))


def glb_bytes(mesh: Mesh) -> bytes:
    """The bytes of a binary glTF 2.0 file (Khronos specification, sections 3 and 4)."""
    vertices = np.asarray(host_array(mesh.vertices), np.float32)
    triangles = host_array(mesh.triangles)
    normals = vertex_normals(vertices, triangles)
    # The format wants unit vectors, where there is no triangle too.
    normals[~normals.any(axis=1)] = (0.0, 0.0, 1.0)
    attributes = {"POSITION": vertices, "NORMAL": normals}
    if mesh.colours is not None:
        attributes["COLOR_0"] = to_linear(np.asarray(host_array(mesh.colours), np.float32))
    if mesh.uv is not None:
        # glTF has one set of numbers a vertex: where the texture has a seam the vertex is doubled.
        uv = np.asarray(host_array(mesh.uv), np.float32).reshape(-1, 2)
        corners = np.column_stack([triangles.ravel().astype(np.float64), uv])
        unique, inverse = np.unique(corners, axis=0, return_inverse=True)
        kept = unique[:, 0].astype(np.int64)
        attributes = {name: array[kept] for name, array in attributes.items()}
        attributes["TEXCOORD_0"] = np.column_stack([unique[:, 1], 1 - unique[:, 2]]).astype(np.float32)
        triangles = inverse.reshape(-1, 3)
    file = GltfFile()
    numbers = {name: file.vectors(array, bounds=name == "POSITION") for name, array in attributes.items()}
    primitive = {"attributes": numbers, "indices": file.indices(triangles), "material": 0}
    surface: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": 0.7}
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "Facewright"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "mesh"}],
        "meshes": [{"primitives": [primitive]}],
        "materials": [{"pbrMetallicRoughness": surface, "doubleSided": True}],
    }
    if mesh.texture is not None and mesh.uv is not None:
        file.png(encode_picture(mesh.texture, "png"), "texture")
        document |= {"images": file.images, "textures": [{"source": 0}]}
        surface["baseColorTexture"] = {"index": 0}
    return file.packed(document)


def write_mesh_ply(mesh: Mesh, path: Path) -> None:
    """Write a binary PLY with the vertices' colours; textures do not go into PLY."""
    fields: list[tuple[str, str]] = [("x", "<f4"), ("y", "<f4"), ("z", "<f4")]
    if mesh.colours is not None:
        fields += [("red", "u1"), ("green", "u1"), ("blue", "u1")]
    points = np.zeros(mesh.vertices.shape[0], np.dtype(fields))
    for axis, name in enumerate("xyz"):
        points[name] = host_array(mesh.vertices)[:, axis]
    if mesh.colours is not None:
        for channel, name in enumerate(("red", "green", "blue")):
            points[name] = as_bytes(host_array(mesh.colours)[:, channel])
    faces = np.zeros(mesh.triangles.shape[0], np.dtype([("count", "u1"), ("corners", "<i4", 3)]))
    faces["count"], faces["corners"] = 3, host_array(mesh.triangles)
    tail = f"element face {len(faces)}\nproperty list uchar int vertex_indices\n"
    with replacing(path) as draft:
        draft.write_bytes(_ply_header(points, tail) + points.tobytes() + faces.tobytes())


def _ply_header(points: npt.NDArray[Any], tail: str) -> bytes:
    kinds = {"f": "float", "u": "uchar"}
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {len(points)}"]
    fields: Mapping[str, Any] = points.dtype.fields or {}
    lines += [f"property {kinds[fields[name][0].kind]} {name}" for name in points.dtype.names or ()]
    return ("\n".join(lines) + "\n" + tail + "end_header\n").encode()
