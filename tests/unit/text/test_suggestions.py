"""What somebody may have meant."""

import pytest

from pointsman.domain.text.suggestions import did_you_mean, likely_choices

MANY = [f"{start}-team-{number:03}" for start in ("north", "south", "inbound") for number in range(300)]


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("lead.contry", ["lead.country", "lead.city"], "did you mean 'lead.country'?"),
        ("x", ["a", "b"], "known are a, b"),
        ("sdr", ["SDR", "sdr_dach"], "did you mean 'SDR'?"),
        ("x", [], ""),
        ("x", MANY, ""),
        ("inbound-taem-123", MANY, "did you mean 'inbound-team-123'?"),
        ("nbound-team-007", MANY, "did you mean 'inbound-team-007'?"),
    ],
)
def test_the_closest_name_is_suggested_or_the_few_there_are(word: str, known: list[str], said: str) -> None:
    assert did_you_mean(word, known) == said


def test_of_many_names_only_a_few_are_compared_letter_by_letter() -> None:
    many = sorted("a" * 90 + f"{number:05}" for number in range(10_000))
    assert len(likely_choices("a" * 1_000, many)) <= 16
    assert likely_choices("lead.contry", ["lead.city", "lead.country"]) == ["lead.city", "lead.country"]
