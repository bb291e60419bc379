"""Content credentials (C2PA) in exported pictures and videos of edited people.

The claim names the program, the kinds of edits, the checksum of the graph, and whether consent is
written down in the project. It is signed with the user's own certificate, see `app.export.signing`.
Credentials that the loaded pictures came with are taken on, see `app.export.ingredients`.
A file whose credentials fail is still written; `Stamp.remark` says why it has none.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import threading
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.document.assets import is_builtin
from app.document.consent import Consent, published
from app.document.edits import Edit, edits_of, origin_of, pictures_loaded
from app.document.graph import Graph
from app.export.ingredients import Ingredients
from app.export.settings import extension_of
from app.export.signing import SigningKey, signing_key
from nodes.sdk.errors import FacewrightError
from nodes.sdk.node import EDITS
from nodes.sdk.registry import Registry

if TYPE_CHECKING:
    import c2pa

logger = logging.getLogger(__name__)

#: Kinds of files that take credentials along.
EXTENSIONS = ("png", "jpg", "jpeg", "webp", "tif", "tiff", "mp4", "mov")

GRAPH_LABEL = "facewright.graph"
CONSENT_LABEL = "facewright.consent"

#: No thumbnail: it would be a second copy of a face; and nothing is looked up on the network.
_SETTINGS = {"builder": {"thumbnail": {"enabled": False}}, "verify": {"remote_manifest_fetch": False}}


class Stamp:
    """Puts the same credentials into one finished file after another; may be used by several threads.

    Attributes:
        remark: why a file was left without, a sentence; empty when all is well.
    """

    def __init__(
        self, claim: dict[str, Any], key_at: Path | None = None, sources: Iterable[Path] = ()
    ) -> None:
        """Stamp with a claim, see `claim_of`; the key is looked for at the first file.

        Args:
            claim: what is said.
            key_at: the key's file; None for the user's own.
            sources: pictures and clips that went in; credentials of theirs are taken on.
        """
        self.claim = claim
        self._sources = tuple(sources)
        self._ingredients: Ingredients | None = None
        self.remark = ""
        self._key_at = key_at
        self._key: SigningKey | None = None
        self._lock = threading.Lock()

    def __call__(self, draft: Path) -> None:
        """Sign a file in place, before it takes the place of the one the user asked for."""
        extension = extension_of(draft)
        if extension not in EXTENSIONS:
            self._leave_out(f".{extension} files cannot carry them; .png, .jpg, .mp4 and .mov can")
            return
        try:
            import c2pa
        except (ImportError, OSError) as error:
            logger.info("no content credentials: %s", error)
            self._leave_out("the package c2pa-python is not installed")
            return
        signed = draft.with_name(f".{draft.stem[:80]}.{secrets.token_hex(4)}.signed{draft.suffix}")
        try:
            key = self._signing_key()
            info = c2pa.C2paSignerInfo(b"es256", key.chain, key.key, None)
            with c2pa.Context.from_dict(_SETTINGS) as context, c2pa.Signer.from_info(info) as signer:
                ingredients = self._read_ingredients(context)
                claim = json.dumps(_with_actions({**self.claim, "format": extension}, ingredients.actions))
                with c2pa.Builder(claim, context) as builder:
                    ingredients.add_to(builder)
                    builder.sign_file(draft, signed, signer)
            signed.replace(draft)
        except (c2pa.C2paError, FacewrightError, ImportError, OSError, ValueError) as error:
            logger.warning("content credentials of %s failed", draft, exc_info=error)
            self._leave_out(str(error) or type(error).__name__)
        finally:
            with suppress(OSError):
                signed.unlink(missing_ok=True)

    def _signing_key(self) -> SigningKey:
        with self._lock:
            if self._key is None:
                self._key = signing_key(self._key_at)
            return self._key

    def _read_ingredients(self, context: c2pa.Context) -> Ingredients:
        with self._lock:
            if self._ingredients is None:
                self._ingredients = Ingredients(self._sources, context)
            return self._ingredients

    def _leave_out(self, reason: str) -> None:
        self.remark = f"written without content credentials: {reason}"


def stamp_for(graph: Graph, node: str, registry: Registry, carried: str) -> Stamp | None:
    """What stamps the files of an export; None when nobody is edited in it.

    Args:
        graph: the whole project.
        node: the node whose picture is written, by its name in the unfolded graph.
        carried: the graph's text as exported files carry it; its checksum goes into the claim.
    """
    edits = edits_of(graph, node, registry)
    if not edits:
        return None
    loaded = pictures_loaded(graph, node, registry)
    origin = origin_of(edits, from_nothing=not loaded)
    claim = claim_of(edits, origin, carried, graph.settings.consent)
    return Stamp(claim, sources=[Path(path) for path in loaded if path and not is_builtin(path)])


def claim_of(
    edits: tuple[Edit, ...], origin: str, carried: str, consent: Iterable[Consent] = ()
) -> dict[str, Any]:
    """A manifest definition of the C2PA SDK.

    Args:
        edits: what was done.
        origin: the IPTC digital source type of the whole.
        carried: the graph's text.
        consent: the project's records; only what is public of them goes in.
    """
    agent = {"name": "Facewright", "version": _version()}
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    actions: list[dict[str, Any]] = [
        {"action": "c2pa.created", "digitalSourceType": origin, "softwareAgent": agent, "when": now}
    ]
    actions += [
        {
            "action": "c2pa.edited",
            "description": EDITS[edit.kind],
            "digitalSourceType": edit.source_type,
            "softwareAgent": agent,
            "when": now,
            "parameters": {"facewright.edit": edit.kind, "facewright.nodes": list(edit.nodes)},
        }
        for edit in edits
    ]
    graph = {"algorithm": "sha256", "hash": hashlib.sha256(carried.encode()).hexdigest()}
    return {
        "claim_generator_info": [agent],
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": actions}},
            {"label": GRAPH_LABEL, "data": graph},
            {"label": CONSENT_LABEL, "data": _consent(tuple(consent))},
        ],
    }


def _with_actions(claim: dict[str, Any], more: list[dict[str, Any]]) -> dict[str, Any]:
    """The claim with further actions after the first, which says how the picture came to be."""
    if not more:
        return claim
    done, *others = claim["assertions"]
    created, *edited = done["data"]["actions"]
    data = {**done["data"], "actions": [created, *more, *edited]}
    return {**claim, "assertions": [{**done, "data": data}, *others]}


def _consent(records: tuple[Consent, ...]) -> dict[str, Any]:
    """What the exporter says about consent; a statement, no proof."""
    entry: dict[str, Any] = {"recorded": bool(records), "records": len(records)}
    shown = [
        {name: words for name in ("person", "agreed", "by", "date") if (words := getattr(record, name))}
        for record in published(records)
    ]
    if shown:
        entry["public"] = shown
    return entry


def _version() -> str:
    try:
        return metadata.version("facewright")
    except metadata.PackageNotFoundError:
        return "unknown"
