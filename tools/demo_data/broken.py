"""Broken inputs: one recording for each reason for quarantine or rejection, valid otherwise."""

from __future__ import annotations

import io
import json
import random
import struct
import wave
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from encode import CONTAINERS, encode
from narration import read_narration
from narration_audio import SAMPLES_PER_MS, NarrationAudio, make_room_noise, synthesize
from pointer import draw_path
from recordings import Row, describe_row, describe_trace, write_bytes, write_json
from regions import read_boxes
from speech import SAMPLE_RATE, Samples

_IMAGE = "astronaut.jpg"
_HALF_A_ROW = '{"recording": "recordings/half.webm", "image": "images/astronaut.jpg", "annot'


@dataclass(frozen=True)
class BrokenInput:
    """A recording to be rejected: file name, reason, content, and a change of its manifest row."""

    file: str
    reason: str
    content: Callable[[NarrationAudio], bytes | None]
    breaths: slice
    client_ms: int | None = None
    change_row: Callable[[Row], None] = lambda row: None


def make_broken(source: Path, output: Path, first: Row) -> None:
    """Write the folder `broken`; `first` is the manifest row of the recording that is repeated."""
    folder = output / "broken"
    write_bytes(folder / "images" / _IMAGE, (source / "images" / _IMAGE).read_bytes())
    lines = []
    expected = {}
    for index, broken_input in enumerate(_list_broken_inputs(output, first)):
        if index == 7:  # in the middle, so that rows follow after it
            lines.append(_HALF_A_ROW)
            expected[f"manifest.jsonl:{len(lines)}"] = "invalid_row"
        row = _write_broken_input(source, folder, broken_input, index)
        lines.append(json.dumps(row))
        expected[broken_input.file] = broken_input.reason
    write_bytes(folder / "manifest.jsonl", "".join(f"{line}\n" for line in lines).encode())
    write_bytes(folder / "expected.json", f"{json.dumps(expected, indent=2)}\n".encode())


def _write_broken_input(source: Path, folder: Path, broken_input: BrokenInput, index: int) -> Row:
    """Write the files of one broken input; returns its manifest row."""
    name = Path(broken_input.file).stem
    narration = read_narration(source / "narrations" / "astronaut-03.md")
    breaths = narration.breaths[broken_input.breaths]
    narration = replace(narration, name=name, annotator="ann-07", breaths=breaths)
    audio = synthesize(narration)
    content = broken_input.content(audio)
    row = describe_row(narration, audio, f"recordings/{broken_input.file}", 60 + index)
    if broken_input.client_ms is not None:
        end_ms = row["client_ms"] = broken_input.client_ms
        row["prompts"] = [prompt for prompt in row["prompts"] if prompt["t_ms"] < end_ms]
    if content is None:  # no file, at a path outside the folder
        row["recording"] = broken_input.file
    else:
        write_bytes(folder / row["recording"], content)
    write_json(folder / row["trace"], _make_trace(source, audio, broken_input, row["client_ms"]))
    broken_input.change_row(row)
    return row


def _make_trace(
    source: Path, audio: NarrationAudio, broken_input: BrokenInput, client_ms: int
) -> dict[str, Any]:
    boxes = read_boxes(source / "regions.json", _IMAGE)
    duration_ms = min(audio.duration_ms, client_ms)
    mentions = tuple(at for at in audio.mentions if at.end_ms + 1500 < duration_ms)
    trace = describe_trace(draw_path(mentions, boxes, duration_ms, broken_input.file))
    if broken_input.reason == "invalid_trace":
        segment = max(trace["segments"], key=len)
        segment[20]["t_ms"], segment[30]["t_ms"] = segment[30]["t_ms"], segment[20]["t_ms"]
        segment[40]["x_frac"] = str(segment[40]["x_frac"])
    return trace


def _list_broken_inputs(output: Path, first: Row) -> list[BrokenInput]:
    repeated = (output / first["recording"]).read_bytes()
    good = slice(0, 2)
    return [
        BrokenInput("empty.webm", "empty_file", lambda audio: b"", good),
        BrokenInput("truncated.webm", "truncated", _cut_short, slice(0, 6)),
        BrokenInput("silence.wav", "no_speech", lambda audio: _silent_wav(20), good, 20_012),
        BrokenInput("noise.ogg", "no_speech", lambda audio: _noise(20), good, 19_987),
        BrokenInput("short.webm", "too_short", _three_seconds, slice(2, 3), 3_021),
        BrokenInput("clipped.m4a", "clipped", _clipped, slice(3, 6)),
        BrokenInput("text.webm", "not_audio", lambda audio: b"This is no recording.\n" * 40, good),
        BrokenInput("orphan.webm", "unknown_image", _webm, slice(1, 4), None, _name_missing_image),
        BrokenInput(
            "repeat.webm",
            "duplicate_audio",
            lambda audio: repeated,
            slice(None),
            first["client_ms"],
        ),
        BrokenInput("ten-hours.wav", "too_long", lambda audio: _ten_hours(), good, 36_000_000),
        BrokenInput("../outside.webm", "bad_path", lambda audio: None, good),
        BrokenInput("archive.webm", "not_audio", lambda audio: _archive(), good),
        BrokenInput("trace.webm", "invalid_trace", _webm, slice(4, 6)),
        BrokenInput("unconsented.webm", "no_consent", _webm, slice(6, 9), None, _drop_consent),
    ]


def _webm(audio: NarrationAudio) -> bytes:
    return encode(audio.samples, CONTAINERS["webm-live"])


def _cut_short(audio: NarrationAudio) -> bytes:
    whole = _webm(audio)
    return whole[: len(whole) * 40 // 100]


def _three_seconds(audio: NarrationAudio) -> bytes:
    return encode(audio.samples[: 3000 * SAMPLES_PER_MS], CONTAINERS["webm-live"])


def _clipped(audio: NarrationAudio) -> bytes:
    return encode(np.clip(audio.samples * 30, -1, 1), CONTAINERS["m4a"])


def _noise(seconds: int) -> bytes:
    samples: Samples = make_room_noise(seconds * SAMPLE_RATE, 0.02, random.Random("noise"))
    return encode(samples, CONTAINERS["ogg"])


def _silent_wav(seconds: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as output:
        output.setnchannels(1)
        output.setsampwidth(1)  # 8 bits at a low rate, for a small file
        output.setframerate(8000)
        output.writeframes(bytes([128]) * (seconds * 8000))  # 128 is the middle of eight bits
    return buffer.getvalue()


def _ten_hours() -> bytes:
    """A header that declares ten hours at 48 kHz, and 160 kB of zeros."""
    declared = 10 * 3600 * SAMPLE_RATE * 2
    form = struct.pack("<HHIIHH", 1, 1, SAMPLE_RATE, SAMPLE_RATE * 2, 2, 16)
    head = b"RIFF" + struct.pack("<I", declared + 36) + b"WAVEfmt " + struct.pack("<I", 16) + form
    return head + b"data" + struct.pack("<I", declared) + bytes(160_000)


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("notes.txt", (2026, 11, 1, 9, 0, 0)), "No recording.\n")
    return buffer.getvalue()


def _name_missing_image(row: Row) -> None:
    row["image"] = "images/missing.jpg"


def _drop_consent(row: Row) -> None:
    del row["consent"]
