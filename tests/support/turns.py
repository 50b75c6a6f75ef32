"""What two ends say to each other in turn, heard in pieces of any size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from decoders.carrier import Answer
from decoders.messages import Message
from tests.support import dialogues

Turn = tuple[int, bytes]
"Which side speaks (0 is the client), and what it says."


class Heard(NamedTuple):
    """A message, or an answer, and how it was told."""

    side: int
    carrier: str
    message: Message
    facts: dict[str, str]


def heard(turns: Sequence[Turn], size: int = 1 << 20) -> list[Heard]:
    """Hear *turns*, each in pieces of *size* bytes, to the end."""
    return [
        Heard(side, one.carrier, one.message, dict(one.facts))
        for side, one in dialogues.heard(turns, size)
    ]


def answers(turns: Sequence[Turn], size: int = 1 << 20) -> list[Answer]:
    """Give the outcomes that are told in *turns*."""
    messages = [one.message for one in heard(turns, size)]
    return [one for one in messages if isinstance(one, Answer)]
