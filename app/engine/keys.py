"""Keys: what a result depends on, in 16 bytes.

A Merkle tree: the key of a node is a hash of its kind, version and parameters at the frame, of the
keys and ports that feed it, and of the context only what the node declares to read. So a label never
matters, a constant stretch of a curve shares one key, and only what lies downstream of an edit gets
new keys.

A window asks for neighbouring frames; they are held at the ends of the project's range (which is
widened to the frame asked for, should that lie outside). The key of a sequential node is a chain:
it contains its own key at the frame before, back to the first frame of the range.
"""

from __future__ import annotations

from hashlib import blake2b
from weakref import WeakKeyDictionary

from app.document.graph import Graph
from app.document.unfold import Unfolder
from app.engine.parameters import ParameterResolver, file_stamp
from app.engine.plan import Plan, Step, Wired
from nodes.sdk.registry import Registry

KEY_BYTES = 16
#: Frame lists are forgotten when they hold more keys than this together (about 100 MB).
MOST_KEYS = 1_500_000

Key = bytes
Place = tuple[int, int]


class Keys:
    """The keys of one snapshot, at one proxy scale, made as they are asked for."""

    def __init__(self, plan: Plan, proxy: int) -> None:
        self.plan = plan
        self.proxy = proxy
        self.first = plan.settings.first
        self.last = plan.settings.last
        self._stamps: dict[int, str] = {}
        self._lasting: list[Key | None] = [None] * len(plan.steps)
        self._at: dict[int, list[Key | None]] = {}
        self._cones: dict[tuple[int, ...], list[int]] = {}

    def moved_to(self, plan: Plan, changed: list[int]) -> Keys:
        """The keys after an edit: those that do not depend on it are taken over."""
        keys = Keys(plan, self.proxy)
        keys._stamps = dict(self._stamps)
        keys._lasting = self._lasting.copy()
        # Keys of other frames are cheap to make again, except for chains through time.
        keys._at = {} if plan.single else {frame: known.copy() for frame, known in self._at.items()}
        keys._cones = self._cones
        keys._forget(changed)
        return keys

    def prepare(self, targets: list[Place]) -> None:
        """Make the keys of these (node number, frame) pairs and of all that they depend on."""
        if len(self._at) * len(self.plan.steps) > MOST_KEYS:
            self._at.clear()
        self._check_files()
        frames = {frame for _, frame in targets}
        if self.plan.single and len(frames) == 1:
            self._prepare_frame(frames.pop(), tuple(number for number, _ in targets))
        else:
            self._prepare_frames(targets)

    def of(self, number: int, frame: int) -> Key | None:
        """The key of a prepared node; None when it, or something that feeds it, has a problem."""
        if not self.plan.varying[number]:
            return self._lasting[number]
        known = self._at.get(frame)
        return None if known is None else known[number]

    def frames_of(self, wired: Wired, frame: int) -> range | tuple[int]:
        """The frames at which an input wants what feeds it."""
        around = wired.socket.around
        return (frame,) if around is None else range(frame - around.before, frame + around.after + 1)

    def held(self, frame: int, asked: int) -> int:
        """A frame of a window, held at the ends of the range."""
        low, high = min(self.first, asked), max(self.last, asked)
        return min(max(frame, low), high)

    def feeds(self, number: int, frame: int) -> list[Place]:
        """Every (node number, frame) that feeds a node at a frame, without its own past."""
        step = self.plan.steps[number]
        return [
            (source, self.held(near, frame))
            for wired in step.inputs_at(frame)
            for near in self.frames_of(wired, frame)
            for source, _ in wired.sources
        ]

    def before(self, number: int, frame: int) -> int | None:
        """The frame whose state a sequential node carries into this one; None at its start."""
        spec = self.plan.steps[number].spec
        return frame - 1 if spec is not None and spec.sequential and frame > self.first else None

    # -----------------------------------------------------------------------------------------

    def _forget(self, numbers: list[int]) -> None:
        if not numbers:
            return
        for number in self.plan.downstream(numbers):
            self._lasting[number] = None
            for known in self._at.values():
                known[number] = None

    def _check_files(self) -> None:
        """Look whether files that nodes read have changed since; their keys then change."""
        seen: dict[tuple[str, str], str] = {}
        changed = []
        for number, step in enumerate(self.plan.steps):
            files = step.parameters.files
            if files:
                for each in files:
                    if each not in seen:
                        seen[each] = file_stamp(*each)
                stamp = "\n".join(seen[each] for each in files)
                if self._stamps.get(number) != stamp:
                    self._stamps[number] = stamp
                    changed.append(number)
        self._forget(changed)

    def _prepare_frame(self, frame: int, targets: tuple[int, ...]) -> None:
        cone = self._cones.get(targets)
        if cone is None:
            cone = self._cones[targets] = self.plan.upstream(targets)
        known = self._at.get(frame)
        if known is None:
            known = self._at[frame] = self._lasting.copy()
        steps, varying, lasting = self.plan.steps, self.plan.varying, self._lasting
        for number in cone:
            if known[number] is not None:
                continue
            step = steps[number]
            if step.plain:
                feeds = step.feeds
                material = step.static
                if len(feeds) == 1:
                    above = known[feeds[0]]
                    if above is None:
                        continue
                    material += above
                elif feeds:
                    above_all = [key for source in feeds if (key := known[source]) is not None]
                    if len(above_all) < len(feeds):
                        continue
                    material += b"".join(above_all)
                key = blake2b(material, digest_size=KEY_BYTES).digest()
            else:
                made = self._key(number, step, frame)
                if made is None:
                    continue
                key = made
            known[number] = key
            if not varying[number]:
                lasting[number] = key

    def _prepare_frames(self, targets: list[Place]) -> None:
        """The general case: nodes may want frames other than the one asked for."""
        plan = self.plan
        wanted: list[set[int]] = [set() for _ in plan.steps]
        for number, frame in targets:
            wanted[number].add(frame)
        for number in reversed(plan.order):
            frames = {frame for frame in wanted[number] if self.of(number, frame) is None}
            if frames and not plan.varying[number]:
                frames = {min(frames)}
            asked = sorted(frames)
            for frame in asked:
                earlier = self.before(number, frame)
                while earlier is not None and earlier not in frames and self.of(number, earlier) is None:
                    frames.add(earlier)
                    earlier = self.before(number, earlier)
            wanted[number] = frames
            for frame in frames:
                for source, near in self.feeds(number, frame):
                    wanted[source].add(near)
        for number in plan.order:
            for frame in sorted(wanted[number]):
                key = self._key(number, plan.steps[number], frame)
                if not plan.varying[number]:
                    self._lasting[number] = key
                    for known in self._at.values():
                        known[number] = key
                    continue
                known_here = self._at.get(frame)
                if known_here is None:
                    known_here = self._at[frame] = self._lasting.copy()
                known_here[number] = key

    def _key(self, number: int, step: Step, frame: int) -> Key | None:
        """The key of a node whose feeds have theirs."""
        spec = step.spec
        if step.problem is not None or spec is None:
            return None
        parts = [step.static]
        if spec.reads or step.parameters.curves:
            read = [
                frame if "frame" in spec.reads else None,
                self.plan.settings.fps if "fps" in spec.reads else None,
                self.proxy if "proxy" in spec.reads else None,
            ]
            parts.append(f"{read}{step.parameters.moving(frame)}".encode())
        if step.parameters.files:
            parts.append(self._stamps[number].encode())
        if spec.sequential:
            earlier = self.before(number, frame)
            own = b"start" if earlier is None else self.of(number, earlier)
            if own is None:
                return None
            parts.append(own)
        for wired in step.inputs_at(frame):
            if spec.needs is not None:
                parts.append(wired.socket.name.encode())
            for near in self.frames_of(wired, frame):
                for source, _ in wired.sources:
                    key = self.of(source, self.held(near, frame))
                    if key is None:
                        return None
                    parts.append(key)
        return blake2b(b"\0".join(parts), digest_size=KEY_BYTES).digest()


class Planner:
    """Plans and keys of snapshots; those of the snapshot before are reused where they still hold."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._resolver = ParameterResolver()
        self._unfold = Unfolder()
        self._keys: WeakKeyDictionary[Graph, dict[int, Keys]] = WeakKeyDictionary()
        self._newest: dict[int, Keys] = {}

    def keys(self, graph: Graph, proxy: int = 1) -> Keys:
        """The keys of a snapshot, not yet prepared for any target; subgraphs are unfolded."""
        graph = self._unfold(graph)
        family = self._keys.get(graph)
        if family is None:
            family = self._keys[graph] = {}
        keys = family.get(proxy)
        if keys is None:
            keys = family[proxy] = self._make(graph, proxy, family)
        self._newest[proxy] = keys
        return keys

    def _make(self, graph: Graph, proxy: int, family: dict[int, Keys]) -> Keys:
        newest = self._newest.get(proxy)
        if newest is not None:
            updated = newest.plan.updated(graph)
            if updated is not None:
                return newest.moved_to(*updated)
        shared = next(iter(family.values()), None)
        if shared is not None:
            return Keys(shared.plan, proxy)
        before = newest.plan if newest is not None else None
        return Keys(Plan(graph, self.registry, self._resolver, before), proxy)
