"""Where each part of HubSpot's API lies, by its version.

Since March 2026 a version is a date that stands behind the part's name (`/crm/objects/2026-09/contacts`); before, it was a
number in front of it (`/crm/v3/objects/contacts`), with associations of its own (`v4`).
https://developers.hubspot.com/docs/api-reference/legacy/migration-guide
"""

LEGACY = "v3"
_LEGACY_ASSOCIATIONS = "v4"

Path = tuple[str, ...]


class Paths:
    """The paths of one version, each as its parts, which are quoted when a call is made."""

    def __init__(self, version: str) -> None:
        self._version = version

    def objects(self, kind: str, *rest: str) -> Path:
        """Records of a kind (contacts, companies, meetings, tasks)."""
        return self._part("objects", kind, *rest)

    def associations(self, kind: str, record: str, *rest: str) -> Path:
        """What a record is associated with."""
        return self._part("objects", kind, record, "associations", *rest, legacy=_LEGACY_ASSOCIATIONS)

    def associations_of_many(self, kind: str, to: str) -> Path:
        """A question about the associations of many records."""
        return self._part("associations", kind, to, "batch", "read", legacy=_LEGACY_ASSOCIATIONS)

    def default_association(self, kind: str, record: str, to: str, other: str) -> Path:
        """The association of two records that has no label."""
        return self.associations(kind, record, "default", to, other)

    def owners(self) -> Path:
        return self._part("owners")

    def properties(self, kind: str, *rest: str) -> Path:
        return self._part("properties", kind, *rest)

    def lists(self, *rest: str) -> Path:
        return self._part("lists", *rest)

    def account(self) -> Path:
        """What kind of account it is, and in which zone. https://developers.hubspot.com/docs/api-reference/latest/account/account-information/guide"""
        return "account-info", self._version, "details"

    def _part(self, part: str, *rest: str, legacy: str = LEGACY) -> Path:
        if self._version == LEGACY:
            return "crm", legacy, part, *rest
        return "crm", part, self._version, *rest
