from typing import Annotated, Literal

from nodes.sdk import Choice, Context, Slider, node
from nodes.sdk.values import Faces, Image


@node(title="Face landmarks", category="Face", models=("face_detector", "face_landmarker"))
def face_landmarks(
    image: Image,
    *,
    confidence: Annotated[float, Slider(0.1, 0.95)] = 0.6,
    most: Annotated[int, Slider(1, 100, unit="faces", label="At most")] = 20,
    smallest: Annotated[int, Slider(10, 400, unit="px", label="Smallest face")] = 20,
    orientation: Annotated[Literal["auto", "upright", "any"], Choice()] = "auto",
    refine: Annotated[int, Slider(1, 3, unit="passes")] = 2,
    context: Context,
) -> Faces:
    """Find every face and read its 478 landmarks, 52 expression coefficients and head pose.

    Faces come largest first. A picture without a face gives an empty result, not an error: nodes
    after it pass the picture through.

    - **Confidence**: how sure the detector must be. Lower it for dark or half-hidden faces.
    - **At most**: keep only the largest faces.
    - **Smallest face**: smaller ones are not looked for; a higher number is faster on large pictures.
    - **Orientation**: *upright* finds faces tilted up to about 30 degrees; *any* also finds faces on
      their side and upside down, at ten times the cost; *auto* turns the picture only when upright
      faces are missing, unsure or tilted.
    - **Refine**: how often the landmarks are read; each time from a better crop. Two is enough for
      photographs, one is faster.

    The landmarks are 468 points of a face mesh and 5 for each iris, in pixels, with a depth. The
    coefficients are Apple's 52 by name; tongueOut is always 0, because the network does not say it.
    Visibility is judged from the direction in which the mesh faces and from the picture's border;
    a hand in front of a mouth is not noticed.

    For clips, 'Track faces' is faster and steadier: it follows each face from frame to frame.

    Limits: faces below 20 px (36 px in 24 megapixels), or seen from behind the ear, are often missed.
    Landmarks of the far half of a profile are guessed. Monkeys, paintings and statues may count as faces.

    Source: YuNet (Wu et al. 2023) finds, attention mesh (Grishchenko et al. 2020) reads.
    """
    from nodes.face._crops import plain_picture
    from nodes.face._reading import read_picture

    faces = read_picture(
        plain_picture(image),
        context,
        threshold=confidence,
        smallest=float(smallest),
        orientation=orientation,
        passes=refine,
    )
    return Faces(tuple(faces[:most]), image.width, image.height)
