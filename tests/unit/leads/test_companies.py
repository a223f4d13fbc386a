"""What names a company and what does not: websites, addresses, names, legal forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.leads.facts import FactValue
from pointsman.domain.leads.legal_forms import without_legal_form
from pointsman.domain.leads.normalise import company_key, is_named_like
from pointsman.domain.leads.placeholders import PLACEHOLDER_KEYS
from pointsman.domain.leads.shared_hosts import HOSTING_SUFFIXES, SHARED_HOSTS
from pointsman.services.codes.registered_domains import (
    MatchingLists,
    domain_of_address,
    domain_of_website,
    mail_providers,
)
from pointsman.services.leads.lead_input import LeadInput, identify_person

#: Of these 211, our first list of its own took 156 for companies.
_PROVIDERS = """
gmx.de gmx.net gmx.com gmx.eu gmx.at gmx.ch gmx.li gmx.info web.de t-online.de magenta.de freenet.de freenetmail.de
arcor.de arcormail.de online.de onlinehome.de 1und1.de email.de mail.de directbox.com posteo.de posteo.net posteo.at
posteo.ch posteo.org mailbox.org tutanota.de tutanota.com tuta.io tutamail.com tuta.com keemail.me eclipso.de
eclipso.eu kabelmail.de unitybox.de vodafone.de vodafonemail.de o2mail.de o2online.de genion.de alice-dsl.net
alice-dsl.de netcologne.de ewetel.net ewe.net nordcom.net osnanet.de versanet.de mnet-online.de mnet-mail.de
htp-tel.de wtnet.de teleos-web.de helinet.de dokom.net gelsennet.de wobline.de tele2.de talknet.de debitel.net
foni.net surfeu.de compuserve.de aol.de firemail.de smart-mail.de emailn.de ok.de googlemail.com yahoo.de outlook.de
hotmail.de live.de nexgo.de planet-interkom.de addcom.de cityweb.de epost.de uni.de telta.de vr-web.de live.at
outlook.at hotmail.at yahoo.at aon.at a1.net chello.at upcmail.at utanet.at inode.at magenta.at t-mobile.at drei.at
kabsi.at kabelplus.at liwest.at tele2.at tiscali.at eunet.at vol.at tirol.com kabelnet.at gmail.at netway.at
aonmail.at cablelink.at salzburg.co.at telering.at speed.at kremsnet.at ainet.at bnet.at hotmail.ch outlook.ch live.ch
yahoo.ch bluewin.ch bluemail.ch sunrise.ch hispeed.ch quickline.ch quickline.com green.ch tele2.ch tiscali.ch
freesurf.ch swissonline.ch cablecom.ch datacomm.ch ggaweb.ch besonet.ch solnet.ch vtxmail.ch vtx.ch netplus.ch
rhone.ch citycable.ch romandie.com swissmail.org protonmail.ch pm.me proton.me gawnet.ch kfnmail.ch ik.me eblcom.ch
evard.ch leunet.ch naxoo.ch adon.li powersurf.li postmail.ch hin.ch mysunrise.ch zugernet.ch thurweb.ch seznam.cz
email.cz centrum.cz azet.sk centrum.sk wp.pl o2.pl onet.pl interia.pl op.pl freemail.hu citromail.hu t-online.hu
indamail.hu siol.net amis.net net.hr inet.hr libero.it virgilio.it alice.it tin.it email.it hotmail.it live.it
yahoo.it rolmail.net brennercom.net orange.fr wanadoo.fr free.fr laposte.net sfr.fr hotmail.fr live.fr telenet.be
skynet.be hotmail.be ziggo.nl kpnmail.nl planet.nl hetnet.nl xs4all.nl home.nl live.nl hotmail.nl pt.lu vo.lu
internet.lu mail.dk ofir.dk live.dk
"""
PROVIDERS = _PROVIDERS.split()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_mail_provider_is_no_company_by_address_or_website(provider: str) -> None:
    assert domain_of_address(provider) is None
    assert domain_of_address(f"mail.{provider}") is None
    assert domain_of_website(f"https://www.{provider}/") is None


@pytest.mark.parametrize("provider", ["mailinator.com", "yopmail.com", "guerrillamail.info", "sharklasers.com"])
def test_mail_that_is_thrown_away_is_no_company(provider: str) -> None:
    assert domain_of_address(provider) is None


def test_the_lists_of_mail_providers_are_read_and_kept() -> None:
    assert len(mail_providers()) > 14_000
    assert mail_providers() is mail_providers()


@pytest.mark.parametrize(
    "website",
    [
        "https://www.facebook.com/nordlicht", "de-de.facebook.com/nordlicht", "facebook.de",
        "linkedin.com/company/nordlicht", "https://de.linkedin.com/in/mara", "xing.com/pages/nordlicht",
        "instagram.com/nordlicht", "twitter.com/nordlicht", "x.com/nordlicht", "youtube.com/@nordlicht",
        "m.youtube.com", "tiktok.com/@nordlicht", "linktr.ee/nordlicht", "https://sites.google.com/view/nordlicht",
        "google.com/maps/place/Nordlicht", "maps.google.de", "g.page/nordlicht", "maps.app.goo.gl/x",
        "amazon.de/shops/x", "amazon.co.uk", "ebay.at/str/nordlicht", "etsy.com/shop/nordlicht", "willhaben.at",
        "ricardo.ch", "kleinanzeigen.de/pro/nordlicht", "gelbeseiten.de/gsbiz/1", "herold.at/x", "local.ch/de",
        "yelp.de/biz/nordlicht", "northdata.de/Nordlicht", "tripadvisor.ch/x", "bit.ly/3x", "t.co/x", "tinyurl.com/x",
        "apps.apple.com/de/app/1", "play.google.com/store/apps", "wix.com", "calendly.com/mara",
        "github.com/nordlicht", "jimdosite.com", "https://business.site", "wordpress.com", "www.blogspot.com",
        "onmicrosoft.com", "github.io", "192.168.0.1", "http://10.0.0.7:8080/x", "[2001:db8::1]", "localhost:3000",
        "intranet", "nas.local", "fritz.box.home.arpa", "nordlicht.test", "nordlicht.invalid", "example.com",
        "www.example.org", "co.uk", "1.2.3", "n/a", "-", "keine", "a b.de", "www", "https://",
        "nordlicht.de, licht.de", "\u3164",
    ],
)  # fmt: skip
def test_a_website_that_all_companies_may_have_or_none_names_no_company(website: str) -> None:
    assert domain_of_website(website) is None


@pytest.mark.parametrize(
    "website",
    [
        "https://urldefense.com/v3/__https://www.nordlicht.de/__;!!abc$", "https://urldefense.proofpoint.com/v2/url?u=https-3A__x",
        "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fnordlicht.de", "https://protect-eu.mimecast.com/s/x",
        "https://url.de.m.mimecastprotect.com/s/x", "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fnordlicht.de",
        "https://secure-web.cisco.com/1x/https%3A%2F%2Fnordlicht.de", "https://url.emailprotection.link/?x",
        "https://nordlicht-de.cdn.ampproject.org/c/s/nordlicht.de", "https://www-nordlicht-de.translate.goog/",
        "https://webcache.googleusercontent.com/search?q=cache:nordlicht.de", "https://instagr.am/nordlicht",
        "https://share.google/x", "https://calendar.app.google/x", "https://tally.so/r/x", "https://app.hubspot.com/x",
        "https://eu-west-1.protection.sophos.com/?d=nordlicht.de", "https://click.x.sendgrid.net/ls", "base44.app", "ck.page",
    ],
)  # fmt: skip
def test_a_link_that_stands_in_anothers_place_names_no_company(website: str) -> None:
    assert domain_of_website(website) is None


@pytest.mark.parametrize(
    "host",
    [
        "zoho.eu", "zoho.in", "vivaldi.net", "hide-my-email.com", "yahoogroups.com", "googlegroups.com", "vtext.com",
        "docomo.ne.jp", "bf12.hubspotemail.net", "nordlicht.intercom-mail.com", "messages.homeaway.com", "efax.com",
        "fax.plus", "tiscali.de", "bbox.at", "dnet.it",
    ],
)  # fmt: skip
def test_mail_of_all_people_and_mail_that_is_passed_on_is_no_companys(host: str) -> None:
    assert domain_of_address(host) is None


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("nordlicht.de", "nordlicht.de"), ("www.nordlicht.de", "nordlicht.de"), ("https://www.nordlicht.de/", "nordlicht.de"),
        ("nordlicht.co.uk", "nordlicht.co.uk"), ("www.nordlicht.energy", "nordlicht.energy"),
        ("Nordlicht.AG", None), ("Dr.Nordlicht", None), ("S.Nordlicht", None), ("Booking.com", None), ("gmail.com", None),
    ],
)  # fmt: skip
def test_a_host_in_the_place_of_a_name_is_the_website(name: str, domain: str | None) -> None:
    by_free_mail = identify_person(LeadInput(email="m@gmail.com", facts={"company.name": name}))
    assert (by_free_mail.domain, by_free_mail.domain_from) == (domain, "company.domain" if domain else None)
    assert domain is None or by_free_mail.company_key is None
    beside = LeadInput(email="m@gmail.com", facts={"company.name": name, "company.domain": "vogel.de"})
    assert identify_person(beside).domain == "vogel.de"


@given(st.from_regex(r"[a-z]{1,8}\.", fullmatch=True))
def test_no_page_of_a_shared_host_names_a_company(below: str) -> None:
    assert [host for host in sorted(SHARED_HOSTS) if domain_of_website(f"https://{below}{host}/nordlicht")] == []


@given(
    st.sampled_from([*sorted(HOSTING_SUFFIXES), "github.io", "wixsite.com", "myshopify.com", "netlify.app", "blogspot.com"]),
    st.from_regex(r"[a-z]{3,8}", fullmatch=True),
    st.from_regex(r"[a-z]{3,8}", fullmatch=True),
)  # fmt: skip
def test_tenants_of_a_hosting_suffix_are_companies_apart(suffix: str, one: str, other: str) -> None:
    first, second = (domain_of_website(f"http://www.{tenant}.{suffix}") for tenant in (one, other))
    assert domain_of_website(suffix) is None
    assert (first == second) == (one == other)
    assert first in (f"{one}.{suffix}", None)  # "test.durable.co" may be free mail, as "google.jimdo.com" is Google's


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("nordlicht.onmicrosoft.com", "nordlicht.onmicrosoft.com"),
        ("nordlicht.mail.onmicrosoft.com", "nordlicht.onmicrosoft.com"),
        ("linkedin.com", "linkedin.com"),  # who works there writes from there
        ("amazon.de", "amazon.de"),
        ("x7k2.marketplace.amazon.de", None),
        ("booking.com", "booking.com"),
        ("guest.booking.com", None),
        ("amazon.it", "amazon.it"),
        ("marketplace.amazon.it", None),
        ("acme.jobs.personio.de", "acme.jobs.personio.de"),
        ("acme.za.com", "acme.za.com"),
        ("name.com", "name.com"),
        ("example.com", None),
        ("mail.nordlicht.co.at", "nordlicht.co.at"),
        ("10.0.0.1", None),
    ],
)
def test_an_address_names_the_company_that_it_lies_at(host: str, domain: str | None) -> None:
    assert domain_of_address(host) == domain


def test_a_policy_adds_to_the_lists_and_takes_its_companies_from_them() -> None:
    lists = MatchingLists(
        shared_hosts=frozenset({"pages.example"}), company_domains=frozenset({"xing.com", "pagina.de", "jimdo.com"})
    )
    assert domain_of_website("shop.pages.example/x") == "pages.example"
    assert domain_of_website("shop.pages.example/x", lists) is None
    assert domain_of_address("pages.example", lists) == "pages.example"
    assert domain_of_address("guest.pages.example", lists) is None
    assert domain_of_address("corp.xing.com", lists) == "xing.com"
    assert (domain_of_website("xing.com"), domain_of_website("www.xing.com", lists)) == (None, "xing.com")
    assert (domain_of_address("pagina.de"), domain_of_address("pagina.de", lists)) == (None, "pagina.de")
    assert (domain_of_address("jimdo.com"), domain_of_address("jimdo.com", lists)) == (None, "jimdo.com")


@pytest.mark.parametrize(
    "name",
    [
        "Existenzgründung", "auf Anfrage", "egal", "siehe Website", "z. Zt. keine", "z.Zt. keine", "noch nicht gegründet",
        "John Doe", "CEO", "Gmail", "gmail.com", "www.web.de", "Geschäftsführer", "Inhaber", "Angestellter", "Homeoffice",
        "Home Office", "in Arbeit", "gibt es nicht", "Ihr Unternehmen", "sole trader", "0815", "Universität", "Hotel",
    ],
)  # fmt: skip
def test_a_word_for_none_or_for_any_company_names_none(name: str) -> None:
    assert named(name) == (None, None)


@pytest.mark.parametrize(
    "name", ["Hotel Nordlicht", "Uni Nord", "CEO Consulting", "Gmail Tools", "Bar Nordlicht", "Skycom"]
)
def test_such_a_word_within_a_name_is_a_part_of_it(name: str) -> None:
    assert named(name) == (name, company_key(name))


def named(name: str, lists: MatchingLists | None = None, **more: FactValue) -> tuple[str | None, str | None]:
    """What the company is known as: its name, and the key of it."""
    given = LeadInput(external_id="1", facts={"company.name": name, **more})
    person = identify_person(given, lists or MatchingLists())
    assert person.name_blocks == () or person.company_key
    return person.company_name, person.company_key


@pytest.mark.parametrize(
    "name",
    [
        "privat", "PRIVAT", "Privat.", "(privat)", "prívat", "pri\u200bvat", "privat\u3164", "\uff50\uff52ivat",
        "Privatperson", "n/a", "N.A.", "k.A.", "k. A.", "keine", "Keine Firma", "keine Angabe", "none", "None",
        "test", "Test GmbH", "TEST TEST", "unknown", "unbekannt", "Unbekannt", "Student", "Studentin", "Freelancer",
        "selbständig", "selbstständig", "SELBSTÄNDIG", "Selbsta\u0308ndig", "self-employed", "Self Employed", "GmbH",
        "G.m.b.H.", "AG", "GmbH & Co. KG", "Gesellschaft mit beschränkter Haftung", "x", "X.", "xxx", "-", "--", "…",
        "...", "?", "!!!", "_", "Firma", "company", "My Company", "ich", "Ich selbst", "null", "undefined", "asdf",
        "123", "1", "é", "👍", "\u2800", "&", "e.K.", "Einzelunternehmen", "Rentner", "arbeitslos", "Max Mustermann",
        "Musterfirma GmbH", "e.U.", "tbd", "Noch keine", "noch keine Firma", "N.N.", "n.n.", "NN", "None yet",
        "zur Zeit keine", "asdasd", "aaa", "xyz", "00000000", "123456789", "Home", "Gast", "keine Firma vorhanden",
        "Ich bin Privatperson", "bin privat", "Privatmann", "folgt", "unklar", "keine Ahnung", "weiß nicht",
        "Weiss nicht", "Testlead", "Platzhalter", "(blank)", "Start-up", "Start up", "Start-up (privat)",
        "testtest", "derzeit keine",
        "no company yet", "currently none", "nicht angegeben", "I am a student", "noch nicht bekannt",
    ],
)  # fmt: skip
def test_a_placeholder_is_no_companys_name(name: str) -> None:
    assert named(name) == (None, None)


@pytest.mark.parametrize(
    "name",
    [
        "Privatbank Vogel", "Testo SE & Co. KGaA", "TEST-FUCHS GmbH", "Keiner & Söhne", "Student Agency", "3M", "O2",
        "C&A", "E.ON SE", "Ich & Du Design", "Nonnenmacher", "Firma Vogel", "Freelancer Map GmbH", "1&1",
        "SAS Institute", "SAS", "BT", "Unbekannter & Co", "X1 Media", "4711", "Company Bike Solutions", "AG Solar",
        "Käse Test Labor", "Home24", "Gast & Söhne", "Blank GmbH", "DFG e.V.", "ABC GmbH", "Noch & Noch", "Mimi",
        "AA Baustoffe", "Zur Post", "Privat Bau", "Startup Höhle", "Xyz Medien", "1001", "Nana Mode", "Kaka'ako",
    ],
)  # fmt: skip
def test_a_name_with_such_a_word_in_it_is_one(name: str) -> None:
    assert named(name)[1] is not None


def test_a_policys_own_placeholders_are_folded_as_names_are() -> None:
    lists = MatchingLists(placeholder_keys=frozenset({"laufkunde"}))
    assert named("Laufkunde")[1] == "laufkunde"
    assert named("LAUFKUNDE GmbH", lists) == (None, None)


def test_placeholders_are_written_as_names_are_folded() -> None:
    """A listed word in another form would never be found."""
    assert [key for key in sorted(PLACEHOLDER_KEYS) if company_key(key) not in (key, None)] == []


@pytest.mark.parametrize(
    "form",
    [
        "GmbH", "G.m.b.H.", "G. m. b. H.", "Ges.m.b.H.", "GesmbH", "Gesellschaft mbH", "mbH", "gGmbH",
        "Gesellschaft mit beschränkter Haftung", "AG", "Aktiengesellschaft", "A.G.", "KG", "K.G.",
        "Kommanditgesellschaft", "GmbH i.G.", "GmbH i. G.", "GmbH i.Gr.", "GmbH in Gründung", "GmbH i.L.", "AG i. L.",
        "GmbH in Liquidation", "& Co. KG", "GmbH & Co. KG", "GmbH&Co.KG", "GmbH + Co. KG", "GmbH u. Co. KG",
        "GmbH und Co KG", "GmbH & Co. KGaA", "KGaA", "AG & Co. KGaA", "UG & Co. KG", "SE", "SE & Co. KG",
        "SE & Co. KGaA", "mbH & Co. OHG", "OHG", "OG", "Offene Gesellschaft", "GbR", "GesbR",
        "Gesellschaft bürgerlichen Rechts", "e.K.", "e. K.", "eK", "e.Kfm.", "e.Kfr.", "eingetragener Kaufmann",
        "eingetragene Kauffrau", "e.U.", "e. U.", "eU", "eingetragenes Unternehmen", "Einzelunternehmen",
        "Einzelfirma", "PartG", "PartG mbB", "PartGmbB", "Partnerschaft mbB", "UG", "UG (haftungsbeschränkt)",
        "Unternehmergesellschaft (haftungsbeschränkt)", "e.V.", "eG", "eG i.L.", "AöR", "KdöR", "Ltd", "Ltd.",
        "Limited", "Co., Ltd.", "LLC", "L.L.C.", "Limited Liability Company", "LLP", "Inc.", "Corp.", "PLC", "SA",
        "S.A.", "Société Anonyme", "SAS", "Sàrl", "S.à r.l.", "S.A.R.L.", "SARL", "S.p.A.", "SpA", "S. p. A.",
        "S.r.l.", "Srl", "Sagl", "B.V.", "BV", "N.V.", "ApS", "A/S", "AB", "Oy", "AS", "s.r.o.", "s. r. o.",
        "spol. s r.o.", "a.s.", "a. s.", "d.o.o.", "Sp. z o.o.", "z o.o.", "Sp. z o. o.", "Kft.", "Zrt.", "Lda.",
        "S.L.", "Cie", "& Cie. AG",
    ],
)  # fmt: skip
def test_a_company_is_the_same_with_each_legal_form_and_without(form: str) -> None:
    for written in (f"Nordlicht {form}", f"Nordlicht, {form}", f"NORDLICHT {form.upper()}", f"Firma Nordlicht {form}"):
        if form in ("eU", "e. U.", "SpA") and form.upper() in written:
            continue  # "EU" is the union, and "NORDLICHT SPA" a bath
        assert company_key(written) == "nordlicht", written


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Nordlicht EU", "nordlicht eu"),
        ("IG Metall", "ig metall"),
        ("Nordlicht IG", "nordlicht ig"),
        ("Nordlicht Handelsgesellschaft mit beschränkter Haftung", "nordlicht handelsgesellschaft"),
        ("Nordlicht Handelsgesellschaft mbH", "nordlicht handelsgesellschaft"),
        ("Autohaus Vogel Inh. Mara Vogel e.K.", "autohaus vogel"),
        ("Inhaber Vogel", "inhaber vogel"),
        ("u-blox AG", "u blox"),
        ("Vogel u. Söhne", "vogel & soehne"),
        ("AG Solar", "ag solar"),
        ("Hotel Nordlicht & Spa", "hotel nordlicht & spa"),
        ("Nordlicht Spa", "nordlicht spa"),
        ("Nordlicht & SPA", "nordlicht & spa"),
        ("NORDLICHT SPA", "nordlicht spa"),
        ("Nordlicht Company", "nordlicht company"),
        ("Nordlicht Company Inc.", "nordlicht company"),
        ("Nordlicht Co.", "nordlicht co"),
        ("Elektro EV", "elektro evs"),
    ],
)
def test_what_only_looks_like_a_legal_form_stays(name: str, key: str) -> None:
    assert company_key(name) == key


@given(st.lists(st.sampled_from(["gmbh", "&", "co", "kg", "ig", "in", "liquidation", "nord", "z", "oo"]), max_size=8))
def test_a_name_without_its_legal_form_has_none(words: list[str]) -> None:
    once = without_legal_form(words)
    assert without_legal_form(once) == once
    assert words[: len(once)] == once


@pytest.mark.parametrize(
    ("domain", "name", "alike"),
    [
        ("nordlicht.de", "Nordlicht GmbH", True),
        ("nordlicht-energie.at", "Nordlicht Energie Deutschland AG", True),
        ("mueller.de", "Müller", True),
        ("xn--mller-kva.de", "Mueller KG", True),
        ("nordlicht-gmbh.de", "Nordlicht", True),
        ("nordlicht-bau.de", "Nordlicht GmbH", False),
        ("nord.de", "Nordlicht", False),
        ("xn--\udcff.de", "Nordlicht", False),
        ("n.de", "N", False),
        ("nordlicht-gruppe.de", "Nordlicht GmbH", True),
        ("nordlichtgroup.com", "Nordlicht", True),
        ("nordlicht-deutschland.de", "Nordlicht AG", True),
        ("nordlicht-holding.com", "Nordlicht", True),
        ("nordlicht-dach.de", "Nordlicht", False),  # a roof
        ("gruppe.de", "Nordlicht", False),
    ],
)
def test_a_domain_agrees_with_a_name_when_it_is_the_name(domain: str, name: str, alike: bool) -> None:
    assert is_named_like(domain, company_key(name)) is alike
