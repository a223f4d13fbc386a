"""What the set-up form says in German."""

from collections.abc import Mapping

_TEXTS: tuple[tuple[str, str], ...] = (
    ("CalDAV calendars", "CalDAV-Kalender"),
    ("User name and password", "Benutzername und Passwort"),
    (
        "Address of the server, for instance https://dav.example.com/",
        "Adresse des Servers, zum Beispiel https://dav.example.com/",
    ),
    ("User name; empty for a server without login", "Benutzername; leer bei einem Server ohne Anmeldung"),
    ("Password, better an app password", "Passwort, besser ein App-Passwort"),
    (
        "Zone of whole days, where neither the owner nor the calendar says one",
        "Zeitzone ganzer Tage, wenn weder die Person noch der Kalender eine nennt",
    ),
    (
        "Believe the server's own report of calendars that show busy times alone",
        "Dem Bericht des Servers über Kalender glauben, die nur belegte Zeiten zeigen",
    ),
    ("not an IANA time zone, such as Europe/Berlin", "keine Zeitzone der IANA, etwa Europe/Berlin"),
    ("give both username and password, or neither", "Geben Sie username und password an, oder keines von beiden"),
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
