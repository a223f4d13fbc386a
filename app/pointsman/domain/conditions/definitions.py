"""What the names in a policy's conditions stand for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pointsman.domain.policy.conditions_model import Condition
from pointsman.domain.policy.country_groups import COUNTRY_GROUPS
from pointsman.domain.policy.definitions_model import Score
from pointsman.domain.policy.document import Policy
from pointsman.domain.text.phrases import compile_phrases


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Named conditions by `NamedRef.key` ("segment:dach"), country groups, word lists, and scores by field name."""

    conditions: Mapping[str, Condition] = field(default_factory=dict)
    country_groups: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: COUNTRY_GROUPS)
    word_lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)
    _readers: dict[str, Callable[[str], bool]] = field(default_factory=dict, repr=False, compare=False)

    def word_list_matcher(self, word_list: str) -> Callable[[str], bool]:
        """Whether a text mentions anything of that list, which is made ready once; KeyError when there is none."""
        if word_list not in self._readers:
            self._readers[word_list] = compile_phrases(self.word_lists[word_list])
        return self._readers[word_list]

    @staticmethod
    def of(policy: Policy) -> "Definitions":
        kinds = (("segment", policy.segments), ("icp", policy.icps), ("persona", policy.personas))
        return Definitions(
            conditions={f"{kind}:{name}": named.when for kind, all_named in kinds for name, named in all_named.items()},
            country_groups={**COUNTRY_GROUPS, **policy.country_groups},
            word_lists=policy.word_lists,
            scores=policy.scores,
        )


NO_DEFINITIONS = Definitions()
