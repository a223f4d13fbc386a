"""What stands at the fake, as JSON, and read again."""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pointsman_hubspot.fake.catalogue import ContactList, Owner
from pointsman_hubspot.fake.definitions import Property
from pointsman_hubspot.fake.records import Row

if TYPE_CHECKING:
    from pointsman_hubspot.fake.vendor import HubSpotVendor


def kept_of(vendor: "HubSpotVendor") -> dict[str, Any]:
    records = vendor.records
    return {
        "rows": [_row(row) for rows in records.rows.values() for row in rows.values()],
        "merged": records.merged,
        "last": records.last.isoformat(),
        "numbers": records.numbers,
        "properties": {kind: [asdict(one) for one in known.values()] for kind, known in records.properties.items()},
        "groups": sorted(vendor.properties.groups),
        "owners": [asdict(one) for one in vendor.owners],
        "lists": {
            name: {
                "name": one.name,
                "dynamic": one.dynamic,
                "members": {k: v.isoformat() for k, v in one.members.items()},
            }
            for name, one in vendor.lists.lists.items()
        },
        "events": vendor.hooks.events,
    }


def taken_up(vendor: "HubSpotVendor", kept: dict[str, Any]) -> None:
    records = vendor.records
    for one in kept["rows"]:
        row = Row(
            id=one["id"],
            kind=one["kind"],
            created=datetime.fromisoformat(one["created"]),
            updated=datetime.fromisoformat(one["updated"]),
            values=one["values"],
            links=one["links"],
            history=one["history"],
            archived=one["archived"],
        )
        row.versions = [(row.updated, None if row.archived else dict(row.values))]
        records.rows[row.kind][row.id] = row
    records.merged.update(kept["merged"])
    records.last, records.numbers = datetime.fromisoformat(kept["last"]), kept["numbers"]
    for kind, known in kept["properties"].items():
        made = [Property(**{**one, "options": tuple(one["options"])}) for one in known]
        records.properties[kind] = {one.name: one for one in made}
    vendor.properties.groups.update((kind, name) for kind, name in kept["groups"])
    vendor.owners[:] = [Owner(**one) for one in kept["owners"]]
    for name, one in kept["lists"].items():
        members = {record: datetime.fromisoformat(at) for record, at in one["members"].items()}
        vendor.lists.lists[name] = ContactList(name=one["name"], dynamic=one["dynamic"], members=members)
    vendor.hooks.events.extend(kept["events"])


def _row(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "created": row.created.isoformat(),
        "updated": row.updated.isoformat(),
        "values": row.values,
        "links": row.links,
        "history": row.history,
        "archived": row.archived,
    }
