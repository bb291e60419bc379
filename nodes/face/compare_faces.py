from typing import Annotated, Literal, NamedTuple

from nodes.sdk import Choice, NodeError, node
from nodes.sdk.values import Embedding, Table


class Comparison(NamedTuple):
    """Outputs of 'Compare faces'."""

    likeness: float
    same: float
    verdict: str
    table: Table


@node(title="Compare faces", category="Identity")
def compare_faces(
    a: Embedding,
    b: Embedding,
    *,
    false_accepts: Annotated[Literal["1 in 100", "1 in 1,000", "1 in 10,000"], Choice()] = "1 in 1,000",
) -> Comparison:
    """Say whether two faces are the same person.

    - **False accepts**: how often two different people may pass as one. Stricter settings refuse
      more pictures of the same person, too.

    Likeness is the cosine of the two identities: about 0.1 for strangers, 0.6 to 0.95 for the same
    person. The rates were measured on synthetic portraits; close relatives exceed them. *Same* is 1
    or 0, for wiring on.

    Do not decide about people by this number alone: recognisers err more often on groups that are
    rare in their training pictures.

    Source: verification by the distance of embeddings, FaceNet (Schroff et al. 2015).
    """
    from nodes.face._likeness import THRESHOLDS, false_accept_rate

    if a.model != b.model or a.vector.shape != b.vector.shape:
        raise NodeError(
            "the two identities were made by different networks and do not compare",
            hint="Make both with the same kind of node",
        )
    likeness = float(a.vector @ b.vector)
    threshold = THRESHOLDS[false_accepts]
    same = likeness >= threshold
    rate = false_accept_rate(likeness)
    names = f"{a.name or 'the first face'} and {b.name or 'the second face'}"
    words = "are the same person" if same else "are not shown to be the same person"
    verdict = (
        f"{names} {words}: likeness {likeness:.2f}, threshold {threshold:.2f} ({false_accepts} false accepts)"
    )
    columns = ("likeness", "same", "threshold", "false-accept rate at this likeness")
    table = Table(columns, ((round(likeness, 4), same, threshold, rate),))
    return Comparison(likeness, float(same), verdict, table)
