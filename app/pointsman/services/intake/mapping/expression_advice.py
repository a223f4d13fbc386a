"""What to write instead of a text that is no JMESPath: nearly always, a name wants quotes."""

import re

_QUOTED = re.compile(r"""\"(?:\\.|[^"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`""")
_IN_BRACKETS = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\[([A-Za-z_][A-Za-z0-9_]*)\]")
_PHRASE = re.compile(r"[\w-]+(?: [\w-]+)+")
_NAME = re.compile(r"[\w-]+")
_PLAIN = re.compile(r"-?[0-9]+|[A-Za-z_][A-Za-z0-9_]*")

#: "$.email" of JSONPath, "{{email}}" and "${email}" of templates.
_TEMPLATE = re.compile(r"\$\.?([A-Za-z_][\w.]*)|(?:\{\{|\$\{|\{)\s*([A-Za-z_][\w.]*)\s*\}{1,2}")
_ANSWER = re.compile(r"(yes|ja|no|nein)(?:\s+|\s*\(\s*)([A-Za-z_][\w.]*)\s*\)?", re.IGNORECASE)
_ANSWERS = {"yes": "yes", "ja": "yes", "no": "no", "nein": "no"}


def quoting(name: str) -> str:
    """How a name is quoted: JMESPath wants double quotes, and YAML and JSON have quotes of their own around them."""
    name = name[:60]
    return f"""quote the name: '"{name}"' in YAML, "\\"{name}\\"" in JSON"""


def advice(text: str) -> str:
    """A sentence on the first name in `text` that JMESPath does not take without quotes; "" where there is none."""
    if found := _TEMPLATE.fullmatch(text.strip()):
        return f"write {found[1] or found[2]}"
    if found := _ANSWER.fullmatch(text.strip()):
        return f"write {_ANSWERS[found[1].lower()]}({found[2]})"
    bare = _QUOTED.sub(" ", text)
    if found := _IN_BRACKETS.search(bare):
        return f"write {found[1]}.{found[2]} for what a form calls {found[0]}; or {quoting(found[0])}"
    if _PHRASE.fullmatch(bare.strip()):
        return quoting(bare.strip())
    name = next((word for word in _NAME.findall(bare) if not _PLAIN.fullmatch(word)), None)
    return quoting(name) if name and name.strip("-") else ""
