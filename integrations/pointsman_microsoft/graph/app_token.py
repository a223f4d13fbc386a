"""The token of an app that signs in by itself (client credentials; RFC 6749, 4.4)."""

from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from pointsman_microsoft.config import MicrosoftConfig
from pointsman_microsoft.graph.shape import shaped, text
from pointsman_sdk import Context, Token
from pointsman_sdk.answers import RECORD_LIMITS, SMALL, read_answer
from pointsman_sdk.http import raise_for_client, raise_for_status, send
from pointsman_sdk.readers.strict_json import parse_json

_VENDOR = "Microsoft's sign-in"
_LONGEST_LIFE = 86_400
_WRONG = "Microsoft refused the app: its client ID, tenant or secret is wrong, or the secret ended"


class AppToken:
    """Asks the directory's token endpoint. No refresh token comes: the secret is shown each time."""

    def __init__(self, config: MicrosoftConfig, context: Context) -> None:
        self._config, self._context = config, context

    async def fetch(self, stale: Token | None) -> Token:  # noqa: ARG002  # nothing of the old one is needed
        """A new token. ReauthRequired for a client or a secret that is refused (400 invalid_request, 401 invalid_client)."""
        config, http = self._config, self._context.http
        form = {
            "grant_type": "client_credentials",
            "client_id": config.client_id,
            "client_secret": config.client_secret.get_secret_value(),
            "scope": str(httpx.URL(config.url).copy_with(path="/.default")),  # of the cloud that is asked
        }
        url = f"{config.login_url}/{config.tenant}/oauth2/v2.0/token"
        request = http.build_request("POST", url, data=form, headers={"Accept": "application/json"})
        response = await send(http, request, vendor=_VENDOR, writes=False)
        raise_for_client(response, vendor=_VENDOR, wrong=_WRONG)
        raise_for_status(response, vendor=_VENDOR, now=self._context.clock(), writes=False)
        readers = self._context.readers
        found = await read_answer(
            readers, parse_json, response.content, vendor=_VENDOR, small=SMALL, limits=RECORD_LIMITS
        )
        return shaped(self._token, found)

    def _token(self, said: Any) -> Token:
        life = min(max(int(said["expires_in"]), 1), _LONGEST_LIFE)
        return Token(
            access=SecretStr(text(said["access_token"])),
            expires_at=self._context.clock() + timedelta(seconds=life),
        )
