"""Texts that stand where something should and say nothing, and short answers that must stay answers."""

import pytest

from pointsman.domain.leads.empty_words import is_empty

EMPTY = [
    "-", "n/a", "N/A", "n.a.", "N. A.", "na", "?", "tbd", "TBD.", "t.b.d.", "keine", "Kein", "none", "None!", "null", "nil",
    "unknown", "unbekannt", "k.A.", "k. A.", "keine Angabe", "Keine Angaben", "KEINE ANGABE", "nicht bekannt", "todo",
    "TO DO", "xxx", "test", "Test", "asdf", "\uff4e\uff0f\uff41", "(n/a)", "\u200bnone\u2800", "kei\u00adne", "weiß nicht",
    "weiss nicht", "entfällt", "entfa\u0308llt", "n. v.", "lorem ipsum", "qwertz", "", " ", "\u3164", "n/a n/a", "n/a, n/a",
    "K. A. k. A.", "keine / keine", "keine; unbekannt", "none - none", "undefined undefined", "asdasd", "<p></p>",
    "<p>n/a</p>", "<br/>", "<p style='x", "<!-- -->", "&nbsp;", "<p>&amp;nbsp;&#160;</p>", "\\n", "\\u200b",
    "Bitte auswählen", "-- Bitte wählen --", "-- Please select --", "--None--", "Select\u2026", "Choose an option",
    "{{contact.need}}", "{{a}} {{b}}", "${need}", "{Need:3}", "%NEED%", "##x##", "*|NEED|*", "<%= need %>", "{% need %}",
    "[object Object]", "[object Object],[object Object]", "#REF!", "#N/A", "#WERT!", "#DIV/0!", "siehe oben", "s. o.",
    "see above", "nicht relevant", "aucun", "nessuno", "ninguno", "\u043d\u0435\u0442", "dito", "\u2b1c", "\uffe8", "\u23ba",
    "\uffed n/a", "\U0001f532", "<Excel>", "<mark></mark>", "<style>p{margin:0}</style>", "<script>nein</script>", "&#8203",
    "&amp;amp;amp;nbsp;", "%20%20", "<test lead: dummy data for need>", "[need]", "[your-message]", "[first] [last]",
    "[not answered]", "{{need", "$need", "<?= $need ?>", "<?= $a->b ?>", "@@need@@", "__NEED__", '{"value":null}',
    '{"a": ["n/a"]}', "<input type=text>", "<svg/>", "Your message", "Wählen Sie eine Option", "Bitte wählen Sie eine Option",
    "Bitte eine Auswahl treffen", "Sample answer", "(none selected)", "Please select an option", "n/a n/a k.A.", "test data",
    "I don't know", "don\u2019t know", "I do not know yet", "not sure yet", "none at the moment", "not yet", "not asked",
    "not now", "to be clarified", "unclear at this time", "no info yet", "no one", "nobody",
    "nicht angegeben / not specified", "Ich weiß es nicht", "weiß noch nicht", "derzeit nicht", "noch unklar",
    "nicht gefragt", "muss ich fragen", "noch nicht", "niemand", "offen", "noch offen", "nicht geklärt", "ungeklärt",
    "wird noch geklärt", "noch zu klären", "nicht besprochen", "kommt noch", "siehe Notizen", "egal",
    "zur Zeit nicht bekannt", "\U0001f937", "\U0001f937\U0001f3fd\u200d\u2640\ufe0f", "[ ] CRM", "- [ ] CRM", "\u2610 CRM",
    "( ) CRM", "[ ] CRM [ ] ERP",
]  # fmt: skip
HONEST = [
    "x", "7", "yes", "bar", "85", "AAA", "keine Zeit mehr vor dem Audit", "none of their tools scales",
    "Testphase läuft bis März", "na klar, will kaufen", "B", "\u6f22", "2800 Eur", "Kostenfaktor",
    "budget: none left for rivals", "Excel <b>ersetzen</b>", "a < b and c > d", "50% bis 60%", "R&D",
    "{{name}} will Excel ersetzen", "CRM", "ERP", "3", "120", "1", "Q1", "Q3 2026", "Excel", "sofort", "heute", "noch heute",
    "jetzt", "asap", "bald", "Mai", "ab März", "ja", "Ja, ab März", "Ja!", "nächste Woche", "next week", "this year", "GF",
    "Chef", "CEO", "CFO", "Inhaber", "ich", "ich selbst", "selbst", "wir", "me", "myself", "my boss", "Vorstand", "IT-Leiter",
    "Einkauf", "Frau Weber", "50k", "50.000 \u20ac", "$500", "US$ 5k", "100%", "10-20", "<10 MA", "SAP", "API", "C#", "R2",
    "Demo", "Demo gesehen", "Webinar", "Preisliste", "pricing", "trial", "confirmed", "is confirmed", "Budget confirmed",
    "bestätigt", "geklärt", "Budget ist da", "hoch", "high", "sehr", "dringend", "urgent", "ok", "passt", "yes please",
    "na klar", "klar", "must have", "need it now", "need now", "we need a test", "Test ab Mai", "wir haben Fragen",
    "Treffen heute", "Angebot!", "offen für Neues", "wir sind offen für alles", "nicht zufrieden", "nicht nur Excel",
    "keine Alternative", "kein CRM", "no CRM yet", "no time", "nothing works", "niemand kümmert sich", "[x] CRM", "(x) CRM",
    "\u2611 CRM", "[x] CRM [ ] ERP", "[CRM, ERP]", '["CRM"]', "CRM (neu)", "Auswahl bis Mai", "wants to decide in May",
    "See you in May", "kennt die Demo", "mehr Umsatz", "weniger Aufwand", "Wachstum", "growth", "DSGVO", "Audit", "Kosten",
    "zu teuer", "zu langsam", "\U0001f44d", "C:\\network", "keine Zeit, kein Geld", "\U0001f7e2", "#1 priority",
    '{"seats": 5}', "AAAA", "nur Excel / keine",
]  # fmt: skip


@pytest.mark.parametrize("text", EMPTY)
def test_an_empty_word_in_any_spelling_says_nothing(text: str) -> None:
    assert is_empty(text)


@pytest.mark.parametrize("text", HONEST)
def test_a_short_honest_answer_says_something(text: str) -> None:
    assert not is_empty(text)
