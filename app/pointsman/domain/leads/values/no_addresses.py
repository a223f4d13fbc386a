"""Addresses of email that people make up where a form wants one: strangers write the same, so that it names no person."""

from pointsman.domain.leads.shared_hosts import NO_ADDRESS_DOMAINS

#: Without dots, hyphens and the digits at the end. Left out is what may be the name of somebody ("no", "abc", "keiner").
_LISTED_WORDS = """
noemail noemails nomail noaddress noemailaddress nonemail hasnoemail withoutemail notprovided notavailable notapplicable
notgiven notset noname noreply donotreply none noone nothing nobody null nil nan na undefined unknown unspecified
anonymous anonym anon invalid fake fakeemail dummy placeholder empty
keine kein keinemail keineemail keinmail keineadresse keineangabe keineangaben ohneangabe ohneemail ohnemail ohne
nichtvorhanden nichtbekannt nichtangegeben unbekannt niemand nichts fehlt
aucun aucune sansemail sansmail pasdemail inconnu nessuno nessuna senzaemail senzamail sconosciuto
test tester testing testtest testuser testperson testlead testkunde
asd asdf asdfg asdfgh asdfasdf asdasd qwe qwer qwert qwerty qwertz foo foobar blabla loremipsum
beispiel muster mustermann maxmustermann erikamustermann johndoe janedoe example sample
"""
#: What stands in an empty field to say what belongs there, and some providers' names: alone they say nothing of a host.
_LISTED_PROMPTS = """
email mail emailaddress mailaddress emailadresse mailadresse adresse address name yourname youremail yourmail user username
deinname deinemail meinname meineemail vorname nachname vornamenachname firstname lastname firstnamelastname
"""
_WORDS = frozenset(_LISTED_WORDS.split())
_ASKED_FOR = _WORDS | frozenset(_LISTED_PROMPTS.split())


def is_no_address(key: str) -> bool:
    """Whether an address (`normalise.email_key`) stands for none, such as "noemail@noemail.com" or "keine@keine.de".

    So does a listed word at a host that has no mail, or is named by one; a word said on both sides of the "@"; one in two parts
    ("no@email.com"); and one sign on both sides ("x@x.de"). Under ".example" the hosts are companies.
    """
    local, _, host = key.rpartition("@")
    word, name = _word(local), _word(host.partition(".")[0])
    if host in NO_ADDRESS_DOMAINS:
        return word in _ASKED_FOR
    if word == name:
        return word in _ASKED_FOR or (len(set(word)) == 1 and not host.endswith(".example"))
    return (word in _WORDS and name in _WORDS) or f"{word}{name}" in _WORDS


def _word(text: str) -> str:
    plain = "".join(filter(str.isalnum, text))
    return plain.rstrip("0123456789") or plain
