"""A vendor's words made fit to be stored and shown: short, printable, and without addresses and secrets that they may quote."""

import re
from datetime import datetime

from pointsman.domain.messages.message import Message, say
from pointsman.services.ports import VendorError, VendorRejectedError
from pointsman.services.ports.booking.deliveries import DeliveryError
from pointsman.services.wording.english import english_words

_LONGEST = 300
_ADDRESS = re.compile(r"[^\s<>\"'(),;:/]{1,100}(?:@|%40)[^\s<>\"'(),;:/]{1,255}", re.IGNORECASE)

#: A word with figures, with capitals inside, or longer than words are: "Basic authentication" is no secret.
_SCHEME = re.compile(
    r"\b((?i:bearer|basic|negotiate|token|api-?key)) +"
    r"(?:(?=[A-Za-z~+/.-]{0,300}(?:[a-z][A-Z]|[\d=_]))[\w.~+/=-]{6,}|[\w.~+/=-]{20,})"
)
#: Secrets that say themselves what they are: JSON Web Tokens, and keys as vendors mark them.
_MARKED = re.compile(
    r"\b(?:eyJ[\w-]{8,}(?:\.[\w-]*){0,4}|A[KS]IA[0-9A-Z]{12,}|4/0[\w-]{8,}"
    r"|response=\"?[0-9a-f]{32}\b|(?:pat-[a-z]{2,3}\d-|whsec_|sk[-_]|gh[opsu]_|github_pat_|glpat-|xox[a-z]-|AIza|ya29\.)[\w.+/=-]{8,})"
)
#: What a message says of a secret, rather than the secret: "password: required".
_SAID_OF_ONE = (
    r"(?!(?:bearer|basic|token|api-?key|password|a|an|the|is|was|are|be|must|has|may|not|no|none|null|true|false|cannot|could"
    r"|should|please|required|needed|missing|absent|empty|blank|unknown|invalid|incorrect|wrong|mismatch|malformed|expired"
    r"|revoked|rejected|refused|denied|too|does|did|field|value|das|der|ein|kein|nicht|ist|war|wird|wurde|muss|fehlt|falsch"
    r"|leer|abgelaufen|erforderlich|ung\u00fcltig)(?=[\"']|[,;.:)\]}]*(?:\s|$)))"
)
_SIGN = r"[ ]{0,3}(?:=>|[=:>]|%3[ad])[ ]{0,3}"
#: In quotes, also of JSON inside JSON, as far as they go; else one word.
_NAMED_SECRET = re.compile(
    r"((?:token|secret|passphrase|password|passwd|passwort|kennwort|(?<![a-z])(?:pwd|pass|sig|sid|otp|refresh)|api[ _-]?key"
    r"|access[_-]?key|private[_-]?key|signature|session[_-]?id)[\\]{0,3}[\"']?"
    + _SIGN
    + r"([\\]{0,3}[\"'])?)"
    + _SAID_OF_ONE
    + r"(?(2)(?:(?!\2)(?:\\.|.)){2,}|[^\s\"'&,;<>()]{3,})",
    re.IGNORECASE,
)
#: What is a secret only where it looks like one: "key=AIx81…", and never "code: 400".
_CODE = re.compile(r"((?<![a-z])(?:code|key)(?:=|%3d))(?=[^\s&]{0,100}\d)[\w./%~-]{10,}", re.IGNORECASE)
_LOGIN = re.compile(r"(://)[^\s/?#@]{1,300}@")
_COOKIE = re.compile(
    r"((?<![a-z])cookie[\"']?[ ]?:[ ]?[\"']?)[^\s=;,\"']+=[^\s;,\"']*(?:; ?[^\s=;,\"']+=[^\s;,\"']*)*", re.IGNORECASE
)


def safe_error_text(error: BaseException | str) -> str:
    """What `error` says; its type when it says nothing."""
    said = str(error) or type(error).__name__
    printable = "".join(c if c.isprintable() else " " for c in said[: 4 * _LONGEST])
    hidden = _MARKED.sub("(secret)", _SCHEME.sub(r"\1 (secret)", _COOKIE.sub(r"\1(secret)", printable)))
    hidden = _CODE.sub(r"\1(secret)", _NAMED_SECRET.sub(r"\1(secret)", hidden))
    return _ADDRESS.sub("(address)", _LOGIN.sub(r"\1(secret)@", hidden))[:_LONGEST]


class OwnRefusalError(VendorRejectedError):
    """What no vendor has to be asked for, since it is known here that it cannot be done."""

    def __init__(self, told: Message) -> None:
        super().__init__(told.key, told=told)


def refusal_text(error: BaseException) -> str:
    """Why a call to a vendor failed, as a part of a refusal's sentence, which is English: our own words are said as ours."""
    return english_words(failure_message(error), {})


class PutOffError(Exception):
    """What may be said from `until` on, and not before."""

    def __init__(self, told: Message, *, until: datetime, code: DeliveryError) -> None:
        super().__init__(told.key)
        self.told, self.until, self.code = told, until, code


def failure_message(error: BaseException) -> Message:
    """Why a call to a vendor failed, to be stored and read: our own words where we know, else the connector's as it said them."""
    match error:
        case VendorError(told=Message() as told):
            return told
        case TimeoutError():
            return say("vendor.no-answer")
        case _:
            return say("vendor.said", said=safe_error_text(error))
