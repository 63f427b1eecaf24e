import polars as pl
import pytest

from annotate.evaluation import gate
from annotate.evaluation.gate import explain, unsupported
from annotate.model.tables import Captions
from tests.release_builders import a_lake


def test_captions_are_checked_batch_by_batch(tmp_path, monkeypatch: pytest.MonkeyPatch):
    lake = a_lake(tmp_path, 5)
    captions = lake.read(Captions).with_columns(fixed=pl.lit(False))
    forged = captions.with_columns(pl.col("text").str.replace("red", "big"))
    monkeypatch.setattr(gate, "BATCH", 2)
    assert unsupported(lake, captions).is_empty()
    assert unsupported(lake, forged).height == 5


def test_an_explanation_names_the_words_and_the_reason(tmp_path):
    lake = a_lake(tmp_path, 1)
    captions = lake.read(Captions).with_columns(fixed=pl.lit(False), lineage=pl.lit([]))
    captions = captions.cast({"lineage": lake.read(Captions).schema["lineage"]})
    (sentence,) = explain(unsupported(lake, captions)).values()
    assert sentence == "'a red thing here': no lineage covers it"


def test_an_explanation_is_limited_to_the_first_parts():
    parts = pl.DataFrame(
        {"caption_id": ["cap"] * 8, "text": list("abcdefgh"), "why": ["wrong_word"] * 8}
    )
    assert explain(parts)["cap"].endswith("; and 3 more")
