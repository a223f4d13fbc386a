"""XML from outside: what is read, what is refused before a parser sees it, and what WebDAV makes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman_sdk.readers import Reason, Unreadable
from pointsman_sdk.readers.multistatus import parse_multistatus
from pointsman_sdk.readers.plain_xml import XmlLimits, parse_xml
from support.hostile.fuzzing import fuzz
from support.hypothesis_profiles import examples

SMALL = XmlLimits(size=200_000, marks=1_000)


def test_a_document_is_read_with_its_namespaces_texts_and_references() -> None:
    root = parse_xml(
        b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?><!-- > --><a:x xmlns:a="u:n" b=\'>"\'>&lt;&#65;<![CDATA[<]]></a:x>'
    )
    assert (root.tag, root.text, root.get("b")) == ("{u:n}x", "<A<", '>"')


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
        b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://198.51.100.1/x.dtd"><x/>',
        b'<?xml version="1.0"?>\n<!-- --> <!doctype x><x/>',
        b"<x>&undefined;</x>",
        b'<x xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd"></x>',
        '<?xml version="1.0" encoding="utf-16"?><x/>'.encode("utf-16"),
        '<?xml version="1.0" encoding="utf-16-be"?><x/>'.encode("utf-16-be"),
        b'<?xml version="1.0" encoding="utf-16"?><x/>',
        b'<?xml version="1.0" encoding="utf-7"?><x>+ADwAIQ-DOCTYPE x+AD4-</x>',
        b'<?xml version="1.0"' + b" " * 3_000 + b'encoding="cp037"?><x/>',
        "<?xml version='1.0' encoding='cp037'?><!DOCTYPE x><x/>".encode("cp037"),
        b'<?xml version="1.0" encoding="no-such"?><x/>',
        "<x>ä</x>".encode("latin-1"),
        b"<x>\x00</x>",
        b"<x>\x0b</x>",
        b"<x a=1/>",
        b"<x a='1' a='2'/>",
        b"<x a='<'/>",
        b"<x></y>",
        b"<x>",
        b"<x/><y/>",
        b"<x><![CDATA[",
        b"<!--",
        b"<a:x/>",
        b"",
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_plain_document_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_xml(body)
    assert caught.value.reason is Reason.MALFORMED


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<x>" * 100, Reason.TOO_DEEP),
        (b"<x>" + b"<y/>" * 1_100 + b"</x>", Reason.TOO_LARGE),
        (b"<x>" + b"<!---->" * 1_100 + b"</x>", Reason.TOO_LARGE),
        (b"<x>" + b"<![CDATA[]]>" * 1_100 + b"</x>", Reason.TOO_LARGE),
        (b"<x>" + b"<?p?>" * 1_100 + b"</x>", Reason.TOO_LARGE),
        (b"<x " + b" ".join(b"a%d=''" % number for number in range(33)) + b"/>", Reason.TOO_LARGE),
        (b"<x " + b" ".join(b"xmlns:a%d='u'" % number for number in range(33)) + b"/>", Reason.TOO_LARGE),
        (b"<x xmlns='" + b"u" * 300 + b"'/>", Reason.TOO_LARGE),
        (b"<x a='" + b"v" * 5_000 + b"'/>", Reason.TOO_LARGE),
        (b"<x>" + b"t" * 200_000 + b"</x>", Reason.TOO_LARGE),
    ],
    ids=[
        "depth",
        "elements",
        "comments",
        "cdata",
        "instructions",
        "attributes",
        "prefixes",
        "namespace",
        "tag",
        "size",
    ],
)
def test_a_flood_of_one_kind_is_refused_by_its_count(body: bytes, reason: Reason) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_xml(body, SMALL)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    "body",
    [
        b"<" * 100_000,
        b"<a " * 60_000,
        b"<a b='" * 30_000,
        b"<!--" * 40_000,
        b"<a>" + b"</a" * 50_000,
        b"<![CDATA[" * 20_000,
    ],
)
def test_marks_that_never_end_are_malformed_at_the_first_of_them(body: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_xml(body, SMALL)
    assert caught.value.reason is Reason.MALFORMED


def multistatus(*responses: str) -> bytes:
    return f'<D:multistatus xmlns:D="DAV:" xmlns:C="c:">{"".join(responses)}</D:multistatus>'.encode()


def test_each_resource_says_what_was_found_what_was_refused_and_what_became_of_it() -> None:
    found, gone = parse_multistatus(
        multistatus(
            "<D:response><D:href> /a </D:href>"
            '<D:propstat><D:prop><D:getetag>"1"</D:getetag></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>'
            "<D:propstat><D:prop><C:data/></D:prop><D:status>HTTP/1.1 403 No</D:status></D:propstat></D:response>",
            "<D:response><D:href>/b</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>",
        )
    )
    assert (found.href, found.status, found.text("{DAV:}getetag"), found.refused) == ("/a", None, '"1"', {"{c:}data"})
    assert (gone.href, gone.status, gone.text("{DAV:}getetag"), gone.refused) == ("/b", 404, "", frozenset())


@pytest.mark.parametrize(
    "sent",
    [
        "\x01",
        "\x0b",
        "\x1f",
        "\ufffe",
        "&#0;",
        "&#8;",
        "&#011;",
        "&#31;",
        "&#55357;",
        "&#65535;",
        "&#x0;",
        "&#x1A;",
        "&#xD83D;",
    ],
)
def test_a_character_that_xml_forbids_hides_no_resource(sent: str) -> None:
    """Servers keep what a program put into a title, and hand it out as it is."""
    text = f"<D:getetag>a{sent}b&#9;&#13;&#x85;&#128512;\x7f</D:getetag>"
    found, other = parse_multistatus(
        multistatus(
            f"<D:response><D:href>/a</D:href><D:propstat><D:prop>{text}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
            "</D:response>",
            "<D:response><D:href>/b</D:href></D:response>",
        )
    )
    assert (found.text("{DAV:}getetag"), other.href) == ("a?b\t\r\x85\U0001f600\x7f", "/b")


@pytest.mark.parametrize("sent", ["<D:\x0bhref>", "<D:href a=&#0;>", "\x00", "&#;", "&#x;", "&#1114112;", "&nbsp;"])
def test_what_is_forbidden_among_the_tags_is_unreadable_still(sent: str) -> None:
    with pytest.raises(Unreadable):
        parse_multistatus(multistatus(f"<D:response>{sent}</D:response>"))


NONE_FOUND = "<D:propstat><D:prop></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>"
SOME_FOUND = "<D:propstat><D:prop><C:data/></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"


@pytest.mark.parametrize(("said", "status"), [(NONE_FOUND, 404), (SOME_FOUND + NONE_FOUND, None), ("", None)])
def test_a_status_of_no_property_at_all_is_the_resource_s_own(said: str, status: int | None) -> None:
    (found,) = parse_multistatus(multistatus(f"<D:response><D:href>/a/</D:href>{said}</D:response>"))
    assert found.status == status


@pytest.mark.parametrize(
    "body",
    [
        b'<D:error xmlns:D="DAV:"/>',
        b"<multistatus/>",
        multistatus("<D:response><D:status>fine</D:status></D:response>"),
        multistatus("<D:response><D:propstat><D:prop><C:data/></D:prop></D:propstat></D:response>"),
        multistatus(f"<D:response><D:href>/{'x' * 5_000}</D:href></D:response>"),
        multistatus("<D:response/>" * 10_001),
    ],
)
def test_an_answer_that_does_not_say_what_became_of_a_resource_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse_multistatus(body)


MARKS = (
    "< > / = \" ' & ; <a </a> <a> <a/> <!-- --> -- <![CDATA[ ]]> <? ?> <! [ ] &b; &#x0; &#60; xmlns= xmlns:b= b: \ufeff "
    "<D:response> </D:response> <D:propstat> </D:propstat> <D:prop> </D:prop> <D:status> </D:status> </D:multistatus>"
)
WORDS = ["<!DOCTYPE a", '<!ENTITY b "c">', " ", "\n", "<?xml version='1.0'", "encoding='utf-7'", "HTTP/1.1 200 OK"]
PIECES = st.sampled_from([*MARKS.split(), *WORDS, '<D:multistatus xmlns:D="DAV:">'])


def test_no_sequence_of_marks_does_more_than_be_unreadable() -> None:
    @examples(300)
    @given(
        body=st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join).map(str.encode) | st.binary(max_size=60)
    )
    def attempt(body: bytes) -> None:
        for read in (parse_xml, parse_multistatus):
            try:
                read(body, SMALL)
            except Unreadable:
                continue

    fuzz(attempt)
