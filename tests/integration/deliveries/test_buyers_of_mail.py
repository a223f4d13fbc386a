"""The buyer behind the mail: their language, their address as it is by then, and whether they are to be contacted."""

from datetime import timedelta

import pytest

from pointsman.services.appointments.actions import cancel
from pointsman.services.booking.reschedule import reschedule
from pointsman.services.do_not_contact import end_contact
from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from support.floors.booking_floor import SETTER
from support.floors.use_case_env import ADMIN
from support.mail_floor import open_mail_floor

pytestmark = pytest.mark.anyio

DAY, TEN = timedelta(days=1), timedelta(minutes=10)
WORDS = {
    "de": ("Termin am", "Geändert: ", "Erinnerung: ", "Abgesagt: "),
    "en": ("Meeting on", "Changed: ", "Reminder: ", "Cancelled: "),
}


@pytest.mark.parametrize("language", ["de", "en"])
async def test_each_message_is_in_the_language_of_the_buyer(database_url: str, language: str) -> None:
    async with open_mail_floor(database_url, reminders=["10m"]) as line:
        row = await line.booked(lead__language=language)
        await line.floor.work()
        moved = await reschedule(line.env, row.id, row.starts_at + DAY, reason="test", actor=SETTER)
        await line.floor.work()
        line.floor.world.clock.advance(moved.starts_at - TEN - line.env.clock())
        await line.floor.work()
        await cancel(line.env, row.id, reason="test", actor=SETTER)
        await line.floor.work()
        subjects = [mail.subject for mail in line.mail.arrived]
        assert [words in subject for words, subject in zip(WORDS[language], subjects, strict=True)] == [True] * 4, (
            subjects
        )


async def test_who_is_not_to_be_contacted_is_told_of_their_appointment_and_not_reminded(database_url: str) -> None:
    async with open_mail_floor(database_url, reminders=["10m"]) as line:
        row = await line.booked()
        await end_contact(line.env, row.lead_id, reason=None, actor=ADMIN)
        await line.floor.work()
        line.floor.world.clock.advance(row.starts_at - TEN - line.env.clock())
        await line.floor.work()
        assert [mail.invitation is not None for mail in line.mail.arrived] == [True]


async def test_news_of_a_lead_say_no_word_about_its_appointment(database_url: str) -> None:
    async with open_mail_floor(database_url) as line:
        row = await line.booked()
        await line.floor.work()
        async with line.env.uow() as tx:
            lead = await tx.leads.get(row.lead_id)
        assert lead is not None
        await submit_lead(line.env, LeadInput(email=lead.email, first_name="Ada", do_not_contact=True), actor=ADMIN)
        await line.floor.work()
        assert len(line.mail.arrived) == 1
