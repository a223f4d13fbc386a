"""What the set-up form says in German."""

from collections.abc import Mapping

_TEXTS: tuple[tuple[str, str], ...] = (
    ("the name of a server alone", "nur der Name eines Servers"),
    ("User name and password", "Benutzername und Passwort"),
    (
        "A mailbox of Google signs in (Workspace, Gmail)",
        "Ein Postfach von Google meldet sich an (Workspace, Gmail)",
    ),
    (
        "A mailbox of Microsoft 365 signs in (delegated permission)",
        "Ein Postfach von Microsoft 365 meldet sich an (delegierte Berechtigung)",
    ),
    (
        "An app signs in for a mailbox of Microsoft 365 (application permission)",
        "Eine App meldet sich für ein Postfach von Microsoft 365 an (Anwendungsberechtigung)",
    ),
    (
        "A server that takes mail from this machine as it is",
        "Ein Server, der von diesem Rechner Mail ohne Anmeldung annimmt",
    ),
    (
        "Mail server, for instance smtp.example.com, smtp.gmail.com or smtp.office365.com",
        "Mailserver, zum Beispiel smtp.example.com, smtp.gmail.com oder smtp.office365.com",
    ),
    ("Port; empty: 587, with tls 465, with none 25", "Port; leer: 587, bei tls 465, bei none 25"),
    (
        "starttls, tls (from the first byte), or none: only inside networks that the admin opened",
        "starttls, tls (vom ersten Byte an) oder none: nur in Netzen, die der Admin freigegeben hat",
    ),
    (
        "password, a sign-in by tokens (google, microsoft, microsoft_app), or none",
        "password, eine Anmeldung mit Token (google, microsoft, microsoft_app) oder none",
    ),
    (
        "User name; with tokens the address of the mailbox; empty for a server without login",
        "Benutzername; bei Token die Adresse des Postfachs; leer bei einem Server ohne Anmeldung",
    ),
    ("Password, better an app password", "Passwort, besser ein App-Passwort"),
    (
        "With tokens: client id, from Google Cloud or of the app registration",
        "Bei Token: Client-ID, aus Google Cloud oder von der App-Registrierung",
    ),
    ("With tokens: client secret that belongs to it", "Bei Token: Clientschlüssel, der dazu gehört"),
    (
        "Microsoft: directory (tenant) ID, or the directory's domain",
        "Microsoft: Verzeichnis-ID (Mandant) oder Domain des Verzeichnisses",
    ),
    (
        "Address that messages come from, and bounces go to",
        "Adresse, von der Nachrichten kommen und an die Unzustellbares geht",
    ),
    ("Name of the sender, where a message says none", "Name des Absenders, wenn eine Nachricht keinen nennt"),
    (
        "Name that this machine greets the server with; empty: the sender's domain",
        "Name, mit dem dieser Rechner den Server begrüßt; leer: die Domain des Absenders",
    ),
    (
        "How long one message may take, with all answers of the server",
        "Wie lange eine Nachricht dauern darf, mit allen Antworten des Servers, in Sekunden",
    ),
    (
        "Where a mailbox of Google signs in; Google's, unless you try a fake",
        "Wo sich ein Postfach von Google anmeldet; bei Google, außer bei einer Attrappe",
    ),
    (
        "Where Google issues tokens; Google's, unless you try a fake",
        "Wo Google Token ausstellt; bei Google, außer bei einer Attrappe",
    ),
    (
        "Address of Microsoft's sign-in; Microsoft's, unless you try a fake",
        "Adresse der Anmeldung von Microsoft; die von Microsoft, außer bei einer Attrappe",
    ),
    ("the part before the @ has to be written in ASCII", "Der Teil vor dem @ muss in ASCII geschrieben sein"),
    ("one line, without control characters", "eine Zeile ohne Steuerzeichen"),
    (
        "a directory's ID or domain alone, such as example.onmicrosoft.com",
        "nur die ID oder Domain eines Verzeichnisses, etwa example.onmicrosoft.com",
    ),
    (
        "a client goes with sign_in google, microsoft or microsoft_app",
        "Ein Client gehört zu sign_in google, microsoft oder microsoft_app",
    ),
    ("sign_in none has neither username nor password", "sign_in none hat weder username noch password"),
    ("give both username and password, or neither", "Geben Sie username und password an, oder keines von beiden"),
    ("the domain of the address cannot be one", "Die Domain der Adresse kann keine sein"),
    ("half a character stands in the address", "In der Adresse steht ein halbes Zeichen"),
    ("half a character stands in it", "Darin steht ein halbes Zeichen"),
    ("not an address that mail goes to", "keine Adresse, an die Mail geht"),
    ("the name of a server alone, such as smtp.example.com", "nur der Name eines Servers, etwa smtp.example.com"),
    (
        "sign_in google shows tokens: leave the password out",
        "sign_in google zeigt Token vor: Lassen Sie das Passwort weg",
    ),
    (
        "sign_in google needs username (the mailbox), client_id and client_secret",
        "sign_in google braucht username (das Postfach), client_id und client_secret",
    ),
    (
        "sign_in microsoft shows tokens: leave the password out",
        "sign_in microsoft zeigt Token vor: Lassen Sie das Passwort weg",
    ),
    (
        "sign_in microsoft needs username (the mailbox), client_id and client_secret",
        "sign_in microsoft braucht username (das Postfach), client_id und client_secret",
    ),
    ("sign_in microsoft needs the tenant", "sign_in microsoft braucht den Mandanten (tenant)"),
    (
        "sign_in microsoft_app shows tokens: leave the password out",
        "sign_in microsoft_app zeigt Token vor: Lassen Sie das Passwort weg",
    ),
    (
        "sign_in microsoft_app needs username (the mailbox), client_id and client_secret",
        "sign_in microsoft_app braucht username (das Postfach), client_id und client_secret",
    ),
    ("sign_in microsoft_app needs the tenant", "sign_in microsoft_app braucht den Mandanten (tenant)"),
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
