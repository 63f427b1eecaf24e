"""Selection of the images of a release: newest caption, accepted, with consent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from annotate.evaluation.gate import REASON, unsupported
from annotate.model.consent import WITHDRAWN
from annotate.model.decision_rule import Reviewers
from annotate.model.ids import digest
from annotate.model.tables import (
    Captions,
    Images,
    Narrations,
    Recordings,
    Reviews,
    Table,
    Traces,
    Transcripts,
    table_name,
)
from annotate.release.images import COLUMNS, with_clean_copies
from annotate.release.options import ReleaseOptions
from annotate.release.sound import COLUMNS as SOUND_COLUMNS
from annotate.release.sound import with_clean_sound
from annotate.release.split import split
from annotate.store.lake import Lake
from annotate.store.pseudonyms import FORM
from annotate.store.settled import settled, waiting
from annotate.store.standing import USABLE, standing
from annotate.store.unseen import Unseen, for_people


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is released, without the bulk of it, which `rows` reads a shard at a time.

    Attributes:
        images: One row an image, sorted by split and id: `sha256`, `blob`, `bytes`, `width` and
            `height` of its clean copy, `original_sha256`, `name`, `split`, `caption_id`,
            `automatic` and `recordings` (their ids, as the caption has it).
        recordings: One row a recording used, sorted by id, with `consent` checked: `sha256`,
            `blob` and `bytes` are those of its clean copy.
        left_out: How many images are not released, by the first reason that applies.
        reviewers: How many people had to decide on a caption.
    """

    images: pl.DataFrame
    recordings: pl.DataFrame
    left_out: Mapping[str, int]
    reviewers: Reviewers = 1


def select(
    lake: Lake, options: ReleaseOptions, unseen: Unseen = "folders", reviewers: Reviewers = 1
) -> Selection:
    """Find the images that may be released. Nothing depends on the order of rows.

    Args:
        unseen: Which automatic acceptances count, by the rule of `annotate.store.unseen`.
        reviewers: How many people must decide, by the rule of `annotate.store.settled`.
    """
    checked = _with_reasons(lake, options, unseen, reviewers)
    checked = _reject_unfaithful(lake, checked, reviewers)
    rejected = checked.filter(pl.col("reason").is_not_null())
    sound = checked.filter(pl.col("reason").is_null()).drop("reason")
    pictured, no_pictures = with_clean_copies(lake, sound)
    good, recordings, no_sound = _with_sound(lake, pictured)
    splits = split(good["image_id"], options)
    places = pl.DataFrame(
        {"image_id": list(splits), "split": list(splits.values())},
        schema={"image_id": pl.String, "split": pl.String},
    )
    left_out = Counter(rejected["reason"].to_list()) + no_pictures + no_sound
    return Selection(
        images=good.join(places, on="image_id").sort("split", "image_id"),
        recordings=recordings,
        left_out=dict(sorted(left_out.items())),
        reviewers=reviewers,
    )


def changed_since(
    lake: Lake, selection: Selection, options: ReleaseOptions, unseen: Unseen = "folders"
) -> Mapping[str, int]:
    """How many of the selected images may not be released any more, by reason.

    A caption that was composed anew since the selection counts as `caption_changed`.
    """
    now = _with_reasons(lake, options, unseen, selection.reviewers).select(
        "image_id", "caption_id", "reason"
    )
    then = selection.images.select("image_id", "caption_id")
    present = now.with_columns(present=pl.lit(True))
    reasons = (
        then.join(present, on=["image_id", "caption_id"], how="left")
        .with_columns(
            reason=pl.when(pl.col("present").is_null())
            .then(pl.lit("caption_changed"))
            .otherwise("reason")
        )["reason"]
        .drop_nulls()
    )
    return dict(sorted(Counter(reasons).items()))


def _with_sound(
    lake: Lake, images: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, Counter[str]]:
    """The images whose recordings all have a clean copy, and these recordings.

    Returns:
        Both, and how many images were left out without one, by reason.
    """
    used = _ids_of(images)
    found = _recordings(lake).join(used.lazy(), on="recording_id").collect()
    recordings, reasons = with_clean_sound(lake, found)
    if not reasons:
        return images, recordings, Counter()
    why = pl.col("recordings").list.eval(
        pl.element().replace_strict(reasons, default=None, return_dtype=pl.String)
    )
    checked = images.with_columns(why=why.list.drop_nulls().list.first())
    good = checked.filter(pl.col("why").is_null()).drop("why")
    used = recordings.join(_ids_of(good), on="recording_id", how="semi")
    return good, used, Counter(checked["why"].drop_nulls())


def _ids_of(images: pl.DataFrame) -> pl.DataFrame:
    """`recording_id` of the recordings that these images' captions are made of."""
    ids = images.select(pl.col("recordings").explode().unique().alias("recording_id"))
    return ids.drop_nulls()


def step_keys(lake: Lake, selection: Selection) -> dict[str, str]:
    """For each table that is read, one hash over the step keys of the rows used."""
    ids = {
        "image_id": selection.images["image_id"],
        "caption_id": selection.images["caption_id"],
        "recording_id": selection.recordings["recording_id"],
    }
    tables: tuple[tuple[type[Table], str], ...] = (
        (Images, "image_id"),
        (Captions, "image_id"),
        *((table, "recording_id") for table in (Recordings, Traces, Transcripts, Narrations)),
    )
    keys = {}
    for table, column in tables:
        rows = lake.current(table, ids[column].to_frame()).select("step_key").collect()
        keys[table_name(table)] = digest(rows["step_key"].sort().to_list())
    held = settled(lake, selection.reviewers, ids["caption_id"].to_frame()).select("step_key")
    keys[table_name(Reviews)] = digest(held.collect()["step_key"].sort().to_list())
    return keys


def _with_reasons(
    lake: Lake, options: ReleaseOptions, unseen: Unseen, reviewers: Reviewers
) -> pl.DataFrame:
    """Every image with a caption, and in `reason` why it is left out, or null."""
    captions = lake.current(Captions).select(
        "image_id", "caption_id", "recordings", wordless=pl.col("text").str.strip_chars() == ""
    )
    reviews = settled(lake, reviewers).select(
        "caption_id", "decision", "automatic", emptied=pl.col("text").str.strip_chars() == ""
    )
    images = lake.current(Images).select(
        "image_id", "sha256", "blob", "bytes", "width", "height", "name", *COLUMNS
    )
    consent = _of_recordings(lake, captions, options)
    joined = captions.join(reviews, on="caption_id", how="left").join(
        images, on="image_id", how="left"
    )
    people = for_people(lake, unseen).with_columns(for_people=pl.lit(True))
    rows = joined.join(consent, on="image_id", how="left").join(people, on="image_id", how="left")
    waits = pl.col("caption_id").is_in(list(waiting(lake, reviewers)))
    rows = rows.with_columns(pl.col("for_people").fill_null(False), waits=waits).with_columns(
        reason=_first_reason()
    )
    helpers = (
        "wordless",
        "emptied",
        "found",
        "same_image",
        "agreed",
        "usable",
        "unnamed",
        "decision",
        "for_people",
        "waits",
    )
    return rows.drop(helpers).collect()


def _first_reason() -> pl.Expr:
    """Why an image is left out, by the first reason that applies; null where none does."""
    return (
        pl.when("wordless").then(pl.lit("empty_caption"))
        .when(pl.col("blob").is_null()).then(pl.lit("image_missing"))
        .when("waits").then(pl.lit("not_settled"))
        .when(pl.col("decision").is_null()).then(pl.lit("not_reviewed"))
        .when(pl.col("automatic") & pl.col("for_people")).then(pl.lit("not_reviewed"))
        .when(pl.col("decision") == "reject").then(pl.lit("rejected"))
        .when("emptied").then(pl.lit("empty_caption"))
        .when(~pl.col("found")).then(pl.lit("recording_missing"))
        .when(~pl.col("same_image")).then(pl.lit("image_changed"))
        .when(~pl.col("agreed")).then(pl.lit("no_consent"))
        .when(~pl.col("usable")).then(pl.lit("recording_rejected"))
        .when(~pl.col("unnamed")).then(pl.lit("no_pseudonym"))
    )  # fmt: skip


def _of_recordings(lake: Lake, captions: pl.LazyFrame, options: ReleaseOptions) -> pl.LazyFrame:
    """For each image whether its caption's recordings exist, are of it, and may be used."""
    allowed = [scope for scope in options.consent_scopes if scope != WITHDRAWN]
    agreed = pl.col("scope").is_in(allowed).fill_null(False)
    return (
        captions.select("image_id", recording_id="recordings")
        .explode("recording_id", empty_as_null=True)
        .join(_recordings(lake).rename({"image_id": "shown"}), on="recording_id", how="left")
        .group_by("image_id")
        .agg(
            found=pl.col("blob").is_not_null().all(),
            # The manifest may have been corrected since the caption was composed.
            same_image=(pl.col("shown") == pl.col("image_id").first()).fill_null(False).all(),
            agreed=agreed.all(),
            usable=pl.col("usable").fill_null(False).all(),
            unnamed=pl.col("annotator_id").str.contains(FORM).all(),
        )
    )


def _reject_unfaithful(lake: Lake, checked: pl.DataFrame, reviewers: Reviewers) -> pl.DataFrame:
    """The same with a reason for the images whose caption has words that nobody said.

    A reviewer's words are allowed where a person changed the text in review; a caption that was
    accepted unseen, or unchanged, has none.
    """
    good = checked.filter(pl.col("reason").is_null()).select("caption_id", "image_id", "recordings")
    decided = (
        settled(lake, reviewers, good.select("caption_id"))
        .select(
            "caption_id",
            "text",
            "lineage",
            fixed=(pl.col("decision") == "fix") & ~pl.col("automatic"),
        )
        .collect()
    )
    found = unsupported(lake, good.join(decided, on="caption_id"))
    false = pl.col("caption_id").is_in(found["caption_id"].unique().to_list())
    reason = pl.when(false & pl.col("reason").is_null()).then(pl.lit(REASON)).otherwise("reason")
    return checked.with_columns(reason=reason)


def _recordings(lake: Lake) -> pl.LazyFrame:
    """The recordings with the `scope` of their consent and whether checks let them pass."""
    return (
        lake.current(Recordings)
        .select(
            "recording_id",
            "image_id",
            "annotator_id",
            "sha256",
            "blob",
            "bytes",
            "duration_ms",
            "synthetic_voice",
            *SOUND_COLUMNS,
        )
        .join(standing(lake), on="recording_id", how="left")
        .with_columns(usable=pl.col("status").is_in(USABLE).fill_null(False))
        .drop("status", "reason")
    )
