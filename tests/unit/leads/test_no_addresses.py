"""An address that stands for none names no person; everybody else's does."""

import pytest

from pointsman.domain.errors import Invalid
from pointsman.domain.leads.values.no_addresses import is_no_address
from pointsman.services.leads.lead_input import LeadInput, identify_person

NONE = """
noemail@noemail.com No.Email@NoEmail.com no-email@no-email.de keine@keine.de test@test.de test1@test.com na@na.com none@none.none
n.a@na.de a@a.de xxx@xxx.com null@null.com unknown@unknown.org asdf@asdf.de noreply@noreply.com email@email.com mail@mail.de
noemail@test.de keine@noemail.com test@nomail.com test@example.com none@test.com nobody@example.org name@domain.com
no@email.com no@mail.com kein@mail.de keine@angabe.de nicht@vorhanden.de foo@foo.com mustermann@mustermann.de
yourname@yourcompany.com 111@111.de maxmustermann@beispiel.de unbekannt@unbekannt.ch
"""
PERSONS = """
mara@example.com mara@test.com info@info.de kontakt@kontakt.de abc@abc.de nada@nada.de bar@bar.de gast@gast.de na@gmail.com
test@acme.de noreply@acme.de mail@acme.de email@muster.at max@mustermann.de no@norway.no anna@none.com mail@mara.de
test@mail.de name@gmx.de brak@brak.de select@select.de ab@ab.de a@acme.de x@gmail.com foo@nordlicht.de a@a.example
mara@noemail.com user@acme.com
"""


@pytest.mark.parametrize("address", NONE.split())
def test_an_address_that_stands_for_none_names_no_person(address: str) -> None:
    with pytest.raises(Invalid, match="No person"):
        identify_person(LeadInput(email=address))
    by_phone = identify_person(LeadInput(email=address, phone="+49 171 1234567"))
    assert (by_phone.email, by_phone.email_key, by_phone.domain) == (None, None, None)


@pytest.mark.parametrize("address", PERSONS.split())
def test_a_persons_address_does(address: str) -> None:
    assert not is_no_address(address)
    assert identify_person(LeadInput(email=address)).email_key == address
