"""What buyers would read, shown before a policy is live: each message of each pool that sends mail, in both languages."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from pointsman.domain.policy.invitations import BuyerMessage, TextName
from pointsman.domain.policy.parsing import parse_policy
from pointsman.services.policies.previews import MAX_POOLS, Preview, preview_policy
from support.roster import CLOSER, rep, roster

NOW = datetime(2026, 11, 18, 8, tzinfo=UTC)
ENV: Any = SimpleNamespace(clock=lambda: NOW, public_url="https://leads.example", organisation="Firma")
MAIL = {"by": "mail", "connection": "post"}
CLOSERS = {"work": "closing", "members": ["anna"], "time_zone": "Europe/Berlin"}


def preview(pools: dict[str, Any]) -> Preview:
    return preview_policy(ENV, parse_policy({"pools": pools}), roster(rep("anna", CLOSER, name="Anna Weber")))


def closers(**invitations: Any) -> dict[str, Any]:
    return {"closers": {**CLOSERS, "invitations": {**MAIL, **invitations}}}


def test_pools_that_send_no_mail_show_nothing() -> None:
    assert preview({"closers": CLOSERS}) == Preview()
    assert preview({"closers": {**CLOSERS, "invitations": {"by": "calendar"}}}) == Preview()
    assert preview({"closers": {**CLOSERS, "invitations": {**MAIL, "by": "nobody"}}}) == Preview()


def test_each_message_is_shown_in_both_languages_and_reminders_where_there_are_any() -> None:
    (shown,) = preview(closers()).pools
    told = [message for message in BuyerMessage if message is not BuyerMessage.REMINDER]
    assert [(one.message, one.language) for one in shown.messages] == [(m, of) for m in told for of in ("de", "en")]
    (shown,) = preview(closers(reminders=["1d"])).pools
    assert [one.language for one in shown.messages if one.message is BuyerMessage.REMINDER] == ["de", "en"]


def test_the_author_s_words_stand_with_made_up_values_and_the_pool_s_own() -> None:
    words = {"subject": "{{ purpose }}, {{ time }} {{ time_zone }}", "body": "Hallo {{ first_name }},\n\n<{{ rep }}>"}
    pools = closers(sender="{{ rep }} ({{ organisation }})", texts={"confirmation": {"de": words}})
    pools["closers"]["booking"] = {"purpose": "Beratung", "duration": "45m"}
    (shown,) = preview(pools).pools
    first = shown.messages[0]
    assert first.sender == "Anna Weber (Firma)"
    assert first.subject == "Beratung, 10:00 Uhr MEZ"
    assert first.text == "Hallo Erika,\n\n<Anna Weber>"
    assert first.html == "<p>Hallo Erika,</p>\n<p>&lt;Anna Weber&gt;</p>"
    assert shown.values["de"][TextName.DURATION] == "45 Minuten"
    assert set(shown.values["en"]) == set(TextName)


def test_who_comes_along_is_among_the_reps() -> None:
    pools = closers()
    pools["closers"]["booking"] = {"companion_pools": ["experts", "nowhere"]}
    (shown,) = preview({**pools, "experts": {"work": "solution_design", "members": ["tom"]}}).pools
    assert shown.values["de"][TextName.REPS] == "Anna Weber und tom"


def test_a_text_with_a_fault_has_no_preview_and_the_others_do() -> None:
    (shown,) = preview(closers(texts={"confirmation": {"de": {"subject": "{{ nmae }}"}}})).pools
    assert ("confirmation", "de") not in [(one.message, one.language) for one in shown.messages]
    assert len(shown.messages) == 5


def test_many_pools_are_counted_rather_than_shown() -> None:
    pool = {**CLOSERS, "invitations": MAIL}
    found = preview({f"p{i}": pool for i in range(MAX_POOLS + 3)})
    assert (len(found.pools), found.left_out) == (MAX_POOLS, 3)
