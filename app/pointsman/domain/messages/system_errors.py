"""What an operating system says of a file, as a message: its own words are English, or those of its locale."""

import errno

from pointsman.domain.messages.message import Message, say

_KNOWN = {
    errno.ENOENT: "system.not-there",
    errno.EACCES: "system.not-allowed",
    errno.EPERM: "system.not-allowed",
    errno.EISDIR: "system.folder",
    errno.ENOTDIR: "system.no-folder",
    errno.EEXIST: "system.there-already",
    errno.ENOSPC: "system.disk-full",
    errno.EROFS: "system.read-only",
    errno.ELOOP: "system.circle",
    errno.ENAMETOOLONG: "system.long-name",
}


def system_words(error: OSError) -> Message:
    """Why it failed, as a part of a sentence; what has no words here is told as the system says it."""
    known = _KNOWN.get(error.errno or 0)
    return say(known) if known else say("system.said", said=error.strerror or str(error))
