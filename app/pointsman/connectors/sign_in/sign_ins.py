"""The vendor's side of a sign-in: where the human goes, and the code that comes back (RFC 6749 4.1, 7636, 9207; RFC 9700)."""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from pointsman.connectors.context import ContextFactory
from pointsman.connectors.credentials import connection_binding, open_config
from pointsman.connectors.registry import ConnectorRegistry
from pointsman.connectors.sign_in.grants import Grant
from pointsman.connectors.sign_in.token_endpoint import exchange_code
from pointsman.connectors.sign_in.token_values import KeptToken, dated, token_context
from pointsman.connectors.vault import Vault
from pointsman.domain.errors import Conflict, Unavailable
from pointsman.domain.messages.message import say
from pointsman.domain.text.strict_json import parse_json
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman.services.ports.vendors.sign_in import BegunSignIn, SignInRefused, SignInRow
from pointsman_sdk import ConnectorError, Method, ReauthRequired, Token

CALLBACK_PATH = "/v1/oauth/callback"
_ENTROPY = 32  # bytes of a state, and of a PKCE verifier
_SOON = timedelta(days=1)
_OPENID = frozenset({"openid", "profile", "email"})
_OFFLINE = frozenset({"offline_access", "refresh_token"})


class OAuthSignIns:
    """`pointsman.services.ports.vendors.sign_in.SignInGateway`. `chance` makes states and verifiers."""

    def __init__(
        self,
        *,
        registry: ConnectorRegistry,
        vault: Vault,
        contexts: ContextFactory,
        clock: Callable[[], datetime],
        public_url: str,
        chance: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self._registry, self._vault, self._contexts, self._clock = registry, vault, contexts, clock
        self._redirect_uri, self._chance = f"{public_url}{CALLBACK_PATH}", chance

    def needed(self, connector: str, config: Mapping[str, object]) -> bool:
        manifest = self._registry.manifest(connector)
        grant = self._contexts.grant(manifest, self._registry.parse_config(connector, config))
        return grant is not None and grant.authorize_url is not None

    def per_subject(self, connector: str) -> bool:
        ways = self._registry.manifest(connector).auth
        # A service account fetches the tokens of its subjects by itself: nobody signs in for one.
        return any(way.per_subject for way in ways if way.method is Method.OAUTH2 and way.authorize_url is not None)

    def begin(self, connection: ConnectionRef, *, sign_in_id: UUID) -> BegunSignIn:
        grant = self._grant(connection)
        if grant is None or grant.authorize_url is None:
            raise Conflict(
                "Nobody signs in over this connection: it has credentials of its own.",
                code="no-sign-in",
                told=say("refusal.no-sign-in"),
            )
        state, verifier = self._chance(_ENTROPY), self._chance(_ENTROPY)
        query = {
            "response_type": "code",
            "client_id": grant.client_id,
            "redirect_uri": self._redirect_uri,
            "state": state,
            **dict(grant.auth.params),
        }
        if grant.auth.scopes:
            query["scope"] = " ".join(grant.auth.scopes)
        if grant.auth.pkce:
            query |= {"code_challenge": _challenge(verifier), "code_challenge_method": "S256"}
        kept = {"verifier": verifier if grant.auth.pkce else None, "connection": _binding(connection)}
        return BegunSignIn(
            url=str(httpx.URL(grant.authorize_url).copy_merge_params(query)),
            state_hash=self.state_hash(state),
            sealed=self._vault.seal(json.dumps(kept).encode(), context=_context(sign_in_id, connection.id)),
        )

    def state_hash(self, state: str) -> bytes:
        return hashlib.sha256(state.encode("utf-8", "replace")).digest()

    def check_issuer(self, connection: ConnectionRef, issuer: str | None) -> None:
        grant = self._grant(connection)
        if grant is None or grant.authorize_url is None:
            raise SignInRefused("changed")
        if grant.issuer is not None:
            same = issuer == grant.issuer
        else:
            same = issuer is None or _origin(issuer) in {_origin(grant.authorize_url), _origin(grant.token_url)}
        if not same:
            raise SignInRefused("other_vendor")

    async def finish(self, connection: ConnectionRef, row: SignInRow, *, code: str) -> tuple[bytes, tuple[str, ...]]:
        grant = self._grant(connection)
        try:
            opened = self._vault.open(row.sealed, context=_context(row.id, row.connection_id))
        except Unavailable as error:
            raise SignInRefused("unknown") from error
        kept = parse_json(opened)
        if grant is None or row.connection_id != connection.id or kept["connection"] != _binding(connection):
            raise SignInRefused("changed")
        now = self._clock()
        async with self._contexts.client() as http:
            try:
                token = await exchange_code(
                    http, grant, code=code, verifier=kept["verifier"], redirect_uri=self._redirect_uri, now=now
                )
            except ReauthRequired as error:
                raise SignInRefused("refused", said=str(error)) from error
            except ConnectorError as error:
                raise SignInRefused("no_answer", said=str(error)) from error
        plain = KeptToken(token=dated(token, now=now)).as_bytes()
        lacking = lacking_scopes(grant, token) or lasting_scope(token, now=now)
        return self._vault.seal(plain, context=token_context(connection, row.subject)), lacking

    def _grant(self, connection: ConnectionRef) -> Grant | None:
        name = connection.connector
        config = open_config(self._vault, name, connection.config, connection.sealed)
        return self._contexts.grant(self._registry.manifest(name), self._registry.parse_config(name, config))


def _binding(connection: ConnectionRef) -> str:
    return connection_binding(connection.connector, connection.config)


def _context(sign_in_id: UUID, connection_id: UUID) -> str:
    return f"sign-in:{sign_in_id}:{connection_id}"


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _origin(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return (parts.scheme, parts.netloc.lower()) if parts.scheme and parts.netloc else None


def lacking_scopes(grant: Grant, token: Token) -> tuple[str, ...]:
    """What was asked for and not granted; nothing where the vendor does not tell.

    Vendors write a scope otherwise than they were asked: with an address before it, or in other letters. Those of OpenID
    Connect some do not repeat; what `offline_access` is asked for is the refresh token itself.
    """
    told = {_plain(one) for one in token.scopes} | _OPENID
    if token.refresh is not None:
        told |= _OFFLINE
    return tuple(one for one in grant.auth.scopes if _plain(one) not in told) if token.scopes else ()


def lasting_scope(token: Token, *, now: datetime) -> tuple[str, ...]:
    """What a sign-in lacks that is over soon and cannot be renewed: some vendors give a refresh token the first time alone."""
    soon = token.refresh is None and token.expires_at is not None and token.expires_at - now <= _SOON
    return ("refresh_token",) if soon else ()


def _plain(scope: str) -> str:
    return scope.rstrip("/").rpartition("/")[2].casefold()
