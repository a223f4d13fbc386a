"""The tokens that are shown to a mail server: those of a person's sign-in, or of an app that signs in by itself."""

from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from pointsman_sdk import Context, Retryable, Token
from pointsman_sdk.answers import RECORD_LIMITS, SMALL, read_answer
from pointsman_sdk.http import good_token, raise_for_client, raise_for_status, send
from pointsman_sdk.readers.strict_json import parse_json
from pointsman_smtp.config import SignIn, SmtpConfig

APP_SCOPE = "https://outlook.office365.com/.default"
_VENDOR = "Microsoft's sign-in"
_LONGEST_LIFE = 86_400
_LONGEST_TOKEN = 32_000
_WRONG = "Microsoft refused the app: its client ID, tenant or secret is wrong, or the secret ended"


class MailTokens:
    """Kept, sealed and renewed by the host. An app's are fetched here (client credentials; RFC 6749, 4.4)."""

    def __init__(self, config: SmtpConfig, context: Context) -> None:
        self._config, self._context = config, context
        self._renew = self._of_app if config.sign_in is SignIn.MICROSOFT_APP else None

    async def good(self) -> Token:
        """One that is not over yet. Raises ReauthRequired, Retryable."""
        return await good_token(self._context, renew=self._renew)

    async def renewed(self, stale: Token) -> Token:
        """Another one than that which the server refused. Raises ReauthRequired, Retryable."""
        return await self._context.tokens.renewed(stale, renew=self._renew)

    async def _of_app(self, _stale: Token | None) -> Token:
        """ReauthRequired for a client or a secret that is refused (400 invalid_request, 401 invalid_client)."""
        config, context = self._config, self._context
        secret = "" if config.client_secret is None else config.client_secret.get_secret_value()
        form = {
            "grant_type": "client_credentials",
            "client_id": config.client_id,
            "client_secret": secret,
            "scope": APP_SCOPE,
        }
        url = f"{config.login_url}/{config.tenant}/oauth2/v2.0/token"
        request = context.http.build_request("POST", url, data=form, headers={"Accept": "application/json"})
        response = await send(context.http, request, vendor=_VENDOR, writes=False)
        raise_for_client(response, vendor=_VENDOR, wrong=_WRONG)
        raise_for_status(response, vendor=_VENDOR, now=context.clock(), writes=False)
        found = await read_answer(
            context.readers, parse_json, response.content, vendor=_VENDOR, small=SMALL, limits=RECORD_LIMITS
        )
        return self._token(found)

    def _token(self, said: Any) -> Token:
        access, life = (said.get("access_token"), said.get("expires_in")) if isinstance(said, dict) else (None, None)
        if not isinstance(access, str) or not 0 < len(access) <= _LONGEST_TOKEN or not _is_visible(access):
            raise Retryable(f"{_VENDOR} gave no token that can be read")
        if isinstance(life, bool) or not isinstance(life, int):
            raise Retryable(f"{_VENDOR} does not say how long its token lives")
        lives = timedelta(seconds=min(max(life, 1), _LONGEST_LIFE))
        return Token(access=SecretStr(access), expires_at=self._context.clock() + lives)


def _is_visible(text: str) -> bool:
    """RFC 6749, A.12: a control character in it would be another command."""
    return all(" " <= char <= "~" for char in text)
