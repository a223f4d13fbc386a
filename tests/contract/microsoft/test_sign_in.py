"""Which of the two ways to sign in is taken: the one that the configuration's permission names."""

import httpx
import pytest

from contract.microsoft.bench_vendor import APPLICATION, DELEGATED
from contract.microsoft.world import world
from pointsman.connectors.guard import AddressGuard
from pointsman.connectors.sign_in.grants import Grant, grant_of
from pointsman.domain.errors import Invalid
from pointsman_microsoft import MANIFEST, MicrosoftConfig
from pointsman_microsoft.fake import GraphVendor
from pointsman_microsoft.fake.sign_in import TENANT_ID
from pointsman_sdk import ReauthRequired


def grant(config: MicrosoftConfig) -> Grant:
    found = grant_of(MANIFEST, config, AddressGuard())
    assert found is not None
    return found


def test_a_person_signs_in_at_the_directory_for_calendars_alone() -> None:
    found = grant(DELEGATED)
    assert found.authorize_url == "https://login.microsoftonline.com/example.com/oauth2/v2.0/authorize"
    assert found.token_url == "https://login.microsoftonline.com/example.com/oauth2/v2.0/token"
    assert found.auth.scopes == ("offline_access", "Calendars.ReadWrite")
    assert found.auth.pkce


def test_where_the_app_signs_in_nobody_else_does() -> None:
    found = grant(APPLICATION)
    assert found.authorize_url is None
    assert found.auth.scopes == ("https://graph.microsoft.com/.default",)


def test_a_sign_in_elsewhere_has_to_be_https() -> None:
    with pytest.raises(Invalid):
        grant(DELEGATED.model_copy(update={"login_url": "http://login.example"}))


@pytest.mark.anyio
async def test_the_fake_s_sign_in_takes_a_code_a_refresh_token_and_the_client_alone() -> None:
    async with world() as here:
        login = "https://login.microsoftonline.com/example.com/oauth2/v2.0"
        async with httpx.AsyncClient(transport=here.vendor.transport) as http:
            query = {"client_id": "graph-client", "response_type": "code", "redirect_uri": "https://host.example/back"}
            back = await http.get(f"{login}/authorize", params={**query, "state": "s1"})
            code = httpx.URL(back.headers["Location"]).params["code"]
            client = {"client_id": "graph-client", "client_secret": "graph-client-secret"}
            first = await http.post(f"{login}/token", data={**client, "grant_type": "authorization_code", "code": code})
            refresh = {"grant_type": "refresh_token", "refresh_token": first.json()["refresh_token"]}
            second = await http.post(f"{login}/token", data={**client, **refresh})
            third = await http.post(f"{login}/token", data={**client, "grant_type": "client_credentials"})
            refused = await http.post(f"{login}/token", data={"client_id": "x", "grant_type": "client_credentials"})
        assert [one.status_code for one in (first, second, third, refused)] == [200, 200, 200, 401]
        assert "refresh_token" not in third.json()


def ask(tenant: str, grant_type: str = "client_credentials", **form: str) -> httpx.Response:
    """The fake's answer at the token address of a tenant, to a client that is right."""
    client = {"client_id": "graph-client", "client_secret": "graph-client-secret", "grant_type": grant_type}
    url = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
    vendor = GraphVendor()
    _, refresh = vendor.oauth.sign_in()
    return vendor.handle(httpx.Request("POST", url, data={**client, "refresh_token": refresh, **form}))


@pytest.mark.parametrize("tenant", ["example.com", "EXAMPLE.com", TENANT_ID, "common", "organizations"])
def test_the_fake_s_directory_is_known_by_its_domain_and_its_id_and_a_person_s_is_found(tenant: str) -> None:
    assert ask(tenant, "refresh_token").status_code == 200
    back = GraphVendor().handle(
        httpx.Request(
            "GET",
            f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
            params={"client_id": "graph-client", "response_type": "code", "redirect_uri": "https://host.example/back"},
        )
    )
    assert back.status_code == 302


@pytest.mark.parametrize("grant_type", ["client_credentials", "refresh_token"])
def test_the_fake_knows_no_other_directory_as_entra_says_it(grant_type: str) -> None:
    refused = ask("contoso.example", grant_type, client_secret="wrong-too")  # of a fake
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert refused.json()["error_codes"] == [90002]


@pytest.mark.parametrize(("tenant", "status"), [("example.com", 200), ("common", 400), ("organizations", 400)])
def test_the_fake_s_app_has_to_name_its_directory(tenant: str, status: int) -> None:
    assert ask(tenant).status_code == status


@pytest.mark.anyio
@pytest.mark.parametrize("tenant", ["contoso.example", "common"])
async def test_an_app_of_a_directory_that_is_not_there_is_for_a_human(tenant: str) -> None:
    async with world(app=True, tenant=tenant) as here:
        with pytest.raises(ReauthRequired, match="tenant"):
            await here.connector.check()


@pytest.mark.parametrize(
    ("tenant", "query", "code"),
    [
        ("example.com", {"client_id": "<b>other</b>", "response_type": "code"}, "AADSTS700016"),
        ("example.com", {"client_id": "graph-client", "response_type": "token"}, "AADSTS900144"),
        ("contoso.example", {"client_id": "graph-client", "response_type": "code"}, "AADSTS90002"),
    ],
)
def test_the_fake_tells_a_person_of_a_wrong_app_or_directory_on_a_page(
    tenant: str, query: dict[str, str], code: str
) -> None:
    url = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize"
    page = GraphVendor().handle(httpx.Request("GET", url, params=query))
    assert (page.status_code, page.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert code in page.text
    assert "<b>" not in page.text
