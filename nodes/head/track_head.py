from typing import Annotated, Any

from nodes.sdk import Carry, Context, Slider, node
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Faces, HeadModel, HeadState, Image


@node(title="Track head", category="Head", models=("anny_head",), sequential=True, reads=("fps",))
def track_head(
    faces: Faces,
    image: Image,
    model: HeadModel | None = None,
    *,
    face: Annotated[int, Slider(0, 99, label="Which face")] = 0,
    calm: Annotated[float, Slider(0.0, 4.0)] = 1.0,
    exact: bool = False,
    previous: Any = None,
    context: Context,
) -> Carry[HeadState]:
    """Follow one head through a clip: one identity, one lens, a calm pose.

    Put it after 'Track faces' or 'Face landmarks' of a video. Each frame gives the head's
    expression, pose and gaze; the shape settles over the first second and then stays.

    - **Which face**: by its number in the first frame that has one, 0 the largest.
    - **Calm**: smoothing over time. 0 leaves every frame as measured, 1 takes the jitter out, more
      is for shaky or noisy clips. Fast movements pass either way.
    - **Exact**: bend the surface onto every landmark of every frame. Steadier when off.

    When the face is hidden the head holds still; when it comes back it is taken up at once, with
    the same identity.

    Limits: the shape of the first frames is less sure than the later ones. After half a second
    without the face, whoever is largest is taken for the same person.

    Source: Gauss-Newton on landmarks with the identity's running mean as prior; One Euro filter
    (Casiez, Roussel and Vogel 2012).
    """
    from nodes.head._certainty import tell_if_several
    from nodes.head._model import CARD, load_head_model
    from nodes.head._tracking import track

    model = model or context.model(CARD, load_head_model)
    state = track(model, faces, image, previous, fps=context.fps, calm=calm, which=face, exact=exact)
    if state is None:
        raise NodeError(
            "no face was seen up to this frame", hint="Start where a face is in view, or choose another face"
        )
    if previous is None:
        tell_if_several(faces, face, context)
    return Carry(state[0], state)
