"""The evaluation loop: finds what is missing, computes it in order, tells how it goes."""

from __future__ import annotations

import gc
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any, Literal

from app.engine.cache import Cache, Result
from app.engine.failure import NodeFailure
from app.engine.invoke import invoke
from app.engine.keys import Key, Keys
from app.engine.plan import Step
from app.engine.pool import ModelPool
from app.engine.protocol import NodeState
from nodes.sdk.context import Context, ModelSource, RunSettings
from nodes.sdk.errors import Cancelled

logger = logging.getLogger(__name__)

#: A sequential node's state is kept every so many frames, so that a jump does not start at frame 0.
CHECKPOINT_FRAMES = 16

OnState = Callable[[NodeState], None]
#: Asked with the key of the node that runs, or None between nodes; True ends the run.
Poll = Callable[[Key | None], bool]


@dataclass(slots=True, eq=False)
class Task:
    """One node to be computed at one frame.

    Attributes:
        feeds: the keys its inputs need, in the order of `Keys.feeds`.
        earlier: key of its own result at the frame before, for sequential nodes past their start.
    """

    number: int
    frame: int
    key: Key
    feeds: list[Key]
    earlier: Key | None = None


@dataclass(slots=True, eq=False)
class Tally:
    """How far the tasks of one node are."""

    total: int
    done: int = 0
    seconds: float = 0.0


class Run:
    """One request: values of one snapshot around one frame.

    Args:
        keys: of the snapshot.
        cache: where results are found and put.
        settings: what is the same for the whole run.
        models: handed to the nodes.
        on_state: told about every node.
        poll: asked often whether to go on.
        checked: catch nodes that modify their inputs.
        keep: when above 0, how many frames of each node that varies stay in the cache.
        on_preview: told a node's name and how its result stands while it works.
    """

    def __init__(
        self,
        keys: Keys,
        cache: Cache,
        settings: RunSettings,
        models: ModelSource,
        on_state: OnState,
        poll: Poll,
        *,
        checked: bool = False,
        keep: int = 0,
        on_preview: Callable[[str, Any], None] | None = None,
    ) -> None:
        self._on_preview = on_preview
        self._keys = keys
        self._plan = keys.plan
        self._cache = cache
        self._settings = settings
        self._models = models
        self._on_state = on_state
        self._poll = poll
        self._checked = checked
        self._keep = keep
        self._values: dict[Key, Result] = {}
        self._states: dict[Key, Any] = {}
        self._failures: dict[Key, NodeFailure] = {}
        self._told: set[int] = set()
        #: Nodes with the same key as another: what is computed once serves them all.
        self._twins: dict[Key, list[int]] = {}

    def result(self, number: int, frame: int) -> Result:
        """The result of a node at a frame.

        Raises:
            NodeFailure: of the node that failed, which may lie upstream.
            Cancelled: when `poll` said so.
        """
        self._keys.prepare([(number, frame)])
        key = self._keys.of(number, frame)
        if key is None:
            raise self._explain(number, frame)
        if key in self._failures:
            raise self._failures[key]
        tasks = self._missing(number, frame, key)
        uses = Counter(feed for task in tasks for feed in task.feeds)
        uses.update(task.earlier for task in tasks if task.earlier is not None)
        uses[key] += 1
        tallies = {n: Tally(count) for n, count in Counter(task.number for task in tasks).items()}
        for task in tasks:
            if self._poll(None):
                raise Cancelled
            self._compute(task, tallies[task.number])
            for used in (*task.feeds, *(() if task.earlier is None else (task.earlier,))):
                uses[used] -= 1
                if not uses[used]:
                    self._values.pop(used, None)
                    self._states.pop(used, None)
        self._values, values = {}, self._values
        self._states = {}
        if key in self._failures:
            raise self._failures[key]
        return values[key]

    # -- what is missing ----------------------------------------------------------------------

    def _missing(self, number: int, frame: int, key: Key) -> list[Task]:
        """Everything that must be computed for a result, in order. Fills in what is cached."""
        tasks: list[Task] = []
        owners: dict[Key, int] = {}
        waiting: list[tuple[int, int, Key] | Task] = [(number, frame, key)]
        found: dict[int, tuple[Literal["cached", "disk"], Result]] = {}
        while waiting:
            item = waiting.pop()
            if isinstance(item, Task):
                tasks.append(item)
                continue
            number, frame, key = item
            if key in owners:
                if owners[key] != number and number not in self._twins.get(key, ()):
                    self._twins.setdefault(key, []).append(number)
                    waiting.extend((n, f, self._key(n, f)) for n, f in self._keys.feeds(number, frame))
                continue
            owners[key] = number
            if key in self._failures:
                continue
            known = self._cache.get(key)
            if known is not None:
                self._values[key] = known
                found.setdefault(number, ("cached", known))
                continue
            known = self._cache.fetch(key, self._plan.names[number])
            if known is not None:
                self._values[key] = known
                found[number] = ("disk", known)
                continue
            task = Task(number, frame, key, [])
            waiting.append(task)
            for source, near in self._keys.feeds(number, frame):
                feed = self._key(source, near)
                task.feeds.append(feed)
                waiting.append((source, near, feed))
            before = self._keys.before(number, frame)
            if before is not None:
                task.earlier = self._key(number, before)
                if not self._resume(task.earlier):
                    waiting.append((number, before, task.earlier))
        for key, numbers in self._twins.items():
            if key in self._values:
                found.update(dict.fromkeys(numbers, ("cached", self._values[key])))
        computed = {task.number for task in tasks}
        for number, (state, known) in found.items():
            if number not in computed and number not in self._told:
                self._told.add(number)
                self._tell(number, state, known.seconds, known)
        return tasks

    def _key(self, number: int, frame: int) -> Key:
        key = self._keys.of(number, frame)
        if key is None:
            raise LookupError(f"no key for {self._plan.names[number]} at frame {frame}")
        return key

    def _resume(self, earlier: Key) -> bool:
        """Whether a state to go on from is at hand without the whole result of that frame."""
        if earlier in self._values or earlier in self._cache:
            return False
        checkpoint = self._cache.get(_checkpoint(earlier))
        if checkpoint is None:
            return False
        self._states[earlier] = checkpoint.state
        return True

    # -- computing ----------------------------------------------------------------------------

    def _compute(self, task: Task, tally: Tally) -> None:
        step = self._plan.steps[task.number]
        before = () if task.earlier is None else (task.earlier,)
        for feed in (*task.feeds, *before):
            failure = self._failures.get(feed)
            if failure is not None:
                self._failures[task.key] = failure
                if failure.where != step.name and task.number not in self._told:
                    self._told.add(task.number)
                    self._on_state(NodeState(0, step.name, "blocked", blocked_by=failure.where))
                return
        try:
            try:
                result = self._call(step, task, tally)
            except NodeFailure as failure:
                if not failure.starved:
                    raise
                self._free_memory()
                result = self._call(step, task, tally)
        except NodeFailure as failure:
            self._failures[task.key] = failure
            for number in (task.number, *self._twins.get(task.key, ())):
                self._told.add(number)
                self._on_state(NodeState(0, self._plan.names[number], "failed", error=failure.report()))
            return
        self._values[task.key] = result
        varying = self._plan.varying[task.number]
        keep = self._keep if varying else 0
        self._cache.put(task.key, step.name, result, keep=keep, lasting=not keep)
        tally.done += 1
        tally.seconds += result.seconds
        if step.spec is not None and step.spec.sequential and not keep:
            self._mark(task, step, result)
        if tally.done == tally.total:
            self._told.add(task.number)
            self._tell(task.number, "fresh", tally.seconds, result)
            for twin in self._twins.get(task.key, ()):
                if twin not in self._told:
                    self._told.add(twin)
                    self._tell(twin, "cached", result.seconds, result)

    def _free_memory(self) -> None:
        """Give up everything that can be made again; a node that found too little may then fit."""
        logger.warning("memory is short: results and models are let go")
        self._cache.relieve()
        if isinstance(self._models, ModelPool):
            self._models.release()
        gc.collect()

    def _call(self, step: Step, task: Task, tally: Tally) -> Result:
        spec = step.spec
        if spec is None:
            raise NodeFailure(step.name, f"the kind of node '{step.instance.kind}' is not known")
        started = time.perf_counter()
        many = tally.total > 1

        def progress(fraction: float, doing: str) -> None:
            whole = (tally.done + fraction) / tally.total
            elapsed = tally.seconds + time.perf_counter() - started
            self._on_state(
                NodeState(
                    0,
                    step.name,
                    "computing",
                    whole,
                    f"frame {task.frame}{f': {doing}' if doing else ''}" if many else doing,
                    seconds=elapsed,
                    seconds_left=elapsed * (1 - whole) / whole if whole > 0 else 0.0,
                )
            )

        progress(0.0, "")
        context = Context(
            frame=task.frame,
            settings=self._settings,
            models=self._models,
            reads=spec.reads,
            on_progress=progress,
            is_cancelled=lambda: self._poll(task.key),
            on_preview=partial(self._on_preview, step.name) if self._on_preview else None,
        )
        return invoke(
            step.name,
            spec,
            self._inputs(step, task),
            step.parameters.at(task.frame),
            context,
            previous=self._previous(task),
            checked=self._checked,
        )

    def _inputs(self, step: Step, task: Task) -> dict[str, Any]:
        values: dict[str, Any] = (
            dict.fromkeys(socket.name for socket in step.spec.inputs) if step.spec else {}
        )
        feeds = iter(task.feeds)
        for wired in step.inputs_at(task.frame):
            socket = wired.socket
            delivered = [
                self._values[next(feeds)].outputs[output]
                for _ in self._keys.frames_of(wired, task.frame)
                for _, output in wired.sources
            ]
            if socket.many or socket.around:
                values[socket.name] = delivered if delivered or not socket.optional else None
            else:
                values[socket.name] = delivered[0] if delivered else None
        return values

    def _previous(self, task: Task) -> Any:
        if task.earlier is None:
            return None
        if task.earlier in self._states:
            return self._states[task.earlier]
        return self._values[task.earlier].state

    def _mark(self, task: Task, step: Step, result: Result) -> None:
        """Keep the state alone now and then; it is small, and worth a stretch of frames."""
        if (task.frame - self._keys.first) % CHECKPOINT_FRAMES == CHECKPOINT_FRAMES - 1:
            worth = Result((), result.state, result.seconds * CHECKPOINT_FRAMES)
            self._cache.put(_checkpoint(task.key), step.name, worth, lasting=False)

    # -- telling ------------------------------------------------------------------------------

    def _tell(
        self, number: int, state: Literal["fresh", "cached", "disk"], seconds: float, result: Result
    ) -> None:
        self._on_state(
            NodeState(
                0,
                self._plan.names[number],
                state,
                1.0,
                seconds=seconds,
                bytes=result.size,
                notice="; ".join(result.notices),
            )
        )

    def _explain(self, number: int, frame: int) -> NodeFailure:
        """Why a node has no key: the problem upstream. Tells it, and whom it blocks."""
        waiting, seen = [(number, frame)], {(number, frame)}
        blocked: list[str] = []
        problems: list[NodeFailure] = []
        while waiting:
            place = waiting.pop()
            step = self._plan.steps[place[0]]
            if step.problem is not None:
                problems.append(step.problem)
                continue
            blocked.append(step.name)
            feeds = self._keys.feeds(*place)
            before = self._keys.before(*place)
            for feed in feeds if before is None else [*feeds, (place[0], before)]:
                if feed not in seen and self._keys.of(*feed) is None:
                    seen.add(feed)
                    waiting.append(feed)
        for problem in problems:
            self._on_state(NodeState(0, problem.where, "failed", error=problem.report()))
        for name in dict.fromkeys(blocked):
            self._on_state(NodeState(0, name, "blocked", blocked_by=problems[0].where))
        return problems[0]


def _checkpoint(key: Key) -> Key:
    return blake2b(key, digest_size=16, person=b"checkpoint").digest()
