"""A connection that signs in by OAuth 2, and any number of processes that use its tokens, over one database."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_network
from uuid import UUID, uuid4

import httpx
from pydantic import BaseModel, SecretStr

from pointsman.connectors.context import ContextFactory, Keeping
from pointsman.connectors.credentials import seal_config
from pointsman.connectors.pace.lent import Lent
from pointsman.connectors.pace.masks import Masks
from pointsman.connectors.sign_in.sealed_store import SealedStore
from pointsman.connectors.sign_in.token_values import KeptToken, dated
from pointsman.connectors.vault import Vault, new_key
from pointsman.db.unit_of_work import SqlUnitOfWork
from pointsman.services.ports import ConnectionRef
from pointsman.services.ports.booking.connections import ConnectionRow
from pointsman_sdk import Auth, Manifest, Method, Token
from support.floors.paced_world import LedClock
from support.sign_in.login_vendor import CLIENT_ID, CLIENT_SECRET, LoginVendor

SERVER = "https://login.vendor.example"


class SignInConfig(BaseModel):
    """What an admin enters of an app at the vendor."""

    server: str = SERVER
    tenant: str = "common"
    client_id: str = CLIENT_ID
    client_secret: SecretStr = SecretStr(CLIENT_SECRET)


def sign_in_manifest(**auth: object) -> Manifest:
    """Of a vendor that is signed in to by OAuth 2."""
    given: dict[str, object] = {
        "authorize_url": "{server}/{tenant}/authorize?prompt=consent",
        "token_url": "{server}/{tenant}/token",
        "scopes": ("calendars", "offline"),
        **auth,
    }
    return Manifest(
        name="signed",
        title="Signed",
        contract=(2, 2),
        capabilities=frozenset(),
        config=SignInConfig,
        auth=(Auth(method=Method.API_KEY, title="Key"), Auth(method=Method.OAUTH2, title="Sign-in", **given)),  # type: ignore[arg-type]  # as given
        docs="",
        maintainers=(),
    )


@dataclass(kw_only=True)
class SignedInWorld:
    """Saved in `begin`; `process` is what one process lends to the connector."""

    uow: SqlUnitOfWork
    vendor: LoginVendor = field(default_factory=LoginVendor)
    clock: LedClock = field(default_factory=LedClock)
    key: str = field(default_factory=new_key)
    config: SignInConfig = field(default_factory=SignInConfig)
    manifest: Manifest = field(default_factory=sign_in_manifest)
    id: UUID = field(default_factory=uuid4)
    ref: ConnectionRef = field(init=False)
    lent: list[Lent] = field(default_factory=list)

    @property
    def vault(self) -> Vault:
        return Vault([self.key])

    async def begin(self, *, key: str = "signed") -> ConnectionRef:
        public, sealed = seal_config(self.vault, "signed", self.config)
        row = ConnectionRow(
            id=self.id,
            key=key,
            connector="signed",
            config=public,
            sealed=sealed,
            active=True,
            fault=None,
            created_at=self.clock(),
        )
        self.ref = row.ref()
        async with self.uow() as tx:
            await tx.connections.add(row)
        return self.ref

    async def sign_in(self, subject: str = "") -> Token:
        """Put a token there as a sign-in does."""
        answer = self.vendor.issue()
        lives = self.vendor.lifetime
        token = dated(
            Token(
                access=SecretStr(str(answer["access_token"])),
                refresh=SecretStr(str(answer["refresh_token"])) if "refresh_token" in answer else None,
                expires_at=datetime.fromtimestamp(self.clock().timestamp() + float(str(lives)), UTC) if lives else None,
                scopes=("calendars", "offline"),
                extra={"instance_url": "https://eu1.vendor.example"},
            ),
            now=self.clock(),
        )
        store = self.process().store(self.ref)
        sealed = self.vault.seal(KeptToken(token=token).as_bytes(), context=store.token_context(subject))
        async with self.uow() as tx:
            await tx.sign_ins.put_token(self.id, subject, token_id=uuid4(), sealed=sealed)
        return token

    def process(self, *, transport: httpx.AsyncBaseTransport | None = None, vault: Vault | None = None) -> "Contexts":
        return Contexts(self, transport or self.vendor.transport(), vault or self.vault)

    async def aclose(self) -> None:
        for lent in self.lent:
            await lent.aclose()


@dataclass
class Contexts:
    """One process."""

    world: SignedInWorld
    transport: httpx.AsyncBaseTransport
    vault: Vault

    def store(self, ref: ConnectionRef) -> SealedStore:
        return SealedStore(uow=self.world.uow, vault=self.vault, connection=ref)

    def lend(self, ref: ConnectionRef | None = None, *, config: SignInConfig | None = None) -> Lent:
        world = self.world
        factory = ContextFactory(
            clock=world.clock,
            transport=self.transport,
            keeping=Keeping(uow=world.uow, vault=self.vault, new_id=uuid4),
            allowed=[ip_network("127.0.0.0/8")],
        )
        lent = factory.lend(ref or world.ref, world.manifest, config or world.config, Masks())
        world.lent.append(lent)
        return lent
