"""The service names no vendor: what one of them does differently is known to its connector, or to the SDK."""

import re
from pathlib import Path

import pytest

from architecture.rules import _tracked

ROOT = Path(__file__).parents[2]

#: Of what connectors and senders speak to. Open standards (CalDAV, iCalendar, Standard Webhooks) are no vendors.
VENDORS = (
    "activecampaign", "apple", "attio", "brevo", "calendly", "close.com", "espocrm", "facebook", "fastmail", "freshsales",
    "github", "gitlab", "gmail", "google", "hubspot", "icloud", "instagram", "intercom", "linkedin", "mailchimp", "marketo",
    "mautic", "microsoft", "nextcloud", "office365", "onmicrosoft", "outlook", "personio", "pipedrive", "salesforce",
    "sendgrid", "shopify", "slack", "sugarcrm", "typeform", "whatsapp", "zapier", "zendesk", "zoho", "zoom",
)  # fmt: skip
#: "meta" is a company where it is a word by itself, and neither a tag of HTML nor a part of a name.
_VENDOR = re.compile(
    rf"(?<![a-z])(?:{'|'.join(map(re.escape, VENDORS))})(?-i:(?![a-z]))|(?<![<|\w.-])meta(?![|\w.-])", re.IGNORECASE
)

#: Where a vendor is named all the same, and why. An entry that is not needed any more fails.
EXCEPTIONS = {
    "app/pointsman/api/openapi/examples/": "answers that the demo's floor gave: its leads come as vendors send them",
    "app/pointsman/api/page_frame/templates/page.css": "-apple-system is the name of a font",
    "app/pointsman/domain/leads/free_mail.py": "the domains of mail providers, which name no buyer's company",
    "app/pointsman/domain/leads/placeholders.py": "mail providers that people write in the place of their company",
    "app/pointsman/domain/leads/shared_hosts.py": "hosts that many companies share, which name no buyer's company",
    "app/pointsman/services/codes/registered_domains.py": "a shared host whose tenants have a second name for their mail",
    "app/pointsman/services/deliveries/vendor_error_text.py": "the beginnings of tokens, so that they are struck out of errors",
}


def named_vendors(root: Path) -> dict[str, list[str]]:
    """Each file below app/ that names vendors, with the lines that do."""
    found: dict[str, list[str]] = {}
    for path in _tracked(root):
        place = path.relative_to(root).as_posix()
        if not place.startswith("app/") or not path.is_file():
            continue
        lines = path.read_text(errors="replace").splitlines()
        if said := [f"{place}:{n}: {line.strip()[:100]}" for n, line in enumerate(lines, 1) if _VENDOR.search(line)]:
            found[place] = said
        if _VENDOR.search(path.stem):
            found.setdefault(place, []).append(f"{place} is named for a vendor")
    return found


def test_the_service_names_no_vendor() -> None:
    named = named_vendors(ROOT)
    assert [line for place, lines in named.items() for line in lines if not place.startswith(tuple(EXCEPTIONS))] == []
    assert [entry for entry in EXCEPTIONS if not any(place.startswith(entry) for place in named)] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app/pointsman/a.py", 'SCHEME = "hubspot_v3"\n'),
        ("app/pointsman/services/a.py", "class HubSpotV3: ...\n"),
        ("app/pointsman/api/a.py", "# as Meta sends it\n"),
        ("app/pointsman/services/wording/catalogues/en/a.po", 'msgstr "connect Salesforce"\n'),
        ("app/pointsman/services/typeform.py", ""),
    ],
)
def test_a_planted_vendor_is_found(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert list(named_vendors(tmp_path)) == [name]


@pytest.mark.parametrize(
    "text", ['<meta charset="utf-8">', "metadata", "remove_processors_meta", "googleable", "CalDAV"]
)
def test_other_words_are_no_vendors(tmp_path: Path, text: str) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "page.html").write_text(text)
    assert named_vendors(tmp_path) == {}
