"""The reader of an answer: the language it is asked in, the time zone, and the names that the caller may read."""

from typing import Annotated, cast

from fastapi import Depends, Header, Request, Response

from pointsman.services.operations.api_keys import Caller
from pointsman.services.ports import Env
from pointsman.services.roster.names import roster_names
from pointsman.services.wording.catalogue import LANGUAGES
from pointsman.services.wording.locale_formats import best_language, joined_header
from pointsman.services.wording.rendering import MessageReader, supported


async def _reader(
    request: Request,
    response: Response,
    _documented: Annotated[
        str | None,
        Header(alias="Accept-Language", description="`de` or `en`: the language of sentences. Default: `en`."),
    ] = None,
) -> MessageReader:
    env, caller = cast("Env", request.app.state.env), cast("Caller", request.state.caller)
    language = supported(best_language(accepted_languages(request), among=LANGUAGES))
    reader = (await roster_names(env)).reader(caller.actor, language)
    response.headers.update(language_headers(reader.language))
    return reader


#: `reader: ReaderDep` renders the messages of an answer. A route that makes its own `Response` adds `language_headers`.
ReaderDep = Annotated[MessageReader, Depends(_reader)]


def accepted_languages(request: Request) -> str:
    """The Accept-Language header, which may come in several lines."""
    return joined_header(request.headers.getlist("accept-language"))


def language_headers(language: str) -> dict[str, str]:
    """What an answer says of its language, so that no cache gives it to a reader of another."""
    return {"Content-Language": language, "Vary": "Accept-Language"}
