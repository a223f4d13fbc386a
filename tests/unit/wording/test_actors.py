"""An actor of the audit is read by name."""

import pytest

from pointsman.domain.messages.message import api_key_name, intake_name
from pointsman.services.operations.actor_names import actor_words
from pointsman.services.wording.rendering import MessageReader, render

NAMES = {api_key_name("0f3a"): "Website form", intake_name("hubspot"): "HubSpot of sales"}


@pytest.mark.parametrize(
    ("actor", "english", "german"),
    [
        ("key:0f3a", "key Website form", "Schlüssel Website form"),
        ("key:gone", "key gone", "Schlüssel gone"),
        ("intake:hubspot", "intake HubSpot of sales", "Eingang HubSpot of sales"),
        ("worker", "the service itself", "der Dienst selbst"),
        ("cli", "the command line", "die Kommandozeile"),
        ("booking-page", "a buyer on the booking page", "jemand auf der Buchungsseite"),
        (
            "lead-link:1",
            "the rep by a link to the lead's page",
            "die zuständige Person über einen Link zur Lead-Seite",
        ),
        ("{later}:1", "{later}:1", "{later}:1"),
    ],
)
def test_each_actor_has_a_name(actor: str, english: str, german: str) -> None:
    said = [render(actor_words(actor), MessageReader(language=language, names=NAMES)) for language in ("en", "de")]
    assert said == [english, german]
