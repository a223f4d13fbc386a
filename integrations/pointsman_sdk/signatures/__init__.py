"""How senders sign their webhooks: one scheme a module, chosen by the receiver's configuration, never by a request's headers."""

from typing import Annotated

from pydantic import Field

from pointsman_sdk.signatures.bearer import Bearer
from pointsman_sdk.signatures.hubspot import HubSpotV2, HubSpotV3
from pointsman_sdk.signatures.plain_hmac import PlainHmac
from pointsman_sdk.signatures.refusals import BadSignature, StaleSignature
from pointsman_sdk.signatures.scheme import TOLERANCE, SignatureScheme
from pointsman_sdk.signatures.standard_webhooks import StandardWebhooks
from pointsman_sdk.signatures.typeform import Typeform
from pointsman_sdk.signs import Signs

#: Any of them, told apart by the name in `scheme`.
Scheme = Annotated[
    StandardWebhooks | HubSpotV2 | HubSpotV3 | Typeform | PlainHmac | Bearer, Field(discriminator="scheme")
]

__all__ = [
    "TOLERANCE",
    "BadSignature",
    "Bearer",
    "HubSpotV2",
    "HubSpotV3",
    "PlainHmac",
    "Scheme",
    "SignatureScheme",
    "Signs",
    "StaleSignature",
    "StandardWebhooks",
    "Typeform",
]
