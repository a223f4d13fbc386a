"""Values in a policy and on the roster are compared with what is stored: the check says what to write instead."""

from typing import Any

import pytest

from pointsman.domain.policy.parsing import parse_policy
from pointsman.domain.policy_check.findings import Finding
from pointsman.domain.policy_check.operands import Spellings
from pointsman.domain.policy_check.run import check_policy
from pointsman.services.codes.code_names import CODE_NAMES
from pointsman.services.codes.registered_domains import domain_of_fact
from pointsman.services.policies.checking import check_offline
from support.roster import rep, roster
from support.wording import english

#: A field, what a policy says, and what the check says of it.
WRONG = [
    ("lead.country", "Germany", "write 'DE'"),
    ("lead.country", "Deutschland", "write 'DE'"),
    ("company.country", "DEU", "write 'DE'"),
    ("lead.country", "de", "write 'DE'"),
    ("lead.country", "UK", "write 'GB'"),
    ("lead.country", " DE ", "write 'DE'"),
    ("lead.country", "EN", "it is a language"),
    ("lead.country", "XX", "it stands for an unknown country"),
    ("lead.country", "QQ", "write one such as DE"),
    ("lead.country", "Germny", "did you mean 'germany'?"),
    ("lead.language", "Deutsch", "write 'de'"),
    ("lead.language", "german", "write 'de'"),
    ("lead.language", "ger", "write 'de'"),
    ("lead.language", "DE", "write 'de'"),
    ("lead.language", "de-AT", "write 'de'"),
    ("lead.language", "at", "for German write de"),
    ("company.domain", "https://www.acme.de", "write 'acme.de'"),
    ("company.domain", "www.acme.de/about", "write 'acme.de'"),
    ("company.domain", "ACME.de", "write 'acme.de'"),
    ("company.domain", "Acme GmbH", "is no domain"),
    ("account.status", "Customer", "write 'customer'"),
    ("account.status", "lead", "neither prospect nor customer"),
]
RIGHT = [
    ("lead.country", "DE"),
    ("company.country", "GB"),
    ("lead.language", "de"),
    ("company.domain", "acme.de"),
    ("lead.phone", "+491711234567"),
    ("lead.phone", "+4930123456;ext=12"),
    ("company.domain", "facebook.com"),  # the company of who writes from there
    ("company.domain", "xn--mller-kva.de"),
    ("account.status", "customer"),
    ("lead.title", "Head of Sales"),
    ("company.name", "Germany"),
]


def findings(when: dict[str, Any] | None = None, **more: Any) -> list[Finding]:
    rule = {"name": "all", "work": "qualification", "pool": "sdr"}
    first = [{**rule, "name": "first", "when": when}] if when else []
    document = {"rules": [*first, rule], "pools": {"sdr": {"work": "qualification", "members": ["lena"]}}, **more}
    return list(check_policy(parse_policy(document), None, names=CODE_NAMES))


@pytest.mark.parametrize("operator", ["equals", "not_equals", "in"])
@pytest.mark.parametrize(("field", "value", "advice"), WRONG)
def test_what_is_never_stored_is_an_error_that_says_what_to_write(
    operator: str, field: str, value: str, advice: str
) -> None:
    (found,) = [
        one
        for one in findings({"field": field, operator: [value] if operator == "in" else value})
        if one.code == "never-equal"
    ]
    assert advice in english(found.message)
    assert "or the country's name" not in english(found.message)


def test_what_may_be_stored_is_not_complained_about() -> None:
    assert {(field, value): Spellings(CODE_NAMES).never_equal(field, value) for field, value in RIGHT} == dict.fromkeys(
        RIGHT
    )


@pytest.mark.parametrize(("field", "value", "advice"), [one for one in WRONG if one[2].startswith("write '")])
def test_what_the_check_says_to_write_is_right(field: str, value: str, advice: str) -> None:
    assert Spellings(CODE_NAMES).never_equal(field, advice.split("'")[1]) is None, value


@pytest.mark.parametrize(
    ("field", "value", "advice"),
    [
        ("lead.phone", "0171 9988776", "E.164"),
        ("lead.phone", "+49 171 9988776", "write '+491719988776'"),
        ("lead.phone", "+49 (30) 123-456;ext=12", "write '+4930123456;ext=12'"),
        ("company.domain", "gmail.com", "no company's"),
        ("company.domain", "zoho.eu", "no company's"),
        ("company.domain", "example.com", "no company's"),
        ("company.domain", "shop.acme.de", "write 'acme.de'"),
    ],
)
def test_a_number_and_a_domain_that_no_lead_has_are_errors(field: str, value: str, advice: str) -> None:
    assert advice in english(Spellings(CODE_NAMES, domain_of_fact).never_equal(field, value))


def test_a_policy_is_checked_by_the_companies_that_it_names_itself() -> None:
    rule = {
        "name": "all",
        "work": "qualification",
        "pool": "sdr",
        "when": {"field": "company.domain", "equals": "mail.com"},
    }
    document = {"rules": [rule], "pools": {"sdr": {"work": "qualification", "members": ["lena"]}}}
    of_a_company = document | {"matching": {"company_domains": ["mail.com"]}}
    codes = [{one.code for one in check_offline(each)} for each in (document, of_a_company)]
    assert ["never-equal" in each for each in codes] == [True, False]


@pytest.mark.parametrize(
    "over",
    [
        {"method": "ranked", "ranking": {"prefer": [{"lead": "lead.language", "rep": "languages"}]}},
        {"requires": {"not": {"field": "lead.language", "not_in": {"field": "rep.languages"}}}},
        {"requires": {"field": "lead.language", "in": {"field": "rep.languages"}}},
        {"match": [{"lead": "lead.language", "rep": "languages"}]},
    ],
)
@pytest.mark.parametrize("spoken", ["Deutsch", "de-AT", "German"])
def test_a_rep_s_list_of_names_is_told_the_code(over: dict[str, Any], spoken: str) -> None:
    lena = rep("lena", skills={"languages": frozenset({spoken})})
    pool = {"work": "qualification", "members": ["lena"], **over}
    policy = parse_policy({"rules": [{"name": "all", "work": "qualification", "pool": "sdr"}], "pools": {"sdr": pool}})
    found = check_policy(policy, roster(lena), names=CODE_NAMES)
    (said,) = [english(one.message) for one in found if one.code == "list-never-equal"]
    assert "write 'de'" in said
