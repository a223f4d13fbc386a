"""The connector SDK's signature schemes, for the use cases: read by name, their refusals in the service's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from pointsman.domain.errors import Fault, Invalid, Unauthenticated
from pointsman.domain.text.formatting import dotted_path
from pointsman.domain.text.suggestions import did_you_mean
from pointsman.services.ports.intake.signatures import SignedRequest
from pointsman_sdk import WebhookRequest
from pointsman_sdk.signatures import BadSignature, Scheme, StaleSignature
from pointsman_sdk.signatures import SignatureScheme as SdkScheme

#: What the API's description calls any of them.
ANY_SCHEME = "Verifier"
_EXAMPLE = {"scheme": "hmac", "header": "x-signature-256", "encoding": "hex", "prefix": "sha256="}
_SCHEMES: TypeAdapter[SdkScheme] = TypeAdapter(Scheme)


@dataclass(frozen=True, slots=True)
class ReadScheme:
    """A scheme of the SDK behind the port."""

    _scheme: SdkScheme

    @property
    def document(self) -> Mapping[str, Any]:
        return self._scheme.model_dump(mode="json")

    @property
    def event_header(self) -> str | None:
        return self._scheme.event_header

    @property
    def proof_headers(self) -> frozenset[str]:
        return self._scheme.proof_headers

    def verify(self, secrets: Sequence[str], request: SignedRequest, *, now: datetime) -> None:
        try:
            self._scheme.verify(_hook(request), secrets, now=now)
        except StaleSignature as stale:
            raise Unauthenticated(str(stale), code="stale-signature") from None
        except BadSignature as bad:
            raise Unauthenticated(str(bad), code="bad-signature") from None

    def secret_fault(self, secret: str) -> str | None:
        return self._scheme.secret_fault(secret)

    def sign(self, request: SignedRequest, secret: str, *, now: datetime, event_id: str) -> Mapping[str, str]:
        """The headers that a sender of this scheme adds."""
        return self._scheme.sign(_hook(request), secret, now=now, event_id=event_id)


class SdkSignatureSchemes:
    """The schemes of `pointsman_sdk.signatures`."""

    def read(self, document: Mapping[str, Any]) -> ReadScheme:
        try:
            return ReadScheme(_SCHEMES.validate_python(dict(document)))
        except ValidationError as error:
            found = error.errors(include_context=False, include_url=False)
            raise Invalid("This is no way to sign.", faults=[_fault(one, document) for one in found]) from None


def scheme_components() -> Mapping[str, Any]:
    """The schemes as components of an OpenAPI description; ANY_SCHEME is one of the others."""
    schema = _SCHEMES.json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), ANY_SCHEME: {"title": ANY_SCHEME, **schema, "examples": [_EXAMPLE]}}


def _hook(request: SignedRequest) -> WebhookRequest:
    return WebhookRequest(method=request.method, url=request.uri, headers=request.headers, body=request.body)


@cache
def _models() -> Mapping[str, type[SdkScheme]]:
    union, _ = get_args(Scheme)
    return {get_args(model.model_fields["scheme"].annotation)[0]: model for model in get_args(union)}


def _fault(error: Mapping[str, Any], document: Mapping[str, Any]) -> Fault:
    name = str(document.get("scheme", ""))
    model = _models().get(name)
    if model is None:
        said = f"there is no scheme {name[:60]!r}; {did_you_mean(name, _models())}"
        return Fault(path="verifier.scheme", code="unknown-scheme", message=said)
    _, *below = error["loc"]  # it begins with the scheme's name
    said = error["msg"]
    if error["type"] == "extra_forbidden":
        said = f"{name} has no {str(below[-1])[:60]!r}; {did_you_mean(str(below[-1]), model.model_fields)}"
    return Fault(path=dotted_path(["verifier", *below]), code=error["type"], message=said)
