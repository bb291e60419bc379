from typing import Annotated

from nodes.sdk import Context, File, Slider, Text, node
from nodes.sdk.values import Faces, Image, Parsing


@node(
    title="Describe face",
    category="Face",
    models=("age_estimator", "gender_estimator", "face_detector", "face_landmarker"),
)
def describe_face(
    image: Image,
    faces: Faces | None = None,
    parsing: Parsing | None = None,
    *,
    language_model: Annotated[str, File("Vision-language model", mode="folder")] = "",
    question: Annotated[str, Text(multiline=True)] = "Describe the person in this picture.",
    most_words: Annotated[int, Slider(5, 300, label="At most", unit="words")] = 80,
    context: Context,
) -> str:
    """Write what the faces of a picture look like, in plain sentences.

    Out of the box the sentences are put together from 'Face attributes': apparent age, gender
    presentation, hair, glasses, expression, where each face looks. Wire *Parsing* to mention hair.

    - **Language model**: the folder of a vision-language model of your own (Hugging Face format,
      safetensors); then each face is shown to it with the *Question*, and its answers are the text.
      Nothing is fetched, and no code from the folder is run.

    Limits: those of 'Face attributes', and of your model.
    """
    from nodes.face._attributes import attributes_of
    from nodes.face._crops import plain_picture
    from nodes.face._describing import description
    from nodes.face._reading import read_picture, with_landmarks

    picture = plain_picture(image)
    present = read_picture(picture, context) if faces is None else with_landmarks(faces, picture, context)
    if language_model and present:
        from nodes.face._language import ask_about

        return ask_about(language_model, picture, present, question, most_words, context)
    labels = parsing.labels if parsing is not None and parsing.labels.shape == picture.shape[:2] else None
    return description(attributes_of(picture, present, labels, context), image.width)
