from typing import Annotated

from nodes.sdk import Context, Slider, node
from nodes.sdk.values import Faces, Image


@node(title="Detect faces", category="Face", models=("face_detector",))
def detect_faces(
    image: Image,
    *,
    confidence: Annotated[float, Slider(0.1, 0.95)] = 0.6,
    smallest: Annotated[int, Slider(8, 400, unit="px", label="Smallest face")] = 16,
    turned: bool = True,
    most: Annotated[int, Slider(1, 500, unit="faces", label="At most")] = 100,
    context: Context,
) -> Faces:
    """Find all faces of a picture: box, five points, score and coarse head pose.

    One light network looks at the picture in several sizes, so that a face that fills it and a
    face in the crowd are found in one pass. Faces come largest first. No face gives an empty
    result, not an error.

    - **Confidence**: how sure the network must be. Lower it to find more, and more false ones.
    - **Smallest face**: in pixels of the picture; a higher number is faster on large pictures.
    - **Turned**: also find faces that are tilted, on their side or upside down, at ten times the cost.
    - **At most**: keep only the largest faces.

    The five points are eyes, nose tip and mouth corners. The pose comes from these points alone
    and is right to about 10 degrees; 'Face landmarks' measures it better.

    Limits: below 10 px little is found, and of large pictures a smaller copy is looked at: in 24
    megapixels faces below 36 px are missed. Heads seen from behind are no faces.

    Source: YuNet (Wu, Peng, Yu 2023) over a picture pyramid. The joint prediction of box, points
    and pose follows the idea of MOS (Liu et al. 2021), not its network.
    """
    from nodes.face._detector import faces_in

    return faces_in(image, context, threshold=confidence, smallest=float(smallest), turned=turned, most=most)
