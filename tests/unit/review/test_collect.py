"""Collecting decisions from a stub of Label Studio. A real one: tests/integration."""

import polars as pl
import pytest

from annotate.execution.runner import run_step
from annotate.model.consent import WITHDRAWN
from annotate.model.errors import AnnotateError
from annotate.model.tables import (
    BOOKKEEPING,
    Captions,
    Consents,
    Reviews,
)
from annotate.release.options import ReleaseOptions
from annotate.release.select import select
from annotate.review.step import AutoReview
from tests.builders import (
    a_consent,
    img,
    rec,
)
from tests.unit.label_studio.stub import SOURCE_PREFIX, decided
from tests.unit.review.exchange import TEXT, Setting, a_caption, cap, lineage_of


def test_an_accepted_caption_has_its_text_and_lineage(setting: Setting) -> None:
    setting.push()
    setting.stub.annotate(setting.pushed()[0]["id"], decided("accept", TEXT), lead_time=31.5)
    assert setting.collect().written == 1
    row = setting.review()
    for column in BOOKKEEPING:
        row.pop(column)
    assert row == {
        **{"caption_id": cap(1), "image_id": img("i1"), "decision": "accept"},
        **{"reviewer": "ls-5", "automatic": False, "seconds": 31.5, "reasons": []},
        **{"text": TEXT, "lineage": lineage_of(TEXT, rec("a"))},
    }
    assert setting.released() == 1


def test_collecting_again_writes_nothing(setting: Setting) -> None:
    setting.push()
    setting.stub.annotate(setting.pushed()[0]["id"], decided("accept", TEXT))
    setting.collect()
    report = setting.collect()
    assert (report.rows_in, report.written, report.reused) == (1, 0, 1)
    assert setting.lake.scan(Reviews).collect().height == 1


@pytest.mark.parametrize("decision", ["fix", "accept"])
def test_a_changed_text_is_a_fix_also_if_accepted(setting: Setting, decision: str) -> None:
    setting.push()
    edited = "A black cat sits on a <b>sofa</b>"
    setting.stub.annotate(setting.pushed()[0]["id"], decided(decision, edited))
    setting.collect()
    row = setting.review()
    assert (row["decision"], row["text"]) == ("fix", edited)
    kinds = [one["kind"] for one in row["lineage"]]
    assert kinds == ["spoken", "edited", *["spoken"] * 5]
    assert setting.released() == 1


def test_a_rejected_caption_is_not_released(setting: Setting) -> None:
    run_step(AutoReview(), setting.lake)
    assert setting.released() == 1
    setting.push()
    setting.stub.annotate(setting.pushed()[0]["id"], decided("reject", "rubbish", "wrong"))
    setting.collect()
    row = setting.review()
    assert (row["decision"], row["reasons"], row["text"]) == ("reject", ["wrong"], TEXT)
    assert setting.released() == 0
    run_step(AutoReview(), setting.lake)
    assert setting.released() == 0


def test_a_withdrawn_recording_is_not_released(setting: Setting) -> None:
    run_step(AutoReview(), setting.lake)
    setting.add(Consents, a_consent("a", WITHDRAWN))
    selection = select(setting.lake, ReleaseOptions())
    assert (selection.images.height, selection.left_out) == (0, {"no_consent": 1})


def test_the_later_of_two_decisions_applies_in_any_order_of_collection(setting: Setting) -> None:
    setting.push()
    task = setting.pushed()[0]
    first = setting.stub.annotate(task["id"], decided("reject", None, "wrong"), user=6)
    second = setting.stub.annotate(task["id"], decided("accept", TEXT), user=7)
    task["annotations"].reverse()
    hidden = [one for one in task["annotations"] if one["id"] == first]
    task["annotations"] = [one for one in task["annotations"] if one["id"] == second]
    setting.collect()
    assert setting.review()["reviewer"] == "ls-7"
    task["annotations"] += hidden  # stored late
    setting.collect()
    assert setting.review()["reviewer"] == "ls-7"
    assert set(setting.lake.scan(Reviews).collect()["reviewer"]) == {"ls-6", "ls-7"}
    setting.stub.change(first, lead_time=99.0)
    setting.collect()
    assert setting.review()["reviewer"] == "ls-6"


def test_a_changed_decision_gives_a_newer_row(setting: Setting) -> None:
    setting.push()
    number = setting.stub.annotate(setting.pushed()[0]["id"], decided("accept", TEXT))
    setting.collect()
    setting.stub.change(number, result=decided("reject", TEXT, "offensive"))
    assert setting.collect().written == 1
    assert setting.review()["decision"] == "reject"
    assert setting.lake.scan(Reviews).collect().height == 2


def test_after_a_decision_is_deleted_the_earlier_one_applies_again(setting: Setting) -> None:
    setting.push()
    task = setting.pushed()[0]["id"]
    setting.stub.annotate(task, decided("accept", TEXT), user=6)
    later = setting.stub.annotate(task, decided("reject", TEXT, "wrong"), user=7)
    setting.collect()
    setting.stub.delete(later)
    setting.collect()
    assert setting.review()["reviewer"] == "ls-6"


def test_an_invalid_decision_is_rejected_until_it_is_corrected(
    setting: Setting,
) -> None:
    setting.push()
    task = setting.pushed()[0]["id"]
    number = setting.stub.annotate(task, decided("fix", " "))
    stranger = setting.stub.task(setting.project, {"caption_id": cap(77)})
    setting.stub.annotate(stranger, decided("accept", TEXT))
    assert setting.collect().quarantined == {"empty_text": 1, "unknown_caption": 1}
    name = f"{SOURCE_PREFIX}/{setting.project}/{number}"
    assert name in set(setting.lake.quarantined()["item"])
    setting.stub.change(number, result=decided("fix", "A cat."))
    assert setting.collect().written == 1
    assert name not in set(setting.lake.quarantined()["item"])


def test_a_server_error_loses_no_decision(setting: Setting) -> None:
    setting.push()
    setting.stub.annotate(setting.pushed()[0]["id"], decided("accept", TEXT))
    setting.stub.broken_paths.add("/api/tasks/")
    with pytest.raises(AnnotateError):
        setting.collect()
    setting.stub.broken_paths.clear()
    assert setting.collect().written == 1


def test_a_decision_applies_to_the_caption_that_was_shown(setting: Setting) -> None:
    setting.push()
    task = setting.pushed()[0]["id"]
    setting.add(Captions, a_caption(1, "Another text.", caption_id=cap(9)))
    setting.stub.annotate(task, decided("accept", TEXT))
    setting.collect()
    assert (setting.review()["caption_id"], setting.review()["decision"]) == (cap(1), "accept")
    assert setting.released() == 0
    assert setting.lake.read(Reviews).filter(pl.col("caption_id") == cap(9)).is_empty()
