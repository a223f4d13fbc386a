"""A vendor's words made fit to be stored and shown: short, printable, and without addresses and secrets that they may quote."""

import re

from pointsman.domain.messages.message import Message, say
from pointsman.services.ports import VendorError, VendorRejectedError

_LONGEST = 300
_ADDRESS = re.compile(r"[^\s<>\"'(),;:/]{1,100}(?:@|%40)[^\s<>\"'(),;:/]{1,255}", re.IGNORECASE)

#: A word with figures or with capitals inside: "Basic authentication" is no secret.
_SCHEME = re.compile(
    r"\b((?i:bearer|basic|token|api-?key)) +(?=[A-Za-z~+/.-]{0,300}(?:[a-z][A-Z]|[\d=_]))[\w.~+/=-]{6,}"
)
#: Secrets that say themselves what they are: JSON Web Tokens, and keys as vendors mark them.
_MARKED = re.compile(
    r"\b(?:eyJ[\w-]{8,}(?:\.[\w-]*){0,4}|(?:pat-[a-z]{2,3}\d-|sk[-_]|gh[opsu]_|github_pat_|glpat-|xox[a-z]-|AIza|ya29\.)[\w.-]{8,})"
)
#: What a message says of a secret, rather than the secret: "password: required".
_SAID_OF_ONE = (
    r"(?!(?:bearer|basic|token|api-?key|a|an|the|is|was|are|be|must|has|may|not|no|none|null|true|false|cannot|could|should|please"
    r"|required|needed|missing|absent|empty|blank|unknown|invalid|incorrect|wrong|mismatch|malformed|expected|expired|revoked"
    r"|rejected|refused|denied|too|does|did|ist|muss|fehlt|falsch|leer|abgelaufen|erforderlich|ung\u00fcltig)(?=[\s\"',;.:)\]}]|$))"
)
_NAMED_SECRET = re.compile(
    r"((?:token|secret|password|passwd|(?<![a-z])(?:pwd|pass|sig|sid)|api[ _-]?key|access[_-]?key|private[_-]?key|signature"
    r"|session[_-]?id)[\"']?[ ]?(?:[=:]|%3[ad])[ ]?[\"']?)" + _SAID_OF_ONE + r"[^\s\"'&,;<>()]{3,}",
    re.IGNORECASE,
)
_COOKIE = re.compile(
    r"((?<![a-z])cookie[\"']?[ ]?:[ ]?[\"']?)[^\s=;,\"']+=[^\s;,\"']*(?:; ?[^\s=;,\"']+=[^\s;,\"']*)*", re.IGNORECASE
)


def safe_error_text(error: BaseException | str) -> str:
    """What `error` says; its type when it says nothing."""
    said = str(error) or type(error).__name__
    printable = "".join(c if c.isprintable() else " " for c in said[: 4 * _LONGEST])
    hidden = _MARKED.sub("(secret)", _SCHEME.sub(r"\1 (secret)", _COOKIE.sub(r"\1(secret)", printable)))
    hidden = _NAMED_SECRET.sub(r"\1(secret)", hidden)
    return _ADDRESS.sub("(address)", hidden)[:_LONGEST]


class OwnRefusalError(VendorRejectedError):
    """What no vendor has to be asked for, since it is known here that it cannot be done."""

    def __init__(self, told: Message) -> None:
        super().__init__(told.key, told=told)


def failure_message(error: BaseException) -> Message:
    """Why a call to a vendor failed, to be stored and read: our own words where we know, else the connector's as it said them."""
    match error:
        case VendorError(told=Message() as told):
            return told
        case TimeoutError():
            return say("vendor.no-answer")
        case _:
            return say("vendor.said", said=safe_error_text(error))
