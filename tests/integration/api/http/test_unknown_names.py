"""What is advised for a field that a body does not have."""

from typing import Annotated

import pytest
from pydantic import BaseModel, Field, ValidationError

from pointsman.api.booking.handover_schemas import HandoverIn
from pointsman.api.http.unknown_names import unknown_field, unknown_name
from pointsman.api.intake.lead_schemas import LeadIn
from pointsman.api.policies.lifecycle import ExplainIn
from pointsman.api.roster.request_bodies import RosterIn


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("country", "Put it under `fields` as lead.country or company.country."),
        ("lead.country", "Put it under `fields` as lead.country."),
        ("Country", "Put it under `fields` as lead.country or company.country."),
        ("companyName", "Put it under `fields` as company.name."),
        ("company_name", "Put it under `fields` as company.name."),
        ("company", "Put it under `fields` as company.name."),
        ("employees", "Put it under `fields` as company.employees."),
        ("emial", "This field is not known here: did you mean 'email'?"),
        ("firstname", "This field is not known here: did you mean 'first_name'?"),
        ("name", "This field is not known here: did you mean 'last_name'?"),
    ],
)
def test_a_lead_hears_where_a_flat_or_misspelt_field_belongs(name: str, advice: str) -> None:
    assert unknown_field(LeadIn, (name,)) == advice


@pytest.mark.parametrize(
    ("body", "way", "advice"),
    [
        (LeadIn, ("evidence", 0, "valeu"), "This field is not known here: did you mean 'value'?"),
        (ExplainIn, ("country",), "Put it under `facts` as lead.country or company.country."),
        (HandoverIn, ("window", "starts"), "This field is not known here: did you mean 'start'?"),
        (HandoverIn, ("evidence", 3, "valeu"), "This field is not known here: did you mean 'value'?"),
        (RosterIn, ("reps", 0, "wieght"), "This field is not known here: did you mean 'weight'?"),
        (
            RosterIn,
            ("reps", 0, "caps", "categories", "big", "perday"),
            "This field is not known here: did you mean 'per_day'?",
        ),
        (HandoverIn, ("window", "q"), "Take this field out; it is not known here: known are end, start."),
        (None, ("q",), "Take this field out; it is not known here."),
    ],
)
def test_a_field_is_suggested_from_the_model_that_stands_there(
    body: type[BaseModel] | None, way: tuple[str | int, ...], advice: str
) -> None:
    assert unknown_field(body, way) == advice


class Cat(BaseModel, extra="forbid"):
    kind: str = "cat"
    whiskers: int = 0


class Dog(BaseModel, extra="forbid"):
    kind: str = "dog"
    barking: int = 0


class Home(BaseModel, extra="forbid"):
    pets: Annotated[list[Cat | Dog], Field(max_length=3)] | None = None


def test_of_several_models_that_may_stand_there_each_lends_its_fields() -> None:
    with pytest.raises(ValidationError) as refused:
        Home.model_validate({"pets": [{"whisker": 1}]})
    for error in refused.value.errors():
        assert unknown_field(Home, error["loc"]) == "This field is not known here: did you mean 'whiskers'?"


def test_a_name_of_any_length_is_answered_with_a_short_sentence() -> None:
    assert len(unknown_field(LeadIn, ("x" * 1_000_000,))) < 300
    assert unknown_name("parameter", "x" * 1_000_000, ["email"]) == (
        "Take this parameter out; it is not known here: known are email."
    )
