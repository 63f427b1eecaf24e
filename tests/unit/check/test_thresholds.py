import pytest
from pydantic import ValidationError

from annotate.check.thresholds import Thresholds


def test_every_threshold_tells_what_it_means():
    for name, field in Thresholds.model_fields.items():
        assert field.description, name


def test_a_misspelt_or_senseless_threshold_is_refused():
    with pytest.raises(ValidationError):
        Thresholds.model_validate({"short_reject": 5})
    with pytest.raises(ValidationError):
        Thresholds(clipped_flag_share=1.5)
