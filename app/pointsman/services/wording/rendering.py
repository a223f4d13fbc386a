"""Messages as a reader sees them: in their language and time zone, with people and things by name."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from pointsman.domain.messages.message import Arg, Message, Named, NameKind, rep_name, say, supplier_name
from pointsman.services.wording.arguments import write_argument, write_list
from pointsman.services.wording.catalogue import catalogue_language, load_catalogue
from pointsman.services.wording.terms import BARE, is_term, split_term, without_article, write_term

FALLBACK_LANGUAGE = "en"
_FIELD = re.compile(r"[a-z]+\.[a-z]")
_OTHERS: Mapping[NameKind, Message] = {
    NameKind.REP: say("text.another-rep"),
    NameKind.SUPPLIER: say("text.another-supplier"),
    NameKind.INTAKE: say("text.another-sender"),
    NameKind.CONNECTION: say("text.another-system"),
    NameKind.API_KEY: say("text.another-sender"),
}


#: What a connected system said, and what is wrong with it: it may name anyone of the house, and places of theirs.
_OF_SYSTEMS = "vendor."
_HOUSE_KNOWS = say("text.house-knows-why")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReader:
    """A person who reads: language (of the catalogues), time zone (None: each time in its own), names by what they name.

    A partner's `names` are those of its own reps; `hides_others` then has everybody else read as "another rep", and what
    connected systems said not at all.
    """

    language: str = FALLBACK_LANGUAGE
    zone: str | None = None
    names: Mapping[Named, str] = field(default_factory=lambda: MappingProxyType({}))
    hides_others: bool = False

    def reads_rep(self, rep: str) -> bool:
        """Whether an answer to this reader has the rep in it, by key or by name."""
        return not self.hides_others or rep_name(rep) in self.names

    def shown_rep(self, rep: str | None) -> str | None:
        """The rep's key; None for another rep than the reader's own, where others are hidden."""
        return rep if rep is not None and self.reads_rep(rep) else None

    def reads_source(self, source: str) -> bool:
        """Whether an answer has a finding of this source in it: "sdr:mia", "partner:callwerk/api"."""
        if not self.hides_others:
            return True
        kind, _, found_by = source.partition(":")
        if kind == "partner":
            return supplier_name(found_by.partition("/")[0]) in self.names
        return kind == "sdr" and self.reads_rep(found_by)


def render(message: Message, reader: MessageReader) -> str:
    """The message in words, without a capital or a full stop of a sentence's own.

    A key that the catalogue lacks, as of a message that a later release wrote, is shown with its arguments.
    """
    message = _as_shown(message, reader)
    args = dict(message.args)
    parts = load_catalogue(reader.language).parts(message.key, args)
    if parts is None:
        shown = ", ".join(f"{name} {_write(arg, '', reader)}" for name, arg in args.items())
        return f"{message.key} ({shown})" if shown else message.key
    written = []
    for before, name, how in parts:
        written.append(before)
        if name is not None:
            written.append(_write(args.get(name), how, reader))
    return "".join(written)


def render_sentence(message: Message, reader: MessageReader) -> str:
    """The message as a sentence: with a full stop, and a capital where words of ours come first.

    An argument stays as it is: a path, an address, a key or a person's words with a capital would be another.
    """
    words = render(message, reader)
    is_ours = _begins_with_ours(message, "", reader) and not _FIELD.match(words)
    begun = f"{words[:1].upper()}{words[1:]}" if is_ours else words
    return f"{begun}{'' if words.endswith(('.', '!', '?', ':')) else '.'}"


def render_all(messages: Sequence[Message], reader: MessageReader) -> list[str]:
    """Several messages, each as a sentence; what reads the same is said once."""
    return list(dict.fromkeys(render_sentence(message, reader) for message in messages))


def length_as_read(length: timedelta, reader: MessageReader) -> str:
    """A length of time by its two largest units: "1 day 3 hours"."""
    return write_argument(length, "", reader.language, reader.zone)


def supported(language: str | None) -> str:
    """As `catalogue_language`; English where there is none."""
    return catalogue_language(language) or FALLBACK_LANGUAGE


def _begins_with_ours(arg: Arg, how: str, reader: MessageReader) -> bool:
    """Whether what is written for `arg` begins with a text of the catalogues, a number or a time."""
    match arg:
        case Message():
            return _text_begins_with_ours(arg, reader)
        case Named():
            return reader.hides_others and arg not in reader.names
        case tuple():
            return bool(arg) and _begins_with_ours(arg[0], split_term(how)[0], reader)
        case str():
            return is_term(how)
        case _:
            return True


def _text_begins_with_ours(message: Message, reader: MessageReader) -> bool:
    message = _as_shown(message, reader)
    args = dict(message.args)
    for before, name, how in load_catalogue(reader.language).parts(message.key, args) or ():
        if before:
            return True
        if name is not None and _write(args.get(name), how, reader):
            return _begins_with_ours(args.get(name), how, reader)
    return False


def _write(arg: Arg, how: str, reader: MessageReader) -> str:
    match arg:
        case Message():
            words = render(arg, reader)
            return without_article(words, reader.language) if how == BARE else words
        case Named():
            return _name(arg, reader)
        case tuple():
            term, joint = split_term(how)
            return write_list([_write(item, term, reader) for item in arg], joint, reader.language)
        case str() if how:
            return write_term(arg, how, reader.language)
        case _:
            try:
                return write_argument(arg, how, reader.language, reader.zone)
            except (
                ArithmeticError,
                ValueError,
            ):  # as of a time of the year 9999, which clocks in the east show in 10000
                return str(arg)


def _as_shown(message: Message, reader: MessageReader) -> Message:
    return _HOUSE_KNOWS if reader.hides_others and message.key.startswith(_OF_SYSTEMS) else message


def _name(named: Named, reader: MessageReader) -> str:
    known = reader.names.get(named)
    if known is None and reader.hides_others:
        return render(_OTHERS[named.kind], reader)
    return known or named.key
