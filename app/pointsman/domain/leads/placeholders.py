"""Words that people write where a form wants a company's name and there is none; a policy adds its own.

They come on top of the words that say nothing in any field (`pointsman.domain.leads.empty_words`).
"""

from pointsman.domain.leads.empty_words import is_empty
from pointsman.domain.leads.free_mail import FREE_MAIL_DOMAINS, is_worldwide_mail
from pointsman.domain.leads.normalise import clean_text, company_key

_LISTED_WORDS = """
privatanwender privatnutzer privat private privater privatmann privatfrau privatleute privatperson privatpersonen
privatkunde privatkundin privatier privathaushalt privato personal
person einzelperson individual individuum familie endkunde endverbraucher verbraucher consumer particulier haushalt
zuhause daheim na ka keine keiner kein keines keins ohne entfaellt fehlt leer nichts none no nope empty null nil nan
undefined unknown unbekannt inconnu sconosciuto anonym anonymous anonyme vertraulich confidential geheim stealth
aucun aucune sans nessuno nessuna nein ja yes si oui
test tests testing tester testfirma testcompany testunternehmen testkunde demo dummy muster musterfirma
musterunternehmen mustermann beispiel beispielfirma example sample foo foobar asd asdf asdfg asdfasdf qwe qwer qwertz
qwerty bla blabla xx xxx xxxx xxxxx yyy zzz 00 000 111 123 1234 12345 123456
firma firmen firmenname unternehmen unternehmensname betrieb gewerbe geschaeft gesellschaft company companyname
business organisation organization employer arbeitgeber kunde customer
ich selbst my your myself me self niemand nobody selbstaendig selbststaendig selbstaendige selbstaendiger selbststaendige
selbststaendiger selfemployed independent independant einzelunternehmer einzelunternehmerin einzelunternehmen
einzelfirma kleinunternehmer kleinunternehmerin gewerbetreibender gewerbetreibende freiberufler freiberuflerin
freiberuflich freelance freelancer freelancerin freelancing autonomo gruender gruenderin founder startup
student studentin studenten studierende studierender etudiant studente schueler schuelerin azubi auszubildende
auszubildender praktikant praktikantin rentner rentnerin pensionist pensionistin pensioniert retired arbeitslos
arbeitssuchend arbeitsuchend unemployed hausfrau hausmann
diverse divers verschiedene various sonstige sonstiges andere anderes other others misc tbd tba tbc todo egal whatever
existenzgruendung existenzgruender existenzgruenderin gegruendet homeoffice
"""
_LISTED_PHRASES = """
natuerliche person, zu hause, n a, k a, keine angabe, keine angaben, ohne angabe, nicht vorhanden, nicht bekannt,
nicht angegeben, nicht zutreffend, nicht relevant, not applicable, not available, not provided, not specified, not
set, no name, stealth mode, max mustermann, foo bar, abc def, meine firma, mein unternehmen, company name,
organisation name, ich selbst, self employed, libero professionista, in ausbildung, in rente, im ruhestand, auf
jobsuche, wird nachgereicht, siehe oben, see above, home, at home, gast, guest, xyz, asd asd, auf anfrage, on request,
siehe website, siehe webseite, siehe homepage, siehe email, see website, in
arbeit, in planung, in vorbereitung, im aufbau, gibt es nicht, gibt es noch nicht, gibts nicht, gibts noch nicht, john doe,
jane doe, erika mustermann, ihr unternehmen, ihre firma, dein unternehmen, deine firma, unser unternehmen, unsere firma, sole
trader, sole proprietor, sole proprietorship, 0815, 08 15
"""
#: Of a person or of a place of work, and of no company in particular; beside any other word they are a part of its name.
_LISTED_KINDS = """
ceo, cto, cfo, coo, cmo, geschaeftsfuehrer, geschaeftsfuehrerin, geschaeftsfuehrung, geschaeftsleitung, inhaber, inhaberin,
owner, manager, direktor, direktorin, director, vorstand, chef, chefin, boss, angestellter, angestellte, angestellt, mitarbeiter,
mitarbeiterin, employee, vertrieb, sales, marketing, einkauf, buchhaltung, personalabteilung, office, buero, home office,
universitaet, university, uni, hochschule, fachhochschule, schule, school, gymnasium, kindergarten, kita, hotel, pension,
gasthaus, gasthof, restaurant, cafe, bar, imbiss, praxis, arztpraxis, zahnarztpraxis, klinik, krankenhaus, apotheke, kanzlei,
anwaltskanzlei, rechtsanwalt, steuerberater, steuerkanzlei, architekt, architekturbuero, ingenieurbuero, planungsbuero,
agentur, werbeagentur, agency, beratung, unternehmensberatung, consulting, consultant, berater, beraterin, handwerk,
handwerker, handwerksbetrieb, werkstatt, friseur, friseursalon, baeckerei, metzgerei, einzelhandel, grosshandel, handel, laden,
shop, onlineshop, online shop, verein, behoerde, gemeinde, stadt, stadtverwaltung, landratsamt, verwaltung, kirche, stiftung,
bank, versicherung, immobilien, immobilienmakler, makler, landwirtschaft, landwirt, industrie, dienstleister,
dienstleistung, dienstleistungen, gastronomie, hotellerie, handelsvertretung, handelsvertreter, kmu, mittelstand
"""
#: Providers whose mail people have, where they work or not.
_LISTED_PROVIDERS = (
    "gmail, google mail, googlemail, hotmail, outlook, gmx, web de, icloud, yahoo mail, ymail, protonmail"
)

#: Words that name no company beside a listed one: "noch keine", "ich bin Privatperson", "no company yet".
_LISTED_FILLERS = """
ich bin wir sind habe haben hab als ein eine einen kein keine noch nur leider zur zeit im in z zt zzt momentan moment derzeit
aktuell gerade bisher bislang jetzt vorhanden angegeben eigene eigenes nicht i am we are have do dont not a an the yet
currently at now still only available applicable given je suis pas de encore sono ancora
"""

_WORDS = frozenset(_LISTED_WORDS.split())
_FILLERS = frozenset(_LISTED_FILLERS.split())
PLACEHOLDER_KEYS = _WORDS | frozenset(" ".join(phrase.split()) for phrase in _LISTED_PHRASES.split(","))
_SQUASHED = frozenset(key.replace(" ", "") for key in PLACEHOLDER_KEYS)
_KINDS = frozenset("".join(kind.split()) for kind in f"{_LISTED_KINDS}, {_LISTED_PROVIDERS}".split(","))
_ALONE = _SQUASHED | _KINDS
_DIGITS_IN_ORDER = "1234567890"
_LONGEST_HOST = 253  # signs of a name that may be a mail provider's
_SHORTEST_UNIT = 3  # of what is typed over and over: "mimi" may be a name


def company_named(name: object, extra: frozenset[str] = frozenset()) -> str | None:
    """The key (`normalise.company_key`) of the company that a text names; None where it names none.

    `extra` has the policy's placeholders, folded as keys are.
    """
    if not isinstance(name, str) or is_empty(name) or _is_mail_provider(name):
        return None
    key = company_key(name)
    return None if key is None or is_placeholder(key, extra) else key


def _is_mail_provider(name: str) -> bool:
    host = clean_text(name[:_LONGEST_HOST]).casefold().rpartition("://")[2].removeprefix("www.").rstrip("/")
    return "." in host and (host in FREE_MAIL_DOMAINS or is_worldwide_mail(host))


def is_placeholder(key: str, extra: frozenset[str] = frozenset()) -> bool:
    """Whether a folded name without its legal form (`normalise.company_key`) names no company.

    So do a listed name, however it is spaced, listed words alone ("test firma", "noch keine"), one letter or digit, and what is
    typed over and over ("aaa", "asdasd") or in order ("12345"). `extra` has folded names.
    """
    squashed = "".join(filter(str.isalnum, key))
    if len(squashed) < 2 or key in extra or squashed in _ALONE:  # one sign is no name
        return True
    return _is_listed_throughout([word for word in key.split() if word != "&"]) or _is_typed_at_random(squashed)


def _is_listed_throughout(words: list[str]) -> bool:
    """Whether there are listed words, alone or in two ("start up"), and beside them nothing but fillers."""
    place = listed = 0
    while place < len(words):
        if words[place] in _WORDS:
            step, listed = 1, listed + 1
        elif "".join(words[place : place + 2]) in _SQUASHED:
            step, listed = 2, listed + 1
        elif words[place] in _FILLERS:
            step = 1
        else:
            return False
        place += step
    return listed > 0


def _is_typed_at_random(signs: str) -> bool:
    if len(signs) < _SHORTEST_UNIT:
        return False
    if signs in _DIGITS_IN_ORDER or len(set(signs)) == 1:
        return True
    again = (signs + signs).index(signs, 1)  # the length of what is repeated, or all
    return _SHORTEST_UNIT <= again < len(signs) and signs[:again] in _SQUASHED
