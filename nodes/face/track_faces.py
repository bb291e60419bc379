from typing import Annotated, Any

from nodes.sdk import Carry, Context, Slider, node
from nodes.sdk.values import Faces, Image


@node(
    title="Track faces",
    category="Face",
    reads=("fps",),
    sequential=True,
    models=("face_detector", "face_landmarker", "face_embedder"),
)
def track_faces(
    image: Image,
    *,
    smoothing: Annotated[float, Slider(0, 1)] = 0.5,
    confidence: Annotated[float, Slider(0.1, 0.95)] = 0.6,
    most: Annotated[int, Slider(1, 50, unit="faces", label="At most")] = 10,
    smallest: Annotated[int, Slider(10, 400, unit="px", label="Smallest face")] = 40,
    look_every: Annotated[int, Slider(1, 30, unit="frames", label="Look for new faces every")] = 5,
    previous: Any = None,
    context: Context,
) -> Carry[Faces]:
    """Follow the faces of a clip: landmarks, coefficients and pose in every frame, and who is who.

    Every person gets a number that lasts through the clip: through cuts, while hidden, and when
    leaving and coming back. Choose a person once in 'Pick face' by this number and the choice
    holds for the whole clip.

    - **Smoothing**: steadies the landmarks of a face at rest and lets go when it moves. 0 turns it
      off; 0.5 removes visible trembling and lags less than a frame; 1 is for nearly still shots.
    - **Confidence**, **Smallest face**: for finding new faces; see 'Face landmarks'.
    - **At most**: how many faces are followed; the largest stay.
    - **Look for new faces every**: more frames are faster, but a person who walks in is seen later.
      A lost face and a cut are always answered at once.

    Frames are computed in order. Jumping far ahead computes what lies between, once.

    Limits: two people who look very much alike can swap numbers after a cut; nobody is recognised
    from behind or from a pure profile. Faces that appear on their side are not picked up.

    Source: tracking from the crop of the frame before as in attention mesh (Grishchenko et al.
    2020); identity by SFace (Zhong et al. 2021); smoothing by the One Euro filter (Casiez et al. 2012).
    """
    from nodes.face._crops import plain_picture
    from nodes.face._tracking import Options, step

    options = Options(
        threshold=confidence,
        smallest=float(smallest),
        most=most,
        detect_every=look_every,
        smoothing=smoothing,
        fps=context.fps,
    )
    faces, state = step(previous, plain_picture(image), options, context)
    if not faces:
        context.notice("no face in this frame")
    return Carry(Faces(tuple(faces), image.width, image.height), state)
