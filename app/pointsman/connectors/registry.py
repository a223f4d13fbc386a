"""The registry: which connectors are installed, found by entry point, imported when first used."""

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, distributions
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pointsman.connectors.set_up.pasted import drop_line_ends, halves_in
from pointsman.domain.errors import MAX_FAULTS, Fault, Invalid, NotFound, Unavailable
from pointsman.domain.messages.form_faults import form_fault, knows_kind
from pointsman.domain.messages.message import Message, say
from pointsman.domain.messages.suggestions import as_suggestion
from pointsman.domain.text.suggestions import did_you_mean, in_english, suggest
from pointsman_sdk import CONTRACT, Auth, Capability, Connector, Context, Limits, Manifest
from pointsman_sdk.graded import read_tier

ENTRY_POINT_GROUP = "pointsman.connectors"


class DuplicateConnector(Exception):
    """Two installed distributions claim one connector name: uninstall one of them."""

    def __init__(self, name: str, distributions: tuple[str, str]) -> None:
        self.name, self.distributions = name, distributions
        super().__init__(f"connector {name!r} comes from both {' and '.join(distributions)}: uninstall one")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthInfo:
    """One way in which its connections prove themselves; with `signs_in` a human goes to the vendor once.

    `fields` are those of the configuration that it needs beside the required ones.
    """

    method: str
    title: str
    scopes: tuple[str, ...]
    signs_in: bool
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorInfo:
    """One installed connector, as shown to an admin. A broken one has a `fault` and nothing after it.

    `tier` is what the conformance kit found of this very code, "" where it was not run since the code changed.
    """

    name: str
    distribution: str
    version: str
    fault: str | None
    title: str = ""
    tier: str = ""
    capabilities: tuple[str, ...] = ()
    auth: tuple[AuthInfo, ...] = ()
    docs: str = ""
    maintainers: tuple[str, ...] = ()
    config_schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """A name that a distribution claims by entry point."""

    distribution: str
    version: str
    entry: EntryPoint


class ConnectorRegistry:
    """The connectors of one installation. One that cannot be imported, or listed, is kept, with the reason."""

    def __init__(self, claims: Mapping[str, _Claim]) -> None:
        self._claims = dict(sorted(claims.items()))
        self._loaded: dict[str, tuple[Any, ConnectorInfo]] = {}

    @classmethod
    def discover(cls, path: Sequence[str] | None = None) -> "ConnectorRegistry":
        """Read the entry points of every distribution on `path`, by default `sys.path`. Raises DuplicateConnector."""
        return cls(_installed(tuple(sys.path)) if path is None else _claims_on(path))

    def names(self) -> list[str]:
        """The name of every connector; nothing is imported."""
        return list(self._claims)

    def describe(self) -> list[ConnectorInfo]:
        """Every connector with what its manifest says; imports them all."""
        return [self._load(name)[1] for name in self._claims]

    def manifest(self, name: str) -> Manifest:
        """Raises NotFound for an unknown connector, Unavailable for a broken one."""
        manifest: Manifest = self._factory(name).manifest
        return manifest

    def parse_config(self, name: str, config: Mapping[str, object]) -> BaseModel:
        """`config` as the connector's own model, its secrets without the end of a line.

        Raises Invalid with the path to each fault, and as `manifest` does.
        """
        model = self.manifest(name).config
        if halved := halves_in(config):
            raise _unfit(name, [_halved(field) for field in halved])
        try:
            return model.model_validate(drop_line_ends(model, config))
        except ValidationError as error:
            found = error.errors(include_input=False, include_url=False)
            raise _unfit(
                name, [_config_fault(name, model, one, listed=place < MAX_FAULTS) for place, one in enumerate(found)]
            ) from None
        except Exception as error:  # noqa: BLE001  # a stranger's validator may raise anything
            raise _broken(name, f"its configuration raised {type(error).__name__}") from None

    def build(self, name: str, config: Mapping[str, object], context: Context) -> Connector:
        """A connection of this connector. Raises NotFound, Unavailable, Invalid."""
        model = self.parse_config(name, config)
        try:
            connector: Connector = self._factory(name)(model, context)
        except (NotFound, Unavailable):
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  # likewise
            # The type alone: the text may quote the configuration.
            raise _broken(name, f"its beginning raised {type(error).__name__}") from None
        return connector

    def _factory(self, name: str) -> Any:
        if name not in self._claims:
            others = did_you_mean(name, self._claims) or "none is installed"
            raise NotFound(
                f"there is no connector {name[:60]!r}; {others}", told=say("refusal.no-connector", name=name[:60])
            )
        factory, info = self._load(name)
        if info.fault is not None:
            raise _broken(name, info.fault)
        return factory

    def _load(self, name: str) -> tuple[Any, ConnectorInfo]:
        if name not in self._loaded:
            try:
                factory = self._claims[name].entry.load()
                info = self._info(name, factory)
            except (Exception, SystemExit) as error:  # noqa: BLE001  # a stranger's module may raise anything; the service goes on
                factory, info = None, self._unusable(name, f"{type(error).__name__}: {error}"[:500])
            self._loaded[name] = (factory, info)
        return self._loaded[name]

    def _unusable(self, name: str, fault: str) -> ConnectorInfo:
        claim = self._claims[name]
        return ConnectorInfo(name=name, distribution=claim.distribution, version=claim.version, fault=fault)

    def _info(self, name: str, factory: Any) -> ConnectorInfo:
        if (fault := _fault(name, factory)) is not None:
            return self._unusable(name, fault)
        claim = self._claims[name]
        manifest: Manifest = factory.manifest
        return ConnectorInfo(
            name=name,
            distribution=claim.distribution,
            version=claim.version,
            fault=None,
            title=manifest.title,
            tier=_tier(factory),
            capabilities=tuple(sorted(manifest.capabilities)),
            auth=tuple(
                AuthInfo(
                    method=way.method,
                    title=way.title,
                    scopes=way.scopes,
                    signs_in=way.authorize_url is not None,
                    fields=way.fields,
                )
                for way in manifest.auth
            ),
            docs=manifest.docs,
            maintainers=manifest.maintainers,
            config_schema=manifest.config.model_json_schema(),
        )


@cache
def _installed(path: tuple[str, ...]) -> Mapping[str, _Claim]:
    """Installing a connector takes a restart, so that a process looks through everything installed once."""
    return _claims_on(path)


def _claims_on(path: Sequence[str]) -> Mapping[str, _Claim]:
    claims: dict[str, _Claim] = {}
    for distribution in distributions(path=list(path)):
        entries = distribution.entry_points.select(group=ENTRY_POINT_GROUP)
        if not entries:  # looked at first: reading the metadata of all that is installed takes long
            continue
        name = (distribution.metadata["Name"] or "").lower().replace("_", "-")
        for entry in entries:
            claim = _Claim(distribution=name, version=distribution.version or "", entry=entry)
            # The same distribution twice is one that lies on the path twice: the first is imported.
            other = claims.setdefault(entry.name, claim)
            if other.distribution != name:
                raise DuplicateConnector(entry.name, (other.distribution, name))
    return claims


def _broken(name: str, fault: str) -> Unavailable:
    return Unavailable(
        f"the connector {name!r} is broken: {fault}",
        code="connector-broken",
        told=say("refusal.broken-connector", name=name, fault=fault),
    )


def _all(of: type, *kinds: type[Collection[Any]]) -> Callable[[Any], bool]:
    return lambda given: isinstance(given, kinds) and all(isinstance(part, of) for part in given)


def _are_words(given: tuple[Any, Any]) -> bool:
    language, words = given
    return isinstance(language, str) and isinstance(words, Mapping) and _all(str, list)([*words, *words.values()])


#: What is listed and asked of a manifest; an author's type checker is no promise.
_SOUND: Mapping[str, Callable[[Any], bool]] = {
    "title": lambda given: isinstance(given, str),
    "contract": lambda given: _all(int, tuple, list)(given) and len(given) == 2,
    "capabilities": _all(Capability, frozenset, set),
    "config": lambda given: isinstance(given, type) and issubclass(given, BaseModel),
    "auth": lambda given: _all(Auth, tuple, list)(given) and all(_all(str, tuple, list)(way.fields) for way in given),
    "limits": lambda given: isinstance(given, Limits),
    "docs": lambda given: isinstance(given, str),
    "maintainers": _all(str, tuple, list),
    "words": lambda given: isinstance(given, Mapping) and all(_are_words(one) for one in given.items()),
}


def _fault(name: str, factory: Any) -> str | None:
    """Why what was loaded cannot be used; None when it can."""
    manifest = getattr(factory, "manifest", None)
    if not callable(factory) or not isinstance(manifest, Manifest):
        return "the entry point names nothing that can be called and has a manifest"
    wrong = [field for field, is_sound in _SOUND.items() if not is_sound(getattr(manifest, field))]
    if wrong:
        return f"its manifest is not as `pointsman_sdk.Manifest` says: {', '.join(wrong)}"
    first, last = manifest.contract
    if not first <= CONTRACT <= last:
        return f"written for contract {first} to {last}; this version of Pointsman speaks contract {CONTRACT}"
    if manifest.name != name:
        return f"its manifest says {manifest.name!r}, its entry point {name!r}"
    return None


def _tier(factory: Any) -> str:
    package = sys.modules.get(str(getattr(factory, "__module__", "")).partition(".")[0])
    graded = read_tier(Path(package.__file__).parent) if package is not None and package.__file__ else None
    return graded.tier if graded else ""


#: What can be said of a field without the value that stands there.
_TOLD_WITHOUT_VALUE = frozenset(
    {
        "fault.missing",
        "fault.unknown-key",
        "fault.hinted",
        "fault.text",
        "fault.true-or-false",
        "fault.whole-number",
        "fault.number",
        "fault.at-least",
        "fault.above",
        "fault.at-most",
        "fault.below",
        "fault.too-long",
        "fault.too-short",
        "fault.too-many",
        "fault.too-few",
    }
)


def _unfit(name: str, faults: Sequence[Fault]) -> Invalid:
    return Invalid(
        f"the configuration does not fit the connector {name!r}",
        code="config-invalid",
        told=say("refusal.config-unfit", name=name),
        faults=faults,
    )


def _halved(field: str) -> Fault:
    """Of a name that is not whole itself no more than that it is there."""
    shown = field if field.isprintable() else ascii(field)
    message = "Half of a character stands in it, as of a file in another encoding. Write it anew."
    return Fault(path=f"body.config.{shown}", code="lone-surrogate", message=message, told=say("fault.half-character"))


def _config_fault(name: str, model: type[BaseModel], error: ErrorDetails, *, listed: bool) -> Fault:
    """A fault of one field, with what to write there where it is `listed`; a value is never repeated: it may be a secret."""
    where = [str(part) for part in error["loc"]]
    message, hint = error["msg"].removeprefix("Value error, "), None
    if listed and error["type"] == "extra_forbidden" and len(where) == 1:
        likely = suggest(where[0], model.model_fields)
        message = f"{name} has no {where[0][:60]!r}; {in_english(likely)}".rstrip("; ")
        hint = as_suggestion(likely)
    elif error["type"] == "missing":
        field_info = model.model_fields.get(where[0]) if len(where) == 1 else None
        meaning = f": {field_info.description}" if field_info is not None and field_info.description else ""
        message = f"Add this field; it is required{meaning}"
    return Fault(
        path=".".join(["body", "config", *where]), code=error["type"], message=message, told=_told(error, message, hint)
    )


def _told(error: ErrorDetails, message: str, hint: Message | None) -> Message | None:
    """None of what may repeat a value, and of what a stranger's validator calls as our own models call theirs."""
    if knows_kind(error["type"]):
        return None
    found = form_fault(error, message, hint)
    return found if found.key in _TOLD_WITHOUT_VALUE else None
