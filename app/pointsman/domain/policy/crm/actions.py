"""What a rule has the CRM do beside the owner, for each lead that it gives to a rep: fields, tasks, lists."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from pointsman.domain.dates.durations import Duration
from pointsman.domain.policy.invitations import BodyText, LineText
from pointsman.domain.policy.operands import MAX_NUMBER, MAX_TEXT_LENGTH, Identifier, PolicyModel
from pointsman.domain.text.lines import ACTING

MAX_FIELDS = 20
MAX_TASKS = 5
MAX_LISTS = 5
LONGEST_DUE = timedelta(days=366)

#: A vendor's own name of a field or a list.
VENDOR_NAME = r"^[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$"
VendorName = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200, pattern=VENDOR_NAME)]


class CrmAbility(StrEnum):
    """What a CRM has to be able to do for an action, by the name of the connector's capability."""

    RECORDS = "people"  # fields of a lead's record
    TASKS = "tasks"
    LISTS = "programmes"


def _field_value(value: object) -> bool | int | float | str:
    match value:
        case bool():
            return value
        case int() | float() if -MAX_NUMBER <= value <= MAX_NUMBER:
            return value
        case str() if len(value) <= MAX_TEXT_LENGTH and not ACTING.search(value):
            return value
    raise PydanticCustomError(
        "crm-value",
        "{value} is not a value for a field: write a text, a number up to 10^15, true or false",
        {"value": repr(value)[:60]},
    )


def _list_name(value: object) -> object:
    """Many CRMs number their lists."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _due(span: timedelta) -> timedelta:
    if span > LONGEST_DUE:
        raise PydanticCustomError("due-range", "a task is due within 366d: write a shorter time")
    return span


def _each_list_once(lists: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(lists)) < len(lists):
        raise PydanticCustomError("list-twice", "a list is named twice: keep one")
    return lists


CrmValue = Annotated[
    bool | int | float | str, PlainValidator(_field_value, json_schema_input_type=bool | int | float | str)
]
CrmList = Annotated[VendorName, BeforeValidator(_list_name, json_schema_input_type=VendorName | int)]


class TaskAction(PolicyModel):
    """A task for the rep who gets the lead, on the lead's record; due so long after the decision."""

    subject: LineText
    due_in: Annotated[Duration, AfterValidator(_due)] = timedelta(days=1)
    text: BodyText | None = None


class CrmActions(PolicyModel):
    """What is done at the CRM when a decision gives a lead away by this rule: each once."""

    connection: Identifier | None = None  # else the CRM that was connected first, of those that can do it
    set_: Annotated[dict[VendorName, CrmValue], Field(alias="set", default_factory=dict, max_length=MAX_FIELDS)]
    tasks: Annotated[tuple[TaskAction, ...], Field(max_length=MAX_TASKS)] = ()
    lists: Annotated[tuple[CrmList, ...], Field(max_length=MAX_LISTS), AfterValidator(_each_list_once)] = ()

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not (self.set_ or self.tasks or self.lists):
            raise PydanticCustomError("crm-nothing", "it asks for nothing: add 'set', 'tasks' or 'lists'")
        subjects = [task.subject for task in self.tasks]
        if len(set(subjects)) < len(subjects):
            raise PydanticCustomError("task-twice", "two tasks have one subject: keep one, or name them differently")
        return self

    @property
    def counts(self) -> Mapping[str, int]:
        """How much of each part is done for one lead."""
        parts = {"set": len(self.set_), "tasks": len(self.tasks), "lists": len(self.lists)}
        return {part: count for part, count in parts.items() if count}

    @property
    def needs(self) -> Iterator[tuple[CrmAbility, str]]:
        """What the CRM has to be able to do, and the part that asks for it."""
        if self.set_:
            yield CrmAbility.RECORDS, "set"
        if self.tasks:
            yield CrmAbility.TASKS, "tasks"
        if self.lists:
            yield CrmAbility.LISTS, "lists"
