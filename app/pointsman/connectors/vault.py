"""The vault: credentials at rest, encrypted with keys that can be changed."""

import base64
import contextlib
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from pointsman.domain.errors import Unavailable
from pointsman.domain.messages.message import say

_BINDING = hashlib.sha256().digest_size


def new_key() -> str:
    """A fresh key for POINTSMAN_SECRET_KEYS."""
    return Fernet.generate_key().decode("ascii")


class Vault:
    """Seals under the first key, opens under any; keeps no plain text.

    `context` names what a secret belongs to. It is sealed with the secret, so that a ciphertext
    copied to another row, or a row changed under its ciphertext, does not open.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises ValueError, saying which key is wrong and never what it holds."""
        fernets: dict[str, Fernet] = {}
        for number, key in enumerate(keys, start=1):
            try:
                fernets[_id_of(key)] = Fernet(key)
            except ValueError:
                raise ValueError(f"secret key {number} is not 32 bytes in URL-safe base64") from None
        if not fernets:
            raise ValueError("at least one secret key is needed")
        self._fernets = fernets
        self._fernet = MultiFernet(list(fernets.values()))

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Names of the keys, the newest first: from a hash, which tells nothing of a key made at random."""
        return tuple(self._fernets)

    def key_of(self, sealed: bytes) -> str | None:
        """The id of the key that a ciphertext is sealed under; None when it is none of ours."""
        for key_id, fernet in self._fernets.items():
            with contextlib.suppress(InvalidToken):
                fernet.decrypt(_in_its_one_form(bytes(sealed)))
                return key_id
        return None

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """The ciphertext to store."""
        return self._fernet.encrypt(_binding(context) + plain)

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """What was sealed for this context. Raises Unavailable when the keys or the context are others."""
        try:
            content = self._fernet.decrypt(_in_its_one_form(bytes(sealed)))
        except InvalidToken:
            raise Unavailable(
                "a stored credential cannot be opened: POINTSMAN_SECRET_KEYS lacks the key it was sealed with",
                code="secret-key-missing",
                told=say("refusal.secret-key-missing"),
            ) from None
        if not hmac.compare_digest(content[:_BINDING], _binding(context)):
            raise Unavailable(
                "a stored credential belongs to something else, or what it belongs to was changed: enter it again",
                code="secret-unreadable",
                told=say("refusal.secret-of-another"),
            )
        return content[_BINDING:]

    def reseal(self, sealed: bytes) -> bytes:
        """The same secret under the first key, so that an older key can be retired. Raises Unavailable."""
        try:
            return self._fernet.rotate(bytes(sealed))
        except InvalidToken:
            raise Unavailable(
                "a stored credential cannot be opened: keep its key in POINTSMAN_SECRET_KEYS until it is rotated",
                code="secret-unreadable",
                told=say("refusal.secret-unreadable"),
            ) from None


def _in_its_one_form(sealed: bytes) -> bytes:
    """Fernet reads past signs that mean nothing; we write none. Raises InvalidToken."""
    try:
        same = base64.urlsafe_b64encode(base64.urlsafe_b64decode(sealed)) == sealed
    except ValueError:
        same = False
    if not same:
        raise InvalidToken
    return sealed


def _id_of(key: str) -> str:
    return hashlib.sha256(b"pointsman-key:" + key.encode()).hexdigest()[:8]


def _binding(context: str) -> bytes:
    return hashlib.sha256(context.encode()).digest()
