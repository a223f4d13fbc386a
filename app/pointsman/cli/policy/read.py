"""`policy read`: a policy in sentences, for people who do not read YAML."""

from rich.text import Text

from pointsman.cli.output import fail, out, show_prose
from pointsman.cli.policy.compare import LIVE, PolicySource, fetch_document, is_stored, read_source
from pointsman.cli.policy.language import LanguageOption, spoken_language
from pointsman.cli.session import run_with_env
from pointsman.cli.terminal.found_environment import has_database
from pointsman.cli.terminal.told_errors import fault_lines
from pointsman.domain.errors import PolicyInvalid
from pointsman.services.policies.words import read_out
from pointsman.services.ports import Env
from pointsman.services.roster.names import RosterNames, roster_names
from pointsman.services.wording.rendering import MessageReader, render, render_sentence


def read(
    policy: PolicySource = LIVE,
    language: LanguageOption = None,
) -> None:
    """Read a policy out in sentences. Without a database, a file names people by their keys."""
    spoken = spoken_language(language)
    document = None if is_stored(policy) else read_source(policy)
    names = RosterNames()

    async def fetched(env: Env) -> tuple[object, RosterNames]:
        return document if document is not None else await fetch_document(env, policy), await roster_names(env)

    if document is None or has_database():
        document, names = run_with_env(fetched)
    try:
        sections = read_out(document)
    except PolicyInvalid as invalid:
        fail("cli-policy.no-policy", *fault_lines(invalid.faults), given=policy)
    reader = MessageReader(language=spoken, names=names.names)
    for section in sections:
        heading = render(section.heading, reader)
        out.print(Text(heading[:1].upper() + heading[1:], "bold"), soft_wrap=True)
        for told in section.statements:
            show_prose(render_sentence(told.text, reader), indent="  ")
