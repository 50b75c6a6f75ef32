from __future__ import annotations

import pytest

from sensor.correlate.rules.challenges import challenge_of
from tests.support.judging import INSIDE, OUTSIDE, happened


@pytest.mark.parametrize(
    ("confidence", "challenge"),
    [("negotiated", "ab" * 8), ("both-directions", "ab" * 8), ("header", None)],
)
def test_a_challenge_must_be_part_of_a_talk(
    confidence: str, challenge: str | None
) -> None:
    facts = {"ServerChallenge": "ab" * 8, "Confidence": confidence}
    one = happened("signature NTLM-Challenge", INSIDE, OUTSIDE, **facts)

    assert challenge_of(one) == challenge


def test_only_servers_give_challenges() -> None:
    facts = {"ServerChallenge": "ab" * 8}
    exchange = happened("ntlm-exchange NTLM", INSIDE, OUTSIDE, **facts)
    client = happened("signature NTLM-Authenticate", INSIDE, OUTSIDE, **facts)
    smb1 = happened("signature SMB1", INSIDE, OUTSIDE, State="negotiate", **facts)
    without = happened("signature NTLM-Challenge", INSIDE, OUTSIDE)

    told = [challenge_of(one) for one in (exchange, client, smb1, without)]
    assert told == [None, None, "ab" * 8, None]
