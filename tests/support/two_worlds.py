"""Stories that a partner tells in two worlds: in one, the persons of two emails are known to the house; in the other, not.

In a word, "asked" and "asked2" are these emails; a lead of theirs that is made goes to a rep of the house. "own" and "more" are
emails that only the partner says. What the partner hears must be equal.
"""

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from pointsman.services.intake.submit_lead import submit_lead
from pointsman.services.leads.lead_input import LeadInput
from support.floors.use_case_env import POLICY, SENDER, World

Word = dict[str, Any]
ASKED = ("asked", "asked2")
#: Acts by which the lead of "asked" becomes one with that of another email. "house" is a lead of the house in both worlds.
INTO = {"merge": "asked2", "merge into the house's": "house", "take in": "own"}

#: By the source of a lead: to the caller's own rep, else to a rep of the house.
_RULES = [
    {"name": "own", "when": {"field": "lead.source", "equals": "cold_list"}, "work": "prospecting", "pool": "own"},
    {"name": "rest", "work": "qualification", "pool": "away"},
]
_LEAD = """
    select l.id, r.key as holder from leads m join leads l on l.id = coalesce(m.merged_into, m.id)
    join assignments a on a.lead_id = l.id and a.ended_at is null join reps r on r.id = a.rep_id where m.email_key = :email
"""


def random_story(chance: random.Random) -> list[Word]:
    """Two to six words; an asked email goes away, since what comes back from there is what cannot be hidden.

    Between them the house may merge the leads of the two emails, or give one to the partner, who sees from then on what the
    house knows of the person: then only which leads there are is compared.
    """
    story: list[Word] = []
    if chance.random() < 0.6:
        story.append(_random_word(chance, ("own",)))
    story.append(_random_word(chance, ASKED) | {"email": chance.choice(ASKED)})
    for _ in range(chance.randint(1, 4)):
        if chance.random() < 0.12:
            story.append({"act": chance.choice(("assign", *INTO))})
        story.append(_random_word(chance, ("asked", "asked2", "own", "own", "more")))
    return story


def _random_word(chance: random.Random, emails: tuple[str, ...]) -> Word:
    kinds = chance.sample(("id", "phone", "email"), chance.choice((1, 2, 2, 3)))
    said: Word = {"id": chance.choice("EF"), "phone": chance.choice((1, 1, 2, 3)), "email": chance.choice(emails)}
    word: Word = {kind: said[kind] for kind in kinds}
    if chance.random() < 0.4:
        word["first_name"] = chance.choice(("Zed", "Amy"))
    if chance.random() < 0.3:
        word["last_name"] = chance.choice(("Zimmer", "Adler"))
    if chance.random() < 0.15:
        word["away"] = True
    return word


@dataclass
class TwoWorlds:
    client: httpx.AsyncClient
    world: World
    partner: Mapping[str, str]
    admin: Mapping[str, str]
    rep: str
    told: int = 0
    seen: set[str] = field(default_factory=set)

    async def prepare(self) -> None:
        own = {"work": "prospecting", "members": [self.rep]}
        away = {"work": "qualification", "members": ["jonas"]}
        pools = {**POLICY["pools"], "own": own, "away": away}
        await self.world.publish({**POLICY, "rules": _RULES, "pools": pools, "ownership": {"order": []}})

    async def tell(self, story: list[Word]) -> tuple[list[Any], list[Any]]:
        """What was heard after each word where the emails are free, and where they are known. An act needs both of its leads."""
        self.told += 1
        done: list[bool] = []
        free = await self._heard(story, f"f{self.told:05d}z", 2 * self.told, done, known=False)
        known = await self._heard(story, f"k{self.told:05d}z", 2 * self.told + 1, done, known=True)
        return free, known

    async def _heard(self, story: list[Word], tag: str, number: int, done: list[bool], *, known: bool) -> list[Any]:
        phones = {1: f"+4917123{number:05d}1", 2: f"+4917223{number:05d}2", 3: f"+493090{number:05d}3"}
        for email in ("house", *(ASKED if known else ())):
            given = LeadInput(email=f"{email}-{tag}@mine.example", facts={"lead.source": "away"})
            await submit_lead(self.world.env, given, actor=SENDER)
        ids: dict[str, str] = {}
        heard: list[Any] = []
        acts = iter(done)
        whole = True
        for word in story:
            if "act" in word:
                does = next(acts) if known else await self._can(word["act"], tag)
                if not known:
                    done.append(does)
                if does:
                    await self._do(word["act"], tag)
                    whole = whole and word["act"] in ("merge", "merge into the house's")
                continue
            answer = await self.client.post("/v1/leads", json=said_of(word, tag, phones), headers=dict(self.partner))
            if word.get("unread"):
                continue
            listed = await self.client.get("/v1/leads?limit=8", headers=dict(self.partner))
            new = [one for one in listed.json()["items"] if one["id"] not in self.seen]
            parts = [answer.json(), new] if whole else [_presence(answer), *_in_order_of_ids(new, ids)]
            for one in "EF":
                read = await self.client.get(f"/v1/leads/crm:{one}-{tag}", headers=dict(self.partner))
                parts.append((read.status_code, read.json().get("id")))
            heard.append((answer.status_code, _unnamed(json.dumps(parts), tag, phones, ids)))
        self.seen |= set(ids)
        return heard

    async def _lead(self, email: str, tag: str) -> Any:
        rows = await self.world.rows(_LEAD, email=f"{email}-{tag}@mine.example")
        return rows[0] if rows else None

    async def _can(self, act: str, tag: str) -> bool:
        one = await self._lead("asked", tag)
        if one is None or one.holder != "jonas":
            return False
        if act not in INTO:
            return True
        into = await self._lead(INTO[act], tag)
        return into is not None and into.id != one.id and into.holder == (self.rep if act == "take in" else "jonas")

    async def _do(self, act: str, tag: str) -> None:
        if act == "apply":
            await self._apply(tag)
            return
        one = await self._lead("asked", tag)
        if act == "assign":
            wish = {"rep": self.rep, "work": "prospecting", "reason": "theirs"}
            answer = await self.client.post(f"/v1/leads/{one.id}/assign", json=wish, headers=dict(self.admin))
        else:
            into = (await self._lead(INTO[act], tag)).id
            wish = {"into": str(into), "reason": "one person"}
            answer = await self.client.post(f"/v1/leads/{one.id}/merge", json=wish, headers=dict(self.admin))
        assert answer.status_code == 200, answer.text

    async def _apply(self, tag: str) -> None:
        """Take in the first word that was refused, if one was: in the other world it made the lead."""
        asked = "select id from inbox where status = 'refused' and position(cast(:tag as bytea) in body) > 0 order by received_at"
        for one in (await self.world.rows(asked, tag=tag.encode()))[:1]:
            path = f"/v1/inbox/{one.id}/apply"
            answer = await self.client.post(path, json={"reason": "she is"}, headers=dict(self.admin))
            assert answer.status_code == 200, answer.text


def said_of(word: Word, tag: str, phones: Mapping[int, str]) -> Word:
    """The body of the word's request."""
    away = word.get("away") or word.get("email") in ASKED
    said: Word = {"fields": {"lead.source": "away" if away else "cold_list"}}
    if "id" in word:
        said |= {"source_system": word.get("system", "crm"), "external_id": f"{word['id']}-{tag}"}
    if "email" in word:
        said["email"] = f"{word['email']}-{tag}@mine.example"
    if "phone" in word:
        said["phone"] = phones[word["phone"]]
    return said | {name: word[name] for name in ("first_name", "last_name") if name in word}


def _presence(answer: httpx.Response) -> Any:
    lead = answer.json().get("lead")
    return lead and lead["id"]


def _in_order_of_ids(new: list[Any], ids: Mapping[str, str]) -> list[str]:
    """Which leads are listed. A lead of the house was made at another time than the one that the word made elsewhere."""
    return sorted((one["id"] for one in new), key=lambda one: ids.get(one, "new"))


def _unnamed(text: str, tag: str, phones: Mapping[int, str], ids: dict[str, str]) -> str:
    """Without what differs from world to world by itself."""
    text = text.replace(tag, "TAG")
    for number, phone in phones.items():
        text = text.replace(phone, f"PHONE{number}")
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", "TIME", text)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", lambda one: ids.setdefault(one[0], f"id{len(ids)}"), text)
