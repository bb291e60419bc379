from typing import Annotated, Literal

from nodes.sdk import Choice, Context, node
from nodes.sdk.values import Embedding, Faces, Image


@node(title="Name faces", category="Identity", models=("face_embedder",))
def name_faces(
    image: Image,
    faces: Faces,
    people: list[Embedding],
    *,
    false_accepts: Annotated[Literal["1 in 100", "1 in 1,000", "1 in 10,000"], Choice()] = "1 in 1,000",
    context: Context,
) -> Faces:
    """Write the names of enrolled people on the faces that look like them.

    Each name is given once, to the face that looks most like the person; faces that resemble nobody
    closely enough keep no name. The strictness is that of 'Compare faces', against every person.

    Source: recognition by the nearest embedding, FaceNet (Schroff et al. 2015).
    """
    from nodes.face._crops import plain_picture
    from nodes.face._identity import embeddings, load_embedder
    from nodes.face._likeness import THRESHOLDS
    from nodes.face._picking import named

    if not len(faces) or not people:
        context.notice("no person is wired" if len(faces) else "there is no face to name")
        return faces
    vectors = embeddings(load_embedder(context), plain_picture(image), list(faces))
    items = named(list(faces), vectors, people, THRESHOLDS[false_accepts])
    if not any(item is not face for item, face in zip(items, faces, strict=True)):
        context.notice("nobody was recognised")
    return Faces(tuple(items), faces.width, faces.height)
