"""A connector's set-up form: for each way to sign in the fields that it needs, read from manifest and JSON Schema."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pointsman_sdk import Auth, Manifest, Method

_PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field of a configuration; `kind` is its JSON type, `default` None where there is none."""

    name: str
    description: str
    kind: str
    required: bool
    secret: bool = False
    choices: tuple[str, ...] = ()
    default: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WayToSignIn:
    """One way, with what it sets by itself (`given`), the fields that it is asked for, and all others but those of other ways.

    With `signs_in` a person goes to the vendor once, who is asked to grant the `scopes`.
    """

    title: str
    signs_in: bool
    scopes: tuple[str, ...]
    given: Mapping[str, str]
    fields: tuple[FormField, ...]
    further: tuple[FormField, ...]


def ways_of(manifest: Manifest, language: str = "en") -> tuple[WayToSignIn, ...]:
    """The ways in the manifest's order: at least one; titles and descriptions in this language, as far as it has them."""
    fields = tuple(
        replace(one, description=manifest.worded(one.description, language))
        for one in fields_of(manifest.config.model_json_schema())
    )
    ways = manifest.auth or (Auth(method=Method.NONE),)
    titles = titles_of(manifest, language)
    return tuple(
        _way(auth, title, fields, frozenset().union(*map(_own, ways)) - _own(auth))
        for auth, title in zip(ways, titles, strict=True)
    )


def titles_of(manifest: Manifest, language: str = "en") -> tuple[str, ...]:
    """What each way is called; one without a title by its method."""
    ways = manifest.auth or (Auth(method=Method.NONE),)
    return tuple(manifest.worded(auth.title, language) if auth.title else auth.method.value for auth in ways)


def fields_of(schema: Mapping[str, Any]) -> tuple[FormField, ...]:
    """The fields of a JSON Schema, as pydantic writes it for a model."""
    required = frozenset(schema.get("required", ()))
    return tuple(_field(name, part, schema, required) for name, part in schema.get("properties", {}).items())


def _own(auth: Auth) -> frozenset[str]:
    """The fields that a way names. Those of its addresses are its own where a field says which way is taken."""
    urls = (auth.authorize_url, auth.token_url, auth.issuer) if auth.only_if else ()
    return frozenset(auth.fields) | {name for url in urls if url for name in _PLACE.findall(url)}


def _way(auth: Auth, title: str, fields: Sequence[FormField], of_others: frozenset[str]) -> WayToSignIn:
    given = {auth.only_if[0]: str(auth.only_if[1])} if auth.only_if else {}
    asked = tuple(one for one in fields if one.name not in given and (one.required or one.name in auth.fields))
    further = tuple(one for one in fields if one.name not in of_others | given.keys() and one not in asked)
    signs_in = auth.authorize_url is not None
    return WayToSignIn(
        title=title,
        signs_in=signs_in,
        scopes=auth.scopes,
        given=given,
        fields=asked,
        further=further,
    )


def _field(name: str, part: Mapping[str, Any], schema: Mapping[str, Any], required: frozenset[str]) -> FormField:
    shape = _shape(part, schema)
    return FormField(
        name=name,
        description=str(part.get("description", "")),
        kind=str(shape.get("type", "string")),
        required=name in required,
        secret=shape.get("format") == "password",
        choices=tuple(str(one) for one in shape.get("enum", ())),
        default=part.get("default"),
    )


def _shape(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a value looks like: of one that may be null the other half, of a name what it stands for."""
    for alternative in part.get("anyOf", ()):
        if alternative.get("type") != "null":
            return _shape(alternative, schema)
    if isinstance(named := part.get("$ref"), str):
        found: Mapping[str, Any] = schema.get("$defs", {}).get(named.rpartition("/")[2], {})
        return found
    return part
