"""What a vendor says of the state that stands there is a stranger's word."""

import pytest

from pointsman.connectors.sdk_values import kept_sequence


@pytest.mark.parametrize("said", [0, 7, 2**31 - 3])
def test_a_sequence_that_can_be_counted_on_from_is_kept(said: int) -> None:
    assert kept_sequence(said) == said


@pytest.mark.parametrize("said", [None, -1, True, "7", 7.0, 2**31 - 2, 10**4000])
def test_what_cannot_be_a_sequence_of_ours_counts_as_none(said: object) -> None:
    assert kept_sequence(said) is None
