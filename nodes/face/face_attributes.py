from nodes.sdk import Context, node
from nodes.sdk.values import Faces, Image, Parsing, Table


@node(
    title="Face attributes",
    category="Face",
    models=("age_estimator", "gender_estimator", "face_detector", "face_landmarker"),
)
def face_attributes(
    image: Image, faces: Faces | None = None, parsing: Parsing | None = None, *, context: Context
) -> Table:
    """Say of every face: apparent age, gender presentation, expression, glasses, hair; with confidence.

    One row per face, largest first.

    - **Faces**: found here when nothing is wired; wire 'Track faces' in clips.
    - **Parsing**: wire 'Parse face' (target *all*) to know the hair, and glasses more surely. Without
      it glasses are guessed from the bridge of the nose and hair stays empty.

    Age is what the face looks like, right to about 6 years; gender is how the face presents itself
    to a classifier, not who the person is. The expression is named from the 52 coefficients by the
    action-unit prototypes of EMFACS, with valence (-1 unpleasant .. 1 pleasant) and arousal
    (0 calm .. 1 excited): it names the face, not the feeling.

    Limits: children and very old people are judged nearer to the middle; hair colour depends on the
    light. Do not decide about people by these numbers.
    """
    from nodes.face._attributes import attributes_of, table_of
    from nodes.face._crops import plain_picture
    from nodes.face._reading import read_picture, with_landmarks

    picture = plain_picture(image)
    present = read_picture(picture, context) if faces is None else with_landmarks(faces, picture, context)
    labels = parsing.labels if parsing is not None and parsing.labels.shape == picture.shape[:2] else None
    return table_of(attributes_of(picture, present, labels, context))
