"""What the set-up form says in German."""

from collections.abc import Mapping

_TEXTS: tuple[tuple[str, str], ...] = (
    ("Google Calendar", "Google Kalender"),
    ("A user signs in, who sees the calendars", "Ein Benutzer meldet sich an, der die Kalender sieht"),
    ("A service account acts for the users of a domain", "Ein Dienstkonto handelt für die Benutzer einer Domain"),
    (
        "OAuth client id, from Google Cloud, for a user to sign in",
        "OAuth-Client-ID aus Google Cloud, mit der sich ein Benutzer anmeldet",
    ),
    ("OAuth client secret that belongs to it", "OAuth-Clientschlüssel, der dazu gehört"),
    (
        "Key file (JSON) of a service account with domain-wide delegation, instead of a client",
        "Schlüsseldatei (JSON) eines Dienstkontos mit domainweiter Delegierung, statt eines Clients",
    ),
    (
        "Address of a user: as this one the service account lists calendars and reads busy times",
        "Adresse eines Benutzers: Als dieser listet das Dienstkonto Kalender auf und liest belegte Zeiten",
    ),
    (
        "Where the Calendar API is; Google's, unless you try a fake",
        "Wo die Calendar-API liegt; die von Google, außer bei einer Attrappe",
    ),
    (
        "Where a user signs in; Google's, unless you try a fake",
        "Wo sich ein Benutzer anmeldet; bei Google, außer bei einer Attrappe",
    ),
    (
        "Where tokens are issued; Google's, unless you try a fake",
        "Wo Token ausgestellt werden; bei Google, außer bei einer Attrappe",
    ),
    (
        "give both client_id and client_secret, or neither",
        "Geben Sie client_id und client_secret an, oder keines von beiden",
    ),
    (
        "give both service_account_key and acting_as, or neither",
        "Geben Sie service_account_key und acting_as an, oder keines von beiden",
    ),
    (
        "give either a client (client_id) or a service account (service_account_key)",
        "Geben Sie entweder einen Client (client_id) oder ein Dienstkonto (service_account_key) an",
    ),
    (
        "not a key file: paste the whole JSON that Google gave",
        "keine Schlüsseldatei: Fügen Sie das ganze JSON ein, das Google gegeben hat",
    ),
    (
        "not the key file of a service account: it has client_email and private_key",
        "nicht die Schlüsseldatei eines Dienstkontos: Sie enthält client_email und private_key",
    ),
    ("not an email address that can be invited", "keine E-Mail-Adresse, die eingeladen werden kann"),
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
