"""The account that the database runs as: PostgreSQL refuses to run as root, any other account will do."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pointsman.domain.messages.message import say
from pointsman.local.errors import LocalServerError

FALLBACK_USER = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class OsAccount:
    uid: int
    gid: int

    @classmethod
    def current(cls) -> Self:
        return cls(uid=os.geteuid(), gid=os.getegid())

    @classmethod
    def for_server(cls, directory: Path) -> Self:
        """The current account; for root, the owner of `directory`, or else the account `nobody`. None is ever created."""
        if os.geteuid() != 0:
            return cls.current()
        for uid in (directory.stat().st_uid, None):
            try:
                entry = pwd.getpwuid(uid) if uid else pwd.getpwnam(FALLBACK_USER)
            except KeyError:
                continue  # initdb insists on a name for its account
            if uid != 0:
                return cls(uid=entry.pw_uid, gid=entry.pw_gid)
        raise LocalServerError(say("local.no-account", account=FALLBACK_USER))

    @property
    def drops_privileges(self) -> bool:
        """Whether running as this account means giving up the rights we have."""
        return self.uid != os.geteuid()

    def popen_arguments(self) -> dict[str, Any]:
        """Arguments for `subprocess` that start a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.drops_privileges else {}

    def can_enter(self, folder: Path) -> bool:
        """Whether this account can reach `folder`: tried, since access lists know more than mode bits."""
        try:
            return (
                subprocess.run(["test", "-x", folder], check=False, cwd="/", **self.popen_arguments()).returncode == 0
            )
        except PermissionError as error:
            raise LocalServerError(say("local.account-kept", account=self.uid)) from error

    def give(self, folder: Path) -> None:
        """Give this account `folder`, which we made just now: one of before may be another's."""
        if self.drops_privileges:
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)
