"""What the set-up form says in German."""

from collections.abc import Mapping

_TEXTS: tuple[tuple[str, str], ...] = (
    ("Memory (a CRM with calendars that forgets)", "Memory (ein vergessliches CRM mit Kalendern)"),
    ("API key", "API-Schlüssel"),
    ("Sign in", "Anmelden"),
    ("Where the vendor is served", "Wo der Anbieter läuft"),
    ("API key of the vendor", "API-Schlüssel des Anbieters"),
    ("Client id, to sign in by OAuth 2", "Client-ID, um sich über OAuth 2 anzumelden"),
    ("Client secret, to sign in by OAuth 2", "Clientschlüssel, um sich über OAuth 2 anzumelden"),
    ("Secret with which the vendor signs webhooks", "Geheimnis, mit dem der Anbieter Webhooks signiert"),
    ("How the vendor tries an address for webhooks", "Wie der Anbieter eine Adresse für Webhooks prüft"),
)

GERMAN: Mapping[str, str] = dict(_TEXTS)
