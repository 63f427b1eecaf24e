"""Metadata uploaded with a recording: its length, the trace, the question times, the consent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from annotate.recorder.errors import RequestError
from annotate.recorder.limits import MAX_META_BYTES
from annotate.recorder.protocol import Json
from annotate.recorder.strict_json import loads

MAX_MS = 24 * 3600 * 1000
"""Maximum time of a recording: one day."""
MAX_PROMPTS = 1000
"""Maximum number of question times; a protocol has at most twenty questions, each listed once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadMetadata:
    """The page's metadata of a recording. Times are in ms from the recording's start.

    Attributes:
        trace: `{"segments": [[{"x_frac", "y_frac", "t_ms"}]], "points": [...]}`.
        prompts: When each guiding question was started, in order of time.
        recorded_at: When recording began, ISO 8601 with its zone.
        consented_at: When the annotator agreed to the consent statement, likewise.
        consent: The statement agreed to, as shown by the page: `scope`, `statement`, `sha256`.
    """

    client_ms: int
    trace: Json
    prompts: list[Json]
    recorded_at: str
    consented_at: str
    consent: Json


def parse_metadata(text: str, protocol: Json) -> UploadMetadata:
    """Parse the field `meta` of an upload.

    Raises:
        RequestError: 400 `bad_meta` or `no_consent`.
    """
    if len(text) > MAX_META_BYTES:
        raise bad("the trace is too long")
    try:
        given = loads(text)
    except ValueError:
        raise bad("it isn't JSON, or names a key twice") from None
    if not isinstance(given, dict):
        raise bad("it isn't an object")
    if not given.get("consented_at"):
        message = "Nobody has agreed to the consent statement. Reload the page and agree first."
        raise RequestError(400, "no_consent", message)
    return UploadMetadata(
        client_ms=_ms(given.get("client_ms"), "client_ms"),
        trace=_trace(given.get("trace", {})),
        prompts=_prompts(given.get("prompts", []), {one["id"] for one in protocol["questions"]}),
        recorded_at=_when(given.get("recorded_at"), "recorded_at"),
        consented_at=_when(given["consented_at"], "consented_at"),
        consent=_consent(given.get("consent")),
    )


def bad(detail: str) -> RequestError:
    """The error for an invalid `meta`."""
    return RequestError(400, "bad_meta", f"What came with the recording can't be used: {detail}.")


def _ms(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_MS:
        raise bad(f"{name} isn't a whole number of milliseconds")
    return value


def _when(value: object, name: str) -> str:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise bad(f"{name} isn't a time with its zone")
    return moment.isoformat()


def _consent(value: object) -> Json:
    names = ("scope", "statement", "sha256")
    if not isinstance(value, Mapping) or not all(isinstance(value.get(one), str) for one in names):
        raise bad("it doesn't say which consent statement was agreed to")
    return {name: value[name] for name in names}


def _trace(value: object) -> Json:
    if not isinstance(value, Mapping) or not isinstance(value.get("segments", []), list):
        raise bad("the trace has no segments")
    segments = [_path(one, "segments") for one in value.get("segments", [])]
    points = _path(value.get("points", []), "points")
    segments = [segment for segment in segments if segment]
    path = [point["t_ms"] for segment in segments for point in segment]
    clicks = [point["t_ms"] for point in points]
    if any(later < earlier for times in (path, clicks) for earlier, later in pairwise(times)):
        raise bad("time runs backwards in the trace")
    return {"segments": segments, "points": points}


def _path(value: object, name: str) -> list[Json]:
    if not isinstance(value, list):
        raise bad(f"{name} isn't a list")
    return [_place(one, name) for one in value]


def _place(value: Any, name: str) -> Json:
    if not isinstance(value, Mapping) or set(value) != {"x_frac", "y_frac", "t_ms"}:
        raise bad(f"{name}: a place has x_frac, y_frac and t_ms")
    return {
        "x_frac": _frac(value["x_frac"], name),
        "y_frac": _frac(value["y_frac"], name),
        "t_ms": _ms(value["t_ms"], f"{name}: t_ms"),
    }


def _frac(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise bad(f"{name}: a fraction isn't a number")
    # An int of any length can be compared with 10, but may be too large for a float.
    if not -10 <= value <= 10 or not math.isfinite(value):
        raise bad(f"{name}: a fraction lies far outside the image")
    return float(value)


def _prompts(value: object, known: set[str]) -> list[Json]:
    if not isinstance(value, list) or len(value) > MAX_PROMPTS:
        raise bad("prompts isn't a list, or is too long")
    prompts: dict[str, int] = {}
    for one in value:
        question = one.get("question") if isinstance(one, Mapping) else None
        if not isinstance(question, str) or question not in known:
            raise bad("prompts names a question that isn't asked")
        prompts.setdefault(question, _ms(one.get("t_ms"), "prompts: t_ms"))
    in_time = sorted(prompts.items(), key=lambda item: item[1])
    return [{"question": question, "t_ms": t_ms} for question, t_ms in in_time]
