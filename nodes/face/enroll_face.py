from typing import Annotated

from nodes.sdk import NodeError, Text, node
from nodes.sdk.values import Embedding


@node(title="Enrol face", category="Identity")
def enroll_face(embeddings: list[Embedding], *, name: Annotated[str, Text()] = "") -> Embedding:
    """Give a person's identity a name in this project, from one or more of their pictures.

    Wire several 'Face embedding' nodes of the same person: the average of three to five varied
    pictures recognises better than any one of them. Wire the result into 'Name faces' or 'Pick
    face'.

    A picture that does not look like the others is refused, for it would blur the identity.

    An enrolled identity is private: it stays in the graph's computation and is left out when values
    are exported.
    """
    import numpy as np

    if not embeddings:
        raise NodeError("no identity is wired", hint="Wire one or more 'Face embedding' nodes")
    if not name.strip():
        raise NodeError("the person has no name", hint="Type a name")
    if len({(entry.model, entry.vector.shape) for entry in embeddings}) > 1:
        raise NodeError(
            "the identities were made by different networks", hint="Make all with the same kind of node"
        )
    vectors = np.stack([entry.vector for entry in embeddings])
    mean = vectors.mean(axis=0)
    length = float(np.linalg.norm(mean))
    likeness = vectors @ mean / max(length, 1e-9)
    if len(vectors) > 2 and likeness.min() < 0.5:
        raise NodeError(
            f"picture {int(likeness.argmin()) + 1} of {len(vectors)} does not look like the others"
            f" (likeness {likeness.min():.2f})",
            hint="Remove it, or check which face was picked in it",
        )
    if length < 1e-6:
        raise NodeError("the identities cancel out", hint="Wire pictures of one person only")
    vector = (mean / length).astype(np.float32)
    return Embedding(vector, model=embeddings[0].model, name=name.strip(), private=True)
