"""What the live checks are called, and what they found, as messages: the SDK that runs them says both in English."""

import re
from collections.abc import Mapping

from pointsman.domain.messages.message import Message, as_written, say

#: By what stands behind the capability: "appointments: is put and found".
NAMES: Mapping[str, str] = {
    "one authenticated call": "live.one-call",
    "calendars are listed": "live.calendars-listed",
    "busy times are read": "live.busy-read",
    "users are listed and found": "live.users-found",
    "fields are listed": "live.fields-listed",
    "catching up begins and goes on": "live.catching-up",
    "is put and found": "live.put",
    "put again is the same one": "live.put-again",
    "a later state takes its place": "live.later",
    "a state that comes late changes nothing": "live.late",
    "is among the host's own, once": "live.among-own",
    "its time is busy": "live.busy",
    "is taken away, twice": "live.taken-away",
    "a test message is taken": "live.message",
}
REASONS: Mapping[str, str] = {
    "no calendar is listed": "live.no-calendar",
    "the calendar can only be read": "live.read-only",
    "no user is listed": "live.no-user",
    "a listed user is not found by the address": "live.user-not-found",
    "no field is listed": "live.no-field",
    "a field is listed twice": "live.field-twice",
    "the cursor that was just given is not known any more": "live.cursor-unknown",
    "it stands under another id than the answer said": "live.another-id",
    "it stands at another time than was put": "live.another-time",
    "put again, it is a second one": "live.second-after-put",
    "changed, it is a second one": "live.second-after-change",
    "it was not changed": "live.not-changed",
    "a state that came late changed it": "live.late-changed",
    "its time reads as free": "live.reads-free",
    "taken away, it is still found": "live.still-found",
    "the CRM has no such person": "live.no-person",
    "what was put is not found under its key": "live.not-found",
}
_UNREADABLE = re.compile(r"the calendar cannot be read: (.+)", re.DOTALL)
_LEFT_OUT = "the answer leaves it out"
_LISTED = re.compile(r"it is listed (\d+) times? among the host's own")


def check_words(name: str) -> Message:
    """The name of a check; of one that a later SDK has, as that says it."""
    kind, _, what = name.partition(": ")
    if what not in NAMES or kind not in _KINDS:
        return as_written(name)
    return say("live.check", kind=say(_KINDS[kind]), what=say(NAMES[what]))


def reason_words(found: str) -> Message:
    """Why a promise was not kept."""
    if key := REASONS.get(found):
        return say(key)
    if listed := _LISTED.fullmatch(found):
        return say("live.listed-times", count=int(listed[1]))
    if unread := _UNREADABLE.fullmatch(found):
        why = say("live.left-out-of-answer") if unread[1] == _LEFT_OUT else say("vendor.said", said=unread[1])
        return say("live.unreadable", why=why)
    return say("vendor.said", said=found)


_KINDS: Mapping[str, str] = {
    "sign-in": "live.of-sign-in",
    "calendars": "live.of-calendars",
    "busy": "live.of-busy",
    "appointments": "live.of-appointments",
    "people": "live.of-people",
    "accounts": "live.of-accounts",
    "owners": "live.of-owners",
    "activities": "live.of-activities",
    "fields": "live.of-fields",
    "tasks": "live.of-tasks",
    "programmes": "live.of-programmes",
    "notices": "live.of-notices",
    "intake": "live.of-intake",
}
