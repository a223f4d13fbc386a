"""WebDAV's multistatus (RFC 4918): one answer about many resources, each with properties and statuses of its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from pointsman_sdk.readers.plain_xml import XML_LIMITS, XmlLimits, parse_xml
from pointsman_sdk.readers.unreadable import Reason, Unreadable

DAV = "{DAV:}"
#: What XML allows nowhere (XML 1.0, section 2.2), raw and as a reference. Servers hand out texts of events that have it.
_FORBIDDEN = re.compile(
    rb"[\x01-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]"
    rb"|&#(?:0++|0*+(?:[1-8]|1[124-9]|2[0-9]|3[01]|5529[6-9]|55[3-9][0-9]{2}|56[0-9]{3}|57[0-2][0-9]{2}|573[0-3][0-9]|5734[0-3]|6553[45]));"
    rb"|&#x(?:0++|0*+(?:[1-8bcef]|1[0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef]));",
    re.IGNORECASE,
)
_STATUS = re.compile(r"HTTP/[0-9.]{1,5}\s+([1-5][0-9]{2})(?:\s|$)")
_HREF_LENGTH = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource of the answer. `found` are the properties with status 200, by `{namespace}name`.

    `status` is the resource's own, where the server gives one instead of properties, if only as the status of none;
    `refused` are the properties that the server did not hand out.
    """

    href: str
    status: int | None
    found: Mapping[str, Element]
    refused: frozenset[str]

    def text(self, name: str) -> str:
        """The property's text; empty where there is none."""
        element = self.found.get(name)
        return "" if element is None else element.text or ""


def parse_multistatus(body: bytes, limits: XmlLimits = XML_LIMITS, *, resources: int = 10_000) -> list[Resource]:
    """Every resource of the answer. Unreadable for what is no multistatus, as `parse_xml` says, and beyond `resources`.

    A character that XML forbids reads as a question mark: in the text of one event it must not hide all the others.
    """
    root = parse_xml(_FORBIDDEN.sub(b"?", body), limits)
    if root.tag != f"{DAV}multistatus":
        raise Unreadable(Reason.MALFORMED, "The answer is not a WebDAV multistatus.")
    responses = root.findall(f"{DAV}response")
    if len(responses) > resources:
        raise Unreadable(Reason.TOO_LARGE, f"The answer tells of more than {resources} resources.")
    return [_resource(response) for response in responses]


def _resource(response: Element) -> Resource:
    found: dict[str, Element] = {}
    refused: set[str] = set()
    said: list[int] = []
    for propstat in response.findall(f"{DAV}propstat"):
        properties = [one for prop in propstat.findall(f"{DAV}prop") for one in prop]
        said.append(_status(propstat.findtext(f"{DAV}status")))
        if said[-1] == 200:
            found.update((one.tag, one) for one in properties)
        else:
            refused.update(one.tag for one in properties)
    own = response.findtext(f"{DAV}status")
    status = None if own is None else _status(own)
    if status is None and said and 200 not in said and not refused:
        status = said[0]
    href = response.findtext(f"{DAV}href", "").strip()
    if len(href) > _HREF_LENGTH:
        raise Unreadable(Reason.TOO_LARGE, f"An address in the answer is longer than {_HREF_LENGTH} characters.")
    return Resource(
        href=href,
        status=status,
        found=found,
        refused=frozenset(refused),
    )


def _status(line: str | None) -> int:
    found = _STATUS.match((line or "").strip())
    if found is None:
        raise Unreadable(Reason.MALFORMED, "The answer has a status that is none.")
    return int(found[1])
