from typing import Annotated

from nodes.sdk import Context, File, node
from nodes.sdk.errors import FileProblem
from nodes.sdk.values import HeadModel


@node(title="Head model", category="Head", models=("anny_head",))
def head_model(
    *,
    path: Annotated[str, File("Head model", ("npz",))] = "",
    context: Context,
) -> HeadModel:
    """The head model that heads are fitted with: the one that ships, or your own.

    - **Path**: an `.npz` with a linear head: its mean, identity directions, the 52 ARKit
      expressions, triangles, UVs, parts and 468 landmark places. Empty takes the model that ships.

    Wire it into 'Fit head' or 'Track head'. The arrays a file must hold, with their shapes and
    units, are listed in the documentation of `nodes/head/_model.py`; a file that lacks one is
    refused by the name of what is missing. Nothing in the file is ever run.

    Limits: nodes that name the shipped model's own sliders, such as 'Head attributes', do not fit
    other models.
    """
    from pathlib import Path

    from nodes.head._model import CARD, load_head_model

    if not path:
        return context.model(CARD, load_head_model)
    file = Path(path)
    if not file.is_file():
        raise FileProblem("the head model is not there", hint="Choose an .npz file", where=str(file))
    return load_head_model(file)
