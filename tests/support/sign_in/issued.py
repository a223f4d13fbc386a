"""A sign-in at a vendor's fake, as the token that a host would keep."""

from datetime import datetime

from pydantic import SecretStr

from pointsman_sdk import Token
from pointsman_sdk.fakes.oauth import OAuthServer


def issued_token(oauth: OAuthServer, *, until: datetime | None = None) -> Token:
    access, refresh = oauth.sign_in()
    return Token(access=SecretStr(access), refresh=SecretStr(refresh), expires_at=until)
