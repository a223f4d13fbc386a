"""XML from outside: counted tag by tag before a parser sees it, and without any document type declaration."""

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, XMLParser

from pointsman_sdk.readers.unreadable import Reason, Unreadable
from pointsman_sdk.readers.utf8 import checked_utf8

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlLimits:
    """What a document may hold. Namespaces are declared by attributes, so that they count as such."""

    size: int = 4 * _MB  # bytes
    marks: int = 150_000  # tags, comments, CDATA sections and processing instructions together
    depth: int = 32
    tag_length: int = 4096  # bytes of one tag with all its attributes
    attributes: int = 32  # of one element
    namespace_length: int = 256  # bytes; each name that uses it is kept with all of it


XML_LIMITS = XmlLimits()

#: A mark of any kind, or a `<` that begins none. No quantifier gives anything back, and the first `<` that begins none
#: ends the count: each byte is looked at a few times at most, whatever is sent.
_MARK = re.compile(
    rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>"
    rb"|<(?P<end>/)[^<>]*+>|<(?P<tag>[^\s<>/!?\"'](?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)>|<",
    re.DOTALL,
)
_NAMESPACE = re.compile(rb"xmlns[^=]*+=\s*+(\"[^\"]*+|'[^']*+)")
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml\s.*?\?>", re.DOTALL)
_ENCODING = re.compile(rb"encoding\s*+=\s*+[\"']([^\"']*+)[\"']")
_SAME_AS_UTF8 = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})


def parse_xml(body: bytes, limits: XmlLimits = XML_LIMITS) -> Element:
    """The root of the document. Unreadable when it is not well-formed, not UTF-8, has a DTD or is beyond the limits.

    The parser is written in C: call this in a child process (`ReaderPool`), as part of what is asked of the document.
    """
    checked_utf8(body, size=limits.size, what="The XML")
    declaration = _DECLARATION.match(body)
    encoding = _ENCODING.search(declaration[0]) if declaration else None
    if encoding and encoding[1].lower() not in _SAME_AS_UTF8:
        raise Unreadable(Reason.MALFORMED, "The XML says that it is written in another encoding than UTF-8.")
    _count(body, limits)
    # Told the encoding, the parser reads the very characters that were counted. No DTD comes this far: no entity is known.
    parser = XMLParser(encoding="utf-8")  # noqa: S314  # see above
    try:
        # In one piece: fed in several, the parser begins a long tag again with each of them.
        parser.feed(body)
        root: Element = parser.close()
    except (ParseError, ValueError, LookupError):
        raise Unreadable(Reason.MALFORMED, "The XML is not well-formed.") from None
    return root


def _count(body: bytes, limits: XmlLimits) -> None:
    depth = 0
    for number, mark in enumerate(_MARK.finditer(body), start=1):
        if number > limits.marks:
            raise Unreadable(Reason.TOO_LARGE, f"The XML has more than {limits.marks} tags.")
        tag = mark["tag"]
        if tag is not None:
            if len(tag) > limits.tag_length:
                raise Unreadable(Reason.TOO_LARGE, f"The XML has a tag longer than {limits.tag_length} bytes.")
            if tag.count(b"=") > limits.attributes:
                raise Unreadable(
                    Reason.TOO_LARGE, f"An element of the XML has more than {limits.attributes} attributes."
                )
            if b"xmlns" in tag and max(map(len, _NAMESPACE.findall(tag)), default=0) > limits.namespace_length:
                raise Unreadable(
                    Reason.TOO_LARGE, f"The XML has a namespace longer than {limits.namespace_length} bytes."
                )
            depth += not tag.endswith(b"/")
            if depth > limits.depth:
                raise Unreadable(Reason.TOO_DEEP, f"The XML is nested deeper than {limits.depth} levels.")
        elif mark["end"]:
            depth -= 1
        elif len(mark[0]) == 1:
            if body[mark.start() : mark.start() + 9].upper() == b"<!DOCTYPE":
                raise Unreadable(Reason.MALFORMED, "The XML has a document type declaration, which is never read.")
            raise Unreadable(Reason.MALFORMED, "The XML is not well-formed.")
