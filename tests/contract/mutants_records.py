"""Connectors that are careless with records, webhooks and messages."""

from collections.abc import Sequence
from dataclasses import replace

from contract.mutant_base import fails
from pointsman_memory import MemoryConnector
from pointsman_sdk import (
    Company,
    Contact,
    Enrolment,
    IncomingLead,
    Notice,
    Record,
    Rejected,
    User,
    WebhookRequest,
)


@fails("test_people_are_upserted_by_address")
class TellsCapitalsApart(MemoryConnector):
    async def upsert_person(self, key: str, contact: Contact, *, company: str | None = None) -> Record:
        prefix = "shouted+" if contact.email.isupper() or contact.email != contact.email.lower() else ""
        return await super().upsert_person(key, replace(contact, email=prefix + contact.email), company=company)


@fails("test_companies_are_upserted_by_domain")
class CreatesACompanyEachTime(MemoryConnector):
    async def upsert_company(self, key: str, company: Company) -> Record:
        return await super().upsert_company(key, replace(company, domain=f"{key}.{company.domain}"))


@fails("test_owner_is_set")
class AcceptsAnyOwner(MemoryConnector):
    async def set_owner(self, record: Record, user_id: str) -> Record:
        try:
            return await super().set_owner(record, user_id)
        except Rejected:
            return record


@fails("test_upsert_keeps_the_owner")
class TakesTheOwnerAway(MemoryConnector):
    async def upsert_person(self, key: str, contact: Contact, *, company: str | None = None) -> Record:
        made = await super().upsert_person(key, contact, company=company)
        return await super().set_owner(made, "user-2")


@fails("test_hostile_person_is_only_text")
class KeepsAsciiOnly(MemoryConnector):
    async def upsert_person(self, key: str, contact: Contact, *, company: str | None = None) -> Record:
        plain = contact.name.encode("ascii", "ignore").decode()
        return await super().upsert_person(key, replace(contact, name=plain), company=company)


@fails("test_users_are_listed")
class ListsAUserTwice(MemoryConnector):
    async def users(self) -> Sequence[User]:
        users = await super().users()
        return [*users, users[0]]


@fails("test_signed_webhook_is_accepted")
class AcceptsNoWebhook(MemoryConnector):
    def verify(self, hook: WebhookRequest) -> None:
        raise Rejected("wrong secret")


@fails("test_tampered_webhook_is_rejected")
class AcceptsEveryWebhook(MemoryConnector):
    def verify(self, hook: WebhookRequest) -> None:
        return


@fails("test_replayed_webhook_is_rejected")
class AcceptsOldWebhooks(MemoryConnector):
    def verify(self, hook: WebhookRequest) -> None:
        try:
            super().verify(hook)
        except Rejected as error:
            if "long ago" not in str(error):
                raise


@fails("test_batched_leads_are_split")
class ReadsTheFirstLeadOnly(MemoryConnector):
    def parse(self, hook: WebhookRequest) -> Sequence[IncomingLead]:
        return super().parse(hook)[:1]


@fails("test_arrival_keys_are_stable")
class MakesKeysUp(MemoryConnector):
    count = 0

    def parse(self, hook: WebhookRequest) -> Sequence[IncomingLead]:
        self.count += 1
        return [replace(arrival, key=f"{arrival.key}-{self.count}") for arrival in super().parse(hook)]


@fails("test_malformed_webhook_is_rejected")
class TakesAnythingForEmpty(MemoryConnector):
    def parse(self, hook: WebhookRequest) -> Sequence[IncomingLead]:
        try:
            return super().parse(hook)
        except Rejected:
            return []


@fails("test_lead_is_enrolled_once")
class StartsTheLeadAgain(MemoryConnector):
    async def enrol(self, enrolment: Enrolment) -> None:
        again = replace(enrolment.contact, email=f"{enrolment.key}+{enrolment.contact.email}")
        await super().enrol(replace(enrolment, contact=again))


@fails("test_release_is_idempotent")
class ReleasesOnlyOnce(MemoryConnector):
    async def release(self, enrolment: Enrolment) -> None:
        if not await self.enrolled(enrolment):
            raise Rejected("not enrolled")
        await super().release(enrolment)


@fails("test_notice_is_delivered_once")
class DeliversEachTime(MemoryConnector):
    sent = 0

    async def notify(self, notice: Notice) -> None:
        self.sent += 1
        await super().notify(replace(notice, key=f"{notice.key}-{self.sent}"))
