"""A policy in sentences: a stored version, or a document that is none yet."""

from asyncio import to_thread

from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_words.document import read_policy
from pointsman.domain.policy_words.sections import PolicySection
from pointsman.services.policies.lifecycle import get_policy
from pointsman.services.ports import Env


async def read_version(env: Env, version: int) -> tuple[PolicySection, ...]:
    """All that a stored version says; NotFound."""
    return await read_document((await get_policy(env, version)).document)


async def read_document(document: object) -> tuple[PolicySection, ...]:
    """All that a document says, beside the event loop; PolicyInvalid for one that is no policy."""
    return await to_thread(read_out, document)


def read_out(document: object) -> tuple[PolicySection, ...]:
    """The same at once."""
    return read_policy(parse_policy(document))
