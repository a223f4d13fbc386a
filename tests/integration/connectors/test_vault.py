"""Secrets at rest: readable with the right keys, for what they belong to, and for nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from pointsman.connectors.credentials import open_config, seal_config
from pointsman.connectors.vault import Vault, new_key
from pointsman.domain.errors import Unavailable

OLD, NEW = new_key(), new_key()


@given(plain=st.binary(max_size=200), context=st.text(max_size=50))
def test_secret_opens_for_its_own_context(plain: bytes, context: str) -> None:
    vault = Vault([NEW])
    assert vault.open(vault.seal(plain, context=context), context=context) == plain


def test_secret_is_not_in_what_is_stored() -> None:
    assert b"s3cret" not in Vault([NEW]).seal(b"s3cret", context="connection:1")


def test_secret_does_not_open_for_another_row() -> None:
    vault = Vault([NEW])
    with pytest.raises(Unavailable, match="belongs to something else"):
        vault.open(vault.seal(b"s3cret", context="connection:1"), context="connection:2")


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s[:-2],
        lambda s: b"",
        lambda s: s[:20] + (b"B" if s[20:21] == b"A" else b"A") + s[21:],
        lambda _: b"\xff",
    ],
)
def test_changed_ciphertext_does_not_open(change: object) -> None:
    vault = Vault([NEW])
    with pytest.raises(Unavailable, match="cannot be opened"):
        vault.open(change(vault.seal(b"s3cret", context="x")), context="x")  # type: ignore[operator]  # a lambda above


def test_keys_are_rotated_without_a_gap() -> None:
    sealed = Vault([OLD]).seal(b"s3cret", context="x")
    both = Vault([NEW, OLD])
    assert both.open(sealed, context="x") == b"s3cret"
    rotated = both.reseal(sealed)
    assert Vault([NEW]).open(rotated, context="x") == b"s3cret"
    with pytest.raises(Unavailable):
        Vault([NEW]).open(sealed, context="x")
    with pytest.raises(Unavailable):
        Vault([NEW]).reseal(sealed)


@pytest.mark.parametrize("keys", [[], ["short"], [NEW, "not base64 at all"], [NEW, "AAAA" * 20]])
def test_wrong_keys_are_refused_without_being_quoted(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="secret key") as caught:
        Vault(keys)
    assert not [key for key in keys if key in str(caught.value)]


class _Account(BaseModel):
    name: str
    password: SecretStr


class _Config(BaseModel):
    url: str
    own: _Account
    by_name: dict[str, SecretStr]
    more: list[SecretStr] | None = None
    accounts: tuple[_Account, ...] = ()


def test_secrets_inside_lists_are_sealed_and_come_back_whole() -> None:
    given = {
        "url": "https://vendor.example",
        "own": {"name": "anna", "password": "s3cret-1"},
        "by_name": {"eu": "s3cret-2"},
        "more": ["s3cret-3"],
        "accounts": [{"name": "ben", "password": "s3cret-4"}],
    }
    vault = Vault([new_key()])
    public, sealed = seal_config(vault, "vendor", _Config.model_validate(given))
    assert public == {"url": "https://vendor.example", "own": {"name": "anna"}}
    assert open_config(vault, "vendor", public, sealed) == given
    plain = {"url": "https://vendor.example", "own": given["own"], "by_name": {}}
    public, sealed = seal_config(vault, "vendor", _Config.model_validate(plain))
    assert open_config(vault, "vendor", public, sealed) == {**plain, "more": None, "accounts": []}
