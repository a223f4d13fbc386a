"""Telephone numbers: where in a text they stand, and when two leads of one number are one person.

A number is shared more often than an email: by a family, by all who sit behind a switchboard. So it finds a lead only where
nothing else speaks against it.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from pointsman.domain.leads.normalise import clean_text
from pointsman.domain.text.composition import compose
from pointsman.domain.text.strict_json import fingerprint

#: Characters of a text in which a number is looked for: a longer one is read as none.
MAX_PHONE_TEXT = 100

_DASHES = {ord(character): "-" for character in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc"}
_BREAKS = frozenset("\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
_EXTENSION_WORDS = (
    r"(?:extn?|extension|x|dw|durchw(?:ahl)?|nst|nbst|nebenst(?:elle)?|(?:haus)?app(?:arat)?|klappe|kl|poste|int(?:ern[oe]?)?|"
    r"toestel|wew|#)"
)
_BEFORE_EXTENSION = re.compile(rf"\s*[,;]\s*(?={_EXTENSION_WORDS}\b)", re.IGNORECASE)
#: "(DW 12)", "- Durchwahl -12", "ext.: 12", "Apparat Nr. 12".
_EXTENSION = re.compile(
    rf"[\s(\[./-]*{_EXTENSION_WORDS}(?![^\W\d_])[\s.:=(-]{{0,5}}(?:(?:nr|no|nummer|number)\b[\s.:-]{{0,3}})?(\d{{1,20}})",
    re.IGNORECASE,
)
_LONGEST_EXTENSION = 6  # digits
#: "415-555-2671,12": commas are pauses in dialling.
_PAUSES = re.compile(r"((?:\d[ ().+/-]{0,3}){7}),{1,3}(?=\d{1,5}$)")
#: What spreadsheets make of a number: "491711234567.0".
_FLOAT = re.compile(r"(\+?\d+)[.,]0")
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_CLOCK = r"(?:[01]?\d|2[0-4])(?:[:.][0-5]\d)?"
_DAYS = r"(?:mo|di|mi|do|fr|sa|so|mon|tue|wed|thu|fri|sat|sun)[a-z]{0,8}\.?"
#: Dates and hours beside a number: its reader would join their digits to it. Only where no digits stand before.
_DATE_OR_HOURS = re.compile(
    r"(?<![\d.+/(-])(?<!\d\s)(?:"
    rf"(?:19|20)\d\d([-./]){_MONTH}\1{_DAY}(?![\d./-])|{_DAY}([-./])\d{{1,2}}\2(?:(?:19|20)\d\d|\d\d)(?![./-]?\d)"
    rf"|{_DAYS}(?:\s?[-/+&,]\s?{_DAYS})?[\s:]{{0,2}}(?:{_CLOCK})\s?(?:-|bis|to|until)\s?{_CLOCK}(?!\d)"
    r"|(?:[01]?\d|2[0-4]):[0-5]\d(?!\d)"
    r"|[1-9]\d?\s?[-/]\s?\d{1,2}\s+(?=\(?[+0]\d)"  # "24/7 0171 …"
    r")"
    rf"|(?<![\d.+/-])(?:{_CLOCK}\s?(?:-|bis|to|until)\s?)?{_CLOCK}\s?(?:uhr|h|am|pm)\b",
    re.IGNORECASE,
)
#: As scripts of forms leave it that add the country's code to what has it: "+49 +49 171 …".
_CODE_TWICE = re.compile(r"\+(\d{1,3})\s{0,2}\+\1(?=[\s(\d])")
_FAX = re.compile(r"\b(?:tele)?fax\b|\bf:", re.IGNORECASE)
_TELEPHONE = re.compile(r"\b(?:tel|phone|mobil|handy)", re.IGNORECASE)
#: What stands between two numbers. A slash also stands after an area code: see `_cut`.
_BETWEEN = re.compile(r"[;,|&]|\s(?:oder|und|or|and|bzw\.?|resp\.?)\s", re.IGNORECASE)
_CUT = re.compile(r"/|\t|\s-\s(?=\+|0\d{2})")
_NUMBER = re.compile(r"(?<![\w@])\+?[\s(]*\d(?:[\d\s().+/-]*\d)?")
_FEWEST_DIGITS = 3  # with fewer it is the number of a label: "Tel 2: 030 …"
#: So many digits before a slash are a number by themselves: what follows is another one, or another ending.
_DIGITS_OF_A_NUMBER = 8
_SAME_AT_THE_END = re.compile(r"(\d)\1{5}$")
_IN_ORDER = ("1234567890", "9876543210")

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "æ": "ae", "å": "a", "ł": "l"})
_TITLES = frozenset(["dr", "prof", "professor", "dipl", "ing", "mag", "med", "herr", "frau", "mr", "mrs", "ms"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A number that can be called. `key` is E.164, with an extension as RFC 3966 writes it: "+4930123456;ext=12".

    `is_mobile` says that the number is nearly always one person's; an extension's never is.
    """

    key: str
    is_mobile: bool


@dataclass(frozen=True, slots=True)
class WrittenPhone:
    """A number as it stands in a text, and its extension."""

    number: str
    extension: str | None


def find_phones(text: str) -> Iterator[WrittenPhone]:
    """What may be a number in `text`, in order; a later one only where it begins with + or 0, and those of a fax last.

    The part before a slash with the digits of a whole number comes before the whole: "030 1234567 / 68" has two endings.
    Dates, hours and the numbers of labels are none. Takes time linear in the text.
    """
    if len(text) > MAX_PHONE_TEXT:
        return
    plain = "".join(map(_shown, compose(text, "NFKC").translate(_DASHES))).strip()
    if len(plain) > MAX_PHONE_TEXT:
        return  # some characters are words in this form
    if of_float := _FLOAT.fullmatch(plain):
        plain = of_float[1]
    plain = _DATE_OR_HOURS.sub(";", _CODE_TWICE.sub(r"+\1", plain))
    pieces = _BETWEEN.split(_BEFORE_EXTENSION.sub(" ", _PAUSES.sub(r"\1 x ", plain)))
    found = (written for piece in pieces for part in _cut(piece) for written in _numbers(part))
    faxes: list[WrittenPhone] = []
    first = True
    for written, is_fax in found:
        if first or written.number.lstrip("( ").startswith(("+", "0")):
            if is_fax:
                faxes.append(written)
            else:
                yield written
        first = False
    yield from faxes


def _numbers(part: str) -> Iterator[tuple[WrittenPhone, bool]]:
    """The numbers between two marks, and whether each is a fax's."""
    at = 0
    while found := _NUMBER.search(part, at):
        number, label = found.group(), part[at : found.start()]
        at = found.end()
        extension = _EXTENSION.match(part, at)
        if extension is not None:
            at = extension.end()
            if len(extension[1]) > _LONGEST_EXTENSION:
                continue
        elif part[at : at + 1].isalnum():
            continue  # a letter within the digits: "12345O7"
        if sum(sign.isdigit() for sign in number) >= _FEWEST_DIGITS:
            is_fax = bool(_FAX.search(label)) and not _TELEPHONE.search(_FAX.sub("", label))
            yield WrittenPhone(number.replace("\t", " "), extension[1] if extension else None), is_fax


def _cut(piece: str) -> Iterator[str]:
    for mark in _CUT.finditer(piece):
        if sum(c.isdigit() for c in piece[: mark.start()]) >= _DIGITS_OF_A_NUMBER:
            yield piece[: mark.start()]
            if mark.group() != "\t":  # between two cells
                yield piece
            yield piece[mark.end() :]
            return
    yield piece


def _shown(sign: str) -> str:
    """A break as ";", other blanks as they part cells or digits; what formats invisibly as nothing."""
    if sign in _BREAKS:
        return ";"
    if sign == "\t":
        return sign
    category = unicodedata.category(sign)
    return "" if category in {"Cf", "Cs"} else " " if sign.isspace() or category == "Cc" else sign


def is_placeholder(digits: str) -> bool:
    """Whether a number that could be called is written where none is to be given.

    It ends in six equal digits, or in eight that rise or fall one by one: "0151 12345678".
    """
    last = digits[-8:]
    return _SAME_AT_THE_END.search(digits) is not None or (len(last) == 8 and any(last in row for row in _IN_ORDER))


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneOwner:
    """What is known of a person beside the number. `has_other_id`: the sender's system calls the person by another id."""

    email_key: str | None
    first_name: str | None
    last_name: str | None
    has_external_id: bool = False
    has_other_id: bool = False


def is_same_owner(known: PhoneOwner, news: PhoneOwner, *, is_mobile: bool) -> bool:
    """Whether two who gave one number are one person; the number is no third one's.

    Never where both have an email, or an id in one system, and they differ: what is equal found the lead before. Of a mobile
    number where no name differs. Of any other where first and last name are known of both and equal, or nothing at all is
    known of either but the number.
    """
    if news.has_other_id or (known.email_key and news.email_key and known.email_key != news.email_key):
        return False
    first, last = (
        (_name_words(known.first_name), _name_words(news.first_name)),
        (_name_words(known.last_name), _name_words(news.last_name)),
    )
    if is_mobile:
        return _fits(*last, short=False) and _fits(*first, short=True)
    if all((*first, *last)):
        return first[0] == first[1] and last[0] == last[1]
    return not any((*first, *last, known.email_key, news.email_key, known.has_external_id, news.has_external_id))


def is_name(text: str | None) -> bool:
    """Whether a field for a person's name has one: "-", "?" and "Dr." are none, though forms ask for a last name."""
    return bool(_name_words(text))


def telephone_id(key: str, first_name: str | None, last_name: str | None) -> str:
    """A name for the number `key` with the names beside it, the same however they are spelled; it shows neither."""
    return fingerprint([key, _name_words(first_name), _name_words(last_name)])


def _fits(one: tuple[str, ...], other: tuple[str, ...], *, short: bool) -> bool:
    """Whether two names can be one person's: unknown, equal or, with `short`, "A." beside "Anna"."""
    if not one or not other or one == other:
        return True
    return short and (one[0][0] == other[0][0]) and 1 in (len(one[0]), len(other[0]))


def _name_words(name: str | None) -> tuple[str, ...]:
    plain = compose(clean_text(name or "")[:200], "NFKC").casefold().translate(_UMLAUTS)
    plain = "".join(c for c in compose(plain, "NFKD") if not unicodedata.combining(c))
    words = re.sub(r"[\W_]+", " ", plain).split()
    return tuple(word for word in words if word not in _TITLES)
