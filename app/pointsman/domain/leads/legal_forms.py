"""Legal forms at the end of a company's name, short and written out, as a name's folded words have them.

Forms of Germany, Austria and Switzerland, and of the countries around them, by the names in their company registers.
"""

from collections.abc import Sequence

_SHORT = """
gmbh ggmbh mbh gesmbh gmbhcokg ag se kg kgaa cokg cokgaa coohg ohg og ug haftungsbeschraenkt gbr gesbr gesnbr ev eg ek
ekfm ekfr partg partgmbb partmbb mbb klg co cie ltd limited llc llp lp inc incorporated corp corporation company plc pty
pte sa sarl sas sasu eurl srl sagl snc bv nv vof oy oyj ab as asa aps lda sl slu kft zrt doo dd sro spzoo
aktiengesellschaft kommanditgesellschaft einzelunternehmen einzelunternehmung einzelfirma kollektivgesellschaft aoer
kdoer
"""
_WRITTEN_OUT = """
gesellschaft mit beschraenkter haftung
gemeinnuetzige gesellschaft mit beschraenkter haftung
mit beschraenkter haftung
gesellschaft mbh
gesellschaft m b h
ges mbh
ges m b h
g m b h
m b h
a g
k g
kg aa
kommanditgesellschaft auf aktien
unternehmergesellschaft
unternehmergesellschaft haftungsbeschraenkt
offene handelsgesellschaft
offene gesellschaft
gesellschaft buergerlichen rechts
gesellschaft nach buergerlichem recht
eingetragener kaufmann
eingetragene kauffrau
eingetragenes unternehmen
eingetragener verein
eingetragene genossenschaft
e k
e v
e g
partnerschaftsgesellschaft
partnerschaftsgesellschaft mbb
partnerschaft mbb
mit beschraenkter berufshaftung
anstalt des oeffentlichen rechts
koerperschaft des oeffentlichen rechts
societas europaea
limited liability company
limited liability partnership
limited partnership
public limited company
private limited company
proprietary limited
l l c
societe anonyme
societe a responsabilite limitee
societe par actions simplifiee
s a
s a r l
sa rl
s a s
societa per azioni
societa a responsabilita limitata
s p a
s r l
sociedad limitada
sociedad anonima
besloten vennootschap
naamloze vennootschap
b v
n v
aktieselskab
anpartsselskab
aktiebolag
osakeyhtio
a s
s r o
spol s ro
spol s r o
spolecnost s rucenim omezenym
akciova spolecnost
d o o
z oo
z o o
sp z oo
sp z o o
spolka z ograniczona odpowiedzialnoscia
spolka akcyjna
korlatolt felelossegu tarsasag
"""
_STATES = """
in gruendung
in liquidation
in abwicklung
in insolvenz
en liquidation
"""
#: A state in short; two letters mean it only behind a legal form.
_SHORT_STATES = (("ig",), ("igr",), ("il",), ("ii",), ("i", "g"), ("i", "gr"), ("i", "l"), ("i", "i"))

#: A company of this name is known, also without a form behind it.
_ALSO_A_NAME = frozenset({"sas"})

#: Words as well: "Coffee Company". A form only behind an "&", and the short one before another form: "Co., Ltd.".
_BOUND = frozenset({"co", "company"})

_FORMS = frozenset(
    tuple(line.split()) for line in (*_SHORT.split(), *_WRITTEN_OUT.strip().splitlines(), *_STATES.strip().splitlines())
)
_LONGEST = max(map(len, _FORMS))


def without_legal_form(words: Sequence[str]) -> list[str]:
    """A name's folded words ("&" for and) up to its legal form; empty where they are nothing else."""
    kept = list(words)
    while kept and (length := _form_at_end(kept, is_last=len(kept) == len(words))):
        del kept[-length:]
    return kept or [word for word in words[:1] if word in _ALSO_A_NAME]


def _form_at_end(words: Sequence[str], *, is_last: bool) -> int:
    """How many of the last words are a legal form, the state of a company, or an "&" that binds nothing any more.

    `is_last`: nothing has been taken from behind them.
    """
    if words[-1] == "&":
        return 1
    for length in _lengths(words):
        tail = tuple(words[-length:])
        if tail in _FORMS or (tail in _SHORT_STATES and _has_form_at_end(words[-length - _LONGEST : -length])):
            return 0 if length == 1 and _is_a_word(words, is_last=is_last) else length
    return 0


def _is_a_word(words: Sequence[str], *, is_last: bool) -> bool:
    """Whether the last one is no form where it stands: neither alone nor behind an "&"."""
    if words[-1] not in _BOUND or len(words) == 1 or words[-2] == "&":
        return False
    return is_last or words[-1] == "company"


def _has_form_at_end(words: Sequence[str]) -> bool:
    return any(tuple(words[-length:]) in _FORMS for length in _lengths(words))


def _lengths(words: Sequence[str]) -> range:
    return range(min(_LONGEST, len(words)), 0, -1)
