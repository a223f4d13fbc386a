"""Which methods a path takes, and who may call them: asked before the body is read and before the router matches."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route

from pointsman.api.http.auth import Guard


@dataclass(slots=True)
class PathEntry:
    """The methods of a path, each with its guard; None is open to all. `path` is the template."""

    path: str
    guards: dict[str, Guard | None] = field(default_factory=dict)

    @property
    def allow(self) -> str:
        """As the header `Allow` lists them; HEAD goes wherever GET does."""
        return ", ".join(sorted({*self.guards, *({"HEAD"} if "GET" in self.guards else ())}))


class RouteTable:
    """All routes by path. Where several templates fit a path, it takes the methods of all, the first one's guard first."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._fixed: dict[str, PathEntry] = {}
        templates: dict[str, tuple[str, re.Pattern[str], PathEntry]] = {}
        for route in routes:
            if not isinstance(route, Route | APIRoute):
                continue
            guard = _guard_of(route.dependant) if isinstance(route, APIRoute) else None
            if "{" not in route.path:
                entry = self._fixed.setdefault(route.path, PathEntry(route.path))
            else:
                begins = route.path.partition("{")[0]  # tells most of a hundred templates without their expression
                entry = templates.setdefault(route.path, (begins, route.path_regex, PathEntry(route.path)))[2]
            for method in route.methods or ():
                entry.guards.setdefault(method, guard)
        self._templates = tuple(templates.values())

    def find(self, path: str) -> PathEntry | None:
        """What is known of a path, or None when no route has it."""
        found = [entry for begins, regex, entry in self._templates if path.startswith(begins) and regex.match(path)]
        if (fixed := self._fixed.get(path)) is not None:
            found.insert(0, fixed)
        if len(found) <= 1:
            return found[0] if found else None
        merged = PathEntry(found[0].path)
        for entry in found:
            merged.guards = entry.guards | merged.guards
        return merged


def _guard_of(dependant: Dependant) -> Guard | None:
    for needed in dependant.dependencies:
        if isinstance(needed.call, Guard):
            return needed.call
        if (below := _guard_of(needed)) is not None:
            return below
    return None
