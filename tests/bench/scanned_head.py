"""A real scan that the head model cannot represent exactly: seen from five cameras, then measured against."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from nodes.sdk.values import HeadModel, Image
from nodes.sdk.values.arrays import FloatArray

SIZE = 640
VIEWS = ((0.0, 0.0), (32.0, 0.0), (-32.0, 0.0), (0.0, 14.0), (15.0, -12.0))


def load_scan(path: Path) -> object:
    """The scan as a trimesh in metres, its face towards +z, about its middle."""
    import trimesh

    scan = trimesh.load(path, process=False, force="mesh")
    scan.apply_scale(0.001)
    scan.apply_translation(-scan.bounds.mean(axis=0))
    return scan


def views_of(scan: object) -> list[Image]:
    """Pictures of the scan from VIEWS (yaw and pitch in degrees), under one soft light."""
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
    import pyrender

    from nodes.face._pose import Angles, rotation_of

    pictures = []
    for yaw, pitch in VIEWS:
        scene = pyrender.Scene(bg_color=[0.35, 0.38, 0.42, 1.0], ambient_light=[0.6] * 3)
        mesh = pyrender.Mesh.from_trimesh(scan, smooth=True)
        for primitive in mesh.primitives:
            primitive.material.metallicFactor = 0.0
            primitive.material.roughnessFactor = 0.9
        pose = np.eye(4)
        pose[:3, :3] = rotation_of(Angles(yaw, pitch, 0.0))
        pose[2, 3] = -0.75
        scene.add(mesh, pose=pose)
        focal = 1.5 * SIZE
        lens = pyrender.IntrinsicsCamera(focal, focal, SIZE / 2, SIZE / 2, znear=0.05, zfar=5)
        scene.add(lens, pose=np.eye(4))
        scene.add(pyrender.DirectionalLight(intensity=1.6), pose=np.eye(4))
        renderer = pyrender.OffscreenRenderer(SIZE, SIZE)
        try:
            pixels, _ = renderer.render(scene)
        finally:
            renderer.delete()
        pictures.append(Image(pixels[..., :3].astype(np.float32) / 255))
    return pictures


def face_of(scan: object, nose: FloatArray) -> FloatArray:
    """N x 3, the scan's vertices of the face: near the nose, not behind the cheeks."""
    place = np.asarray(scan.vertices)  # type: ignore[attr-defined]
    from_nose = place - nose
    near = np.linalg.norm(from_nose * [1.0, 0.9, 1.0], axis=1) < 0.085
    return place[near & (from_nose[:, 2] > -0.07)]


def nose_tip(scan: object) -> FloatArray:
    """The foremost vertex of the scan's middle."""
    place = np.asarray(scan.vertices)  # type: ignore[attr-defined]
    middle = place[np.abs(place[:, 0] - np.median(place[:, 0])) < 0.02]
    return middle[middle[:, 2].argmax()]


def scan_error(face: FloatArray, vertices: FloatArray, model: HeadModel, nose: FloatArray) -> float:
    """Mean distance in millimetres from a scanned face to a head, after rigid alignment (ICP)."""
    import trimesh
    from scipy.spatial import cKDTree

    from nodes.face._pose import fit_rotation
    from nodes.head._shape import landmark_points

    skin = model.triangles[model.parts == model.part_names.index("skin")]
    surface = trimesh.Trimesh(vertices, skin, process=False)
    points, _ = trimesh.sample.sample_surface(surface, 120000, seed=1)
    tree = cKDTree(points)
    placed = face - nose + landmark_points(model, vertices)[4]
    for _ in range(60):
        _, nearest = tree.query(placed)
        target = points[nearest]
        distance = np.linalg.norm(target - placed, axis=1)
        trusted = (distance < np.quantile(distance, 0.9)).astype(float)
        rotation = fit_rotation(placed, target, trusted)
        share = (trusted / trusted.sum())[:, None]
        placed = (placed - (placed * share).sum(axis=0)) @ rotation.T + (target * share).sum(axis=0)
    return float(tree.query(placed)[0].mean() * 1000)


def best_identity(model: HeadModel, face: FloatArray, nose: FloatArray) -> FloatArray:
    """V x 3, the head of the model nearest to the scanned face: what no fit to pictures can beat by much.

    Point-to-plane ICP (Chen and Medioni 1992) over identity and a rigid motion, with a weak prior.
    """
    import trimesh
    from scipy.spatial import cKDTree

    from nodes.head._shape import landmark_points
    from nodes.raster.geometry import rotation_matrix

    skin = model.triangles[model.parts == model.part_names.index("skin")]
    identity = np.zeros(len(model.identity))
    placed = (face - nose + landmark_points(model, model.mean)[4]).astype(np.float64)
    for number in range(30):
        vertices = model.mean + np.tensordot(identity, model.identity, 1)
        surface = trimesh.Trimesh(vertices, skin, process=False)
        points, triangle = trimesh.sample.sample_surface(surface, 60000, seed=number)
        distance, nearest = cKDTree(points).query(placed)
        trusted = (distance < np.quantile(distance, 0.95)).astype(float)
        hit, target = triangle[nearest], points[nearest]
        shares = trimesh.triangles.points_to_barycentric(vertices[skin[hit]], target)
        normals = surface.face_normals[hit]
        moved = np.einsum("kpjc,pj,pc->pk", model.identity[:, skin[hit]], shares, normals)
        columns = np.hstack([moved, -np.cross(placed, normals), -normals])
        right = ((placed - target) * normals).sum(axis=1) + moved @ identity
        weighted = columns * (trusted / 0.001**2)[:, None]
        matrix = weighted.T @ columns + 1e-6 * np.eye(columns.shape[1])
        count = len(identity)
        matrix[np.arange(count), np.arange(count)] += 0.1 * trusted.sum() / count
        solution = np.linalg.solve(matrix, weighted.T @ right)
        identity, turn, shift = solution[:count], solution[count : count + 3], solution[count + 3 :]
        placed = placed @ rotation_matrix(turn).T + shift
    found: FloatArray = (model.mean + np.tensordot(identity, model.identity, 1)).astype(np.float32)
    return found
