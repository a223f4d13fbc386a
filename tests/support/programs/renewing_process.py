"""A process of the service whose callers hold a stale token. Run with a connection; says which token they have then."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from uuid import UUID, uuid4

from pydantic import SecretStr

from pointsman.connectors.context import ContextFactory, Keeping
from pointsman.connectors.pace.masks import Masks
from pointsman.connectors.vault import Vault
from pointsman.db.engine.engine import make_engine
from pointsman.db.unit_of_work import SqlUnitOfWork
from pointsman.services.ports import ConnectionRef
from pointsman_sdk import ReauthRequired, Token
from support.sign_in.signed_in_world import SignInConfig, sign_in_manifest


async def run() -> None:
    connection_id, config, sealed, server, ahead_s = sys.argv[1:]
    ahead = timedelta(seconds=int(ahead_s))
    engine = make_engine(os.environ["DATABASE_URL"], pool_size=2, statement_timeout_ms=20_000, name="renewing")
    vault = Vault([os.environ["POINTSMAN_SECRET_KEYS"]])
    contexts = ContextFactory(
        clock=lambda: datetime.now(UTC) + ahead,
        allowed=[ip_network("127.0.0.0/8")],
        keeping=Keeping(uow=SqlUnitOfWork(engine), vault=vault, new_id=uuid4),
    )
    ref = ConnectionRef(
        id=UUID(connection_id), connector="signed", config=json.loads(config), sealed=bytes.fromhex(sealed)
    )
    lent = contexts.lend(ref, sign_in_manifest(), SignInConfig(server=server), Masks())
    stale = Token(access=SecretStr("access-1-s3cret"))
    got = await asyncio.gather(*(lent.context.tokens.renewed(stale) for _ in range(3)), return_exceptions=True)
    said = {"ReauthRequired" if isinstance(one, ReauthRequired) else one.access.get_secret_value() for one in got}  # type: ignore[union-attr]  # anything else is a bug, and said
    sys.stdout.write("\n".join(sorted(said)) + "\n")
    await lent.aclose()
    await contexts.aclose()
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(run())
