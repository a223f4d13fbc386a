"""What the set-up form says in German."""

from collections.abc import Mapping

_TEXTS: tuple[tuple[str, str], ...] = (
    ("HubSpot", "HubSpot"),
    ("A service key, or the token of a private app", "Ein Service-Schlüssel oder das Token einer privaten App"),
    ("A person signs in to an app", "Eine Person meldet sich bei einer App an"),
    (
        "Service key, or access token of a private app",
        "Service-Schlüssel oder Zugriffstoken einer privaten App",
    ),
    (
        "Client id of an app, for a person to sign in",
        "Client-ID einer App, bei der sich eine Person anmeldet",
    ),
    ("Client secret that belongs to it", "Clientschlüssel, der dazu gehört"),
    (
        "With a token: client secret of the app that sends webhooks; empty without webhooks",
        "Bei einem Token: Clientschlüssel der App, die Webhooks sendet; leer ohne Webhooks",
    ),
    (
        "Version of HubSpot's API: a date such as 2026-09, or v3",
        "Version der API von HubSpot: ein Datum wie 2026-09, oder v3",
    ),
    (
        "Calls that HubSpot allows the app in ten seconds: 100, or 190 from Professional on",
        "Aufrufe, die HubSpot der App in zehn Sekunden erlaubt: 100, oder ab Professional 190",
    ),
    (
        "Further properties of contacts to read, by internal name, divided by commas",
        "Weitere Eigenschaften von Kontakten, die gelesen werden, mit internem Namen, durch Kommas getrennt",
    ),
    (
        "Properties of contacts whose changes are news, as the app's subscriptions name them",
        "Eigenschaften von Kontakten, deren Änderung eine Nachricht ist, wie die Abonnements der App sie nennen",
    ),
    (
        "Ids of lists whose new members are news, divided by commas",
        "IDs von Listen, deren neue Mitglieder eine Nachricht sind, durch Kommas getrennt",
    ),
    (
        "Whether the outcome of a task is news about its contact",
        "Ob das Ergebnis einer Aufgabe eine Nachricht über ihren Kontakt ist",
    ),
    (
        "Where the API is; HubSpot's, unless you try a fake",
        "Wo die API liegt; die von HubSpot, außer bei einer Attrappe",
    ),
    (
        "Where a person signs in; HubSpot's, unless you try a fake",
        "Wo sich eine Person anmeldet; bei HubSpot, außer bei einer Attrappe",
    ),
    (
        "HubSpot allows 100, 190 or, with an add-on, 250 calls in ten seconds: give 10 to 250",
        "HubSpot erlaubt 100, 190 oder, mit einem Zusatzpaket, 250 Aufrufe in zehn Sekunden: Geben Sie 10 bis 250 an",
    ),
    (
        "an internal name has small letters, digits and underscores",
        "ein interner Name besteht aus Kleinbuchstaben, Ziffern und Unterstrichen",
    ),
    (
        "a list's id is a number, which stands at the end of its address",
        "die ID einer Liste ist eine Zahl, die am Ende ihrer Adresse steht",
    ),
    ("more than 200 names", "mehr als 200 Namen"),
    (
        "give both client_id and client_secret, or neither",
        "Geben Sie client_id und client_secret an, oder keines von beiden",
    ),
    (
        "give either a token or an app (client_id)",
        "Geben Sie entweder ein Token oder eine App (client_id) an",
    ),
    ("not an address", "keine Adresse"),
    (
        "must hold neither a password nor a query: the credentials have fields of their own",
        "darf weder ein Passwort noch eine Abfrage enthalten: Die Zugangsdaten haben eigene Felder",
    ),
    (
        "must start with https:// (or http://) and name a host",
        "muss mit https:// (oder http://) beginnen und einen Rechner nennen",
    ),
)

GERMAN: Mapping[str, str] = dict(_TEXTS)
