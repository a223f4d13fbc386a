"""The installed connectors, as each describes itself."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Protocol, cast

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.problems import problem_responses
from pointsman.domain.permissions.operations import Operation

router = APIRouter(tags=["Connections"])


class AuthDescription(Protocol):
    """One way in which the connections of a connector prove themselves."""

    method: str
    title: str
    scopes: tuple[str, ...]
    signs_in: bool
    fields: Sequence[str]


class ConnectorDescription(Protocol):
    """What an installed connector says about itself."""

    name: str
    distribution: str
    version: str
    fault: str | None
    title: str
    tier: str
    capabilities: tuple[str, ...]
    auth: Sequence[AuthDescription]
    docs: str
    config_schema: Mapping[str, Any]


class Catalogue(Protocol):
    """The installed connectors; `app.state.connectors`."""

    def describe(self) -> Sequence[ConnectorDescription]: ...


class AuthDoc(BaseModel):
    """One way in which connections prove themselves to the vendor."""

    method: str = Field(examples=["oauth2"])
    title: str
    scopes: list[str] = Field(description="What the vendor is asked to let Pointsman do.")
    signs_in: bool = Field(description="A human goes to the vendor once: POST /v1/connections/{key}/sign-in.")
    fields: list[str] = Field(description="What it needs of `config_schema`, beside the required fields.")


class ConnectorDoc(BaseModel):
    """An installed connector; `fault` says why it cannot be used."""

    name: str
    title: str
    version: str
    distribution: str
    tier: str = Field(
        description="What the conformance kit found of this very code: none, bronze, silver or gold; empty where it was not "
        "run since the code changed.",
        examples=["gold"],
    )
    capabilities: list[str]
    auth: list[AuthDoc]
    docs: str
    config_schema: dict[str, Any] = Field(description="The JSON Schema of a connection's `config`.")
    fault: str | None


class ConnectorsDoc(BaseModel):
    """All installed connectors, by name."""

    items: list[ConnectorDoc]


@router.get("/v1/connectors", summary="List the installed connectors", responses=problem_responses(401, 403))
async def connectors(request: Request, _caller: Annotated[Caller, may(Operation.CONNECTION)]) -> ConnectorsDoc:
    catalogue = cast("Catalogue", request.app.state.connectors)
    return ConnectorsDoc(
        items=[
            ConnectorDoc(
                name=sheet.name,
                title=sheet.title,
                version=sheet.version,
                distribution=sheet.distribution,
                tier=sheet.tier,
                capabilities=list(sheet.capabilities),
                auth=[
                    AuthDoc(
                        method=way.method,
                        title=way.title,
                        scopes=list(way.scopes),
                        signs_in=way.signs_in,
                        fields=list(way.fields),
                    )
                    for way in sheet.auth
                ],
                docs=sheet.docs,
                config_schema=dict(sheet.config_schema),
                fault=sheet.fault,
            )
            for sheet in catalogue.describe()
        ]
    )
