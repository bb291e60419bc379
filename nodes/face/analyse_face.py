from typing import Annotated, Literal, NamedTuple

from nodes.sdk import Choice, Context, Slider, node
from nodes.sdk.values import Embedding, Faces, Image, Parsing, Table


class Analysis(NamedTuple):
    """Outputs of 'Analyse face'."""

    faces: Faces
    table: Table
    parsing: Parsing
    text: str


@node(
    title="Analyse face",
    category="Face",
    models=(
        "face_detector",
        "face_landmarker",
        "face_embedder",
        "age_estimator",
        "gender_estimator",
        "face_parser",
    ),
    note="its parsing is trained on non-commercial data",
)
def analyse_face(
    image: Image,
    people: list[Embedding],
    faces: Faces | None = None,
    *,
    parsing: bool = True,
    confidence: Annotated[float, Slider(0.1, 0.95)] = 0.6,
    smallest: Annotated[int, Slider(10, 400, unit="px", label="Smallest face")] = 30,
    refine: Annotated[int, Slider(1, 3, unit="passes")] = 1,
    orientation: Annotated[Literal["auto", "upright", "any"], Choice()] = "auto",
    context: Context,
) -> Analysis:
    """Everything the face nodes can say, in one node that looks at each face once.

    Detection, landmarks, coefficients, head pose, age, gender presentation, expression, glasses,
    hair, names of enrolled people, and the parsed picture. Every network runs once, for all faces
    together where it can.

    - **People**: wire 'Enrol face' nodes to have their names on the faces.
    - **Faces**: wire 'Track faces' in clips, to keep numbers and steady landmarks.
    - **Parsing**: the slowest part. Without it, hair stays empty and glasses are less sure.
    - **Confidence**, **Smallest face**, **Refine**, **Orientation**: as in 'Face landmarks'.

    Outputs: the faces, a table with a row for each, the parsed picture (background everywhere when
    parsing is off), and a description in words. Limits and sources are those of the single nodes.

    One node for many tasks that share what they look at follows the idea of FaceXFormer (Narayan et
    al. 2024), not its network.
    """
    from nodes.face._analysis import Wishes, analyse

    wishes = Wishes(
        parsing=parsing,
        threshold=confidence,
        smallest=float(smallest),
        passes=refine,
        orientation=orientation,
    )
    found, table, labels, text = analyse(image, faces, people, wishes, context)
    return Analysis(found, table, Parsing(labels), text)
