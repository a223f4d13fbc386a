"""The first roster and the first policy as files, with comments in the organisation's language."""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pointsman.api.policies.policy_text import SubmittedPolicy, parse_policy_yaml_now
from pointsman.api.roster.request_bodies import RosterIn
from pointsman.cli.init.answers import ROLES, Answers, WrongAnswer
from pointsman.connectors.text_readers import ChildTextReaders
from pointsman.domain.messages.message import say
from pointsman.domain.messages.system_errors import system_words
from pointsman.domain.roster.roles import Work
from pointsman.local.kept_file import write_kept_file, write_partial_file

_PLAIN = re.compile(r"[a-z][a-z0-9_-]*")
_OTHER_VALUES = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_READABLE = 0o666  # as far as the account's umask lets
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The two files of a folder."""

    folder: Path

    @property
    def roster(self) -> Path:
        return self.folder / "roster.yaml"

    @property
    def policy(self) -> Path:
        return self.folder / "policy.yaml"

    def named(self) -> dict[str, str]:
        return {"roster": str(self.roster), "policy": str(self.policy)}

    def are_there(self) -> bool:
        """Whether both are; a link counts, wherever it leads. Raises WrongAnswer for one alone."""
        there = [file for file in (self.roster, self.policy) if os.path.lexists(file)]
        if len(there) == 1:
            raise WrongAnswer(say("init.half-there", file=str(there[0])))
        return bool(there)

    def refuse_folders(self) -> None:
        """Raises WrongAnswer where a folder has the name of one of them: no file can take its place."""
        for file in (self.roster, self.policy):
            if file.is_dir() and not file.is_symlink():
                raise WrongAnswer(say("init.is-folder", file=str(file)))

    @contextmanager
    def pending(self, roster: str, policy: str) -> Iterator["PendingFiles"]:
        """Both texts, to be written beside the files and to take their place later; what was not kept is gone at the end."""
        pending = PendingFiles(folder=self.folder, texts={self.roster: roster, self.policy: policy})
        try:
            yield pending
        finally:
            pending.drop()


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingFiles:
    """Files that are written before a transaction ends, and named after it: a disk that is full is found before, and a
    transaction that fails leaves the files as they were.
    """

    folder: Path
    texts: Mapping[Path, str]

    def prepare(self) -> None:
        """Each whole under a name of this process beside its own. Raises WrongAnswer where the disk refuses."""
        with self._told():
            for file, text in self.texts.items():
                write_partial_file(_partial(file), text, mode=_READABLE)

    def keep(self) -> None:
        """Put them in the place of what is there. Raises WrongAnswer."""
        with self._told():
            for file in self.texts:
                _partial(file).replace(file)

    def drop(self) -> None:
        """Take away what was not kept."""
        for file in self.texts:
            with suppress(OSError):
                _partial(file).unlink(missing_ok=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise WrongAnswer(say("init.not-written", folder=str(self.folder), why=system_words(error))) from error


def _partial(file: Path) -> Path:
    """Of this process alone: two may set up at once."""
    return file.with_name(f"{file.name}.{os.getpid()}.new")


def parse_texts(roster: str, policy: str) -> tuple[RosterIn, SubmittedPolicy]:
    """What is to be written, as it will be read."""
    readers = ChildTextReaders()
    document = parse_policy_yaml_now(roster.encode(), readers).document
    return RosterIn.model_validate(document), parse_policy_yaml_now(policy.encode(), readers)


def keep_organisation(state: Path, organisation: str) -> None:
    """For the next start of the service here, which shows it to buyers."""
    write_kept_file(state / "organisation", organisation + "\n")


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
