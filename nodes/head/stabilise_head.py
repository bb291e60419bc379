from typing import NamedTuple

from nodes.sdk import Context, node
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Mesh, Table


class Stabilised(NamedTuple):
    """What 'Stabilise head' gives."""

    mesh: Mesh
    motion: Table


@node(title="Stabilise head", category="Head", models=("anny_head",))
def stabilise_head(mesh: Mesh, reference: Mesh, *, context: Context) -> Stabilised:
    """Take the motion of the skull out of a face mesh, and leave the motion of the skin.

    The mesh comes back as if the head had been held still where the **reference** has it, so that
    two scans or two frames of a performance can be compared, subtracted or retargeted. Wire one
    frame of a sequence, such as the face at rest, into *reference*.

    **motion** lists the rotation (degrees) and translation (millimetres) that were taken out.

    For meshes of the head model that ships, the estimate knows how its skin moves. For other
    meshes, which only need the same vertices as their reference, it goes by the largest part of
    the surface that moves as one: good when most of the skull is in the mesh, weaker for masks
    that are mostly cheeks and mouth.

    Limits: a jaw that opens moves no skull, but a chin without the rest of the head does not tell.

    Source: generalised least squares with the skin's covariance learned from expression pairs of
    the head model; reweighted Procrustes (Geman-McClure) for other meshes.
    """
    import numpy as np

    from nodes.face._pose import angles_of
    from nodes.head._model import CARD, load_head_model
    from nodes.head._stabilise import robust_motion, skin_motion, skull_motion

    if mesh.vertices.shape != reference.vertices.shape:
        raise NodeError(
            f"the mesh has {len(mesh.vertices)} vertices and the reference {len(reference.vertices)}",
            hint="Both must be the same mesh in two states",
        )
    model = context.model(CARD, load_head_model)
    if mesh.vertices.shape == model.mean.shape and np.array_equal(mesh.triangles, model.triangles):
        rotation, shift = skull_motion(skin_motion(model), reference.vertices, mesh.vertices)
    else:
        rotation, shift = robust_motion(reference.vertices, mesh.vertices)
    held = ((mesh.vertices - shift) @ rotation).astype(np.float32)
    angles = angles_of(rotation)
    rows = (
        ("yaw", angles.yaw, "degrees"),
        ("pitch", angles.pitch, "degrees"),
        ("roll", angles.roll, "degrees"),
        *((f"move {axis}", float(part) * 1000, "mm") for axis, part in zip("xyz", shift, strict=True)),
    )
    stabilised = Mesh(held, mesh.triangles, mesh.uv, mesh.texture, mesh.colours)
    return Stabilised(stabilised, Table(("motion", "value", "unit"), rows))
