"""A project's kind is determined only by the class of the first element in its configuration."""

from __future__ import annotations

import pytest

from annotate.label_studio.projects import record_config, review_config
from annotate.label_studio.protocol import read_protocol
from annotate.recorder.project_kinds import RECORDING, REVIEW, kind_of


def test_our_configurations_are_recognized() -> None:
    assert kind_of(record_config(read_protocol())) == RECORDING
    assert kind_of(review_config()) == REVIEW


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ('<View className="annotate-recording"/>', RECORDING),
        ("<View style='x' className='wide annotate-recording'></View>", RECORDING),
        ('<!-- a comment --><View\n className="annotate-review">', REVIEW),
        ('<View><View className="annotate-recording"/></View>', None),
        ('<!-- <View className="annotate-recording"/> --><View/>', None),
        ('<View className="annotate-recordings"/>', None),
        ('<View dataclassName="annotate-recording"/>', None),
        ('<View value="> className="/><View className="annotate-recording"/>', None),
        ("annotate-recording", None),
        ("", None),
    ],
)
def test_only_the_class_of_the_first_element_counts(config: str, kind: str | None) -> None:
    assert kind_of(config) == kind
