"""Facts that somebody makes up for a what-if, read as those of a real lead are."""

from collections.abc import Mapping

from pointsman.domain.errors import Fault, Invalid
from pointsman.domain.leads.coercion import coerce
from pointsman.domain.leads.facts import NOW_FIELD, QUALIFICATION, Facts, FactValue
from pointsman.domain.policy.document import Policy
from pointsman.domain.text.suggestions import did_you_mean
from pointsman.services.codes.code_names import CODE_NAMES


def apply_hypothetical_facts(known: Facts, given: Mapping[str, FactValue], policy: Policy) -> Facts:
    """`known` with what is `given` in its place; an empty text makes a fact unknown, and so does a text that is no evidence
    where evidence stands. Invalid names every fault and its path.

    Unlike a sender, a question may suppose anything but the clock: also what the service says of a lead, and evidence.
    """
    types = {name: kind for name, kind in policy.field_types.items() if name != NOW_FIELD}
    facts, faults = dict(known), list[Fault]()
    for name, raw in given.items():
        path = f'body.facts["{name[:100]}"]'
        if name not in types:
            message = f"{name[:100]!r} is not a field of this policy; {did_you_mean(name, types)}".rstrip("; ")
            faults.append(Fault(path=path, code="unknown-field", message=message))
            continue
        try:
            value = coerce(name, raw, types[name], names=CODE_NAMES)
        except ValueError as error:
            faults.append(Fault(path=path, code="wrong-type", message=f"{name} {error}"))
            continue
        facts.pop(name, None)
        if name.startswith(QUALIFICATION) and not policy.evidence.affirms(str(value or "")):
            continue  # no evidence would give it
        if value is not None:
            facts[name] = value
    if faults:
        raise Invalid("The facts cannot be supposed as written. Mend each fault and ask again.", faults=faults)
    return facts
