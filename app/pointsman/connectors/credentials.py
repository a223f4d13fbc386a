"""Credentials: parting a connection's configuration into what may be shown and what is sealed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic_core import to_jsonable_python

from pointsman.connectors.pace.masks import secrets_in
from pointsman.connectors.vault import Vault

ConfigTree = dict[str, Any]


def seal_config(vault: Vault, connector: str, config: BaseModel) -> tuple[ConfigTree, bytes]:
    """The public part, and the secrets sealed to exactly that part.

    So an intruder who can write the row, but lacks the keys, cannot have a password sent to another address.
    """
    public, secret = _parted(config)
    return public, vault.seal(json.dumps(secret).encode(), context=connection_binding(connector, public))


def open_config(vault: Vault, connector: str, public: Mapping[str, object], sealed: bytes) -> ConfigTree:
    """The whole configuration again. Raises Unavailable when the seal does not fit."""
    secret = json.loads(vault.open(sealed, context=connection_binding(connector, public)))
    return _merged(dict(public), secret)


def _parted(config: BaseModel) -> tuple[ConfigTree, ConfigTree]:
    public: ConfigTree = config.model_dump(mode="json")
    secret: ConfigTree = {}
    for name, value in dict(config).items():
        if isinstance(value, BaseModel):
            public[name], secret[name] = _parted(value)
        elif any(True for _ in secrets_in(value)):  # a list that holds some is secret as a whole
            del public[name]
            secret[name] = to_jsonable_python(_told(value))
    return public, secret


def _told(value: object) -> object:
    """With what its secrets hold, as JSON has it."""
    match value:
        case SecretStr():
            return value.get_secret_value()
        case BaseModel():
            return {name: _told(one) for name, one in value}
        case dict():
            return {name: _told(one) for name, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_told(one) for one in value]
        case _:
            return value


def _merged(public: ConfigTree, secret: ConfigTree) -> ConfigTree:
    whole = dict(public)
    for name, value in secret.items():
        whole[name] = _merged(dict(whole.get(name) or {}), value) if isinstance(value, dict) else value
    return whole


def connection_binding(connector: str, public: Mapping[str, object]) -> str:
    """What the secrets of a connection are sealed to: the connector, and all of its configuration that is no secret."""
    text = json.dumps(public, sort_keys=True, separators=(",", ":"), default=str)
    return f"connection:{connector}:{hashlib.sha256(text.encode()).hexdigest()}"
