"""Connectors that believe any caller of a callback, or do not understand what the vendor says there."""

import hmac
import json
from dataclasses import replace

from pydantic import SecretStr

from contract.mutants.base import fails
from pointsman_memory.watches import WATCH_ENDED, MemoryWatches
from pointsman_sdk import Rejected, Reply, WebhookRequest


@fails("test_push_is_acknowledged")
class RejectsAPushWithoutABody(MemoryWatches):
    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        reply = super().heard(request, secret)
        if not request.body and not reply.body:
            raise Rejected("there is nothing in it")
        return reply


@fails("test_push_is_acknowledged")
class AnswersWithABody(MemoryWatches):
    """As to a handshake, after which the host does not look."""

    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        return replace(super().heard(request, secret), body=b"ok")


@fails("test_push_is_acknowledged")
class BeginsAnewAtEachPush(MemoryWatches):
    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        return replace(super().heard(request, secret), renew=True)


@fails("test_push_of_a_stranger_is_rejected")
class BelievesAnyCaller(MemoryWatches):
    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        try:
            return super().heard(request, secret)
        except Rejected:
            return Reply(status=202)


@fails("test_push_of_a_stranger_is_rejected")
class BelievesAnySecret(MemoryWatches):
    """A signature of whatever secret will do."""

    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        if "memory-signature" in request.headers and len(request.headers["memory-signature"]) > 64:
            return Reply(status=202)
        return super().heard(request, secret)


@fails("test_push_of_a_stranger_is_rejected")
class ComparesTextThatIsNoAscii(MemoryWatches):
    """compare_digest raises TypeError for text beyond ASCII."""

    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        hmac.compare_digest(request.headers.get("memory-watch", ""), secret.get_secret_value())
        return super().heard(request, secret)


@fails("test_malformed_push_is_rejected")
class ReadsBeforeItProves(MemoryWatches):
    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        if request.body not in (b"", WATCH_ENDED):
            json.loads(request.body)["value"][0]["clientState"]
        return super().heard(request, secret)


@fails("test_callback_that_is_tried_answers")
class AcknowledgesATrial(MemoryWatches):
    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        reply = super().heard(request, secret)
        return Reply(status=202) if reply.body else reply


@fails("test_callback_that_is_tried_answers")
class AsksATrialForTheSecret(MemoryWatches):
    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        return super().heard(replace(request, url=request.url.partition("?")[0]), secret)


@fails("test_callback_that_is_tried_answers")
class AnswersATrialWithAPage(MemoryWatches):
    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        reply = super().heard(request, secret)
        return replace(reply, headers={"content-type": "text/html"}) if reply.body else reply


@fails("test_watch_that_ends_is_begun_anew")
class GoesOnWithAWatchThatEnded(MemoryWatches):
    def heard(self, request: WebhookRequest, secret: SecretStr) -> Reply:
        return replace(super().heard(request, secret), renew=False)
