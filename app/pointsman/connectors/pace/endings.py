"""How a call to a vendor ended: told to the gate, and turned into what the use cases understand, without a secret."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from pointsman.connectors.pace.gate import PaceGate
from pointsman.connectors.pace.hearing import Heard
from pointsman.connectors.pace.lent import Lent
from pointsman.connectors.pace.masks import Masks
from pointsman.connectors.pace.outcomes import Admitted
from pointsman.connectors.sdk_values import kept_subject, vendor_error
from pointsman.domain.messages.message import Message, say
from pointsman.services.deliveries.vendor_error_text import failure_message
from pointsman.services.ports import (
    VendorError,
    VendorReauthError,
    VendorRetryableError,
    VendorUnansweredError,
    VendorWaitError,
)
from pointsman_sdk import ConnectorError, ReauthRequired, Retryable, Scope

_LOG = logging.getLogger("pointsman.connectors")
_MOST_CAUSES = 10


@dataclass(slots=True)
class Ending:
    """The end of one call: exactly one of its methods is asked, and `let_go` after it."""

    _gate: PaceGate
    _call: Admitted | None
    _lent: Lent
    writes: bool = field(kw_only=True)
    heard: Heard = field(default_factory=Heard, kw_only=True)
    _told: bool = field(default=False, init=False)

    async def by_answer(self) -> None:
        """The vendor answered what was asked."""
        self._told = True
        await self._gate.answered(self._call, None, self._lent.quota.take())

    async def by_connector(self, error: ConnectorError) -> VendorError:
        """The connector says what went wrong."""
        self._told = True
        whole = isinstance(error, Retryable) and error.scope is Scope.CONNECTION
        subject = kept_subject(error.subject) if isinstance(error, Retryable | ReauthRequired) else None
        _mask(error, self._lent.masks)
        fault = vendor_error(error)
        said = failure_message(fault)
        match fault:
            case VendorReauthError():
                return await self._gate.refused(self._call, fault, said, subject=subject)
            case VendorRetryableError():
                return await self._put_off(fault, said, whole=whole, subject=subject)
            case _:
                await self._gate.answered(self._call, said, self._lent.quota.take())
                return fault

    async def by_ourselves(self, error: VendorError) -> None:
        """The vendor answered, and it is known here what to make of it."""
        self._told = True
        _mask(error, self._lent.masks)
        await self._gate.answered(self._call, None, self._lent.quota.take())

    async def by_time_out(self, connector: str) -> VendorError:
        self._told = True
        said = say("vendor.no-answer")
        fault = self._unanswered(f"{connector} did not answer in time", said)
        return await self._put_off(fault, said, whole=False)

    def by_bug(self, connector: str, kind: str) -> VendorError:
        """The connector raised what it should not; that says nothing of the vendor."""
        # The type alone: the text may quote what was sent or received.
        _LOG.warning("connector %s raised %s, which is a bug in it", connector, kind)
        told = say("vendor.connector-failed", connector=connector, kind=kind)
        return self._unanswered(f"the connector {connector!r} failed ({kind})", told)

    def let_go(self) -> None:
        """Give the place back, unless how the call ended did so."""
        if not self._told:
            self._gate.let_go(self._call)

    async def _put_off(
        self, fault: VendorRetryableError, said: Message, *, whole: bool, subject: str | None = None
    ) -> VendorError:
        quota, lasts = self._lent.quota.take(), whole or subject is not None
        if not lasts and (self.heard.answer or self._was_told_to_wait(fault)):
            await self._gate.answered(self._call, said, quota)  # this call failed, and the vendor works
            return fault
        wait = fault.retry_after
        until = await self._gate.failed(self._call, said, whole=whole, wait=wait, quota=quota, subject=subject)
        if not lasts or until is None or self._call is None or isinstance(fault, VendorUnansweredError):
            return fault
        # The connection, or the subject, is to blame, and nothing was done: that is no attempt.
        wait = max(until - self._gate.now(), timedelta())
        return VendorWaitError(str(fault), until=until, retry_after=wait, told=fault.told)

    def _was_told_to_wait(self, fault: VendorRetryableError) -> bool:
        """Whether the vendor answered by when to come again, as one does that counts one kind of call by itself.

        Who names a time has answered; what was sent and not answered, and what a failing gateway names, is none.
        """
        is_named = fault.retry_after is not None and not isinstance(fault, VendorUnansweredError)
        return is_named and not self.heard.failing

    def _unanswered(self, text: str, told: Message) -> VendorRetryableError:
        return (VendorUnansweredError if self.writes else VendorRetryableError)(text, told=told)


def _mask(error: BaseException, masks: Masks) -> None:
    """Take secrets out of the texts of an error and of its causes, which a traceback would show."""
    current: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if current is None:
            return
        current.args = tuple(masks.hide(part) if isinstance(part, str) else part for part in current.args)
        current = current.__cause__ or current.__context__
