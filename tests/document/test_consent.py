"""What people agreed to: kept in the project, undone, read from older files, missed when absent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.document import commands
from app.document.consent import Consent, checksum_of, published
from app.document.document import Document
from app.document.edits import consent_reminders, edits_of, origin_of, pictures_loaded
from app.document.format import read_text, write_text
from app.document.graph import Graph, GraphError, NodeInstance, Port
from nodes.sdk.errors import FileProblem
from nodes.sdk.registry import Registry, default_registry

ADA = Consent(
    "Ada", "photo", "edits of expression", "her mother", "2026-05-03", "by mail", "form.pdf", "ab" * 32
)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return default_registry()


def swapped(path: str = "me.jpg") -> Graph:
    """A picture through 'Relight portrait', which edits a person, into a grade, which does not."""
    graph = Graph().with_node("photo", NodeInstance("load_image", parameters={"path": path}))
    for name, kind in (("light", "relight_portrait"), ("grade", "grade_image"), ("show", "view")):
        graph = graph.with_node(name, NodeInstance(kind))
    for source, target in (("photo", "light"), ("light", "grade"), ("grade", "show")):
        graph = graph.with_link(Port(source, "out"), target, "image")
    return graph


def file_text(version: int, consent: object) -> bytes:
    return json.dumps(
        {"format": "facewright.graph", "version": version, "settings": {"consent": consent}}
    ).encode()


def test_records_come_back_from_a_file(registry: Registry) -> None:
    graph = commands.set_consent(Graph(), [ADA, Consent("Bo", public=True)])
    assert read_text(write_text(graph, registry), registry).graph.settings.consent == graph.settings.consent


def test_what_a_record_does_not_say_is_not_written(registry: Registry) -> None:
    graph = commands.set_consent(Graph(), [Consent("Bo"), Consent()])
    assert json.loads(write_text(graph, registry))["settings"]["consent"] == [{"person": "Bo"}]


def test_the_one_text_of_an_older_file_becomes_a_record(registry: Registry) -> None:
    graph = read_text(file_text(1, "Ann agreed on 3 May"), registry).graph
    assert graph.settings.consent == (Consent(agreed="Ann agreed on 3 May"),)
    assert read_text(file_text(1, ""), registry).graph.settings.consent == ()


def test_entries_of_a_record_that_are_not_known_are_kept(registry: Registry) -> None:
    stored = [{"person": "Ada", "witness": "Bo"}]
    graph = read_text(file_text(2, stored), registry).graph
    assert json.loads(write_text(graph, registry))["settings"]["consent"] == stored


@pytest.mark.parametrize(
    "stored",
    ["words", [1], [{"person": 3}], [{"date": "3 May"}], [{"sha256": "abc"}], [{"public": 1}], [{}] * 501],
)
def test_what_is_no_record_is_told(registry: Registry, stored: object) -> None:
    with pytest.raises(FileProblem, match="consent"):
        read_text(file_text(2, stored), registry)


def test_writing_consent_down_is_one_step_of_undo(registry: Registry) -> None:
    document = Document(registry)
    document.edit("Write down consent", lambda graph: commands.set_consent(graph, [ADA]))
    assert document.graph.settings.consent == (ADA,)
    document.undo()
    assert document.graph.settings.consent == ()
    document.redo()
    assert document.graph.settings.consent == (ADA,)


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(GraphError, match="no date"):
        commands.set_consent(Graph(), [Consent("Ada", date="2026-02-30")])


def test_only_what_is_public_leaves_the_project() -> None:
    open_ada = Consent(
        "Ada", "photo", "a smile", "", "2026-05-03", "secret", "form.pdf", "ab" * 32, public=True
    )
    (left,) = published([ADA, open_ada])
    assert (left.person, left.agreed, left.date) == ("Ada", "a smile", "2026-05-03")
    assert (left.note, left.file, left.sha256, left.source) == ("", "", "", "")


def test_the_checksum_of_a_form_is_that_of_its_bytes(tmp_path: Path) -> None:
    form = tmp_path / "form.pdf"
    form.write_bytes(b"abc")
    assert checksum_of(form).startswith("ba7816bf8f01cfea")


def test_edited_people_without_consent_are_reminded_of_softly(registry: Registry) -> None:
    (reminder,) = consent_reminders(swapped(), registry)
    assert (reminder.node, reminder.severity) == ("photo", "warning")


@pytest.mark.parametrize("source", ["", "photo", "me.jpg", "ME.jpg"])
def test_a_record_of_the_source_is_enough(registry: Registry, source: str) -> None:
    graph = commands.set_consent(swapped("/far/away/me.jpg"), [Consent("Ada", source)])
    assert not consent_reminders(graph, registry)


def test_a_record_of_another_source_is_not(registry: Registry) -> None:
    graph = commands.set_consent(swapped(), [Consent("Ada", "other.jpg")])
    assert consent_reminders(graph, registry)


def test_nothing_is_missed_where_nobody_is_edited(registry: Registry) -> None:
    graph = swapped()
    assert not consent_reminders(graph.without_nodes(["light"]), registry)
    assert not consent_reminders(commands.toggle_disabled(graph, ["light"]), registry)
    assert not consent_reminders(swapped("demo:astronaut"), registry)


def test_edits_are_read_off_the_nodes_that_a_picture_depends_on(registry: Registry) -> None:
    graph = swapped().with_node("other", NodeInstance("swap_face"))
    (edit,) = edits_of(graph, "show", registry)
    assert (edit.kind, edit.nodes, edit.trained) == ("light", ("relight_portrait",), False)
    assert edits_of(graph, "photo", registry) == ()
    assert pictures_loaded(graph, "show", registry)


def test_where_a_picture_comes_from_follows_from_its_edits(registry: Registry) -> None:
    classical = edits_of(swapped(), "show", registry)
    assert origin_of(classical).endswith("/compositeSynthetic")
    graph = (
        swapped().with_node("big", NodeInstance("upscale")).with_link(Port("light", "out"), "big", "image")
    )
    assert origin_of(edits_of(graph, "big", registry)).endswith("/compositeWithTrainedAlgorithmicMedia")


def test_every_node_that_edits_people_says_so(registry: Registry) -> None:
    """Faces are edited in these families; a node there that gives a picture or a head must declare it."""
    silent = [
        spec.id
        for spec in registry
        if (spec.category in ("Edit", "Swap") or spec.id == "pin_warp")
        and not spec.edits
        and {socket.type_name for socket in spec.outputs} & {"Image", "HeadState"}
    ]
    assert not silent
