"""What a connection needs to sign in by OAuth 2: the manifest's addresses, filled from its configuration."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx
from pydantic import BaseModel, SecretStr

from pointsman.connectors.guard import AddressGuard
from pointsman.domain.errors import Fault, Invalid
from pointsman_sdk import Auth, Manifest, Method

_PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_PART = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._~-]{0,251}[A-Za-z0-9])?")  # of a host or a path
_LONGEST_URL, _LAST_PORT = 2_000, 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One connection as a client of its vendor's authorization server."""

    auth: Auth
    token_url: str
    authorize_url: str | None
    issuer: str | None
    client_id: str
    client_secret: SecretStr | None = field(repr=False)


def grant_of(manifest: Manifest, config: BaseModel, guard: AddressGuard) -> Grant | None:
    """None where the connection does not sign in so: no way of OAuth 2, or no client of ours in its configuration.

    Raises Invalid for an address that is none, is not https, or lies in a network that connections may not reach.
    """
    values = dict(config)
    client_id = _text(values.get("client_id")).strip()
    for auth in manifest.auth:
        meant = auth.only_if is None or _text(values.get(auth.only_if[0])) == auth.only_if[1]
        if meant and auth.method is Method.OAUTH2 and auth.token_url is not None and client_id:
            secret = _text(values.get("client_secret"))
            return Grant(
                auth=auth,
                token_url=_filled(auth.token_url, values, guard),
                authorize_url=_filled(auth.authorize_url, values, guard) if auth.authorize_url else None,
                issuer=_put_in(auth.issuer, values) if auth.issuer else None,
                client_id=client_id,
                client_secret=SecretStr(secret) if secret else None,
            )
    return None


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return "" if value is None else str(value)


def _filled(template: str, values: Mapping[str, object], guard: AddressGuard) -> str:
    """The address, as a browser and our own client may go there."""
    filled = _put_in(template, values)
    named = _PLACE.search(template)
    path = f"body.config.{named[1]}" if named else "body.config"
    try:
        url = httpx.URL(filled)
    except (httpx.InvalidURL, ValueError):
        raise _invalid(path, "This makes no address to sign in at.") from None
    if not url.host or (url.port or 0) > _LAST_PORT or url.userinfo or url.fragment or len(filled) > _LONGEST_URL:
        raise _invalid(path, "This makes no address to sign in at.")
    private = _is_private(url.host, guard)
    if private is None:
        raise _invalid(path, "This address lies in a network that POINTSMAN_PRIVATE_NETWORKS does not name.")
    if url.scheme != "https" and not (url.scheme == "http" and private):
        raise _invalid(path, "The address to sign in at begins with https://.")
    return str(url)


def _put_in(template: str, values: Mapping[str, object]) -> str:
    def put(found: "re.Match[str]") -> str:
        name, value = found[1], _text(values.get(found[1])).strip()
        if found.start() == 0:  # a whole server
            if "?" in value or "#" in value:  # they would swallow the path behind it
                raise _invalid(f"body.config.{name}", "A server's address has no question and no fragment.")
            return value.rstrip("/")
        if not _PART.fullmatch(value) or ".." in value:
            raise _invalid(f"body.config.{name}", "Letters, digits, dots and dashes: it is part of an address.")
        return quote(value, safe="")

    return _PLACE.sub(put, template)


def _is_private(host: str, guard: AddressGuard) -> bool | None:
    """Whether it lies in a network that the admin opened; None: connections may not go there. Names are looked up at a call."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        name = "127.0.0.1"
    try:
        ipaddress.ip_address(name)
    except ValueError:
        # A browser reads figures as an address, in whatever way they are written; a name has a letter at its end.
        return None if name.rpartition(".")[2].isdigit() or name.rpartition(".")[2].startswith("0x") else False
    if not guard.permits(name):
        return None
    return guard.is_private(name)


def _invalid(path: str, message: str) -> Invalid:
    return Invalid(
        "The vendor's sign-in cannot be used as configured.",
        code="config-invalid",
        faults=[Fault(path=path, code="sign-in-address", message=message)],
    )
