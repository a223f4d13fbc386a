"""What a route may ask for."""

from typing import Annotated, cast

from fastapi import Depends, Request

from pointsman.services.ports import Env


async def _env(request: Request) -> Env:
    return cast("Env", request.app.state.env)


#: `env: EnvDep` is the world of the use cases, put on the app by `main.create_app`.
EnvDep = Annotated[Env, Depends(_env)]
