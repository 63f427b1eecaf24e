"""A self-contained page that shows a release, with audio and places per word.

All text that people wrote or said is embedded as JSON and shown as text, never as markup; the page
may run its own script and load its embedded data, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import Any

import jinja2
import polars as pl
from markupsafe import Markup

from annotate.model.errors import RejectedError
from annotate.release.media import small_jpeg, small_opus

TRACE_STEP_MS = 40
"""Points of the pointer's path closer in time than this are left out of the page."""

SCRIPTS = ("viewer-media.js", "viewer.js")
"""The files of the page's script, in order: each may use what those before it declare."""

Row = Mapping[str, Any]
Fetch = Callable[[str, str], bytes]
"""Returns the bytes of an image (`"images"`, its id) or a recording (`"audio"`, its id)."""


def render_viewer(about: Mapping[str, Any], images: Iterable[Mapping[str, Any]]) -> str:
    """The page.

    Args:
        about: `title`, `version`, `license`, `attribution`, `numbers` (label and value, in
            order), `badges`, `shown` and `total`.
        images: The results of `viewer_image`.
    """
    loader = jinja2.PackageLoader("annotate.release")
    return fill("viewer.html.jinja", loader, about, images, viewer_script(), viewer_style())


def fill(
    template: str,
    loader: jinja2.BaseLoader,
    about: Mapping[str, Any],
    images: Iterable[Mapping[str, Any]],
    script: str,
    style: str,
) -> str:
    """A page rendered from the viewer's template, or from one that extends it."""
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template(template).render(
        **about,
        data=Markup(_script_safe({"images": list(images)})),  # noqa: S704 (escaped for scripts)
        script=Markup(script),  # noqa: S704 (our own)
        style=Markup(style),  # noqa: S704 (our own)
        script_hash=_csp_hash(script),
        style_hash=_csp_hash(style),
    )


def viewer_script(more: str = "") -> str:
    """The page's script: its files one after the other, in a scope of their own.

    Args:
        more: Script after them in that scope.
    """
    parts = "\n".join([*(_template(name) for name in SCRIPTS), *([more] if more else [])])
    return f'"use strict";\n{{\n{parts}}}\n'


def viewer_style(more: str = "") -> str:
    """The page's style, followed by `more`."""
    return _template("viewer.css") + more


def viewer_images(captions: pl.DataFrame, narrations: pl.DataFrame, fetch: Fetch) -> list[Any]:
    """The images of these rows as the page's data; undecodable ones are left out."""
    by_image: dict[str, list[Row]] = {}
    for narration in narrations.sort("recording_id").iter_rows(named=True):
        by_image.setdefault(narration["image_id"], []).append(narration)

    def render(caption: Row) -> dict[str, Any] | None:
        try:
            return viewer_image(caption, by_image.get(caption["image_id"], []), fetch)
        except RejectedError:
            return None

    with ThreadPoolExecutor() as pool:  # FFmpeg and Pillow let other threads run
        shown = pool.map(render, captions.sort("image_id").iter_rows(named=True))
        return [image for image in shown if image]


def viewer_image(caption: Row, narrations: Iterable[Row], fetch: Fetch) -> dict[str, Any]:
    """One image with its caption, recordings, sound and the pointer's path."""
    by_recording = {narration["recording_id"]: narration for narration in narrations}
    ids = [source["recording_id"] for source in caption["recordings"]]
    return {
        "id": caption["image_id"],
        "name": caption["image_name"],
        "width": caption["width"],
        "height": caption["height"],
        "split": caption["split"],
        "automatic": caption["automatic_review"],
        "src": _data_uri("image/jpeg", small_jpeg(fetch("images", caption["image_id"]))),
        "caption": caption_tokens(caption["caption"], caption["lineage"], ids),
        "recordings": [
            _recording(source, index, by_recording.get(source["recording_id"]), caption, fetch)
            for index, source in enumerate(caption["recordings"])
        ],
    }


def caption_tokens(text: str, lineage: Iterable[Row], ids: list[str]) -> list[dict[str, Any]]:
    """The caption cut into words, each with the text before it (`gap`) and its source."""
    tokens = []
    done = 0
    for word in lineage:
        start, end = word["start_char"], word["end_char"]
        # A word that an annotator wrote in place of a recognized one has a source, too.
        source = ids.index(word["recording_id"]) if word["recording_id"] in ids else None
        tokens.append(_token(text[done:start], text[start:end], word["kind"], source, word))
        done = end
    if text[done:]:
        tokens.append(_token(text[done:], "", "edited", None, {}))
    return tokens


def thin_path(points: Iterable[Row]) -> list[float]:
    """A run of the pointer's path as `t_ms, x_frac, y_frac, t_ms, …`, at most one in 40 ms."""
    flat: list[float] = []
    for point in points:
        if not flat or point["t_ms"] - flat[-3] >= TRACE_STEP_MS:
            flat += [point["t_ms"], round(point["x_frac"], 4), round(point["y_frac"], 4)]
    return flat


def _recording(
    source: Row, index: int, narration: Row | None, caption: Row, fetch: Fetch
) -> dict[str, Any]:
    words = narration["words"] if narration else []
    trace = (narration or {}).get("trace") or {}
    mine = [span for span in caption["lineage"] if span["recording_id"] == source["recording_id"]]
    src, from_ms = _sound(source, [*words, *mine], fetch)
    return {
        "id": source["recording_id"],
        "annotator": source["annotator_id"],
        "duration": source["duration_ms"],
        "language": source["language"],
        "model": source["model"],
        "synthetic": source["synthetic_voice"],
        "src": src,
        "from": from_ms,
        "words": [_token(_gap(at, w), w["text"], "spoken", index, w) for at, w in enumerate(words)],
        "trace": [thin_path(segment) for segment in trace.get("segments") or []],
        "clicks": thin_path(trace.get("points") or []),
    }  # fmt: skip


def _sound(source: Row, spans: list[Row], fetch: Fetch) -> tuple[str | None, int]:
    """The recording's sound from its first word to its last, or None if it can't be decoded."""
    timed = [span for span in spans if span["start_ms"] is not None]
    start_ms = min((span["start_ms"] for span in timed), default=0)
    end_ms = max((span["end_ms"] for span in timed), default=source["duration_ms"])
    try:
        opus, from_ms = small_opus(fetch("audio", source["recording_id"]), start_ms, end_ms)
    except RejectedError:
        return None, 0
    return _data_uri("audio/ogg", opus), from_ms


def _gap(at: int, word: Row) -> str:
    """The text before a word; releases of older versions have a blank before each."""
    return " " if at and word.get("space_before") is not False else ""


def _token(gap: str, text: str, kind: str, source: int | None, word: Row) -> dict[str, Any]:
    token: dict[str, Any] = {"gap": gap, "text": text, "kind": kind}
    if source is not None and word["start_ms"] is not None:
        token |= {"from": source, "start": word["start_ms"], "end": word["end_ms"]}
        if word["x_frac"] is not None and word["y_frac"] is not None:
            token |= {"x": round(word["x_frac"], 4), "y": round(word["y_frac"], 4)}
    return token


def _script_safe(value: Any) -> str:
    """JSON that can't end the script element around it, nor open a comment there."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _template(name: str) -> str:
    return (resources.files("annotate.release") / "templates" / name).read_text("utf-8")


def _data_uri(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _csp_hash(text: str) -> str:
    """The hash by which a content security policy allows an inline script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
