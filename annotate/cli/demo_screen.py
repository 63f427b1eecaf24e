"""The demo's result on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from annotate.demo import DemoResult

SYNTHETIC = "The voices are synthetic: these figures say little about people's speech."
"""Shown with any model but the demo's own, which was trained on these voices."""


def show(result: DemoResult, console: Console) -> None:
    """Print counts, scores and quarantined inputs."""
    if result.reused:
        console.print(f"Nothing to do: everything exists already ({result.seconds:.1f} s).\n")
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    time_error = result.speech.word_time_error_ms
    rows = {
        "images": f"{result.images}",
        "recordings": f"{result.recordings} in synthetic voices",
        "captions": f"{result.captions}, {result.words_per_caption:.0f} words each",
        "word error rate": f"{result.speech.wer:.1%} with the model {result.model!r}",
        "word times": f"off by {time_error:.0f} ms (median)"
        if time_error is not None
        else "unknown",
        "grounded": f"{result.grounding.share:.1%} of {result.grounding.phrases} phrases point "
        "into the region they name",
        "faithful": f"{result.unsupported} caption words that are in no transcript, "
        f"{len(result.unspoken)} misrecognized",
        "quarantined": _quarantined(result),
    }
    for name, value in rows.items():
        table.add_row(name, value)
    console.print(table)
    if not result.own_model:
        console.print(f"\n{SYNTHETIC}", soft_wrap=True)
    console.print(f"\nrelease  [bold]{result.release.path}[/]", soft_wrap=True)
    console.print(f"viewer   [bold]{result.release.path}/index.html[/]", soft_wrap=True)


def _quarantined(result: DemoResult) -> str:
    count = len(result.quarantined)
    if result.quarantined == result.expected:
        return f"{count} broken inputs, each for the expected reason"
    if result.own_model:
        return f"{count} broken inputs, not all as expected"
    differing = len(dict(result.quarantined.items() ^ result.expected.items()))
    return f"{count} inputs, {differing} of them otherwise than with the demo's own model"
