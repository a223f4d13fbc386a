"""What comes along where a secret is pasted, or read from a file: the end of its line is dropped, blanks stay and are told."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

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


def _has_blank(value: object) -> bool:
    return isinstance(value, str) and value.rstrip(LINE_ENDS) != value.rstrip(LINE_ENDS).strip()


def _is_secret(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    annotation: Any = field.annotation if field is not None else None
    return SecretStr in (annotation, *getattr(annotation, "__args__", ()))
