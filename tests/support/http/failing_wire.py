"""A vendor's fake inside the process, behind a plan of faults."""

from collections import Counter

import httpx

from pointsman_sdk.fakes import FakeVendor, Fault, FaultPlan


class FailingWire(httpx.AsyncBaseTransport):
    """`met` is how often each fault befell a call. A token comes through, as the host's own client would fetch it again."""

    def __init__(self, vendor: FakeVendor, plan: FaultPlan) -> None:
        self.vendor, self.plan, self.met = vendor, plan, Counter[Fault]()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return self.vendor.handle(request)
        turn = self.plan.turn()
        self.met[turn.fault] += 1
        answer = self.vendor.handle(request) if turn.acts else None
        match turn.fault:
            case Fault.LOST:
                raise httpx.ReadTimeout("lost", request=request)
            case Fault.RESET:
                raise httpx.ReadError("reset", request=request)
            case Fault.FAILED | Fault.THROTTLED:
                return self.vendor.failure(turn, now=self.vendor.clock())
            case Fault.NONE:
                assert answer is not None
                return answer
