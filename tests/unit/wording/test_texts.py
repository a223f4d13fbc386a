"""Texts of a policy's author: names and ifs alone, and values that can neither break a line, run nor mark anything up."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.domain.policy.invitations import SENDER_NAMES, TextFaultKind, TextName
from pointsman.services.wording.text_grammar import MAX_FAULTS_OF_TEXT
from pointsman.services.wording.texts import (
    LONGEST_OUTPUT,
    LONGEST_URL,
    LONGEST_VALUE,
    check_text,
    render_html,
    render_line,
    render_text,
)
from support.hypothesis_profiles import examples

FORBIDDEN, UNKNOWN = TextFaultKind.FORBIDDEN, TextFaultKind.UNKNOWN_NAME
UNCLOSED, UNOPENED = TextFaultKind.UNCLOSED, TextFaultKind.UNOPENED

_pieces = st.sampled_from(
    [
        *(
            "{",
            "}",
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "-",
            "+",
            "%",
            "#",
            "if",
            "endif",
            "else",
            "raw",
            "endraw",
            "for",
        ),
        *("name", "rep", "join_url", " ", "\n", "\r", "'", '"', "&", "<b>", "|", ".", "(", ")", "x", "ä", "{{ name }}"),
        *("{% if name %}", "{% endif %}", "{%- if rep -%}", "0", "set"),
    ]
)
texts = st.lists(_pieces, max_size=12).map("".join)
values = st.dictionaries(
    st.sampled_from(TextName),
    st.one_of(
        st.text(max_size=20), st.sampled_from(["<script>", "{{ rep }}", "https://a.example/?x=1&y=\"'", "javascript:x"])
    ),
)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    "text",
    [
        *("", "Hello", "50 % {a}", "{ }", "a } b { c", "{{name}}", "{{\n name \n}}", "{{- name -}}"),
        *("{% if name %}x{% endif %}", "{%if name%}{%endif%}", "{% if name %}{% if rep %}x{% endif %}{% endif %}"),
    ],
)
def test_names_and_ifs_are_taken(text: str) -> None:
    assert check_text(text) == []


@pytest.mark.parametrize(
    ("text", "line", "kind", "given"),
    [
        ("a\n\n{{ nmae }}", 3, UNKNOWN, "nmae"),
        ("{% if nmae %}{% endif %}", 1, UNKNOWN, "nmae"),
        ("{{ True }}", 1, UNKNOWN, "True"),
        *(
            (text, 1, FORBIDDEN, text)
            for text in (
                *(
                    "{{ name.__class__ }}",
                    "{{ name['x'] }}",
                    "{{ name|upper }}",
                    "{{ name() }}",
                    "{{ 7*7 }}",
                    "{{ 'a' }}",
                ),
                *(
                    "{{ not name }}",
                    "{{ name name }}",
                    "{{ if name }}",
                    "{{}}",
                    "{# name #}",
                    "{% else %}",
                    "{% name %}",
                ),
                *(
                    "{% set name = 1 %}",
                    "{% include 'x' %}",
                    "{% raw %}",
                    "{{ name +}}",
                    "{% if name == 1 %}",
                    "{% name }}",
                ),
                *("{name}", "{First_Name}", "{ join-url }", "{{{name}}}", "{{ name }}}"),
                "{{ name- }}",
                "{{ -name }}",
            )
        ),
        ("a\r\nb\r{{ nmae }}", 3, UNKNOWN, "nmae"),
        ("a\n{{ name", 2, UNCLOSED, "{{ name"),
        ("{{ name }", 1, UNCLOSED, "{{ name }"),
        ("name }}", 1, UNCLOSED, "}}"),
        ("\n{% if name %}x", 2, UNCLOSED, "{% if %}"),
        ("x\n{% endif %}", 2, UNOPENED, "{% endif %}"),
        ("{% if name %}" * 6 + "{% endif %}" * 6, 1, TextFaultKind.TOO_DEEP, "{% if name %}"),
    ],
)
def test_all_else_is_a_fault_with_its_line(text: str, line: int, kind: TextFaultKind, given: str) -> None:
    first = check_text(text)[0]
    assert (first.line, first.kind, first.given) == (line, kind, given)
    with pytest.raises(ValueError, match="has faults"):
        render_text(text, {})


def test_an_if_that_asks_too_much_is_one_fault_and_its_endif_none() -> None:
    assert [fault.given for fault in check_text("{% if name and rep %}x{% endif %}")] == ["{% if name and rep %}"]


def test_a_sign_that_nobody_sees_is_shown_where_it_makes_a_tag_none() -> None:
    assert [fault.given for fault in check_text("{{\u200bname }}")] == ["{{\\u200bname }}"]


@pytest.mark.parametrize("text", ["{vorname}", "[name]", "%company%", "<rep>", "*|name|*", "$first_name"])
def test_what_only_looks_like_a_name_is_told_and_sent_as_it_stands(text: str) -> None:
    assert [(fault.kind, fault.given) for fault in check_text(text)] == [(TextFaultKind.LITERAL, text)]
    assert render_text(text, {TextName.NAME: "Eva"}) == text


def test_a_text_may_use_fewer_names() -> None:
    assert [fault.given for fault in check_text("{{ rep }} {{ first_name }}", SENDER_NAMES)] == ["first_name"]


@pytest.mark.parametrize("piece", ["{{", "{%", "{ ", "{{ a }}", "{% if name %}", "}}", "{#", "\n"])
def test_a_text_full_of_faults_is_told_a_few_of_them(piece: str) -> None:
    assert len(check_text(piece * (4_000 // len(piece)))) <= MAX_FAULTS_OF_TEXT


@pytest.mark.parametrize("start", ["{{", "{% if", "{{ name", "{% endif", "{{-", "{", "[", "<", "*|"])
def test_blanks_in_a_tag_are_not_parted_in_every_way(start: str) -> None:
    """It would take minutes."""
    assert len(check_text(f"{start}{' ' * 200_000}!}}}}")) <= MAX_FAULTS_OF_TEXT


def test_what_depends_on_a_name_without_a_value_leaves_no_trace() -> None:
    text = "Hello{% if name %} {{ name }}{% endif %},\n\n{% if join_url %}\nJoin: {{ join_url }}\n{% endif %}\n\nBye"
    assert render_text(text, {}) == "Hello,\n\nBye"
    assert render_text(text, {TextName.NAME: " ", TextName.JOIN_URL: ""}) == "Hello,\n\nBye"
    assert render_text(text, {TextName.NAME: "Eva", TextName.JOIN_URL: "https://x.example"}) == (
        "Hello Eva,\n\nJoin: https://x.example\n\nBye"
    )


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Eva\r\nBcc: all@x.example", "Eva Bcc: all@x. example"),
        ("E\x00v\x1ba\u202e\u2028x", "E v a x"),
        ("{{ rep }}{% if rep %}", "{{ rep }}{% if rep %}"),
        ("A" * 500, "A" * (LONGEST_VALUE - 1) + "…"),
        ("Win at https://evil.example now", ""),
        ("see WWW.evil.example", ""),
        ("Booking.com", "Booking.com"),
    ],
)
def test_a_buyer_s_words_are_one_bounded_line_and_bring_no_page(given: str, shown: str) -> None:
    assert render_text("[{{ company }}]", {TextName.COMPANY: given, TextName.REP: "no"}) == f"[{shown}]"


def test_an_address_of_a_page_is_whole_or_not_there() -> None:
    short, long = "https://x.example/" + "a" * 500, "https://x.example/" + "a" * LONGEST_URL
    assert render_text("{{ join_url }}", {TextName.JOIN_URL: short}) == short
    assert render_text("{{ join_url }}", {TextName.JOIN_URL: long}) == ""


def test_output_is_bounded_and_marks_stay_whole() -> None:
    text, given = "{{ name }}" * 400, {TextName.NAME: "&" * 300}
    assert len(render_text(text, given)) <= LONGEST_OUTPUT
    shown = render_html("{{ join_url }} " * 266, {TextName.JOIN_URL: "https://x.example/" + "&" * 1_000})
    assert len(shown) <= LONGEST_OUTPUT + len("<p></p>")
    assert shown.count("<a ") == shown.count("</a>")


def test_html_has_paragraphs_breaks_and_links_and_nothing_else() -> None:
    text = "Dear <b>{{ name }}</b>,\nsee\n\n{{ change_url }}\n{{ join_url }}"
    given = {
        TextName.NAME: "<i>&",
        TextName.CHANGE_URL: 'https://a.example/?x=1&y="',
        TextName.JOIN_URL: "javascript:x",
    }
    assert render_html(text, given) == (
        "<p>Dear &lt;b&gt;&lt;i&gt;&amp;&lt;/b&gt;,<br>\nsee</p>\n"
        '<p><a href="https://a.example/?x=1&amp;y=&#34;">https://a.example/?x=1&amp;y=&#34;</a><br>\njavascript:x</p>'
    )


@examples(300)
@given(texts, values)
def test_what_the_check_takes_can_be_rendered_whatever_the_values(text: str, given: dict[TextName, str]) -> None:
    if check_text(text):
        return
    assert "\n" not in render_line(text, given)
    tags = Tags()
    tags.feed(render_html(text, given))
    assert {tag for tag, _ in tags.seen} <= {"p", "br", "a"}
    assert all(not attributes or tag == "a" for tag, attributes in tags.seen)
    assert all(str(of["href"]).startswith("https://") for tag, of in tags.seen if tag == "a" and of.keys() == {"href"})
    assert all(of.keys() == {"href"} for tag, of in tags.seen if tag == "a")


@examples(100)
@given(values)
def test_a_text_of_one_line_stays_one(given: dict[TextName, str]) -> None:
    assert len(render_text(" ".join(f"{{{{ {name} }}}}" for name in TextName), given).splitlines()) <= 1


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Win at evil.example/prize", "Win at evil. example/prize"),
        ("ada@evil.example", "ada@evil. example"),
        ("www。evil。example", "www. evil. example"),
        ("Dr.Anna Weber", "Dr. Anna Weber"),
        ("see https://evil.example", ""),
        *(("J. R. Ewing", "J. R. Ewing"), ("J.R. Ewing", "J.R. Ewing"), ("No. 1.5", "No. 1.5")),
    ],
)
@pytest.mark.parametrize("name", [TextName.FIRST_NAME, TextName.LAST_NAME, TextName.NAME, TextName.COMPANY])
def test_no_word_of_a_stranger_becomes_a_link(name: TextName, given: str, shown: str) -> None:
    assert render_text(f"{{{{ {name} }}}}", {name: given}) == shown


def test_a_company_that_is_called_by_its_host_is_and_a_person_is_not() -> None:
    assert render_text("{{ company }}", {TextName.COMPANY: "monday.example"}) == "monday.example"
    assert render_text("{{ company }}", {TextName.COMPANY: "www.monday.example"}) == ""
    assert render_text("{{ name }}", {TextName.NAME: "monday.example"}) == "monday. example"
