"""What a rule has the CRM do, in words: read out with the rule, and said of a decision that owes it."""

from collections.abc import Iterator

from pointsman.domain.messages.message import Message, connection_name, say
from pointsman.domain.policy.crm.actions import CrmActions
from pointsman.domain.policy_words.conditions import value_message
from pointsman.domain.policy_words.sections import Statements
from pointsman.domain.policy_words.values import length_message, quoted


def crm_messages(given: CrmActions) -> Iterator[tuple[str, Message]]:
    """Each action, with the part of the block that asks for it."""
    for name, value in given.set_.items():
        if value == "" and isinstance(value, str):
            yield f"set.{name}", say("readout.crm-cleared", name=quoted(name))
        else:
            yield f"set.{name}", say("readout.crm-set", name=quoted(name), value=value_message(value))
    for i, task in enumerate(given.tasks):
        told = say("readout.crm-task", subject=quoted(task.subject), span=length_message(task.due_in))
        yield f"tasks[{i}]", told
    for i, name in enumerate(given.lists):
        yield f"lists[{i}]", say("readout.crm-list", name=quoted(name))


def tell_crm_actions(told: Statements, given: CrmActions | None) -> None:
    """Each action of a rule's block, and the connection where the block names it."""
    if given is None:
        return
    for step, message in crm_messages(given):
        told.tell(f"crm.{step}", message)
    for i, task in enumerate(given.tasks):
        if task.text is not None:
            told.tell(f"crm.tasks[{i}].text", say("readout.crm-task-text", text=quoted(task.text)))
    if given.connection is not None:
        told.tell("crm.connection", say("readout.crm-connection", connection=connection_name(given.connection)))
