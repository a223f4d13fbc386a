"""Tokens as they are kept: the whole of a token as JSON, before it is sealed."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pydantic import SecretStr

from pointsman.connectors.credentials import connection_binding
from pointsman.services.ports.vendors.connections import ConnectionRef
from pointsman_sdk import Token

_EARLY = timedelta(seconds=60)
_SHARE = 4  # of a token that lives shortly, the last quarter


def token_context(connection: ConnectionRef, subject: str) -> str:
    """What a token is sealed to. The configuration too: no token goes to another address than the one that was signed in to."""
    return f"token:{connection.id}:{connection_binding(connection.connector, connection.config)}:{subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptToken:
    """A token, None where none was fetched yet. `former` is the refresh token that it was fetched with, where it brought another.

    It is kept until the new one was used: a vendor may have lost the new one, as we may.
    """

    token: Token | None
    former: SecretStr | None = field(default=None, repr=False)

    def as_bytes(self) -> bytes:
        token = self.token
        if token is None:
            return b"null"
        return json.dumps(
            {
                "access": token.access.get_secret_value(),
                "refresh": token.refresh.get_secret_value() if token.refresh else None,
                "expires_at": token.expires_at.isoformat() if token.expires_at else None,
                "renew_at": token.renew_at.isoformat() if token.renew_at else None,
                "scopes": list(token.scopes),
                "extra": dict(token.extra),
                "former": self.former.get_secret_value() if self.former else None,
            }
        ).encode()

    @staticmethod
    def of(plain: bytes) -> "KeptToken":
        said = json.loads(plain)
        if said is None:
            return KeptToken(token=None)
        token = Token(
            access=SecretStr(said["access"]),
            refresh=SecretStr(said["refresh"]) if said["refresh"] else None,
            expires_at=datetime.fromisoformat(said["expires_at"]) if said["expires_at"] else None,
            renew_at=datetime.fromisoformat(said["renew_at"]) if said["renew_at"] else None,
            scopes=tuple(said["scopes"]),
            extra=said["extra"],
        )
        return KeptToken(token=token, former=SecretStr(said["former"]) if said["former"] else None)

    def followed_by(self, fresh: Token, *, now: datetime) -> "KeptToken":
        """What to keep of a renewed token: what the vendor did not say again stays as it was."""
        stale = self.token
        if stale is not None:
            fresh = replace(
                fresh,
                refresh=fresh.refresh or stale.refresh,
                scopes=fresh.scopes or stale.scopes,
                extra={**stale.extra, **fresh.extra},
            )
        used = stale.refresh if stale is not None else None
        former = used if used is not None and used != fresh.refresh else None
        return KeptToken(token=dated(fresh, now=now), former=former)


def dated(token: Token, *, now: datetime) -> Token:
    """With the time when to renew it: a minute before it expires, or in its last quarter where it lives shortly."""
    if token.expires_at is None:
        return replace(token, renew_at=None)
    lives = max(token.expires_at - now, timedelta())
    return replace(token, renew_at=token.expires_at - min(_EARLY, lives / _SHARE))
