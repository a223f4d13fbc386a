"""Speaking HTTP to a vendor: the client a host lends, and how its failures become connector errors."""

import asyncio
import re
import ssl
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from pointsman_sdk.context import Context, Renew, Token
from pointsman_sdk.errors import AmbiguousOutcome, ReauthRequired, Rejected, Retryable, Scope

ANSWER_LIMIT = 4 * 1024 * 1024
"""Bytes of any answer, as many as the largest kind may have; the others have far less (`pointsman_sdk.answers`)."""
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
LONGEST_ANSWER = timedelta(seconds=30)
"""From an answer's first byte to its last: the time-out above begins again with each piece."""
LONGEST_WAIT = timedelta(days=1)

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_MOST_PIECES = 20_000
_PIECES_AT_ONCE = 32
_WORTH_RETRYING = frozenset({408, 423, 425})
_SECONDS = re.compile(r"([0-9]+)(?:\.([0-9]*))?")
_FIGURES = re.compile(r"[0-9., \t]+")
_REFUSAL = 2_000  # bytes of a refusal that is RFC 6749's (5.2)
_BUSY = (b'"temporarily_unavailable"', b'"server_error"')  # RFC 6749, 4.1.2.1; Microsoft's token endpoint has them, too
_EARLY = timedelta(seconds=60)  # a token is renewed before it expires on the way


class AddressRefused(httpx.TransportError):
    """The host's guard does not let connections go to this address; nothing was sent.

    Its text is a reason in the host's own words, for a human.
    """


class AnswerRefused(httpx.TransportError):
    """The answer is larger or slower than the host reads, in tiny pieces, or compressed although that was not asked for."""


class AnswerTooLong(AnswerRefused):
    """The answer has more bytes than the host reads."""


class _Bounded(httpx.AsyncByteStream):
    """Stops reading where a limit is, whatever the answer said about its length."""

    def __init__(self, inner: httpx.AsyncByteStream, limit: int, clock: Callable[[], float]) -> None:
        self._inner, self._limit, self._clock = inner, limit, clock

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left, pieces, until = self._limit, 0, self._clock() + LONGEST_ANSWER.total_seconds()
        async for piece in self._inner:
            left, pieces = left - len(piece), pieces + 1
            if left < 0:
                raise AnswerTooLong(f"answer longer than {self._limit} bytes")
            if pieces > _MOST_PIECES:
                raise AnswerRefused(f"answer in more than {_MOST_PIECES} pieces")
            if self._clock() > until:
                raise AnswerRefused(f"answer not complete after {LONGEST_ANSWER.total_seconds():g} seconds")
            if pieces % _PIECES_AT_ONCE == 0:
                # Pieces that came in one packet are handed out without a pause, and there may be thousands of them.
                await asyncio.sleep(0)
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


class BoundedTransport(httpx.AsyncBaseTransport):
    """Lets no answer through that is larger than `limit`, that could grow when unpacked, or that hardly moves on."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        *,
        limit: int = ANSWER_LIMIT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner, self._limit, self._clock = inner, limit, clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if response.headers.get("Content-Encoding", "identity").lower() not in ("identity", ""):
            await response.aclose()
            raise AnswerRefused("compressed answer")
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Bounded(response.stream, self._limit, self._clock)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


def make_client(transport: httpx.AsyncBaseTransport, *, limit: int = ANSWER_LIMIT) -> httpx.AsyncClient:
    """The client that a host puts in the context, over `transport`; the conformance kit lends the same."""
    return httpx.AsyncClient(
        transport=BoundedTransport(transport, limit=limit),
        timeout=TIMEOUT,
        follow_redirects=False,
        trust_env=False,
        # One client serves many connections: no cookie of one may reach another.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers={"User-Agent": "pointsman", "Accept-Encoding": "identity"},
    )


async def send(http: httpx.AsyncClient, request: httpx.Request, *, vendor: str, writes: bool) -> httpx.Response:
    """The vendor's answer, whatever its status.

    Raises Retryable when nothing can have happened, AmbiguousOutcome when a write may have been
    acted upon, Rejected when the host refuses the address, or nothing could ever be sent with these settings.
    """
    if request.url.scheme not in ("http", "https") or not request.url.host:
        raise Rejected(
            f"{vendor}: the address of the connection has to begin with https:// (or http://) and name a host"
        )
    try:
        return await http.send(request)
    except AddressRefused as error:
        raise Rejected(f"{vendor}: {error}") from error
    except _NEVER_SENT as error:
        raise Retryable(f"{vendor} cannot be reached{_hint(error)}", scope=Scope.CONNECTION) from error
    except httpx.RequestError as error:
        if isinstance(error, httpx.LocalProtocolError) and str(error).startswith("Illegal header"):
            what = f"{vendor}: a setting has what no header may have, such as a blank or a line break at its end"
            raise Rejected(what) from None  # the error's own text has the secret
        what = f"{vendor} gave no complete answer ({type(error).__name__})"
        raise (AmbiguousOutcome(what) if writes else Retryable(what)) from error


def _hint(error: BaseException) -> str:
    """What to look at, where the failure tells; none of the failure's own words."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ": its certificate is not one that this machine trusts for this name"
        if isinstance(cause, ssl.SSLError):
            return ": it does not answer in TLS. Does its address begin with http://?"
        cause = cause.__cause__ or cause.__context__
    return ""


async def authorized(
    context: Context,
    request: httpx.Request,
    *,
    vendor: str,
    writes: bool,
    subject: str | None = None,
    renew: Renew | None = None,
) -> httpx.Response:
    """The vendor's answer to `request` with the connection's bearer token, whatever its status.

    A token that has expired is renewed before, one that is refused (401) is renewed once and the request sent again: the
    vendor has not acted upon it. Raises what `send` and `Tokens` raise.
    """
    token = await good_token(context, subject=subject, renew=renew)
    response = await send(context.http, _with_bearer(request, token), vendor=vendor, writes=writes)
    if response.status_code != 401:
        return response
    token = await context.tokens.renewed(token, subject=subject, renew=renew)
    return await send(context.http, _with_bearer(request, token), vendor=vendor, writes=writes)


async def good_token(context: Context, *, subject: str | None = None, renew: Renew | None = None) -> Token:
    """The connection's token, renewed where its time is over or nearly so. Raises what `Tokens` raises.

    For what is no request of HTTP, as a sign-in to a mail server; `authorized` asks for it by itself.
    """
    token = await context.tokens.current(subject=subject, renew=renew)
    due = token.renew_at or (token.expires_at - _EARLY if token.expires_at is not None else None)
    if due is not None and due <= context.clock():
        token = await context.tokens.renewed(token, subject=subject, renew=renew)
    return token


def raise_for_client(response: httpx.Response, *, vendor: str, wrong: str) -> None:
    """Raise what a token endpoint says of the client that asks (RFC 6749, 5.2): ReauthRequired with `wrong` where it is refused.

    Retryable where the endpoint is busy, which some say by a 400.
    """
    status, said = response.status_code, response.content[:_REFUSAL]
    if status == 400 and any(code in said for code in _BUSY):
        raise Retryable(f"{vendor} is busy or failing (status {status})")
    if status == 401 or (status == 400 and b'"error"' in said):
        raise ReauthRequired(wrong)


def _with_bearer(request: httpx.Request, token: Token) -> httpx.Request:
    headers = httpx.Headers(request.headers)
    headers["Authorization"] = f"Bearer {token.access.get_secret_value()}"
    return httpx.Request(
        request.method, request.url, headers=headers, content=request.content, extensions=request.extensions
    )


Throttled = Callable[[httpx.Response], bool]
"""Whether an answer means "too many calls", for a vendor that says so by a 403 or a 200."""


def raise_for_status(
    response: httpx.Response,
    *,
    vendor: str,
    now: datetime,
    writes: bool,
    throttled: Throttled | None = None,
    subject: str | None = None,
) -> None:
    """Raise what a status means for every vendor; a connector handles first what is peculiar to its own.

    A 5xx other than 503 on a write may come from a gateway in front of a vendor that did act. What is throttled, by 429, by 503
    or 403 with a Retry-After or as `throttled` knows it, keeps the whole connection waiting. `subject` is the one for which the
    call was made where the vendor counts each: a 429, and what `throttled` knows, is that one's.
    """
    status = response.status_code
    wait = retry_after(response, now=now)
    if status == 429 or (throttled is not None and throttled(response)):
        scope = Scope.CONNECTION if subject is None else Scope.SUBJECT
        text = f"{vendor} asks for fewer calls (status {status})"
        raise Retryable(text, retry_after=wait, scope=scope, subject=subject)
    if status in (403, 503) and wait is not None:
        raise Retryable(f"{vendor} asks for fewer calls (status {status})", retry_after=wait, scope=Scope.CONNECTION)
    if status < 300:
        return
    if status == 401:
        raise ReauthRequired(f"{vendor} refused the credentials")
    if status in _WORTH_RETRYING or status >= 500:
        if writes and status >= 500 and status != 503:
            raise AmbiguousOutcome(f"{vendor} failed with status {status}", retry_after=wait)
        raise Retryable(f"{vendor} is busy or failing (status {status})", retry_after=wait)
    if status < 400:
        raise Rejected(f"{vendor} redirects elsewhere (status {status}): correct the address of the connection")
    raise Rejected(f"{vendor} refused the request (status {status})")


def retry_after(response: httpx.Response, *, now: datetime) -> timedelta | None:
    """How long the vendor asks us to wait, at least nothing and at most a day; None when it says nothing usable.

    Fractions of a second, which some vendors send, count as whole ones. Where it says several, as a proxy may add its own, the
    longest counts.
    """
    said = response.headers.get_list("Retry-After")
    texts = [part.strip() for one in said for part in (one.split(",") if _FIGURES.fullmatch(one) else [one])]
    return max((wait for text in texts if (wait := _wait(text, now)) is not None), default=None)


def _wait(text: str, now: datetime) -> timedelta | None:
    if found := _SECONDS.fullmatch(text):
        # Ten digits are 300 years: longer texts are noise, and could overflow a timedelta.
        rest = bool((found[2] or "").strip("0"))
        return min(timedelta(seconds=int(found[1][:10]) + rest), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta()), LONGEST_WAIT)
