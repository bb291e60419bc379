"""Sound on the timeline: drawn, asked for once, played in step."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from app.document.graph import Graph, NodeInstance, Port
from app.engine.protocol import Preview, View
from app.ui.actions import Actions
from app.ui.session import Session
from app.ui.theme import apply_theme
from app.ui.timeline.sound_output import SoundOutput
from app.ui.timeline.soundtrack import SOUND_SLOT, audio_port
from app.ui.timeline.timeline import Timeline
from app.ui.timeline.waveform import PEAKS, Waveform
from nodes.sdk.registry import default_registry
from nodes.sdk.values import Audio
from tests.ui.conftest import settle
from tests.ui.fakes import FakeEngine

RATE = 8000


def tone(seconds: float = 2.0) -> Audio:
    """Silence in the first half, a tone in the second."""
    time = np.arange(int(seconds * RATE)) / RATE
    wave = np.where(time > seconds / 2, 0.5 * np.sin(2 * np.pi * 440 * time), 0.0)
    return Audio(wave[:, None].astype(np.float32), RATE)


class Stream:
    """Stands in for the sound system's stream; tests pull the samples."""

    opened: ClassVar[list[Stream]] = []

    def __init__(self, callback: Any, channels: int, **_settings: Any) -> None:
        self.callback, self.channels = callback, channels
        self.latency = 0.0
        self.closed = False
        Stream.opened.append(self)

    def pull(self, count: int) -> np.ndarray[Any, Any]:
        out = np.full((count, self.channels), 9.0, np.float32)
        self.callback(out, count, None, None)
        return out

    def start(self) -> None: ...

    def abort(self) -> None: ...

    def close(self) -> None:
        self.closed = True


class NoDeviceError(Exception):
    pass


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> type[Stream]:
    Stream.opened = []
    system = SimpleNamespace(OutputStream=Stream, PortAudioError=NoDeviceError)
    monkeypatch.setitem(sys.modules, "sounddevice", system)
    return Stream


def heard(output: SoundOutput) -> Stream:
    assert output.playing
    return Stream.opened[-1]


def test_sound_plays_from_the_time_asked_for_and_ends_in_silence(device: type[Stream]) -> None:
    output = SoundOutput(pytest.fail)
    output.load(tone())
    output.play(1.5)
    first = heard(output).pull(2000)
    assert np.abs(first[300:] - tone().samples[12300:14000]).max() < 1e-6
    assert abs(first[0, 0]) < 1e-6  # faded in
    heard(output).pull(1999)
    assert np.abs(heard(output).pull(500)[1:]).max() == 0.0
    output.stop()
    assert Stream.opened[-1].closed


def test_a_snippet_ends_by_itself(device: type[Stream]) -> None:
    output = SoundOutput(pytest.fail)
    output.load(tone())
    output.play(1.5, 0.1)
    pulled = heard(output).pull(2000)
    assert np.abs(pulled[300:800]).max() > 0.4
    assert np.abs(pulled[801:]).max() == 0.0


def test_sound_that_strays_from_the_pictures_is_put_right(device: type[Stream]) -> None:
    output = SoundOutput(pytest.fail)
    output.load(tone())
    output.play(0.0)
    heard(output).pull(800)
    output.follow(0.12)  # 20 ms apart: nobody hears that
    assert np.abs(heard(output).pull(100)).max() == 0.0
    output.follow(1.5)
    assert np.abs(heard(output).pull(1000)).max() > 0.4
    output.follow(0.0)  # the range began anew
    assert np.abs(heard(output).pull(1000)).max() == 0.0


def test_a_machine_without_sound_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_settings: Any) -> None:
        raise NoDeviceError("no device")

    monkeypatch.setitem(
        sys.modules, "sounddevice", SimpleNamespace(OutputStream=refuse, PortAudioError=NoDeviceError)
    )
    said: list[str] = []
    output = SoundOutput(said.append)
    output.load(tone())
    output.play(0.0)
    output.play(0.5)
    assert not output.playing
    assert len(said) == 1 and "sound" in said[0]


def test_a_waveform_shows_where_it_is_loud() -> None:
    columns = Waveform(tone()).columns(-1.0, 3.0, 400)
    assert columns[:198].max() == 0.0
    assert columns[202:298].min() > 0.9
    assert columns[302:].max() == 0.0


def test_a_waveform_seen_closely_has_a_peak_in_every_column() -> None:
    columns = Waveform(tone()).columns(1.2, 1.2 + 20 / PEAKS, 300)
    assert columns.min() > 0.5


def test_silence_stays_flat() -> None:
    silence = Audio(np.zeros((RATE, 2), np.float32), RATE)
    assert Waveform(silence).columns(0, 1, 50).max() == 0.0
    assert Waveform(Audio(np.zeros((0, 1), np.float32), RATE)).columns(0, 1, 50).max() == 0.0


def film_with_sound() -> Graph:
    graph = Graph().with_node("photo", NodeInstance("load_image"))
    graph = graph.with_node("sound", NodeInstance("load_audio")).with_node(
        "film", NodeInstance("export_video")
    )
    graph = graph.with_link(Port("photo", "out"), "film", "image")
    return graph.with_link(Port("sound", "out"), "film", "audio")


@pytest.fixture
def timeline(qapp, qtbot):
    apply_theme(qapp, "dark")
    session = Session(FakeEngine, default_registry())
    made = Timeline(session, Actions(None, session))
    qtbot.addWidget(made)
    made.resize(1200, 60)
    made.show()
    session.edit("Build", lambda _: film_with_sound())
    session.view_node("photo")
    settle()
    yield made
    made.stop()
    session.close()
    session.deleteLater()
    settle()


def engine_of(timeline: Timeline) -> FakeEngine:
    engine = timeline.session.engine
    assert isinstance(engine, FakeEngine)
    return engine


def slots(timeline: Timeline) -> list[int]:
    return [view.slot for view in engine_of(timeline).looks[-1].views]


def deliver(timeline: Timeline) -> None:
    preview = Preview("Audio", "2 s", value=tone())
    engine_of(timeline).show(View(SOUND_SLOT, "sound"), preview)
    engine_of(timeline).done()
    settle()


def test_the_sound_of_the_export_node_is_found() -> None:
    assert audio_port(film_with_sound(), default_registry()) == Port("sound", "out")


def test_the_sound_is_asked_for_once(timeline: Timeline) -> None:
    assert SOUND_SLOT in slots(timeline)
    deliver(timeline)
    assert timeline.soundtrack.audio is not None
    timeline.session.set_frame(5)
    settle()
    assert SOUND_SLOT not in slots(timeline)


def test_another_file_is_another_sound_and_an_edit_elsewhere_is_not(timeline: Timeline) -> None:
    session = timeline.session
    deliver(timeline)
    session.edit("Set", lambda graph: graph.with_parameter("photo", "path", "other.png"))
    settle()
    assert SOUND_SLOT not in slots(timeline)
    session.edit("Set", lambda graph: graph.with_parameter("sound", "path", "other.wav"))
    settle()
    assert SOUND_SLOT in slots(timeline)


def test_the_sound_goes_with_its_wire(timeline: Timeline) -> None:
    deliver(timeline)
    timeline.session.edit("Cut", lambda graph: graph.without_nodes(["sound"]))
    settle()
    assert timeline.soundtrack.audio is None


def test_playing_starts_the_sound_at_the_playhead_and_stopping_ends_it(
    timeline: Timeline, device: type[Stream]
) -> None:
    deliver(timeline)
    timeline.session.set_frame(38)
    timeline.toggle_play()
    assert np.abs(heard(timeline.sound).pull(1000)).max() > 0.4
    timeline.toggle_play()
    assert not timeline.sound.playing


def test_scrubbing_lets_hear_a_little_unless_sound_is_off(timeline: Timeline, device: type[Stream]) -> None:
    deliver(timeline)
    timeline.ruler.scrubbed.emit(38)
    assert np.abs(heard(timeline.sound).pull(400)).max() > 0.4
    timeline.stop()
    timeline._actions["timeline.sound"].trigger()
    timeline.ruler.scrubbed.emit(40)
    assert not timeline.sound.playing
