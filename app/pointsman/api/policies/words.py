"""A policy read out: a stored version or a document, in sentences of the reader's language."""

from asyncio import to_thread
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from pointsman.api.http.auth import Caller, may
from pointsman.api.http.deps import EnvDep
from pointsman.api.http.message_reader import ReaderDep
from pointsman.api.http.problems import problem_responses
from pointsman.api.policies.request_bodies import REQUEST_BODY, VersionPath, read_policy_body
from pointsman.domain.permissions.operations import Operation
from pointsman.domain.policy_words.sections import PolicySection
from pointsman.services.policies.words import read_document, read_version
from pointsman.services.wording.rendering import MessageReader, render, render_sentence

router = APIRouter(tags=["Policy"])


class PolicySentenceDoc(BaseModel):
    """One thing that the policy says."""

    path: str = Field(examples=["rules[0].else"], description="Where in the document it stands.")
    sentence: str = Field(examples=["If no rep of the pool can take the lead, it waits until one can."])


class PolicySectionDoc(BaseModel):
    """A rule, a pool, or what the policy says of one subject."""

    heading: str = Field(examples=["Rule 1: DACH demo requests"])
    sentences: list[PolicySentenceDoc]


class PolicyWordsDoc(BaseModel):
    """A whole policy in sentences."""

    version: int | None = Field(description="Null for a document that is not stored.")
    language: str = Field(examples=["en"])
    sections: list[PolicySectionDoc]

    @staticmethod
    def of(version: int | None, sections: Sequence[PolicySection], reader: MessageReader) -> "PolicyWordsDoc":
        shown = [
            PolicySectionDoc(
                heading=headed(section, reader),
                sentences=[
                    PolicySentenceDoc(path=told.path, sentence=render_sentence(told.text, reader))
                    for told in section.statements
                ],
            )
            for section in sections
        ]
        return PolicyWordsDoc(version=version, language=reader.language, sections=shown)


def headed(section: PolicySection, reader: MessageReader) -> str:
    """The heading with a capital."""
    words = render(section.heading, reader)
    return words[:1].upper() + words[1:]


@router.get(
    "/v1/policies/{version}/words",
    summary="Read one policy in sentences",
    description="All that it says, part by part, with people by name; two versions that differ never read the same. "
    "In German with `Accept-Language: de`.",
    responses=problem_responses(401, 403, 404, 422),
)
async def version_in_words(
    version: VersionPath, env: EnvDep, reader: ReaderDep, _caller: Annotated[Caller, may(Operation.POLICY_READ)]
) -> PolicyWordsDoc:
    return await to_thread(PolicyWordsDoc.of, version, await read_version(env, version), reader)


@router.post(
    "/v1/policies/words",
    summary="Read a document in sentences",
    description="The same of a policy that is not stored yet, as YAML or JSON. Nothing is stored.",
    responses=problem_responses(401, 403, 413, 422),
    openapi_extra=REQUEST_BODY,
)
async def document_in_words(
    request: Request, env: EnvDep, reader: ReaderDep, _caller: Annotated[Caller, may(Operation.POLICY_TRY)]
) -> PolicyWordsDoc:
    sections = await read_document((await read_policy_body(request, env)).document)
    return await to_thread(PolicyWordsDoc.of, None, sections, reader)
