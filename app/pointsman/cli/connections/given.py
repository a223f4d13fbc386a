"""`connections add --from`: everything that would be asked, as one JSON document."""

import sys
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, ValidationError

from pointsman.cli.output import EXIT_MISUSED, fail
from pointsman.cli.terminal.told_errors import fault_lines
from pointsman.domain.errors import Fault
from pointsman.domain.messages.form_faults import form_fault
from pointsman.domain.text.formatting import dotted_path
from pointsman.services.connections.mapped_fields import MOST_FIELDS, MappedFieldIn
from pointsman.services.connections.record_fields import RecordFields
from pointsman.services.ports.booking.connections import OnRelease

_LARGEST = 1_000_000  # characters
_STDIN = Path("-")


class GivenCalendar(BaseModel):
    """A calendar of a rep; `writes` None: where the rep has no other one to write to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rep: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    calendar: Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
    writes: StrictBool | None = None


class GivenUser(BaseModel):
    """The user of a CRM, by its own id, who a rep is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rep: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    user: Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


class GivenSetUp(BaseModel):
    """A whole set-up. Without `config` a connection that is there goes on where it stopped.

    `match`: calendars and users with the address of a rep are that rep's.
    `send_test_to` is the address that a test message goes to, over a connection that sends mail.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    config: dict[str, Any] | None = None
    sync_owners: StrictBool = False
    on_release: OnRelease = OnRelease.CLEAR
    record: RecordFields = RecordFields()
    existing_leads: StrictBool = True
    fields: Annotated[tuple[MappedFieldIn, ...], Field(max_length=MOST_FIELDS)] = ()
    max_reading_age_s: Annotated[int | None, Field(strict=True, ge=5, le=3_600)] = None
    calendars: tuple[GivenCalendar, ...] = Field(default=(), max_length=5_000)
    users: tuple[GivenUser, ...] = Field(default=(), max_length=5_000)
    match: StrictBool = False
    try_booking: StrictBool = True
    send_test_to: Annotated[str, StringConstraints(min_length=1, max_length=320)] | None = None


def read_given(source: Path) -> GivenSetUp:
    """The document in a file, "-" for what is piped in; ends the command with the path to each fault."""
    try:
        if source == _STDIN:
            text = sys.stdin.read(_LARGEST + 1).removeprefix("\ufeff")
        else:
            with source.open(encoding="utf-8-sig") as file:
                text = file.read(_LARGEST + 1)
    except UnicodeDecodeError:
        fail("cli-connections.no-document", file=str(source), code=EXIT_MISUSED)
    except OSError as error:
        fail("cli-connections.unreadable-file", file=str(source), reason=error.strerror or "", code=EXIT_MISUSED)
    if len(text) > _LARGEST:
        fail("cli-connections.no-document", file=str(source), code=EXIT_MISUSED)
    try:
        return GivenSetUp.model_validate_json(text)
    except ValidationError as error:
        found = error.errors(include_url=False)[:20]
        faults = [
            Fault(
                path=dotted_path(one["loc"]),
                code=one["type"],
                message=one["msg"],
                told=form_fault(one, one["msg"], None),
            )
            for one in found
        ]
        fail("cli-connections.no-document", *fault_lines(faults), file=str(source), code=EXIT_MISUSED)
