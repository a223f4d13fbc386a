"""What a policy gives names to, read out: fields, lists, segments, scores and evidence."""

from collections.abc import Iterator, Sequence

from pointsman.domain.messages.message import Message, say
from pointsman.domain.policy.definitions_model import Score, Segment
from pointsman.domain.policy.document import Policy
from pointsman.domain.policy.evidence_sources import EvidenceLabels, EvidenceRules, EvidenceSource
from pointsman.domain.policy_words.sections import PolicySection, Statements
from pointsman.domain.policy_words.terms import FIELD_TYPES, KINDS, asked, origin_message, tell_description
from pointsman.domain.policy_words.values import quoted, text_message


def read_definitions(policy: Policy) -> Iterator[PolicySection]:
    """One section for each segment, profile, persona and score, and one for each of the short lists that is not empty."""
    yield from _listed(policy)
    for kind, headed, belongs, named in (
        ("segments", "readout.segment", "readout.in-segment", policy.segments),
        ("icps", "readout.icp", "readout.in-icp", policy.icps),
        ("personas", "readout.persona", "readout.in-persona", policy.personas),
    ):
        for name, segment in named.items():
            yield _segment(f"{kind}.{name}", say(headed, name=name), belongs, segment)
    for field, score in policy.scores.items():
        yield _score(field, score)


def read_evidence(rules: EvidenceRules) -> PolicySection:
    """Names, ways in and empty words; the usual labels of the usual names go without saying."""
    told, usual = Statements("evidence"), EvidenceRules().names
    for name, defined in rules.names.items():
        told.tell(f"names.{name}", say("readout.evidence-name", name=name, kind=KINDS[defined.kind]))
        if usual.get(name) is None or defined.labels != usual[name].labels:
            _tell_labels(told, name, defined.labels)
    for i, source in enumerate(rules.sources):
        told.tell(f"sources[{i}]", _source(source))
    if not rules.sources:
        told.tell("sources", say("readout.no-evidence-source"))
    _tell_list(told, "empty_words", rules.empty_words, "readout.empty-words")
    return told.section(say("readout.evidence"))


def _tell_labels(told: Statements, name: str, labels: EvidenceLabels) -> None:
    if labels.en is not None:
        told.tell(f"names.{name}.labels.en", say("readout.evidence-label-en", name=name, label=quoted(labels.en)))
    if labels.de is not None:
        told.tell(f"names.{name}.labels.de", say("readout.evidence-label-de", name=name, label=quoted(labels.de)))
    if labels.en is None and labels.de is None:
        told.tell(f"names.{name}.labels", say("readout.evidence-unlabelled", name=name))


def _listed(policy: Policy) -> Iterator[PolicySection]:
    told = Statements("")
    for field, kind in policy.fields.items():
        told.tell(f"fields.{field}", say("readout.field", field=field, type=FIELD_TYPES[kind]))
    for name, countries in policy.country_groups.items():
        told.tell(f"country_groups.{name}", say("readout.country-group", name=name, countries=tuple(countries)))
    for name, words in policy.word_lists.items():
        _tell_list(told, f"word_lists.{name}", words, "readout.word-list", name=name)
    if told.told:
        yield told.section(say("readout.lists"))


def _segment(path: str, heading: Message, belongs: str, segment: Segment) -> PolicySection:
    told = Statements(path)
    told.tell("when", say(belongs, condition=asked(segment.when)))
    told.tell("owner", say("readout.owner", owner=quoted(segment.owner)))
    tell_description(told, segment.description)
    return told.section(heading)


def _score(name: str, score: Score) -> PolicySection:
    told = Statements(f"scores.{name}")
    told.tell("base", say("readout.score-base", points=score.base))
    for i, part in enumerate(score.points):
        key = "readout.score-loses" if part.points < 0 else "readout.score-gains"
        told.tell(f"points[{i}]", say(key, count=abs(part.points), condition=asked(part.when)))
    told.tell("lowest", say("readout.score-lowest", points=score.lowest))
    told.tell("highest", say("readout.score-highest", points=score.highest))
    told.tell("owner", say("readout.owner", owner=quoted(score.owner)))
    tell_description(told, score.description)
    return told.section(say("readout.score", name=name))


def _source(source: EvidenceSource) -> Message:
    origin = origin_message(source.from_)
    kinds = tuple(KINDS[kind] for kind in source.kinds)
    if source.names and source.kinds:
        return say("readout.source-names-kinds", origin=origin, names=tuple(source.names), kinds=kinds)
    if source.names:
        return say("readout.source-names", origin=origin, names=tuple(source.names))
    if source.kinds:
        return say("readout.source-kinds", origin=origin, kinds=kinds)
    return say("readout.source-all", origin=origin)


def _tell_list(told: Statements, step: str, texts: Sequence[str], key: str, **args: str) -> None:
    if texts:
        told.tell(step, say(key, texts=tuple(text_message(text) for text in texts), **args))
