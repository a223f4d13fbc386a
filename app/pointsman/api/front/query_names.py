"""Whether an endpoint takes the query parameters that were sent: a filter that is misspelt must not find everything.

Only below `/v1/`: whatever the booking page's address and the probes carry along is not the caller's word. Mail programs, ads
and link checkers append parameters of their own to a page's address, and balancers to a probe's. Webhooks are excepted too:
vendors append parameters to the address that they were given, and an event refused for them would be lost. So do they to
where a sign-in ends.
"""

from collections import Counter
from collections.abc import Sequence
from typing import get_origin
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute

from pointsman.api.http.body_limits import OAUTH_PREFIX, WEBHOOK_PREFIX
from pointsman.api.http.unknown_names import unknown_name
from pointsman.domain.errors import MAX_FAULTS, Fault, Invalid

_API = "/v1/"
_MOST = 1_000  # parameters that are looked at: no endpoint takes a tenth of it


async def check_query_names(request: Request) -> None:
    """Raises Invalid for a parameter that the endpoint does not take, and for one that comes twice and is no list."""
    if not request.scope["query_string"] or not request.scope["path"].startswith(_API):
        return
    if request.scope["path"].startswith((WEBHOOK_PREFIX, OAUTH_PREFIX)):
        return
    route: APIRoute = request.scope["route"]
    taken = {
        field.alias: get_origin(field.field_info.annotation) is list
        for field in get_flat_params(route.dependant)
        if isinstance(field.field_info, Query)
    }
    faults = _faults(request.scope["query_string"].decode("latin-1"), taken)
    if faults:
        raise Invalid("The query is not as described. Mend each fault and send it again.", faults=faults)


def _faults(query: str, taken: dict[str, bool]) -> Sequence[Fault]:
    try:
        given = Counter(name for name, _ in parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST))
    except ValueError:
        return [Fault(path="query", code="too_long", message=f"Give at most {_MOST} parameters.")]
    found = []
    for name, times in given.items():
        if name not in taken:
            found.append(
                Fault(path=f"query.{name}", code="extra_forbidden", message=unknown_name("parameter", name, taken))
            )
        elif times > 1 and not taken[name]:
            found.append(Fault(path=f"query.{name}", code="repeated", message="Give this parameter once."))
        if len(found) == MAX_FAULTS:
            break
    return found
