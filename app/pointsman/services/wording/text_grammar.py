"""What a text that a policy's author writes may hold: `{{ name }}`, and `{% if name %}` with its `{% endif %}`.

A text is split into its tags before anything parses it, so that no tag can nest deeply or compute.
"""

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from pointsman.domain.policy.invitations import TextFault, TextFaultKind, TextName
from pointsman.domain.text.lines import one_line, show_hidden

if TYPE_CHECKING:  # jinja2 is imported where it is used: most commands read no text
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_FAULTS_OF_TEXT = 20
MAX_DEPTH = 5
_SHOWN = 60
#: A tag, or braces that look like one. Each alternative begins at braces and ends at the first that close.
_TAG = re.compile(r"\{([{%#])([^{}]*)([%#}])\}|\{[{%#]|[%#}]\}")
_MANY_BRACES = re.compile(r"(?<!\{)\{{3,}[^{}\n]*\}{2,}|(?<!\{)\{\{[^{}\n]*\}{3,}")
_ENDS = {"{": "}", "%": "%"}
#: Possessive: ten thousand blanks would take seconds else, once for each way to part them.
_INSIDE = re.compile(r"-?\s*+(?:(if)\s++|(endif)\b)?([^\W\d]\w*+)?\s*+-?")
_ANY_IF = re.compile(r"-?\s*if\b")  # one that asks too much has its endif all the same
_WORDS = re.compile(r"[^\W\d]\w*(?:[ -]\w+){0,2}")
_NAMES = frozenset(name.value for name in TextName)
_NEWLINE = re.compile("\r\n|\r|\n")  # as the parser counts lines
_ONE_BRACE = re.compile(r"(?<!\{)\{\s*([^\W\d]\w+(?:[ -]\w+){0,2})\s*\}")
#: The marks of other programs around what may be a name of ours.
_OTHER_MARKS = re.compile(r"\[\s*(\w+)\s*\]|<\s*(\w+)\s*>|%(\w+)%|\*\|(\w+)\|\*|\$(\w+)")


def check_text(source: str, names: Collection[TextName] = tuple(TextName)) -> list[TextFault]:
    """What is wrong with a text that may use these names, the first MAX_FAULTS_OF_TEXT; then what is sent as it stands."""
    known = {name.value for name in names}
    found = list(islice(_faults(source, known), MAX_FAULTS_OF_TEXT))
    if not found and "{" in source:
        found = _refused_by_parser(source)
    return [*found, *islice(_literals(source), MAX_FAULTS_OF_TEXT - len(found))]


def can_be_sent(source: str) -> bool:
    """Whether `check_text` finds nothing that keeps it from being rendered."""
    return all(fault.kind is TextFaultKind.LITERAL for fault in check_text(source))


@lru_cache(maxsize=2)
def template_environment(*, html: bool) -> "ImmutableSandboxedEnvironment":
    """Jinja's sandbox without any filter, test or global; with `html`, values are escaped."""
    from jinja2 import StrictUndefined  # noqa: PLC0415  # see above
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415  # see above

    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=html, trim_blocks=True, lstrip_blocks=True, cache_size=0
    )
    for built_in in (made.globals, made.filters, made.tests):
        built_in.clear()
    return made


def _faults(source: str, known: Collection[str]) -> Iterator[TextFault]:
    for found in _MANY_BRACES.finditer(source):
        yield _fault(_line(source, found), TextFaultKind.FORBIDDEN, found.group())
    opened: list[int] = []
    for found in _TAG.finditer(_MANY_BRACES.sub(_blanks, source)):
        yield from _of_tag(source, found, opened, known)
    for line in opened:
        yield _fault(line, TextFaultKind.UNCLOSED, "{% if %}")
    for found in _ONE_BRACE.finditer(source):
        if _as_name(found[1]) in _NAMES:
            yield _fault(_line(source, found), TextFaultKind.FORBIDDEN, found.group())


def _of_tag(source: str, found: re.Match[str], opened: list[int], known: Collection[str]) -> Iterator[TextFault]:
    line, tag = _line(source, found), found.group()
    kind, inside = found[1], _INSIDE.fullmatch(found[2] or "")
    if kind is None:
        yield _fault(line, TextFaultKind.UNCLOSED, source[found.start() : found.start() + _SHOWN])
        return
    starts, ends, name = inside.groups() if inside else (None, None, None)
    of_block, words = kind == "%", found[2].strip()
    if inside is None and kind == "{" and _WORDS.fullmatch(words) and _as_name(words) in _NAMES:
        yield _fault(line, TextFaultKind.UNKNOWN_NAME, words)  # {{ first-name }}
    elif found[3] != _ENDS.get(kind) or of_block is not bool(starts or ends) or bool(name) is bool(ends):
        yield _fault(line, TextFaultKind.FORBIDDEN, tag)
    elif name and name not in known:
        yield _fault(line, TextFaultKind.UNKNOWN_NAME, name)
    if of_block and (starts or ends or _ANY_IF.match(found[2])):
        yield from _nesting(opened, line, tag, starts=not ends)


def _literals(source: str) -> Iterator[TextFault]:
    for found in _ONE_BRACE.finditer(source):
        if _as_name(found[1]) not in _NAMES:
            yield _fault(_line(source, found), TextFaultKind.LITERAL, found.group())
    for found in _OTHER_MARKS.finditer(source):
        if _as_name(next(filter(None, found.groups()))) in _NAMES:
            yield _fault(_line(source, found), TextFaultKind.LITERAL, found.group())


def _as_name(word: str) -> str:
    """As our names are written: "First-Name" and "first name" are "first_name"."""
    return re.sub(r"[\s-]+", "_", word.strip()).casefold()


def _blanks(found: re.Match[str]) -> str:
    """As long, so that what stands behind keeps its place."""
    return " " * len(found.group())


def _nesting(opened: list[int], line: int, tag: str, *, starts: bool) -> Iterator[TextFault]:
    """Keeps the lines of the ifs that have no end yet."""
    if starts:
        opened.append(line)
        if len(opened) == MAX_DEPTH + 1:
            yield _fault(line, TextFaultKind.TOO_DEEP, tag)
    elif opened:
        opened.pop()
    else:
        yield _fault(line, TextFaultKind.UNOPENED, tag)


def _refused_by_parser(source: str) -> list[TextFault]:
    """The second lock: what the parser makes of the text is names and ifs too."""
    from jinja2 import TemplateSyntaxError, nodes  # noqa: PLC0415  # see above

    try:
        todo: list[nodes.Node] = [template_environment(html=False).parse(source)]
    except TemplateSyntaxError as error:
        return [_fault(error.lineno, TextFaultKind.FORBIDDEN, _NEWLINE.split(source)[error.lineno - 1])]
    while todo:
        node = todo.pop()
        if type(node) not in {nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If}:
            return [_fault(node.lineno, TextFaultKind.FORBIDDEN, type(node).__name__)]
        todo.extend(node.iter_child_nodes())
    return []


def _line(source: str, found: re.Match[str]) -> int:
    return len(_NEWLINE.findall(source, 0, found.start())) + 1


def _fault(line: int, kind: TextFaultKind, given: str) -> TextFault:
    return TextFault(line=line, kind=kind, given=one_line(show_hidden(given[:_SHOWN].replace("\n", " "))))
