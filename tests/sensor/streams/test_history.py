"""Recent segments are kept whole, older ones by the ends that can tell something."""

from __future__ import annotations

import pytest

from sensor import limits
from sensor.columns import endpoints
from sensor.streams.history import FRAME_HEADER, TAIL, History
from sensor.types import Segments
from tests.support.conversations import ELSEWHERE, Conversation, segments_of

KEEP = 2
LONG = b"." * 100


@pytest.fixture(autouse=True)
def _few_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HISTORY_BATCHES", KEEP)


def history_of(
    *payloads: bytes, client: str = "192.0.2.10", missing: int = 0
) -> tuple[History, int]:
    """Each payload a batch of its own."""
    history, key = History(), 0
    talk = Conversation((client, 49152), ELSEWHERE if ":" not in client else
                        ("2001:db8::2", 8000))  # fmt: skip
    for number, payload in enumerate(payloads):
        talk.packets.clear()
        talk.say(0, payload + b"?" * missing)
        if missing:
            talk.cut(len(payload))
        segments = segments_of(talk.packets, number + 1)
        history.remember(segments)
        key = int(segments.flow[0])
    return history, key


def bytes_of(segments: Segments, row: int) -> bytes:
    at, length = int(segments.payload[row]), int(segments.length[row])
    return segments.batch.data[at : at + length].tobytes()


def whole(history: History, key: int) -> list[bytes]:
    return [bytes_of(s, row) for s, rows in history.of_flow(key) for row in rows]


def tails(history: History, key: int) -> list[bytes]:
    return [bytes_of(s, row) for s, rows in history.tails_of(key) for row in rows]


def test_the_latest_batches_are_whole_and_in_order() -> None:
    history, key = history_of(*(bytes([65 + n]) * 50 for n in range(4)))

    assert whole(history, key) == [b"C" * 50, b"D" * 50]
    assert whole(history, key + 1) == []


def test_a_batch_without_segments_is_a_batch_too() -> None:
    history, key = history_of(b"A" * 50)
    nothing = segments_of([])
    history.remember(nothing)
    assert whole(history, key) == [b"A" * 50]
    history.remember(nothing)
    assert whole(history, key) == []


@pytest.mark.parametrize(
    ("payload", "kept"),
    [
        (b"N", b"N"),
        (b"." * (FRAME_HEADER - 1), b"." * (FRAME_HEADER - 1)),
        (b"." * FRAME_HEADER, None),
        (LONG, None),
        (LONG + b"NTLM", (LONG + b"NTLM")[-TAIL:]),
        (LONG + b"\0\0\0\x55", (LONG + b"\0\0\0\x55")[-TAIL:]),
        (LONG + b"\0", (LONG + b"\0")[-TAIL:]),
    ],
)
@pytest.mark.parametrize("client", ["192.0.2.10", "2001:db8::1"])
def test_of_older_ones_only_ends_that_tell_are_kept(
    payload: bytes, kept: bytes | None, client: str
) -> None:
    history, key = history_of(payload, LONG, LONG, client=client)

    assert tails(history, key) == ([] if kept is None else [kept])


@pytest.mark.parametrize("client", ["192.0.2.10", "2001:db8::1"])
def test_an_end_keeps_who_sent_it_when_and_where_in_the_stream(client: str) -> None:
    history, key = history_of(LONG + b"NTLM", LONG, LONG, client=client)
    ((segments, [row]),) = history.tails_of(key)

    assert int(segments.seq[row]) == 1001 + len(LONG) + 4 - TAIL
    assert endpoints(segments, row)[0].ip == client
    assert endpoints(segments, row)[0].port == 49152
    record = int(segments.row[row])
    assert int(segments.batch.number[record]) == 1


def test_ends_are_numbered_modulo_two_to_the_32() -> None:
    history = History()
    talk = Conversation(server=ELSEWHERE, isn=(2**32 - 40, 0)).say(0, LONG + b"NTLM")
    segments = segments_of(talk.packets)
    for each in (segments, segments_of([]), segments_of([])):
        history.remember(each)
    ((kept, [row]),) = history.tails_of(int(segments.flow[0]))

    assert int(kept.seq[row]) == (2**32 - 39 + len(LONG) + 4 - TAIL) % 2**32


def test_no_more_ends_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HISTORY_TAIL_ROWS", 3)
    history, key = history_of(*(bytes([65 + n]) for n in range(7)))

    assert tails(history, key) == [b"C", b"D", b"E"]


def test_of_many_tiny_batches_there_are_few_pieces() -> None:
    words = [number.to_bytes(2, "big") for number in range(300)]
    history, key = history_of(*words)

    assert tails(history, key) == words[:-KEEP]
    assert len(list(history.tails_of(key))) <= 10  # about the logarithm of 298
