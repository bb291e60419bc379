from typing import Annotated, Literal, NamedTuple

from nodes.sdk import Choice, Context, File, Slider, node
from nodes.sdk.values import Embedding, Image, Table


class People(NamedTuple):
    """Outputs of 'Cluster faces'."""

    table: Table
    people: float
    sheet: Image


@node(
    title="Cluster faces", category="Identity", models=("face_embedder", "face_detector", "face_landmarker")
)
def cluster_faces(
    people: list[Embedding],
    *,
    folder: Annotated[str, File("Pictures", mode="folder")] = "",
    clip: Annotated[str, File("Video", ("mp4", "mov", "mkv", "webm", "avi", "m4v", "mpg", "gif"))] = "",
    every: Annotated[int, Slider(1, 250, unit="frames", label="Look at every")] = 12,
    strictness: Annotated[Literal["1 in 100", "1 in 1,000", "1 in 10,000"], Choice()] = "1 in 1,000",
    smallest: Annotated[int, Slider(20, 400, unit="px", label="Smallest face")] = 40,
    context: Context,
) -> People:
    """Sort the faces of a folder of pictures, or of a clip, into people.

    Gives a table with one line per face (file or frame, box, person, likeness to the person's
    average), the number of people, and a sheet with a row of portraits for each person, the most
    frequent person first.

    - **People**: wire 'Enrol face' nodes to have their names in the table.
    - **Folder** or **Clip**: what to look at; a folder without its subfolders.
    - **Look at every**: of a clip, every so many frames.
    - **Strictness**: how often two different people may be joined. Stricter splits people more.
    - **Smallest face**: smaller ones are left out, for they are often mistaken.

    A damaged picture is a line without a face, not the end of the work.

    Source: average-linkage clustering of embeddings; that their distance serves for clustering is
    shown by FaceNet (Schroff et al. 2015).
    """
    from nodes.face._gathering import gather, people_table
    from nodes.face._likeness import THRESHOLDS, clusters
    from nodes.face._sheet import portrait_sheet

    seen, problems = gather(folder, clip, every, float(smallest), context)
    vectors = seen.vectors
    groups = clusters(vectors, THRESHOLDS[strictness])
    count = int(groups.max()) + 1 if len(groups) else 0
    return People(
        people_table(seen, groups, problems, people, THRESHOLDS[strictness]),
        float(count),
        Image(portrait_sheet(seen.portraits, groups)),
    )
