"""Whether an event keeps the owner of its calendar busy: by what the event says of itself, and by the owner's own answer."""

from pointsman_sdk.readers.icalendar import Component, Property

_MAIL = "mailto:"


def blocks(event: Component, owner: str = "") -> bool:
    """Whether its owner is busy meanwhile: tentative and unanswered events count.

    Free are what is transparent, cancelled or marked as free, and what `owner`, an email address, declined. Where a
    property comes twice, or the owner is invited twice, all must say so.
    """
    if _all_say(event, "TRANSP", "TRANSPARENT") or not stands(event):
        return False
    return not (_all_say(event, "X-MICROSOFT-CDO-BUSYSTATUS", "FREE") or (owner and _declined(event, owner)))


def stands(event: Component) -> bool:
    """Whether it takes place, be its owner free meanwhile or not."""
    return not _all_say(event, "STATUS", "CANCELLED")


def _all_say(event: Component, name: str, value: str) -> bool:
    said = {one.text.strip().upper() for one in event.all(name)}
    return said == {value}


def _declined(event: Component, owner: str) -> bool:
    own = owner.strip().casefold()
    answers = {
        one.parameters.get("PARTSTAT", "").upper() for one in event.all("ATTENDEE") if own in _addresses(one, own)
    }
    return answers == {"DECLINED"}


def _addresses(attendee: Property, own: str) -> set[str]:
    if own not in attendee.line.casefold():
        return set()
    value = attendee.value.strip().casefold().removeprefix(_MAIL)
    return {value, attendee.parameters.get("EMAIL", "").casefold().removeprefix(_MAIL)}
