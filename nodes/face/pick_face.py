from typing import Annotated, Literal

from nodes.sdk import Choice, Context, Slider, Text, node
from nodes.sdk.values import Embedding, Face, Faces, Image


@node(title="Pick face", category="Face", models=("face_embedder",))
def pick_face(
    faces: Faces,
    image: Image | None = None,
    person: Embedding | None = None,
    *,
    by: Annotated[Literal["order", "number", "name", "point", "person"], Choice()] = "order",
    order: Annotated[Literal["size", "left to right", "top to bottom", "confidence"], Choice()] = "size",
    index: Annotated[int, Slider(0, 99)] = 0,
    number: Annotated[int, Slider(0, 9999, label="Person's number")] = 0,
    name: Annotated[str, Text()] = "",
    x: Annotated[float, Slider(0, 1, group="Point")] = 0.5,
    y: Annotated[float, Slider(0, 1, group="Point")] = 0.5,
    context: Context,
) -> Faces:
    """Keep one face of several.

    - **By order**: the face at *Index* (0 is the first) when sorted by size, place or confidence.
    - **By number**: the person with this number of 'Track faces'; holds for the whole clip.
    - **By name**: the face that 'Name faces' called so.
    - **By point**: the face at a place of the picture, as a share of its width and height. Click
      the face in the viewer to set it.
    - **By person**: the face most like the wired *Person*; wire the *Image* too.

    When the face is not there (the person left, the index is too high), the result is empty and
    nodes after it pass the picture through.
    """
    from nodes.face._picking import at_point, ordered

    found = list(faces)
    if by == "order":
        chosen = ordered(found, order)[index : index + 1]
    elif by == "number":
        chosen = [face for face in found if face.identity == number][:1]
    elif by == "name":
        chosen = [face for face in found if name and face.name.casefold() == name.strip().casefold()][:1]
    elif by == "point":
        nearest = at_point(found, x * faces.width, y * faces.height)
        chosen = [nearest] if nearest is not None else []
    else:
        chosen = _like(found, image, person, context)
    if not found:
        context.notice("there is no face to pick")
    elif not chosen:
        seen = "1 face" if len(found) == 1 else f"{len(found)} faces"
        context.notice(f"the face asked for is not among the {seen} found")
    return Faces(tuple(chosen), faces.width, faces.height)


def _like(found: list[Face], image: Image | None, person: Embedding | None, context: Context) -> list[Face]:
    from nodes.face._crops import plain_picture
    from nodes.face._identity import embeddings, load_embedder
    from nodes.face._likeness import THRESHOLDS
    from nodes.face._picking import named
    from nodes.sdk import NodeError

    if image is None or person is None:
        raise NodeError(
            "picking by person needs the picture and the person", hint="Wire 'Image' and 'Person'"
        )
    if not found:
        return []
    vectors = embeddings(load_embedder(context), plain_picture(image), found)
    marked = named(found, vectors, [person], THRESHOLDS["1 in 100"])
    changed = [index for index, face in enumerate(marked) if face is not found[index]]
    return [marked[index] for index in changed]
