"""Signing webhooks as their senders do."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

SECRET = "a-shared-secret-of-32-characters"
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PUBLIC_URL = "http://127.0.0.1:8000"


def as_bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def sign_hmac(
    body: bytes, *, secret: str = SECRET, header: str = "x-signature-256", prefix: str = ""
) -> dict[str, str]:
    return {header: prefix + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def sign_typeform(body: bytes, *, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {"typeform-signature": "sha256=" + base64.b64encode(digest).decode()}


def sign_standard(
    body: bytes, *, at: datetime, message_id: str = "msg_1", secret: str = STANDARD_SECRET
) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def sign_hubspot_v2(body: bytes, *, uri: str, method: str = "POST", secret: str = SECRET) -> dict[str, str]:
    digest = hashlib.sha256(secret.encode() + method.encode() + uri.encode() + body).hexdigest()
    return {"x-hubspot-signature": digest, "x-hubspot-signature-version": "v2"}


def sign_hubspot_v3(
    body: bytes, *, uri: str, at: datetime, method: str = "POST", secret: str = SECRET
) -> dict[str, str]:
    stamp = str(int(at.timestamp() * 1000))
    digest = hmac.new(secret.encode(), method.encode() + uri.encode() + body + stamp.encode(), hashlib.sha256).digest()
    return {"x-hubspot-signature-v3": base64.b64encode(digest).decode(), "x-hubspot-request-timestamp": stamp}
