"""`policy explain`: where a lead would go now, told as to a colleague."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pointsman.cli.output import show_prose, show_table, table
from pointsman.cli.policy.files import read_policy_file
from pointsman.cli.terminal.lead_argument import LeadArgument, lead_id
from pointsman.cli.terminal.reading import run_with_reader
from pointsman.domain.messages.message import rep_name, say
from pointsman.domain.roster.roles import Work
from pointsman.services.explain.explain import ExplainedDecision, ExplainRequest
from pointsman.services.explain.explain import explain as explain_lead
from pointsman.services.ports import Env
from pointsman.services.wording.rendering import MessageReader, render, render_all, render_sentence


def explain(
    lead: LeadArgument,
    file: Annotated[Path | None, typer.Option(help="help.policy.explain.file")] = None,
    work: Annotated[Work | None, typer.Option(help="help.policy.explain.work")] = None,
) -> None:
    """Say where a lead would go now, why, and what would change it; nothing is written."""
    document = None if file is None else read_policy_file(file).document

    async def asked(env: Env) -> ExplainedDecision:
        return await explain_lead(
            env, ExplainRequest(lead_id=await lead_id(env, lead), purpose=work, document=document)
        )

    show_explanation(*run_with_reader(asked))


def show_explanation(found: ExplainedDecision, reader: MessageReader) -> None:
    """The explanation in the order in which it is read: the answer, the story, the others, the near, what would change it."""
    decision, told = found.decision, found.explanation
    show_prose(render_sentence(told.summary, reader), style="bold")
    if found.nurture:
        show_prose(render_sentence(found.nurture, reader))
    for sentence in render_all(told.story, reader):
        show_prose(sentence, indent="  ")
    if told.why_not:
        show_table(_others(found, reader))
    if told.why_not_more:
        show_prose(render(say("cli.more", count=told.why_not_more), reader), indent="  ")
    if told.crm:
        show_prose(render_sentence(say("cli.at-the-crm"), reader))
    for sentence in render_all(told.crm, reader):
        show_prose(sentence, indent="  ")
    told_below = {dict(change.sentence.args).get("rule") for change in told.would_change if change.code == "facts"}
    for miss in told.near_misses.nearest:
        if miss.rule in told_below:
            continue
        guess = miss.would_match_if
        near = (
            say("goal.would-match", rule=miss.rule, facts=guess.sentence) if guess else say("goal.far", rule=miss.rule)
        )
        show_prose(render_sentence(near, reader))
    if told.near_misses.more:
        show_prose(render_sentence(say("cli.more-rules", count=told.near_misses.more), reader))
    if told.would_change:
        show_prose(render_sentence(say("cli.what-would-change"), reader))
    for change in told.would_change:
        show_prose(render_sentence(change.sentence, reader), indent="  ")
    versions = say("cli.versions", policy=decision.policy_version, roster=decision.roster_version)
    show_prose(render_sentence(versions, reader))


def _others(found: ExplainedDecision, reader: MessageReader) -> Table:
    headings = ("cli.heading.rep", "cli.heading.eligible", "cli.heading.turn", "cli.heading.why-not")
    listed = table(*(render(say(heading), reader) for heading in headings))
    yes, no = (render(say(answer), reader) for answer in ("cli.yes", "cli.no"))
    for other in found.explanation.why_not:
        turn = render(say("cli.turns", count=other.turns), reader) if other.turns else ""
        name = reader.names.get(rep_name(other.rep), other.rep)
        listed.add_row(name, yes if other.eligible else no, turn, render(other.sentence, reader))
    return listed
