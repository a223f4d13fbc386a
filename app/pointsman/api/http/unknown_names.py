"""What to do about a name that an endpoint does not know: in a body from its model, in a query from its parameters."""

import re
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from pointsman.domain.leads.facts import NOW_FIELD, STANDARD_FIELDS
from pointsman.domain.text.suggestions import did_you_mean

#: The members of a body that map names of a lead's fields to values.
_FIELD_MAPS = ("fields", "facts")
_UNIONS = (Union, types.UnionType)
_GROUPS = ("lead", "company")
#: Words for which a lead has no field of that name; "name" alone is a person's to most.
_ALSO = {"company": ("company.name",), "name": ()}
#: What other APIs call a parameter or field, and the names that it has here; the first that is taken is meant.
OTHER_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("from", "after", "start", "starts_at", "start_time"), ("start", "since")),
        **dict.fromkeys(("to", "before", "end", "ends_at", "end_time"), ("end", "until")),
        **dict.fromkeys(("search", "query", "text"), ("q",)),
        **dict.fromkeys(("page", "offset"), ("cursor",)),
        **dict.fromkeys(("per_page", "page_size", "size", "count"), ("limit",)),
        **dict.fromkeys(("timezone", "time_zone", "tz"), ("zone",)),
        **dict.fromkeys(("lang", "locale"), ("language",)),
    }
)


def unknown_name(what: str, name: str, known: Iterable[str]) -> str:
    """The advice for `name`, which is not among the `known`; `what` it is: "field", "parameter"."""
    known = set(known)
    meant = next((other for other in OTHER_NAMES.get(name.lower(), ()) if other in known), None)
    hint = f"did you mean '{meant}'?" if meant else did_you_mean(name, known)
    if hint.endswith("?"):
        return f"This {what} is not known here: {hint}"
    return f"Take this {what} out; it is not known here{f': {hint}' if hint else ''}."


def unknown_field(body: Any, location: Sequence[int | str]) -> str:
    """The advice for the field at `location` within a body of the type `body`, as a pydantic error names it."""
    name = str(location[-1])
    known = set[str]()
    for model in _models_at(body, tuple(location[:-1])):
        for own in _FIELD_MAPS:
            if own in model.model_fields and (fields := _fields_called(name)):
                return f"Put it under `{own}` as {' or '.join(fields)}."
        known |= _names_of(model)
    return unknown_name("field", name, known)


def fields_beside(body: Any, location: Sequence[int | str]) -> set[str]:
    """The fields that stand where the one at `location` is, within a body of the type `body`."""
    return {name for model in _models_at(body, tuple(location[:-1])) for name in _names_of(model)}


def _names_of(model: type[BaseModel]) -> set[str]:
    return {field.alias or own for own, field in model.model_fields.items()}


def _fields_called(name: str) -> tuple[str, ...]:
    """The fields of a lead that somebody means who writes `country`, `company_name`, `companyName` or `lead.country`."""
    if len(name) > 100:
        return ()
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().replace("-", "_").replace(" ", "_")
    if plain in _ALSO:
        return _ALSO[plain]
    return tuple(
        field
        for field in STANDARD_FIELDS
        if field != NOW_FIELD and plain in {field, field.replace(".", "_"), *_word_of(field)}
    )


def _word_of(field: str) -> tuple[str, ...]:
    group, _, word = field.partition(".")
    return (word,) if group in _GROUPS else ()


def _models_at(kind: Any, way: tuple[int | str, ...]) -> Iterator[type[BaseModel]]:
    """The models that may stand at the end of a `way` into a value of this type."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        yield from _models_at(inner[0], way)
    elif origin in _UNIONS:
        for one in inner:
            yield from _models_at(one, way)
            if way and isinstance(way[0], str):  # pydantic names which member it tried
                yield from _models_at(one, way[1:])
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        if not way:
            yield kind
        for own, field in kind.model_fields.items():
            if way and way[0] == (field.alias or own):
                yield from _models_at(field.annotation, way[1:])
    elif inner and way:
        yield from _models_at(inner[-1], way[1:])  # the items of a list, the values of an object
