import pytest
from pydantic import ValidationError

from annotate.check.thresholds import Thresholds


def test_every_threshold_has_a_description():
    for name, field in Thresholds.model_fields.items():
        assert field.description, name


def test_a_misspelt_or_impossible_threshold_is_rejected():
    with pytest.raises(ValidationError):
        Thresholds.model_validate({"short_reject": 5})
    with pytest.raises(ValidationError):
        Thresholds(clipped_flag_share=1.5)
