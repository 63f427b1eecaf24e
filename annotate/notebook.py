"""Display of one row of captions: HTML in a notebook, text in a terminal.

Captions, names of files and of annotators come from strangers: whatever is put into the HTML is
escaped, and there is no script in it.
"""

from __future__ import annotations

import base64
import html
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

_TYPES = {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "webp": "webp"}

_STYLE = """
.annotate-row { position: relative; container-type: inline-size; width: min(100%, 44rem);
  font: 16px/1.65 Georgia, 'Noto Serif', serif; }
.annotate-row .picture { position: relative; line-height: 0; }
.annotate-row img { width: 100%; height: auto; border-radius: 4px; }
.annotate-row svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.annotate-row circle { fill: #fff; fill-opacity: .55; stroke: #1d4ed8; stroke-opacity: .6; }
.annotate-row p { margin: .7em 0 0; }
.annotate-row .facts { font: 12.5px/1.5 system-ui, sans-serif; opacity: .7; }
.annotate-row b { font-weight: inherit; border-radius: 2px; cursor: default; outline-offset: 1px; }
.annotate-row b.at { text-decoration: underline #3b82f6 1.5px; text-underline-offset: 4px; }
.annotate-row b.written { font-style: italic; }
.annotate-row b:hover, .annotate-row b:focus { background: #3b82f64d; }
.annotate-row i { display: none; position: absolute; width: 20px; height: 20px; margin: -13px;
  border: 3px solid #fff; border-radius: 50%; background: #1d4ed8; box-shadow: 0 0 0 2px #1d4ed8,
  0 1px 6px #0009; pointer-events: none; }
.annotate-row b:hover i, .annotate-row b:focus i { display: block; }
"""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A row of captions that notebooks show as its picture, caption and points.

    Attributes:
        row: The row.
        image: The picture's file; None where the release has none.
    """

    row: Row
    image: bytes | None

    def __repr__(self) -> str:
        """The caption in lines of a terminal's width, and what it is of."""
        text = textwrap.fill(_printable(self.row["caption"]), 88)
        return f"{text}\n({_printable(_details(self.row))})"

    def _repr_html_(self) -> str:
        """The row as HTML that holds all it shows."""
        parts = [self._picture(), f'<p dir="auto">{"".join(_words(self.row))}</p>']
        details = html.escape(_details(self.row))
        body = "".join(parts) + f'<p class="facts" dir="auto">{details}</p>'
        return f'<style>{_STYLE}</style><div class="annotate-row">{body}</div>'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """The row for notebooks and for terminals."""
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    def _picture(self) -> str:
        kind = _TYPES.get((self.row["image_url"] or "").rpartition(".")[2])
        if self.image is None or kind is None:
            return ""
        data = base64.b64encode(self.image).decode()
        name = html.escape(self.row["image_name"])
        width, height = int(self.row["width"]), int(self.row["height"])
        return (
            f'<div class="picture"><img alt="The image described: {name}" width="{width}" '
            f'height="{height}" src="data:image/{kind};base64,{data}">'
            f'<svg viewBox="0 0 {width} {height}" aria-hidden="true">'
            f"{''.join(_circles(self.row, width, height))}</svg></div>"
        )


def _circles(row: Row, width: int, height: int) -> Iterator[str]:
    radius = max(width, height) / 160
    places = dict.fromkeys(
        (round(span["x_frac"] * width, 1), round(span["y_frac"] * height, 1))
        for span in row["lineage"]
        if span["x_frac"] is not None and span["y_frac"] is not None
    )
    for x, y in places:
        yield f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" stroke-width="{radius / 3:.1f}"/>'


def _words(row: Row) -> Iterator[str]:
    """The caption word by word, each with where it is from, and a mark that shows on hovering."""
    text, done = row["caption"], 0
    annotators = {one["recording_id"]: one["annotator_id"] for one in row["recordings"]}
    for span in row["lineage"]:
        start, end = span["start_char"], span["end_char"]
        yield html.escape(text[done:start])
        at = span["x_frac"] is not None and span["y_frac"] is not None
        kind = "at" if at else "said" if span["kind"] == "spoken" else "written"
        title = html.escape(_title(span, annotators))
        mark = _mark(row, span) if at and row["image_url"] else ""
        word = html.escape(text[start:end])
        yield f'<b class="{kind}" tabindex="0" title="{title}">{word}{mark}</b>'
        done = end
    yield html.escape(text[done:])


def _mark(row: Row, span: Row) -> str:
    """A mark over the picture, whose height is known as a share of the width."""
    left = min(max(span["x_frac"], 0.0), 1.0) * 100
    top = min(max(span["y_frac"], 0.0), 1.0) * 100 * row["height"] / row["width"]
    return f'<i style="left:{left:.2f}cqw;top:{top:.2f}cqw"></i>'


def _title(span: Row, annotators: Mapping[str, str]) -> str:
    if span["kind"] != "spoken" or span["start_ms"] is None:
        return {"synthetic": "written by a model"}.get(span["kind"], "written by a reviewer")
    who = annotators.get(span["recording_id"], span["recording_id"])
    tooltip = f"{who} at {_clock(span['start_ms'])} to {_clock(span['end_ms'])}"
    if span["x_frac"] is None or span["y_frac"] is None:
        return tooltip
    return f"{tooltip}, pointing at {span['x_frac']:.0%}, {span['y_frac']:.0%}"


def _details(row: Row) -> str:
    recordings = len(row["recordings"])
    details = [
        row["image_name"],
        f"{row['word_count']} word{'' if row['word_count'] == 1 else 's'}",
        f"{recordings} recording{'' if recordings == 1 else 's'}",
        row["split"],
    ]
    return " · ".join(details + ["accepted automatically"] * bool(row["automatic_review"]))


def _clock(ms: int) -> str:
    return f"{ms // 60_000}:{ms % 60_000 / 1000:04.1f}"


def _printable(text: str) -> str:
    """A stranger's text for a terminal: nothing in it moves the cursor."""
    return "".join(one if one.isprintable() or one == "\n" else " " for one in text)
