"""Recordings that must be refused: one for each reason, each otherwise as good as any."""

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
from performance import SAMPLES_A_MS, Performance, make_room_noise, perform
from pointer import draw_path
from recordings import Row, describe_row, describe_trace, write_bytes, write_json
from regions import read_boxes
from speech import SAMPLE_RATE, Samples

_IMAGE = "astronaut.jpg"
_HALF_A_ROW = '{"recording": "recordings/half.webm", "image": "images/astronaut.jpg", "annot'


@dataclass(frozen=True)
class Fault:
    """A recording to be refused: file name, reason, content, and what is done to its row."""

    file: str
    reason: str
    content: Callable[[Performance], bytes | None]
    breaths: slice
    client_ms: int | None = None
    change_row: Callable[[Row], None] = lambda row: None


def make_broken(source: Path, output: Path, first: Row) -> None:
    """Write the folder `broken`; `first` is the manifest's row of the recording sent twice."""
    folder = output / "broken"
    write_bytes(folder / "images" / _IMAGE, (source / "images" / _IMAGE).read_bytes())
    lines = []
    expected = {}
    for index, fault in enumerate(_list_faults(output, first)):
        if index == 7:  # in the middle, so that a reader has to carry on
            lines.append(_HALF_A_ROW)
            expected[f"manifest.jsonl:{len(lines)}"] = "invalid_row"
        row = _make_fault(source, folder, fault, index)
        lines.append(json.dumps(row))
        expected[fault.file] = fault.reason
    write_bytes(folder / "manifest.jsonl", "".join(f"{line}\n" for line in lines).encode())
    write_bytes(folder / "expected.json", f"{json.dumps(expected, indent=2)}\n".encode())


def _make_fault(source: Path, folder: Path, fault: Fault, index: int) -> Row:
    """Write the files of one fault and give its row."""
    name = Path(fault.file).stem
    narration = read_narration(source / "narrations" / "astronaut-03.md")
    breaths = narration.breaths[fault.breaths]
    narration = replace(narration, name=name, annotator="ann-07", breaths=breaths)
    performance = perform(narration)
    content = fault.content(performance)
    row = describe_row(narration, performance, f"recordings/{fault.file}", 60 + index)
    if fault.client_ms is not None:
        row["client_ms"] = fault.client_ms
        row["prompts"] = [prompt for prompt in row["prompts"] if prompt["t_ms"] < fault.client_ms]
    if content is None:  # there is no such file, and its path may not be followed anyway
        row["recording"] = fault.file
    else:
        write_bytes(folder / row["recording"], content)
    write_json(folder / row["trace"], _make_trace(source, performance, fault, row["client_ms"]))
    fault.change_row(row)
    return row


def _make_trace(
    source: Path, performance: Performance, fault: Fault, client_ms: int
) -> dict[str, Any]:
    boxes = read_boxes(source / "regions.json", _IMAGE)
    duration_ms = min(performance.duration_ms, client_ms)
    mentions = tuple(at for at in performance.mentions if at.end_ms + 1500 < duration_ms)
    trace = describe_trace(draw_path(mentions, boxes, duration_ms, fault.file))
    if fault.reason == "invalid_trace":
        segment = max(trace["segments"], key=len)
        segment[20]["t_ms"], segment[30]["t_ms"] = segment[30]["t_ms"], segment[20]["t_ms"]
        segment[40]["x_frac"] = str(segment[40]["x_frac"])
    return trace


def _list_faults(output: Path, first: Row) -> list[Fault]:
    repeated = (output / first["recording"]).read_bytes()
    good = slice(0, 2)
    return [
        Fault("empty.webm", "empty_file", lambda spoken: b"", good),
        Fault("truncated.webm", "truncated", _cut_short, slice(0, 6)),
        Fault("silence.wav", "no_speech", lambda spoken: _silent_wav(20), good, 20_012),
        Fault("noise.ogg", "no_speech", lambda spoken: _noise(20), good, 19_987),
        Fault("short.webm", "too_short", _three_seconds, slice(2, 3), 3_021),
        Fault("clipped.m4a", "clipped", _clipped, slice(3, 6)),
        Fault("text.webm", "not_audio", lambda spoken: b"This is no recording.\n" * 40, good),
        Fault("orphan.webm", "unknown_image", _webm, slice(1, 4), None, _name_missing_image),
        Fault(
            "repeat.webm",
            "duplicate_audio",
            lambda spoken: repeated,
            slice(None),
            first["client_ms"],
        ),
        Fault("ten-hours.wav", "too_long", lambda spoken: _ten_hours(), good, 36_000_000),
        Fault("../outside.webm", "bad_path", lambda spoken: None, good),
        Fault("archive.webm", "not_audio", lambda spoken: _archive(), good),
        Fault("trace.webm", "invalid_trace", _webm, slice(4, 6)),
        Fault("unconsented.webm", "no_consent", _webm, slice(6, 9), None, _drop_consent),
    ]


def _webm(spoken: Performance) -> bytes:
    return encode(spoken.samples, CONTAINERS["webm-live"])


def _cut_short(spoken: Performance) -> bytes:
    whole = _webm(spoken)
    return whole[: len(whole) * 40 // 100]


def _three_seconds(spoken: Performance) -> bytes:
    return encode(spoken.samples[: 3000 * SAMPLES_A_MS], CONTAINERS["webm-live"])


def _clipped(spoken: Performance) -> bytes:
    return encode(np.clip(spoken.samples * 30, -1, 1), CONTAINERS["m4a"])


def _noise(seconds: int) -> bytes:
    samples: Samples = make_room_noise(seconds * SAMPLE_RATE, 0.02, random.Random("noise"))
    return encode(samples, CONTAINERS["ogg"])


def _silent_wav(seconds: int) -> bytes:
    packed = io.BytesIO()
    with wave.open(packed, "wb") as output:
        output.setnchannels(1)
        output.setsampwidth(1)  # eight bits at a low rate keep the file small
        output.setframerate(8000)
        output.writeframes(bytes([128]) * (seconds * 8000))  # 128 is the middle of eight bits
    return packed.getvalue()


def _ten_hours() -> bytes:
    """A header that claims ten hours at 48 kHz, and 160 kB of zeros."""
    claimed = 10 * 3600 * SAMPLE_RATE * 2
    form = struct.pack("<HHIIHH", 1, 1, SAMPLE_RATE, SAMPLE_RATE * 2, 2, 16)
    head = b"RIFF" + struct.pack("<I", claimed + 36) + b"WAVEfmt " + struct.pack("<I", 16) + form
    return head + b"data" + struct.pack("<I", claimed) + bytes(160_000)


def _archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("notes.txt", (2026, 11, 1, 9, 0, 0)), "No recording.\n")
    return packed.getvalue()


def _name_missing_image(row: Row) -> None:
    row["image"] = "images/missing.jpg"


def _drop_consent(row: Row) -> None:
    del row["consent"]
