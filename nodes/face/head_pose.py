from typing import Annotated, Literal, NamedTuple

from nodes.sdk import Choice, Context, node
from nodes.sdk.values import Faces, Image, Table


class HeadPose(NamedTuple):
    """Outputs of 'Head pose'."""

    yaw: float
    pitch: float
    roll: float
    table: Table


@node(title="Head pose", category="Face", models=("face_detector", "face_landmarker"))
def head_pose(
    faces: Faces,
    image: Image | None = None,
    *,
    relative: Annotated[Literal["line of sight", "camera axis"], Choice()] = "line of sight",
    context: Context,
) -> HeadPose:
    """Measure where heads point, in degrees.

    - **Yaw** above 0: the person looks to the right as you see them (to their own left).
    - **Pitch** above 0: the person looks up.
    - **Roll** above 0: the head is tilted clockwise as you see it.
    - 0, 0, 0 looks straight into the camera. The turns apply in the order roll, pitch, yaw:
      R = Ry(yaw) Rx(-pitch) Rz(-roll), with x to the right, y up, z towards you.

    The three numbers are those of the first face (0 when there is none); the table has a row for
    each. Wire the *Image* when the faces come from 'Detect faces', to measure from landmarks.

    - **Relative**: a face at the picture's edge that looks into the camera reads 0 relative to the
      *line of sight*; relative to the *camera axis* it reads the angle it stands off, for a lens of
      50 degrees across.

    Right to about 5 degrees up to 45 degrees of yaw; less beyond. The pose comes from a weighted
    rigid fit (Kabsch 1976) of the canonical face to the landmarks in 3D.
    """
    from nodes.face._pose import Angles, angles_of, off_axis

    items = list(faces)
    if image is not None:
        from nodes.face._crops import plain_picture
        from nodes.face._reading import with_landmarks

        items = with_landmarks(items, plain_picture(image), context)
    elif not items:
        context.notice("there is no face to measure")
    rows: list[tuple[str | float | int | bool | None, ...]] = []
    first = Angles(0.0, 0.0, 0.0)
    for number, face in enumerate(items):
        rotation = face.rotation
        if relative == "camera axis":
            middle = (face.box[:2] + face.box[2:]) / 2
            rotation = off_axis(rotation, float(middle[0]), float(middle[1]), faces.width, faces.height)
        angles = angles_of(rotation)
        first = angles if number == 0 else first
        rows.append((number, face.identity if face.identity >= 0 else None, *(round(a, 2) for a in angles)))
    table = Table(("face", "person", "yaw", "pitch", "roll"), tuple(rows))
    return HeadPose(*first, table)
