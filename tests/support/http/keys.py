"""What tests of the service over HTTP share."""

import base64
from collections.abc import Awaitable, Callable

#: A key for POINTSMAN_SECRET_KEYS.
SECRET = base64.urlsafe_b64encode(bytes(range(32))).decode()

#: `await sign_in("read")` makes a key with these scopes and gives the headers to send.
MakeKey = Callable[..., Awaitable[dict[str, str]]]
