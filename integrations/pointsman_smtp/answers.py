"""What an answer of a mail server means, or that there was none: by the stage at which it came.

A server says why in two ways, the code (RFC 5321, 4.2) and the enhanced code (RFC 3463). Its own words are never passed on.
"""

import re
import ssl
from datetime import timedelta
from enum import IntEnum

from aiosmtplib.errors import SMTPResponseException

from pointsman_sdk import AmbiguousOutcome, ConnectorError, PlaceGone, ReauthRequired, Rejected, Retryable, Scope

_ENHANCED = re.compile(r"[245]\.([0-9]{1,3})\.([0-9]{1,3})(?![0-9.])")
_NO_MAILBOX = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)})
_MEANINGS = {
    (1, 1): "there is no such mailbox",
    (1, 2): "there is no such domain",
    (1, 3): "the address is none",
    (1, 6): "the mailbox has moved",
    (1, 8): "the sender's address is none that it knows",
    (1, 10): "the domain takes no mail",
    (2, 1): "the mailbox is closed",
    (2, 2): "the mailbox is full",
    (2, 3): "the message is too large",
    (3, 4): "the message is too large",
    (7, 1): "it is not allowed",
}
SIGN_IN = frozenset({530, 534, 535})
#: The sender may send no more for today, which is over by itself though it is said by a 5xx: Gmail's 5.4.5, Exchange Online's
#: 5.1.90, and its 5.2.0 with a name of its own (gophish issue 1604, OfficeDocs-Exchange issue 2729, OfficeDocs-Support 1150).
_SENT_ENOUGH = frozenset({(4, 5), (1, 90)})
_SUBMISSION_QUOTA = "SubmissionQuotaExceeded"
#: The account may not send as `sender`, or at all, whatever the message is: Exchange's 5.7.60 and 5.2.252, its 5.2.0 with a name
#: of its own, RFC 3463's codes of a sender (swiftmailer issue 1030, gophish issue 2900, OfficeDocs-Support issue 1187), and
#: Postfix's words, once it hears of a recipient (mailcow issue 512).
_SENDER = frozenset({(1, 7), (1, 8), (2, 252), (7, 60)})
_SEND_AS = ("SendAsDenied", "Sender address rejected")
_AS_SENDER = ": make the mailbox that signs in `sender`, or have an admin allow it to send as that"
_NEXT_LOOK = timedelta(hours=1)


class Stage(IntEnum):
    """How far the talk is; what was asked last."""

    GREETING = 0
    HELLO = 1
    TLS = 2
    SIGN_IN = 3
    TOKEN = 4  # a sign-in by a token
    NOOP = 5
    SENDER = 6
    RECIPIENT = 7
    DATA = 8
    END = 9  # the message was sent whole, and the server may have taken it


_WHAT = {
    Stage.GREETING: "the mail server does not serve",
    Stage.HELLO: "the mail server refuses the greeting",
    Stage.TLS: "the mail server refuses TLS",
    Stage.SIGN_IN: "the mail server refuses the sign-in",
    Stage.TOKEN: "the mail server refuses the token",
    Stage.NOOP: "the mail server does not serve",
    Stage.SENDER: "the mail server refuses the sender",
    Stage.RECIPIENT: "the mail server refuses the recipient",
    Stage.DATA: "the mail server refuses the message",
    Stage.END: "the mail server refuses the message",
}


class TokenRefused(ReauthRequired):
    """The server refuses the token, which is over or of another mailbox, or an admin allows no such sign-in."""


def failed(stage: Stage, error: BaseException) -> ConnectorError:
    """The error of a talk that ended at this stage."""
    if isinstance(error, SMTPResponseException):
        return answered(stage, error.code, error.message)
    if stage is Stage.END:
        return AmbiguousOutcome("the connection broke after the message was sent: the mail server may have taken it")
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = ": its certificate is not one that this machine trusts for this name"
    elif isinstance(error, ssl.SSLError):
        hint = ": it does not answer in TLS. Is `security` right for this port?"
    elif isinstance(error, TimeoutError):
        hint = " in time"
    else:
        hint = ""
    return Retryable(f"the mail server does not answer{hint}", scope=Scope.CONNECTION)


def answered(stage: Stage, code: int, text: str) -> ConnectorError:
    """The error that an answer means. `text` is searched for an enhanced code, and for one name beside it."""
    if not 400 <= code <= 599:
        if stage is Stage.END:
            return AmbiguousOutcome("the mail server's answer to the message cannot be read: it may have taken it")
        return Retryable("what answers there does not answer as a mail server", scope=Scope.CONNECTION)
    found = _ENHANCED.match(text)
    why = (int(found[1]), int(found[2])) if found else None
    meaning = f": {_MEANINGS[why]}" if why in _MEANINGS else ""
    what = f"{_WHAT[stage]}{meaning} ({code}{f' {found[0]}' if found else ''})"
    if code < 500:
        return Retryable(what, scope=_scope(stage, code, why))
    return _refused(stage, code, text, why, what)


def _refused(stage: Stage, code: int, text: str, why: tuple[int, int] | None, what: str) -> ConnectorError:
    """Of a 5xx."""
    if why in _SENT_ENOUGH or (why == (2, 0) and _SUBMISSION_QUOTA in text):
        said = f"{what}: it takes no more from this sender for now"
        return Retryable(said, retry_after=_NEXT_LOOK, scope=Scope.CONNECTION)
    if stage is Stage.TOKEN:
        return TokenRefused(f"{what}: sign in again as the mailbox of `username`, or an admin has to allow it to send")
    if code in SIGN_IN or stage is Stage.SIGN_IN:  # Exchange Online says 550 5.7.30 where passwords are switched off
        return ReauthRequired(f"{what}: another user name or password is needed, or an admin has to allow it")
    if (stage < Stage.SENDER and stage is not Stage.NOOP) or _is_of_sender(stage, text, why):
        # Refused for good, each message would have to be sent again by hand; and the sign-in, tried again, works.
        return Retryable(what + (_AS_SENDER if stage >= Stage.SENDER else ""), scope=Scope.CONNECTION)
    return PlaceGone(what) if stage is Stage.RECIPIENT and why in _NO_MAILBOX else Rejected(what)


def _is_of_sender(stage: Stage, text: str, why: tuple[int, int] | None) -> bool:
    """Whether the account is refused, and not the message."""
    named = any(words in text for words in _SEND_AS)
    return why in _SENDER or named or (stage is Stage.SENDER and why is not None and why[0] == 7)


def _scope(stage: Stage, code: int, why: tuple[int, int] | None) -> Scope:
    """A server that puts off one recipient or one message, as in greylisting, goes on taking others."""
    everybody = code == 421 or stage < Stage.RECIPIENT or (why is not None and why[0] == 3)
    return Scope.CONNECTION if everybody else Scope.CALL
