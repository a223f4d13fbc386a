"""Words that people write where a form wants a company's name and there is none; a policy adds its own."""

_LISTED_WORDS = """
privat private privater privatperson privatpersonen privatkunde privatkundin privatier privathaushalt privato personal
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
diverse divers verschiedene various sonstige sonstiges andere anderes other others misc tbd tba tbc todo
"""
_LISTED_PHRASES = """
natuerliche person, zu hause, n a, k a, keine angabe, keine angaben, ohne angabe, nicht vorhanden, nicht bekannt,
nicht angegeben, nicht zutreffend, nicht relevant, not applicable, not available, not provided, not specified, not
set, no name, stealth mode, max mustermann, foo bar, abc def, meine firma, mein unternehmen, company name,
organisation name, ich selbst, self employed, libero professionista, in ausbildung, in rente, im ruhestand, auf
jobsuche, wird nachgereicht, siehe oben, see above
"""

_WORDS = frozenset(_LISTED_WORDS.split())
PLACEHOLDER_KEYS = _WORDS | frozenset(" ".join(phrase.split()) for phrase in _LISTED_PHRASES.split(","))


def is_placeholder(key: str, extra: frozenset[str] = frozenset()) -> bool:
    """Whether a folded name without its legal form (`normalise.company_key`) names no company.

    So do a listed name, listed words alone ("test firma"), and one letter or digit. `extra` has folded names.
    """
    if key in PLACEHOLDER_KEYS or key in extra:
        return True
    signs = sum(map(str.isalnum, key))
    return signs < 2 or all(word in _WORDS for word in key.split() if word != "&")
