"""Header fields, written here: one field each, whatever the words in them.

Python's header objects fold long ones wrongly (tried with 3.11): a name beyond ASCII with commas becomes several addresses under
SMTPUTF8, and a long Message-ID in References an encoded word.
"""

import re
from collections.abc import Sequence
from email.header import Header

from pointsman_smtp.addresses import Mailbox

LONGEST_SUBJECT, LONGEST_NAME = 400, 100

# Controls, halves of characters, and what some readers take for the end of a line.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_PLAIN = re.compile(r"[ -~]*")
_WIDTH = 76


def one_line(text: str, longest: int) -> str:
    """`text` on one line without controls, and no longer than that."""
    line = " ".join(_UNFIT.sub(" ", text[: 4 * longest]).split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def subject(text: str) -> bytes:
    """The field Subject."""
    return _field("Subject", _words("Subject", one_line(text, LONGEST_SUBJECT)))


def address(name: str, box: Mailbox, words: str = "") -> bytes:
    """A field with one address, with the words of a display name before it."""
    phrase = one_line(words, LONGEST_NAME)
    if not phrase:
        return _field(name, f"<{box}>" if box.utf8 else str(box))
    if _PLAIN.fullmatch(phrase) and "=?" not in phrase:
        written = '"' + phrase.replace("\\", "\\\\").replace('"', '\\"') + '"'
    else:
        written = Header(phrase, "utf-8", maxlinelen=_WIDTH - 1, header_name=name).encode(linesep="\r\n")
    return _field(name, f"{written}\r\n <{box}>")


def plain(name: str, value: str) -> bytes:
    """A field whose value was made here, of printable ASCII."""
    if not _PLAIN.fullmatch(value):
        raise ValueError(f"{name} is not plain ASCII")
    return _field(name, value)


def block(fields: Sequence[bytes]) -> bytes:
    """The fields, one after the other."""
    return b"".join(fields)


def _words(name: str, text: str) -> str:
    if _PLAIN.fullmatch(text) and "=?" not in text and len(name) + 2 + len(text) <= _WIDTH:
        return text
    return Header(text, "utf-8", maxlinelen=_WIDTH - 1, header_name=name).encode(linesep="\r\n")


def _field(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode()
