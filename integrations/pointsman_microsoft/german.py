"""What the set-up form says in German."""

from collections.abc import Mapping

_TEXTS: tuple[tuple[str, str], ...] = (
    ("Microsoft 365 calendars", "Kalender von Microsoft 365"),
    ("A person signs in (delegated permission)", "Eine Person meldet sich an (delegierte Berechtigung)"),
    ("The app signs in (application permission)", "Die App meldet sich an (Anwendungsberechtigung)"),
    (
        "delegated: a person signs in; application: the app signs in for many mailboxes",
        "delegated: Eine Person meldet sich an; application: Die App meldet sich für viele Postfächer an",
    ),
    ("Directory (tenant) ID, or the directory's domain", "Verzeichnis-ID (Mandant) oder Domain des Verzeichnisses"),
    ("Application (client) ID of the app registration", "Anwendungs-ID (Client) der App-Registrierung"),
    (
        "Value of a client secret of the app registration",
        "Wert eines geheimen Clientschlüssels der App-Registrierung",
    ),
    (
        "With application permission: a mailbox to try the connection with",
        "Bei Anwendungsberechtigung: ein Postfach, mit dem die Verbindung geprüft wird",
    ),
    (
        "Whether a time that is shown as working elsewhere cannot be booked",
        "Ob eine Zeit nicht buchbar ist, die als „An einem anderen Ort tätig“ erscheint",
    ),
    ("Address of Microsoft Graph", "Adresse von Microsoft Graph"),
    ("Address of Microsoft's sign-in", "Adresse der Anmeldung von Microsoft"),
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
