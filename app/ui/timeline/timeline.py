"""The timeline: transport, ruler, range and rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QSignalBlocker, QTimer
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QToolButton,
    QWidget,
)

from app.document.commands import move_keys_at, remove_keys_at
from app.document.graph import Settings
from app.ui.actions import Actions
from app.ui.fields import number, whole_number
from app.ui.session import LAST_FRAME, Session
from app.ui.theme import icon
from app.ui.timeline.keys import key_frames, neighbour
from app.ui.timeline.playback import Playback
from app.ui.timeline.ruler import HEIGHT, Ruler
from app.ui.timeline.scale import timecode
from app.ui.timeline.sound_output import SoundOutput
from app.ui.timeline.soundtrack import Soundtrack
from app.ui.timeline.waveform import Waveform

TRANSPORT = (
    "timeline.first",
    "timeline.back",
    "timeline.play",
    "timeline.forward",
    "timeline.last",
    "timeline.loop",
    "timeline.sound",
    "timeline.curves",
)
#: Seconds of sound that a step of scrubbing lets hear, at least.
SNIPPET = 0.08
#: Milliseconds after the last step when the sound device is given back.
SILENCE = 400


class Timeline(QWidget):
    """Moves the session's frame; edits the project's range, rate, markers and keys."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._actions = actions
        self.playback = Playback(self)
        self.ruler = Ruler(self)
        self.soundtrack = Soundtrack(session, self)
        self.sound = SoundOutput(session.message.emit)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(SILENCE)
        self._quiet.timeout.connect(self.sound.stop)
        self.frame_field = whole_number("Frame", 0, LAST_FRAME, self)
        self.first_field = whole_number("First frame of the range", 0, LAST_FRAME, self)
        self.last_field = whole_number("Last frame of the range", 0, LAST_FRAME, self)
        self.fps_field = number("Frames a second of the project", 1.0, 240.0, self)
        self.fps_field.setSuffix(" fps")
        self.time = QLabel(self)
        self.time.setProperty("dim", True)
        self.time.setToolTip("Minutes : seconds : frames")
        self.time.setMinimumWidth(62)
        self._lay_out()
        self._bind()
        self._connect()
        self._refresh()

    def _lay_out(self) -> None:
        self.setFixedHeight(HEIGHT + 4)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        row.setSpacing(3)
        for action_id in TRANSPORT:
            button = QToolButton(self)
            button.setDefaultAction(self._actions[action_id])
            button.setAutoRaise(True)
            row.addWidget(button)
        row.addSpacing(4)
        row.addWidget(self.frame_field)
        row.addWidget(self.time)
        row.addWidget(self.ruler, 1)
        row.addSpacing(4)
        row.addWidget(self.first_field)
        row.addWidget(QLabel("to", self))
        row.addWidget(self.last_field)
        fields = (self.frame_field, self.first_field, self.last_field, self.fps_field)
        for field, width in zip(fields, (60, 56, 56, 84), strict=True):
            field.setFixedWidth(width)
        row.addWidget(self.fps_field)

    def _bind(self) -> None:
        actions = self._actions
        commands: dict[str, Callable[[], object]] = {
            "timeline.play": self.toggle_play,
            "timeline.back": lambda: self._step(-1),
            "timeline.forward": lambda: self._step(1),
            "timeline.back_ten": lambda: self._step(-10),
            "timeline.forward_ten": lambda: self._step(10),
            "timeline.first": lambda: self._go(self.session.graph.settings.first),
            "timeline.last": lambda: self._go(self.session.graph.settings.last),
            "timeline.previous_key": lambda: self._to_key(-1),
            "timeline.next_key": lambda: self._to_key(1),
            "timeline.mark": self.add_marker,
            "timeline.unmark": self.remove_marker,
            "timeline.previous_marker": lambda: self._to_marker(-1),
            "timeline.next_marker": lambda: self._to_marker(1),
            "timeline.loop": self._toggle_loop,
        }
        for action_id, command in commands.items():
            actions.bind(action_id, command)
        actions.bind("timeline.sound", self._toggle_sound)
        actions["timeline.sound"].setCheckable(True)
        actions["timeline.sound"].setChecked(True)
        actions["timeline.loop"].setCheckable(True)
        actions["timeline.loop"].setChecked(True)

    def _connect(self) -> None:
        session, ruler = self.session, self.ruler
        session.frame_changed.connect(self._on_frame)
        session.graph_changed.connect(self._on_graph)
        session.selection_changed.connect(self._refresh_keys)
        session.view_ready.connect(self._refresh_seen)
        session.slots_changed.connect(self._refresh_seen)
        self.playback.due.connect(session.set_frame)
        self.playback.due.connect(self._follow_sound)
        self.soundtrack.changed.connect(self._on_sound)
        self.playback.playing_changed.connect(self._on_playing)
        ruler.scrubbed.connect(self._scrub)
        ruler.range_dragged.connect(self._set_range)
        ruler.key_dragged.connect(self._move_keys)
        ruler.key_removed.connect(self._remove_keys)
        ruler.marker_removed.connect(self._remove_marker)
        self.frame_field.valueChanged.connect(self._go)
        self.first_field.valueChanged.connect(
            lambda first: self._set_range(first, max(first, self.last_field.value()))
        )
        self.last_field.valueChanged.connect(
            lambda last: self._set_range(min(last, self.first_field.value()), last)
        )
        self.fps_field.valueChanged.connect(self._set_fps)

    # -- commands -----------------------------------------------------------------------------

    def toggle_play(self) -> None:
        if self.playback.playing:
            self.playback.stop()
            return
        settings = self.session.graph.settings
        self.playback.play(self.session.frame, settings.first, settings.last, settings.fps)

    def stop(self) -> None:
        """Stop playing, and let go of the sound device."""
        self.playback.stop()
        self._quiet.stop()
        self.sound.stop()

    def add_marker(self, words: str = "") -> None:
        """Put a marker at the playhead, asking for its words when none are given."""
        frame, settings = self.session.frame, self.session.graph.settings
        if not words:
            present = dict(settings.markers).get(frame, "")
            words, agreed = QInputDialog.getText(
                self, "Add a marker", f"Words at frame {frame}:", text=present
            )
            if not agreed or not words.strip():
                return
        others = tuple(marker for marker in settings.markers if marker[0] != frame)
        self._change(
            "Add marker", replace(settings, markers=tuple(sorted([*others, (frame, words.strip())])))
        )

    def remove_marker(self) -> None:
        """Take away the marker at the playhead."""
        frame = self.session.frame
        if frame in dict(self.session.graph.settings.markers):
            self._remove_marker(frame)
        else:
            self.session.message.emit(f"There is no marker at frame {frame}")

    def _step(self, frames: int) -> None:
        self.playback.stop()
        self.session.set_frame(self.session.frame + frames)

    def _go(self, frame: int) -> None:
        self.playback.stop()
        self.session.set_frame(frame)

    def _scrub(self, frame: int) -> None:
        self.playback.stop()
        moved = frame != self.session.frame
        self.session.set_frame(frame)
        if moved and self._actions["timeline.sound"].isChecked():
            fps = self.session.graph.settings.fps
            self.sound.play(frame / fps, max(1.5 / fps, SNIPPET))
            self._quiet.start()

    def _to_key(self, direction: int) -> None:
        frame = neighbour(self.ruler.keys, self.session.frame, direction)
        if frame is None:
            self.session.message.emit("The selected nodes have no key in that direction")
        else:
            self._go(round(frame))

    def _to_marker(self, direction: int) -> None:
        frames = dict(self.session.graph.settings.markers)
        frame = neighbour(frames, self.session.frame, direction)
        if frame is None:
            self.session.message.emit("There is no marker in that direction")
        else:
            self._go(round(frame))

    def _toggle_loop(self) -> None:
        self.playback.loop = self._actions["timeline.loop"].isChecked()

    def _toggle_sound(self) -> None:
        if not self._actions["timeline.sound"].isChecked():
            self.sound.stop()
        elif self.playback.playing:
            self._start_sound()

    def _start_sound(self) -> None:
        if self._actions["timeline.sound"].isChecked():
            self._quiet.stop()
            self.sound.play(self.playback.frame / self.session.graph.settings.fps)

    def _follow_sound(self, frame: int) -> None:
        self.sound.follow(self.playback.seconds(frame))

    def _on_sound(self) -> None:
        audio = self.soundtrack.audio
        self.sound.load(audio)
        self.ruler.show_sound(Waveform(audio) if audio is not None else None, self.session.graph.settings.fps)
        if self.playback.playing:
            self._start_sound()

    def _set_range(self, first: int, last: int) -> None:
        settings = self.session.graph.settings
        if (first, last) != (settings.first, settings.last):
            self._change("Change range", replace(settings, first=first, last=last), "range")

    def _set_fps(self, fps: float) -> None:
        settings = self.session.graph.settings
        if fps != settings.fps:
            self._change("Change frame rate", replace(settings, fps=fps))

    def _remove_marker(self, frame: int) -> None:
        settings = self.session.graph.settings
        rest = tuple(marker for marker in settings.markers if marker[0] != frame)
        self._change("Remove marker", replace(settings, markers=rest))

    def _move_keys(self, start: float, end: float) -> None:
        names, registry = self.session.selection, self.session.registry
        self.session.edit("Move keys", lambda graph: move_keys_at(graph, registry, names, start, end))

    def _remove_keys(self, frame: float) -> None:
        names, registry = self.session.selection, self.session.registry
        self.session.edit("Remove keys", lambda graph: remove_keys_at(graph, registry, names, frame))

    def _change(self, label: str, settings: Settings, merge: str = "") -> None:
        self.session.edit(label, lambda graph: replace(graph, settings=settings), merge)

    # -- following the session ----------------------------------------------------------------

    def _on_frame(self, frame: int) -> None:
        self.ruler.show_frame(frame)
        with QSignalBlocker(self.frame_field):
            self.frame_field.setValue(frame)
        self.time.setText(timecode(frame, self.session.graph.settings.fps))

    def _on_graph(self, before: object, after: object) -> None:
        self._refresh()

    def _refresh(self) -> None:
        settings = self.session.graph.settings
        self.ruler.show_range(settings.first, settings.last)
        self.ruler.markers = settings.markers
        self.ruler.show_rate(settings.fps)
        with (
            QSignalBlocker(self.first_field),
            QSignalBlocker(self.last_field),
            QSignalBlocker(self.fps_field),
        ):
            self.first_field.setValue(settings.first)
            self.last_field.setValue(settings.last)
            self.fps_field.setValue(settings.fps)
        self._refresh_keys()
        self._refresh_seen()
        self._on_frame(self.session.frame)

    def _refresh_keys(self) -> None:
        self.ruler.keys = key_frames(self.session.graph, self.session.selection)
        self.ruler.update()

    def _refresh_seen(self) -> None:
        self.ruler.seen = self.session.seen_frames
        self.ruler.update()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        # A new theme draws the icons of all actions anew; this one depends on what goes on.
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "playback") and self.playback.playing:
            self._on_playing(True)
        super().changeEvent(event)

    def _on_playing(self, playing: bool) -> None:
        self._actions["timeline.play"].setIcon(icon("pause" if playing else "play"))
        if not playing:
            self.sound.stop()
        elif not self.sound.playing:
            self._start_sound()
