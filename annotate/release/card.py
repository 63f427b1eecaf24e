"""The dataset card, with front matter for the Hugging Face Hub."""

from __future__ import annotations

import re
from bisect import bisect_right

import jinja2

from annotate.release.options import ReleaseOptions
from annotate.release.statistics import Statistics, ordered

_SIZES = (
    (0, "n<1K"),
    (1_000, "1K<n<10K"),
    (10_000, "10K<n<100K"),
    (100_000, "100K<n<1M"),
    (1_000_000, "1M<n<10M"),
)


def render_card(statistics: Statistics, options: ReleaseOptions) -> str:
    """README.md of a release.

    It doesn't contain the version, which may be named after the hash of the content, card included.
    """
    counts = ordered(statistics.counts)
    environment = jinja2.Environment(  # noqa: S701 (Markdown: what isn't ours goes through tojson)
        loader=jinja2.PackageLoader("annotate.release"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("card.md.jinja").render(
        title=options.title,
        license=options.license,
        attribution=one_line(options.attribution),
        languages=sorted(statistics.languages),
        models=dict(sorted(statistics.models.items())),
        size=size_category(counts["captions"]),
        splits={
            name: statistics.splits[name] for name, _ in options.shares if statistics.splits[name]
        },
        counts=counts,
        synthetic=share(counts["synthetic_voices"], counts["recordings"]),
        automatic=share(counts["automatic_reviews"], counts["captions"]),
        no_audio=not options.include_audio,
        scopes=options.consent_scopes,
    )


def one_line(text: str) -> str:
    """A text of one line for a Markdown page, with all markup escaped."""
    plain = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", plain)


def size_category(rows: int) -> str:
    """The Hub's size category for this number of rows."""
    return _SIZES[bisect_right([start for start, _ in _SIZES], rows) - 1][1]


def share(part: int, whole: int) -> str:
    """The part of the whole as text for a badge: `All`, `3 of 9`, or nothing when none."""
    if not part:
        return ""
    return "All" if part == whole else f"{part:,} of {whole:,}"
