from nodes.sdk import Context, NodeError, node
from nodes.sdk.values import Embedding, Faces, Image


@node(
    title="Face embedding", category="Identity", models=("face_embedder", "face_detector", "face_landmarker")
)
def face_embedding(image: Image, faces: Faces | None = None, *, context: Context) -> Embedding:
    """Turn a face into its identity: 128 numbers, much alike for pictures of the same person.

    Takes the first of the wired faces, or the largest of the picture when none are wired. Wire
    'Pick face' to choose another. Compare two with 'Compare faces'.

    The identity is averaged over the face and its mirror image. Expression, light and age change it
    little; a profile, a hand over the face or less than 40 px change it much.

    An identity is biometric data: keep it as you would keep the picture.

    Source: SFace (Zhong et al. 2021) on the five-point alignment of ArcFace (Deng et al. 2019).
    """
    from nodes.face._crops import plain_picture
    from nodes.face._identity import CARD, embeddings, load_embedder
    from nodes.face._reading import read_picture

    picture = plain_picture(image)
    present = list(faces) if faces is not None else read_picture(picture, context)
    if not present:
        raise NodeError(
            "there is no face to take an identity from",
            hint="Choose another picture, or lower 'Confidence' where the faces are found",
        )
    (vector,) = embeddings(load_embedder(context), picture, present[:1])
    return Embedding(vector, model=CARD, name=present[0].name)
