from __future__ import annotations

from decoders.carrier import Answer, Need
from decoders.hearing import Hearing
from decoders.limits import CONTEXT_BYTES


def listen(data: bytes, final: bool) -> Answer | Need | None:
    """Answer with the first line; `+` promises more, and is no answer."""
    line, newline, _ = data.partition(b"\n")
    if not newline and not final:
        return Need(len(data) + 1)
    return None if line == b"+" else Answer(line == b"yes", line.decode())


def test_the_answer_is_found_where_it_was_waited_for() -> None:
    hearing = Hearing("smtp", listen, start=70)
    assert hearing.hear(b"ye", final=False) == ([], False)
    (found,), is_over = hearing.hear(b"yes\n", final=False)
    assert is_over
    assert (found.carrier, found.start, found.length) == ("smtp", 70, 0)
    assert (found.message, found.from_client) == (Answer(True, "yes"), False)
    assert (found.matched, found.sample) == (b"", b"")


def test_nobody_is_asked_twice_about_the_same_bytes() -> None:
    asked: list[bytes] = []

    def greedy(data: bytes, _final: bool) -> Need:
        asked.append(data)
        return Need(10)

    hearing = Hearing("smtp", greedy, start=0)
    for size in range(12):
        assert hearing.hear(bytes(size), final=False) == ([], False)
    assert [len(data) for data in asked] == [1, 10, 11]


def test_what_ends_or_tells_nothing_is_over() -> None:
    assert Hearing("smtp", listen, 0).hear(b"+\n", final=False) == ([], True)
    (found,), is_over = Hearing("smtp", listen, 0).hear(b"no", final=True)
    assert (found.message, is_over) == (Answer(False, "no"), True)


def test_an_answer_without_end_is_given_up() -> None:
    hearing = Hearing("smtp", listen, 0)
    assert hearing.hear(bytes(CONTEXT_BYTES), final=False) == ([], False)
    assert not hearing.is_beyond
    assert hearing.hear(bytes(CONTEXT_BYTES + 1), final=False) == ([], True)
    assert hearing.is_beyond


def test_it_does_not_matter_how_much_comes_at_once() -> None:
    late = bytes(CONTEXT_BYTES) + b"yes\n"
    hearing = Hearing("smtp", listen, 0)
    assert hearing.hear(late, final=False) == ([], True)
    assert Hearing("smtp", listen, 0).hear(late, final=True) == ([], True)

    def greedy(_data: bytes, _final: bool) -> Need:
        return Need(10 * CONTEXT_BYTES)

    hearing = Hearing("smtp", greedy, 0)
    assert hearing.hear(b"y", final=False) == ([], False)
    assert hearing.hear(late, final=False) == ([], True)
    assert hearing.is_beyond
