"""What the check of a policy takes as an address for replies goes out as one, whatever signs an author pastes."""

from hypothesis import example, given
from hypothesis import strategies as st

from pointsman.connectors.mail.mail_addresses import outgoing_address
from pointsman.services.policies.checking import PolicySurroundings, check_offline
from pointsman_smtp.addresses import mailbox
from support.hypothesis_profiles import examples

AROUND = PolicySurroundings(sends_mail=lambda: {"post": True})
_pieces = st.sampled_from(
    [*"ab.-_+=?@\\ü☃\u200b\u00ad\u200d\ufe0f\u3164\u034f\u202e\u00a0ß", "=?", "example", ".de", "@x.example", "a" * 30]
)
addresses = st.one_of(
    st.lists(_pieces, max_size=8).map("".join),
    st.builds("{}@{}.example".format, st.lists(_pieces, max_size=4).map("".join), st.text(max_size=6)),
    st.emails(),
)


@given(addresses)
@example("a@\x00.example")
@examples(500)
def test_what_a_policy_takes_can_be_sent(address: str) -> None:
    invitations = {"by": "mail", "connection": "post", "reply_to": address}
    document = {"pools": {"closers": {"work": "closing", "members": ["anna"], "invitations": invitations}}}
    findings = check_offline(document, AROUND)
    if any(finding.path.endswith(".reply_to") or not finding.path for finding in findings):  # "": all of it is refused
        return
    box = mailbox(outgoing_address(address))
    assert not box.utf8
    assert str(box).isprintable()
