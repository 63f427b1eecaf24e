"""Names of the demo's lakes and releases by model."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.demo_model import label_of, lake_of, reproducible
from annotate.recognizers.options import TranscribeOptions
from annotate.release.names import is_version


@pytest.mark.parametrize(
    ("model", "label"),
    [
        (None, None),
        ("demo", None),
        ("base", "base"),
        ("large-v3", "large-v3"),
        ("build/whisper-base.pt", "base"),
        ("./models/whisper-small/", "small"),
        ("/models/My model (2).pt", "My-model-2"),
        ("/", "model"),
    ],
)
def test_labels(model: str | None, label: str | None) -> None:
    assert label_of(model) == label
    assert lake_of(model) == ("data/lake/demo" if label is None else f"data/lake/demo-{label}")


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_every_label_fits_a_folder_and_a_release(model: str) -> None:
    label = label_of(f"./{model}")
    assert label is not None
    assert re.fullmatch(r"[A-Za-z0-9._-]+", label)
    assert is_version(f"demo-{label}-01234567")


def test_the_demos_own_model_computes_in_the_number_format_of_every_processor():
    own = TranscribeOptions(model="demo")
    assert reproducible(own).compute_type == "float32"
    chosen = own.model_copy(update={"compute_type": "bfloat16"})
    assert reproducible(chosen) == chosen
    others = [TranscribeOptions(model="base"), TranscribeOptions(model="demo", engine="stock")]
    assert [reproducible(other) for other in others] == others
