"""Why a signature proves nothing. Both are Rejected: a sender's next request is looked at anew."""

from pointsman_sdk.errors import Rejected


class BadSignature(Rejected):
    """No secret signed this request as it arrived."""


class StaleSignature(BadSignature):
    """The signed time is too far from the receiver's clock: a recording, or a clock that is wrong."""
