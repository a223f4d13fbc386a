"""The first roster and the first policy as files, with comments in the organisation's language."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pointsman.cli.init.answers import ROLES, Answers
from pointsman.domain.roster.roles import Work

_PLAIN = re.compile(r"[a-z][a-z0-9_-]*")
_OTHER_VALUES = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_TEMPLATES = Path(__file__).parent / "templates"


def roster_text(answers: Answers) -> str:
    """The body of `PUT /v1/roster`, as YAML."""
    used = {rep.role for rep in answers.reps}
    left_to_others = (
        {Work.PROSPECTING} if "SDR" in used else set()
    )  # who closes stays off cold work where another does it
    roles = {
        role: [work.value for work in works if role == "SDR" or work not in left_to_others]
        for role, works in ROLES.items()
        if role in used
    }
    return _render(f"roster.{answers.language}.yaml", answers, roles=roles)


def policy_text(answers: Answers) -> str:
    """A policy for these reps: those who qualify take what comes in, those who close take it once its gate is passed."""
    return _render(
        f"policy.{answers.language}.yaml",
        answers,
        setters=[rep.key for rep in answers.reps_for(Work.QUALIFICATION)],
        closers=[rep.key for rep in answers.reps_for(Work.CLOSING)],
    )


def _render(template: str, answers: Answers, **more: object) -> str:
    environment = Environment(  # noqa: S701  # no HTML: what comes from outside is written as JSON, which is YAML too
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"text": _text, "keys": _keys}
    return environment.get_template(template).render(a=answers, **more)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _keys(values: Sequence[str]) -> str:
    """A list of names; quoted where a reader of YAML 1.1 takes them for something else ("no")."""
    return f"[{', '.join(v if _PLAIN.fullmatch(v) and v not in _OTHER_VALUES else _text(v) for v in values)}]"
