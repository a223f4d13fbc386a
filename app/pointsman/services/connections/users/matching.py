"""Which user of a CRM is likely which rep: an admin confirms it, and nothing is kept by a guess."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pointsman.domain.roster.reps import Rep
from pointsman.services.ports.vendors.crm import CrmUser
from pointsman.services.roster.addresses import mailbox_of


class UserMatch(StrEnum):
    """What a rep's address finds: one active user, several, only users who are not active, or none."""

    MATCHED = "matched"
    AMBIGUOUS = "ambiguous"
    INACTIVE = "inactive"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedUser:
    """`user` is the one that was found, of MATCHED and INACTIVE alone."""

    match: UserMatch
    user: CrmUser | None = None

    @property
    def is_found(self) -> bool:
        """Whether a delivery that looks the address up finds an owner."""
        return self.match in {UserMatch.MATCHED, UserMatch.AMBIGUOUS}


def match_users(users: Iterable[CrmUser], reps: Iterable[Rep]) -> Mapping[str, MatchedUser]:
    """For each rep, by key, the users who have the rep's address, in any spelling."""
    owned: defaultdict[str, list[CrmUser]] = defaultdict(list)
    for one in users:
        if one.email:
            owned[mailbox_of(one.email)].append(one)
    return {rep.key: _match(owned.get(mailbox_of(rep.email), [])) for rep in reps}


def _match(found: list[CrmUser]) -> MatchedUser:
    active = [one for one in found if one.active]
    if len(active) == 1:
        return MatchedUser(match=UserMatch.MATCHED, user=active[0])
    if active:
        return MatchedUser(match=UserMatch.AMBIGUOUS)
    if found:
        return MatchedUser(match=UserMatch.INACTIVE, user=found[0])
    return MatchedUser(match=UserMatch.NONE)
