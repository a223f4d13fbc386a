"""Findings are read in English and in German, with people by name and work in words."""

import re

import pytest

from pointsman.domain.messages.message import rep_name
from pointsman.domain.policy_check.findings import Severity
from pointsman.services.wording.catalogue import LANGUAGES
from pointsman.services.wording.rendering import MessageReader, render
from support.faulty_policies import CASES, FLOOR, findings_of

NAMES = {rep_name(key): f"Person {number}" for number, key in enumerate(FLOOR.reps)}
WORK = re.compile(r"(?<![.\w])(prospecting|qualification|closing|solution_design|customer_service)\b")
#: Words of English.
NOT_KEYS = frozenset({"none", "idle", "lazy"})


def read(code: str, severity: str, language: str) -> str:
    reader = MessageReader(language=language, names=NAMES)
    level = Severity(severity)
    return next(
        render(one.message, reader) for one in findings_of(code, level) if (one.code, one.severity) == (code, level)
    )


@pytest.mark.parametrize(("code", "severity"), CASES)
def test_each_finding_reads_in_each_language_with_people_by_name(code: str, severity: Severity) -> None:
    for language in LANGUAGES:
        reader = MessageReader(language=language, names=NAMES)
        for finding in findings_of(code, severity):
            text = render(finding.message, reader)
            assert not re.search(r"\b(finding|suggestion|readout|condition)\.[a-z]", text), text
            assert code.startswith("text-") or not re.search("[{}]", text), text  # which shows what the author wrote
            if finding.code != "unknown-rep":  # there the key is what is to be written
                assert not set(re.findall(r"\w+", text)) & (FLOOR.reps.keys() - NOT_KEYS), text
            if language == "de":
                assert not WORK.search(text), text
                assert text != render(finding.message, MessageReader(names=NAMES)) or finding.code == "pattern-refused"


@pytest.mark.parametrize(
    ("code", "severity", "en", "de"),
    [
        (
            "weight-zero",
            "warning",
            "Person 4 has weight 0 and gets nothing: set a weight",
            "Person 4 hat Gewicht 0 und bekommt nichts: Setzen Sie ein Gewicht",
        ),
        (
            "inactive-rep",
            "warning",
            "Person 3 is not active and gets nothing: remove Person 3",
            "Person 3 ist nicht aktiv und bekommt nichts: Nehmen Sie Person 3 heraus",
        ),
        (
            "companion-pool-misfit",
            "error",
            "this pool leads the appointment already: name another one",
            "dieser Pool führt den Termin schon: Nennen Sie einen anderen",
        ),
        (
            "unknown-rep",
            "error",
            "no rep 'lenna' is on the roster; did you mean 'lena'?",
            "„lenna“ steht nicht in der Teamliste; meinten Sie „lena“?",
        ),
        (
            "unreachable",
            "error",
            "no lead gets here, since rule 'all of it' takes every lead: move this rule before it",
            "hierher kommt kein Lead, da die Regel „all of it“ jeden Lead nimmt: Stellen Sie diese Regel davor",
        ),
        (
            "share-without-member",
            "warning",
            "acme has 50 % and no member in this pool, so the others share it: add one of its reps",
            "acme hat 50 % und niemanden in diesem Pool, die anderen teilen sich das also: Ergänzen Sie jemanden von dort",
        ),
    ],
)
def test_a_finding_says_the_same_in_english_and_german(code: str, severity: str, en: str, de: str) -> None:
    assert (read(code, severity, "en"), read(code, severity, "de")) == (en, de)
