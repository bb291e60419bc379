"""Content credentials: read back by the reader of the C2PA SDK, broken by a change, never in the way."""

from __future__ import annotations

import builtins
import hashlib
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.document import commands
from app.document.consent import Consent
from app.document.format import write_text
from app.document.graph import Graph, NodeInstance, Port
from app.engine.evaluate import Evaluator
from app.engine.exporting import export_node
from app.engine.protocol import ExportDone
from app.export import signing
from app.export.carried import carried_graph, text_to_carry
from app.export.credentials import CONSENT_LABEL, GRAPH_LABEL, Stamp, stamp_for
from app.export.values import write_value
from nodes.sdk import Cancelled, Context, node
from nodes.sdk.registry import Registry, default_registry
from nodes.sdk.values import Image
from tests.cli.conftest import run as run
from tests.engine.conftest import Engine

c2pa = pytest.importorskip("c2pa")


@node(title="Young again", category="Test", edits="skin", reads=("frame",))
def young_again(image: Image, *, context: Context) -> Image:
    """Pretend to smooth a person's skin."""
    return Image(np.clip(image.pixels + 0.01 * context.frame, 0, 1))


def registry_with_edits() -> Registry:
    known = Registry()
    for spec in [*default_registry(), young_again.spec]:
        known.add(spec)
    return known


@pytest.fixture(scope="module")
def registry() -> Registry:
    return registry_with_edits()


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEWRIGHT_DATA", str(tmp_path / "data"))


def edited(**parameters: Any) -> Graph:
    graph = Graph().with_node("plain", NodeInstance("checker_image", parameters={"width": 64, "height": 48}))
    graph = graph.with_node("young", NodeInstance("young_again"))
    return graph.with_link(Port("plain", "out"), "young", "image")


def export(graph: Graph, target: Path, registry: Registry, **options: Any) -> list[str]:
    remarks: list[str] = []
    evaluator = Evaluator(registry, device="cpu", streaming=True)
    node_name = options.pop("node", "young")
    export_node(evaluator, graph, node_name, target, 0, 9, on_remark=remarks.append, **options)
    return remarks


def read(path: Path) -> tuple[str, dict[str, Any]]:
    """How the SDK judges a file, and its active manifest."""
    with c2pa.Reader(str(path)) as reader:
        return reader.get_validation_state(), reader.get_active_manifest()


def assertion(manifest: dict[str, Any], label: str) -> dict[str, Any]:
    return next(entry["data"] for entry in manifest["assertions"] if entry["label"].startswith(label))


@pytest.mark.parametrize(
    "name", ["out.png", "out.jpg", "out.webp", "out.tif", "out.mp4", "out.mov", "f.##.png"]
)
def test_exports_of_edited_people_say_what_was_done(name: str, tmp_path: Path, registry: Registry) -> None:
    assert export(edited(), tmp_path / name, registry) == []
    state, manifest = read(tmp_path / name.replace("##", "07"))
    assert state == "Valid"
    assert manifest["claim_generator_info"][0]["name"] == "Facewright"
    created, change = assertion(manifest, "c2pa.actions")["actions"]
    assert created["action"] == "c2pa.created"
    assert created["digitalSourceType"].endswith("/compositeSynthetic")
    assert change["action"] == "c2pa.edited"
    assert change["description"] == "The skin of a person was changed"
    assert change["parameters"]["facewright.nodes"] == ["young_again"]
    assert "thumbnail" not in manifest


@pytest.mark.parametrize("name", ["out.png", "out.mp4"])
def test_the_checksum_is_that_of_the_graph_which_the_file_carries(
    name: str, tmp_path: Path, registry: Registry
) -> None:
    target = tmp_path / name
    graph = edited()
    export(graph, target, registry)
    text = text_to_carry(carried_graph(target, registry).graph, registry, tmp_path)
    _, manifest = read(target)
    assert assertion(manifest, GRAPH_LABEL)["hash"] == hashlib.sha256(text.encode()).hexdigest()


def test_a_changed_pixel_is_noticed(tmp_path: Path, registry: Registry) -> None:
    export(edited(), tmp_path / "out.png", registry)
    data = bytearray((tmp_path / "out.png").read_bytes())
    data[data.rindex(b"IDAT") + 40] ^= 1
    (tmp_path / "changed.png").write_bytes(data)
    state, _ = read(tmp_path / "changed.png")
    assert state == "Invalid"


def test_a_changed_video_is_noticed(tmp_path: Path, registry: Registry) -> None:
    export(edited(), tmp_path / "out.mp4", registry)
    data = bytearray((tmp_path / "out.mp4").read_bytes())
    data[data.rindex(b"mdat") + 60] ^= 1
    (tmp_path / "changed.mp4").write_bytes(data)
    state, _ = read(tmp_path / "changed.mp4")
    assert state == "Invalid"


def test_a_stopped_and_resumed_video_is_signed_as_a_whole(tmp_path: Path, registry: Registry) -> None:
    target = tmp_path / "out.mp4"
    evaluator = Evaluator(registry, device="cpu", streaming=True)
    seen: list[int] = []

    def note(done: int, total: int, left: float, doing: str) -> None:
        seen.append(done)

    with pytest.raises(Cancelled):
        export_node(
            evaluator,
            edited(),
            "young",
            target,
            0,
            199,
            on_progress=note,
            is_cancelled=lambda: len(seen) > 150,
        )
    assert not target.exists()
    seen.clear()
    export_node(evaluator, edited(), "young", target, 0, 199, on_progress=note)
    assert seen[0] > 100
    assert read(target)[0] == "Valid"


def test_graphs_that_edit_nobody_get_none(tmp_path: Path, registry: Registry) -> None:
    export(edited(), tmp_path / "out.png", registry, node="plain")
    with pytest.raises(c2pa.C2paError):
        read(tmp_path / "out.png")


def test_they_can_be_left_out(tmp_path: Path, registry: Registry) -> None:
    export(edited(), tmp_path / "out.png", registry, credentials=False)
    with pytest.raises(c2pa.C2paError):
        read(tmp_path / "out.png")
    assert carried_graph(tmp_path / "out.png", registry).graph.nodes


def test_of_consent_only_what_is_public_is_told(tmp_path: Path, registry: Registry) -> None:
    records = [
        Consent("Ada", note="her address"),
        Consent("Bo", agreed="a smile", note="secret", public=True),
    ]
    graph = commands.set_consent(edited(), records)
    export(graph, tmp_path / "out.png", registry)
    told = assertion(read(tmp_path / "out.png")[1], CONSENT_LABEL)
    assert told == {"recorded": True, "records": 2, "public": [{"person": "Bo", "agreed": "a smile"}]}
    kept = carried_graph(tmp_path / "out.png", registry).graph.settings.consent
    assert [(record.person, record.note) for record in kept] == [("Bo", "")]
    data = (tmp_path / "out.png").read_bytes()
    assert b"address" not in data
    assert b"Ada" not in data


@pytest.mark.parametrize("name", ["out.mkv", "out.exr"])
def test_files_that_cannot_carry_them_are_written_with_a_remark(
    name: str, tmp_path: Path, registry: Registry
) -> None:
    (remark,) = export(edited(), tmp_path / name, registry)
    assert "without content credentials" in remark
    assert ".mp4" in remark
    assert (tmp_path / name).stat().st_size


def test_without_the_package_the_file_is_written_with_a_remark(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., Any] = builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:
        if name == "c2pa":
            raise ImportError("no c2pa")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    (remark,) = export(edited(), tmp_path / "out.png", registry)
    assert "c2pa-python is not installed" in remark
    assert (tmp_path / "out.png").stat().st_size


def test_a_damaged_key_costs_the_credentials_not_the_export(tmp_path: Path, registry: Registry) -> None:
    path = signing.key_file()
    path.parent.mkdir(parents=True)
    path.write_text("no key")
    (remark,) = export(edited(), tmp_path / "out.mp4", registry)
    assert "the signing key is damaged" in remark
    assert (tmp_path / "out.mp4").stat().st_size
    assert [entry.name for entry in tmp_path.iterdir() if "signed" in entry.name] == []


def test_the_key_is_made_once_and_is_the_users_alone(tmp_path: Path) -> None:
    first = signing.signing_key()
    assert signing.signing_key() == first
    assert stat.S_IMODE(signing.key_file().stat().st_mode) == 0o600
    signing.key_file().chmod(0o644)
    assert signing.signing_key() == first
    assert stat.S_IMODE(signing.key_file().stat().st_mode) == 0o600


def test_a_certificate_that_has_run_out_is_replaced(tmp_path: Path) -> None:
    import datetime

    old = signing.make_key(datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))
    path = tmp_path / "signing.pem"
    path.write_bytes(old.key + old.chain)
    assert signing.signing_key(path) != old


def test_the_certificate_says_that_it_is_nobodys(tmp_path: Path, registry: Registry) -> None:
    export(edited(), tmp_path / "out.png", registry)
    with c2pa.Reader(str(tmp_path / "out.png")) as reader:
        told = json.loads(reader.json())
    assert [entry["code"] for entry in told["validation_status"]] == ["signingCredential.untrusted"]
    assert "no trust list" in read(tmp_path / "out.png")[1]["signature_info"]["issuer"]


def test_the_command_line_stamps_and_can_leave_it(
    run: Any, tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nodes.sdk.registry.default_registry", lambda: registry)
    (tmp_path / "a.graph").write_bytes(write_text(edited(), registry))
    assert run("render", "a.graph", "--node", "young", "-o", "told.png").status == 0
    assert read(tmp_path / "told.png")[0] == "Valid"
    assert run("render", "a.graph", "--node", "young", "-o", "not.png", "--no-credentials").status == 0
    with pytest.raises(c2pa.C2paError):
        read(tmp_path / "not.png")
    monkeypatch.setattr("app.commands.evaluate.default_registry", lambda: registry)
    assert run("eval", "a.graph", "young.out", "-o", "seen.jpg").status == 0
    assert read(tmp_path / "seen.jpg")[0] == "Valid"
    assert run("eval", "a.graph", "young.out", "-o", "not.jpg", "--no-credentials").status == 0
    with pytest.raises(c2pa.C2paError):
        read(tmp_path / "not.jpg")
    outcome = run("render", "a.graph", "--node", "young", "-o", "a.mkv", "--frames", "0-2")
    assert outcome.status == 0
    assert outcome.line.startswith("facewright: note: a.mkv: written without content credentials")


@pytest.mark.parametrize(("name", "told"), [("out.mp4", True), ("plain.mp4", False), ("out.mkv", True)])
def test_the_engines_queue_stamps_too_and_passes_remarks_on(tmp_path: Path, name: str, told: bool) -> None:
    engine = Engine(registry=f"{__name__}:registry_with_edits")
    try:
        engine.client.export(edited(), "young", tmp_path / name, 0, 4, credentials=told)
        done = engine.until(ExportDone)
    finally:
        engine.client.close()
    assert done.error is None
    assert ("without content credentials" in done.remark) == name.endswith("mkv")
    if name == "out.mp4":
        assert read(tmp_path / name)[0] == "Valid"
    elif name == "plain.mp4":
        with pytest.raises(c2pa.C2paError):
            read(tmp_path / name)


def photo_with_credentials(path: Path) -> None:
    """A picture that another program signed."""
    plain = np.random.default_rng(3).random((48, 64, 3)).astype(np.float32)
    write_value(Image(plain), path)
    origin = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    actions = [{"action": "c2pa.created", "digitalSourceType": origin}]
    other = {
        "claim_generator_info": [{"name": "A camera"}],
        "assertions": [{"label": "c2pa.actions", "data": {"actions": actions}}],
    }
    Stamp(other)(path)


def of_a_photo(path: Path) -> Graph:
    graph = edited().with_node("plain", NodeInstance("load_image", parameters={"path": str(path)}))
    return graph.with_link(Port("plain", "out"), "young", "image")


def test_credentials_of_a_loaded_picture_are_taken_on(tmp_path: Path, registry: Registry) -> None:
    photo_with_credentials(tmp_path / "ada_at_home.png")
    assert export(of_a_photo(tmp_path / "ada_at_home.png"), tmp_path / "f.##.png", registry) == []
    for name in ("f.00.png", "f.09.png"):
        state, manifest = read(tmp_path / name)
        assert state == "Valid"
        (source,) = manifest["ingredients"]
        with c2pa.Reader(str(tmp_path / name)) as reader:
            before = json.loads(reader.json())["manifests"][source["active_manifest"]]
        assert before["claim_generator_info"][0]["name"] == "A camera"
        made = [action["action"] for action in assertion(manifest, "c2pa.actions")["actions"]]
        assert made == ["c2pa.created", "c2pa.placed", "c2pa.edited"]
        assert b"ada_at_home" not in json.dumps(manifest).encode()


def test_a_picture_without_credentials_or_with_damaged_ones_has_no_part(
    tmp_path: Path, registry: Registry
) -> None:
    photo_with_credentials(tmp_path / "damaged.png")
    data = bytearray((tmp_path / "damaged.png").read_bytes())
    place = data.index(b"c2pa.actions")
    data[place : place + 12] = b"xxxxxxxxxxxx"
    (tmp_path / "damaged.png").write_bytes(data)
    write_value(Image(np.zeros((8, 8, 3), np.float32)), tmp_path / "plain.png")
    for name in ("damaged.png", "plain.png", "missing.png"):
        stamp = stamp_for(of_a_photo(tmp_path / name), "young", registry, "{}")
        assert stamp is not None
        write_value(Image(np.zeros((8, 8, 3), np.float32)), tmp_path / "out.png", finish=stamp)
        state, manifest = read(tmp_path / "out.png")
        assert (state, stamp.remark) == ("Valid", "")
        assert "ingredients" not in manifest, name
