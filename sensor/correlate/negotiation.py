"""How far one negotiation has come, as a table.

Everything that moves the state is in TABLE.  A kind of message that is not in the table
leaves the state as it is and is a fact (`out-of-order`), never an exception: a listener
joins late, loses packets, and may hear an answer before its question.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a negotiation stands, in the words of the `State` fact."""

    START = "start"
    NEGOTIATE = "negotiate"
    CHALLENGE = "challenge"
    AUTHENTICATE = "authenticate"
    SUCCESS = "success"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    "It ended, or fell silent, before its outcome."
    RESET = "reset"
    PARTIAL = "partial"
    "It may have had an outcome: part of the capture is missing."
    UNKNOWN = "unknown"
    "Credentials were sent in a carrier that does not tell us the outcome."


class Kind(StrEnum):
    """What moves a negotiation."""

    NEGOTIATE = "negotiate"
    "SMB NEGOTIATE, or NTLM type 1."
    CHALLENGE = "challenge"
    "NTLM type 2."
    AUTHENTICATE = "authenticate"
    "NTLM type 3, or the responses of an SMB1 session setup."
    SUCCESS = "success"
    "A session setup reply with status 0."
    FAILED = "failed"
    "A reply with any other final status."
    ENDED = "ended"
    "No more bytes, or no step for NEGOTIATION_NS."
    RESET = "reset"
    "The connection was torn down."
    LOST = "lost"
    "It ended, and bytes of the flow were never seen."
    UNTOLD = "untold"
    "It ended, and the carrier tells no outcome."


TABLE: Final[dict[tuple[State, Kind], State]] = {
    (State.START, Kind.NEGOTIATE): State.NEGOTIATE,
    (State.START, Kind.CHALLENGE): State.CHALLENGE,  # joined late
    (State.START, Kind.AUTHENTICATE): State.AUTHENTICATE,  # joined late, or SMB1
    (State.START, Kind.SUCCESS): State.SUCCESS,  # Kerberos, or the answer came first
    (State.START, Kind.FAILED): State.FAILED,
    (State.START, Kind.ENDED): State.INCOMPLETE,
    (State.START, Kind.RESET): State.RESET,
    (State.START, Kind.LOST): State.PARTIAL,
    (State.START, Kind.UNTOLD): State.INCOMPLETE,
    # A session setup after an SMB NEGOTIATE brings type 1.
    (State.NEGOTIATE, Kind.NEGOTIATE): State.NEGOTIATE,
    (State.NEGOTIATE, Kind.CHALLENGE): State.CHALLENGE,
    (State.NEGOTIATE, Kind.AUTHENTICATE): State.AUTHENTICATE,  # type 2 unseen, or late
    (State.NEGOTIATE, Kind.SUCCESS): State.SUCCESS,
    (State.NEGOTIATE, Kind.FAILED): State.FAILED,
    (State.NEGOTIATE, Kind.ENDED): State.INCOMPLETE,
    (State.NEGOTIATE, Kind.RESET): State.RESET,
    (State.NEGOTIATE, Kind.LOST): State.PARTIAL,
    (State.NEGOTIATE, Kind.UNTOLD): State.INCOMPLETE,
    (State.CHALLENGE, Kind.NEGOTIATE): State.CHALLENGE,  # late
    (State.CHALLENGE, Kind.AUTHENTICATE): State.AUTHENTICATE,
    (State.CHALLENGE, Kind.SUCCESS): State.SUCCESS,  # type 3 unseen, or late
    (State.CHALLENGE, Kind.FAILED): State.FAILED,
    (State.CHALLENGE, Kind.ENDED): State.INCOMPLETE,
    (State.CHALLENGE, Kind.RESET): State.RESET,
    (State.CHALLENGE, Kind.LOST): State.PARTIAL,
    (State.CHALLENGE, Kind.UNTOLD): State.INCOMPLETE,
    (State.AUTHENTICATE, Kind.NEGOTIATE): State.AUTHENTICATE,  # late
    (State.AUTHENTICATE, Kind.CHALLENGE): State.AUTHENTICATE,  # late
    (State.AUTHENTICATE, Kind.SUCCESS): State.SUCCESS,
    (State.AUTHENTICATE, Kind.FAILED): State.FAILED,
    (State.AUTHENTICATE, Kind.ENDED): State.INCOMPLETE,
    (State.AUTHENTICATE, Kind.RESET): State.RESET,
    (State.AUTHENTICATE, Kind.LOST): State.PARTIAL,
    (State.AUTHENTICATE, Kind.UNTOLD): State.UNKNOWN,
    # The outcome was heard before what it answers; late messages do not change it.
    (State.SUCCESS, Kind.NEGOTIATE): State.SUCCESS,
    (State.SUCCESS, Kind.CHALLENGE): State.SUCCESS,
    (State.SUCCESS, Kind.AUTHENTICATE): State.SUCCESS,
    (State.FAILED, Kind.NEGOTIATE): State.FAILED,
    (State.FAILED, Kind.CHALLENGE): State.FAILED,
    (State.FAILED, Kind.AUTHENTICATE): State.FAILED,
    # An end after the outcome is no news.
    (State.SUCCESS, Kind.ENDED): State.SUCCESS,
    (State.SUCCESS, Kind.RESET): State.SUCCESS,
    (State.SUCCESS, Kind.LOST): State.SUCCESS,
    (State.SUCCESS, Kind.UNTOLD): State.SUCCESS,
    (State.FAILED, Kind.ENDED): State.FAILED,
    (State.FAILED, Kind.RESET): State.FAILED,
    (State.FAILED, Kind.LOST): State.FAILED,
    (State.FAILED, Kind.UNTOLD): State.FAILED,
}

# How messages of one negotiation follow each other on the wire.
ORDER: Final = {
    Kind.NEGOTIATE: 0,
    Kind.CHALLENGE: 1,
    Kind.AUTHENTICATE: 2,
    Kind.SUCCESS: 3,
    Kind.FAILED: 3,
}


def step(state: State, kind: Kind) -> tuple[State, bool]:
    """Return the state after *kind*, and whether the table expects it there."""
    after = TABLE.get((state, kind))
    return (state, False) if after is None else (after, True)
