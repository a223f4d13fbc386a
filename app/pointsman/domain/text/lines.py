"""Text from outside as one line: what breaks a line, turns its direction or shows nothing does not come through."""

import re
import unicodedata

from pointsman.domain.text.visible import BLANK

#: What acts on a screen instead of being drawn: controls (of C0, but for the line's end, and of C1), other ends of lines, and
#: signs that turn the direction of what follows. Marks that only say of themselves how they are written are not among them.
ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

#: A joiner, and the two signs that say whether what stands before is a letter or a picture.
_OF_PICTURES = frozenset("\u200d\ufe0e\ufe0f")
_PAGE = re.compile(r"://|\bwww\.", re.IGNORECASE)
#: A dot within what could be a host: letters follow. Programs that show mail make links of hosts without a scheme, too.
_DOT_OF_HOST = re.compile(r"(?<=[\w-])[.\u3002\uff0e\uff61](?=[^\W\d_]{2})")
_ONE_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+")


def one_line(text: str) -> str:
    """`text` with one space for whatever separates its words, all of it printable; empty when it shows nothing."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(map(_shown, BLANK.sub("", text)))
    return " ".join(text.split())


def without_links(text: str, *, may_be_host: bool = False) -> str:
    """A stranger's words, of which no program that shows mail makes a link, since a form could have us send that to anyone.

    Empty where the address of a page stands in them; a blank stands behind a dot within what could be a host. With
    `may_be_host`, one host and nothing else stays as it is: some companies are called so.
    """
    if may_be_host and _ONE_HOST.fullmatch(text) and not text.casefold().startswith("www."):
        return text
    return "" if _PAGE.search(text) else _DOT_OF_HOST.sub(". ", text)


def show_acting(text: str) -> str:
    """`text` with an escape, as "\\x1b" or "\\u202e", for each sign that would act on the screen which shows it."""
    return ACTING.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def refuse_acting(text: str) -> str:
    """A name as it is; ValueError where a sign in it would act on the screen that shows it, or break its line."""
    if ACTING.search(text) or "\n" in text:
        raise ValueError("it has a control, a second line, or a sign that turns the direction of text: take it out")
    return text


def hidden_sign(text: str) -> str | None:
    """The first sign that no reader sees, as "U+200B"; None without one. What joins pictures is part of them."""
    for sign in text:
        if sign not in _OF_PICTURES and (unicodedata.category(sign) in {"Cf", "Cs"} or BLANK.match(sign)):
            return f"U+{ord(sign):04X}"
    return None


def show_hidden(text: str) -> str:
    """`text` with an escape, as "\\u200b", for each sign that acts on the screen or that no reader sees."""
    return "".join(
        sign.encode("unicode_escape").decode() if ACTING.match(sign) or hidden_sign(sign) else sign for sign in text
    )


def _shown(sign: str) -> str:
    if sign.isprintable():
        return sign
    return "" if unicodedata.category(sign) == "Cf" else " "
