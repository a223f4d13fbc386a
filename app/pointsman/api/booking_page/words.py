"""What the booking page says: each word by its name in the templates, and its text in the catalogues."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pointsman.domain.messages.message import Arg, Message, say
from pointsman.services.wording.catalogue import load_catalogue
from pointsman.services.wording.rendering import MessageReader, render

#: Why a buyer calls off, as stored; the words beside it are the page's.
CANCEL_REASONS = ("no_time", "need_later", "no_need", "other_solution", "other")

WORDS: Mapping[str, Message] = MappingProxyType(
    {
        "skip": say("booking-page.skip"),
        "languages": say("booking-page.languages"),
        "private": say("booking-page.private"),
        "choose_title": say("booking-page.choose-title"),
        "about_both": say("booking-page.about-both"),
        "about_names": say("booking-page.about-names"),
        "about_organisation": say("booking-page.about-organisation"),
        "move_title": say("booking-page.move-title"),
        "move_now": say("booking-page.move-now"),
        "day_times": say("booking-page.day-times"),
        "choose": say("booking-page.choose"),
        "move": say("booking-page.move"),
        "earlier": say("booking-page.earlier"),
        "later": say("booking-page.later"),
        "days": say("booking-page.days"),
        "keep": say("booking-page.keep"),
        "zone": say("booking-page.zone"),
        "zone_now": say("booking-page.zone-now"),
        "zone_of": say("booking-page.zone-of"),
        "zone_unknown": say("booking-page.zone-unknown"),
        "zone_change": say("booking-page.zone-change"),
        "zone_apply": say("booking-page.zone-apply"),
        "none_title": say("booking-page.none-title"),
        "none": say("booking-page.none"),
        "none_next": say("booking-page.none-next"),
        "confirm_title": say("booking-page.confirm-title"),
        "confirm": say("booking-page.confirm"),
        "confirm_kept": say("booking-page.confirm-kept"),
        "confirm_not_kept": say("booking-page.confirm-not-kept"),
        "back": say("booking-page.back"),
        "what": say("booking-page.what"),
        "when": say("booking-page.when"),
        "with": say("booking-page.with"),
        "for": say("booking-page.for"),
        "length": say("booking-page.length"),
        "booked_title": say("booking-page.booked-title"),
        "requested_title": say("booking-page.requested-title"),
        "requested": say("booking-page.requested"),
        "show_title": say("booking-page.show-title"),
        "over": say("booking-page.over"),
        "ics": say("booking-page.ics"),
        "join": say("booking-page.join"),
        "do_move": say("booking-page.do-move"),
        "do_cancel": say("booking-page.do-cancel"),
        "cancel_title": say("booking-page.cancel-title"),
        "cancel_why": say("booking-page.cancel-why"),
        "cancel_text": say("booking-page.cancel-text"),
        "cancel": say("booking-page.cancel"),
        "reason_no_time": say("booking-page.reason-no-time"),
        "reason_need_later": say("booking-page.reason-need-later"),
        "reason_no_need": say("booking-page.reason-no-need"),
        "reason_other_solution": say("booking-page.reason-other-solution"),
        "reason_other": say("booking-page.reason-other"),
        "cancelled_title": say("booking-page.cancelled-title"),
        "cancelled": say("booking-page.cancelled"),
        "cancelled_again": say("booking-page.cancelled-again"),
        "done_booked": say("booking-page.done-booked"),
        "done_requested": say("booking-page.done-requested"),
        "done_moved": say("booking-page.done-moved"),
        "alert_gone": say("booking-page.alert-gone"),
        "alert_choose": say("booking-page.alert-choose"),
        "alert_already": say("booking-page.alert-already"),
        "alert_changed": say("booking-page.alert-changed"),
        "alert_fixed": say("booking-page.alert-fixed"),
        "unknown_title": say("booking-page.unknown-title"),
        "unknown": say("booking-page.unknown"),
        "expired_title": say("booking-page.expired-title"),
        "expired": say("booking-page.expired"),
        "closed_title": say("booking-page.closed-title"),
        "closed": say("booking-page.closed"),
        "too_many_title": say("booking-page.too-many-title"),
        "too_many": say("booking-page.too-many"),
        "unreadable_title": say("booking-page.unreadable-title"),
        "unreadable": say("booking-page.unreadable"),
        "later_title": say("booking-page.later-title"),
        "later_text": say("booking-page.later-text"),
        "again": say("booking-page.again"),
    }
)


@cache
def words_in(language: str) -> Mapping[str, str]:
    """All words in a language of the catalogues, their placeholders left open."""
    catalogue = load_catalogue(language)
    return MappingProxyType({name: catalogue.open_text(message.key) for name, message in WORDS.items()})


def counted(name: str, language: str, **args: Arg) -> str:
    """A word that holds a number, in the form that goes with it."""
    return render(say(WORDS[name].key, **args), MessageReader(language=language))
