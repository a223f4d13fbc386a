"""The least that FastAPI can do with the same stack and the same row: one insert, one commit. It promises nothing.

No signature, no dedupe, no job: what Pointsman's intake is measured against. Run by side_by_side.py.
"""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Column, LargeBinary, MetaData, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

INTAKE = UUID("00000000-0000-7000-8000-000000000000")

inbox = Table(
    "bare_inbox",
    MetaData(),
    Column("id", PG_UUID(), primary_key=True),
    Column("intake_id", PG_UUID()),
    Column("dedupe_key", Text),
    Column("body", LargeBinary),
    Column("status", Text),
    Column("attempts", SmallInteger),
    Column("received_at", TIMESTAMP(timezone=True)),
)
INSERT = inbox.insert()


def create_app(database_url: str, pool: int) -> FastAPI:
    engine: AsyncEngine = create_async_engine(database_url, pool_size=pool, max_overflow=0)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)

    @app.get("/ready")
    async def ready() -> str:
        return "ready"

    @app.post("/hook", status_code=202)
    async def hook(request: Request) -> JSONResponse:
        key = uuid4()
        row = {
            "id": key,
            "intake_id": INTAKE,
            "dedupe_key": request.headers["webhook-id"],
            "body": await request.body(),
            "status": "received",
            "attempts": 0,
            "received_at": datetime.now(UTC),
        }
        async with engine.begin() as connection:
            await connection.execute(INSERT, row)
        return JSONResponse({"ids": [str(key)]}, status_code=202)

    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pool", type=int, default=10)
    given = parser.parse_args()
    uvicorn.run(
        create_app(given.database_url, given.pool),
        host="127.0.0.1", port=given.port, access_log=False, log_level="warning",
    )  # fmt: skip


if __name__ == "__main__":
    main()
