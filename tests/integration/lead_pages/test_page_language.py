"""The language that a page's address asks for is read as Accept-Language is."""

import pytest
from fastapi import Request

from pointsman.api.booking_page.reader import Visitor
from pointsman.api.lead_pages.page_reader import PageVisitor
from pointsman.cli.init.answers import read_language
from pointsman.cli.policy.language import spoken_language

TAGS = ["de", "DE", "de-AT", "de_CH", "deu"]


def asking(query: str) -> Request:
    scope = {"type": "http", "query_string": query.encode(), "headers": [], "path_params": {"token": "t"}}
    return Request(scope)


@pytest.mark.parametrize("tag", TAGS)
def test_every_spelling_of_a_tag_asks_for_its_language(tag: str) -> None:
    page = PageVisitor.of(asking(f"lang={tag}"), public_url="https://p.example", path="/l/")
    booking = Visitor.of(asking(f"lang={tag}"), public_url="https://p.example")
    assert (page.language, page.asked_language) == ("de", "de")
    assert (booking.words, booking.asked_language) == ("de", "de")
    assert read_language(tag) == spoken_language(tag) == "de"


@pytest.mark.parametrize("tag", TAGS)
def test_so_does_the_language_that_a_link_says(tag: str) -> None:
    page = PageVisitor.of(asking(""), public_url="https://p.example", path="/l/").with_language(tag)
    booking = Visitor.of(asking(""), public_url="https://p.example").with_language(tag)
    assert (page.language, booking.words) == ("de", "de")


def test_a_language_without_texts_counts_as_not_given() -> None:
    assert PageVisitor.of(asking("lang=fr"), public_url="https://p.example", path="/l/").asked_language is None
    assert Visitor.of(asking("lang=fr"), public_url="https://p.example").asked_language is None
