"""What patterns cost together is bounded, and a text is searched once."""

import pytest

from pointsman.domain.errors import Invalid
from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.text.patterns import MAX_PROGRAMS, compile_pattern, program_size
from support.floors.use_case_env import POLICY


class Counted(str):
    """A text that counts how often it is handed to RE2."""

    __slots__ = ("searched",)

    def __init__(self, _text: str) -> None:
        self.searched = 0

    def encode(self, *given: str, **named: str) -> bytes:
        self.searched += 1
        return super().encode(*given, **named)


def test_a_text_is_searched_once_however_often_it_is_asked_about() -> None:
    search = compile_pattern("(?i)urgent")
    text = Counted("It is urgent")
    assert [search(text) for _ in range(200)] == [True] * 200
    assert text.searched == 1
    assert [search(other) for other in ("no", "URGENT", "", "no", str(text))] == [False, True, False, False, True]


def test_a_pattern_that_finds_nothing_in_everything_is_found_in_nothing_too() -> None:
    assert compile_pattern("x*")("") is True
    assert compile_pattern("x")("") is False


def asking(patterns: list[str]) -> dict[str, object]:
    rules = [
        {"name": pattern[:60], "when": {"field": "lead.message", "matches": pattern}, "work": "qualification",
         "pool": "sdr-dach"}
        for pattern in patterns
    ]  # fmt: skip
    return {**POLICY, "rules": rules}


def test_the_patterns_of_a_policy_are_bounded_in_all() -> None:
    patterns = [f"{number}(a?){{150}}a{{150}}" for number in range(60)]
    fitting = MAX_PROGRAMS // program_size(patterns[-1])
    assert parse_policy(asking(patterns[:fitting]))
    with pytest.raises(Invalid) as refused:
        parse_policy(asking(patterns))
    [fault] = refused.value.faults
    assert (fault.code, fault.path) == ("too-many", f"rules[{fitting}].when.matches")


def test_two_hundred_patterns_as_people_write_them_fit() -> None:
    assert parse_policy(asking([rf"(?i)\b(ceo|cto|geschäftsführer(in)?|head of (sales|it) {n})\b" for n in range(200)]))
