"""Durations that mean nothing when they are 0."""

from datetime import timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from pointsman.domain.dates.durations import Duration, PositiveDuration
from pointsman.domain.policy.document import Gate
from pointsman.services.intake.mapping.mapping_model import WindowMapping


@pytest.mark.parametrize("text", ["0m", "0d", "00000w"])
def test_a_positive_duration_is_more_than_nothing(text: str) -> None:
    assert TypeAdapter(Duration).validate_python(text) == timedelta(0)
    with pytest.raises(ValidationError, match="nothing fits into 0"):
        TypeAdapter(PositiveDuration).validate_python(text)


@pytest.mark.parametrize("text", ["-1d", "1.5h", "100000d", "", "1", "1s", "\u0661d", 0, True])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValidationError, match="is not a duration"):
        TypeAdapter(PositiveDuration).validate_python(text)


def test_evidence_that_never_counts_and_a_window_without_time_are_refused() -> None:
    for build in (lambda: Gate.model_validate({"expires_after": "0d"}), lambda: WindowMapping(within="0m")):
        with pytest.raises(ValidationError, match="nothing fits into 0"):
            build()
