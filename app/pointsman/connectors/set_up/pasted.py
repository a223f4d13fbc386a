"""What comes along where a secret is pasted, or read from a file: the end of its line is dropped, blanks stay and are told."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

_HALVES = re.compile(r"[\ud800-\udfff]")
LINE_ENDS = "\r\n"


def drop_line_ends(model: type[BaseModel], config: Mapping[str, object]) -> dict[str, object]:
    """The configuration with each secret of the model up to the end of its last line: none is meant there.

    Of keys of several lines no more than the last end goes.
    """
    return {
        name: value.rstrip(LINE_ENDS) if isinstance(value, str) and _is_secret(model, name) else value
        for name, value in config.items()
    }


def blanks_around(config: Mapping[str, object], secrets: Collection[str]) -> list[str]:
    """Which of the secrets begin or end with a blank: it may be meant, and seldom is."""
    return sorted(name for name in secrets if _has_blank(config.get(name)))


def halves_in(config: Mapping[str, object]) -> list[str]:
    """The fields in which half of a character stands, as of a file in another encoding: nothing can be sent, or stored, of it."""
    return sorted((name for name, value in config.items() if _is_halved(name) or _is_halved(value)), key=ascii)


def _is_halved(value: object) -> bool:
    match value:
        case str():
            return _HALVES.search(value) is not None
        case Mapping():
            return any(_is_halved(name) or _is_halved(one) for name, one in value.items())
        case list() | tuple():
            return any(map(_is_halved, value))
        case SecretStr():
            return _is_halved(value.get_secret_value())
        case _:
            return False


def _has_blank(value: object) -> bool:
    return isinstance(value, str) and value.rstrip(LINE_ENDS) != value.rstrip(LINE_ENDS).strip()


def _is_secret(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    annotation: Any = field.annotation if field is not None else None
    return SecretStr in (annotation, *getattr(annotation, "__args__", ()))
