"""The nouns every room shares; they carry data and do nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from decoders.messages import Found

BOOL = npt.NDArray[np.bool_]
U8 = npt.NDArray[np.uint8]
U16 = npt.NDArray[np.uint16]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]

TCP: Final = 6
UDP: Final = 17


@dataclass(frozen=True, slots=True)
class Batch:
    """About BATCH_BYTES of captured records in one buffer, n records.

    *data* stays as it is until HISTORY_BATCHES more batches were drawn from the
    same source; whoever needs bytes for longer copies them.
    """

    data: U8
    "The whole buffer; record headers lie between the records."
    start: I64
    "(n,) offset of each record's first captured byte in data."
    end: I64
    "(n,) one past its last captured byte."
    wire_len: I64
    "(n,) bytes the packet had on the wire (pcapng: original length)."
    ts_ns: I64
    "(n,) nanoseconds since 1970, UTC."
    linktype: I32
    "(n,) LINKTYPE_ value of each record."
    number: I64
    "(n,) packet number in its file, from 1."
    file: str
    "Name of the file or interface, as the user gave it."
    origin: tuple[Batch, I64] | None = None
    "Where these were put together from fragments: (n,) records of the last of them."


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing came, and nothing will that is older than *until_ns*."""

    until_ns: int


@dataclass(frozen=True, slots=True)
class Tunnel:
    """What a packet travelled in: a tag, a label, or the header of a tunnel."""

    name: str
    "`VLAN`, `MPLS`, `VXLAN`, `GRE`, ..."
    id: int | None
    "VLAN identifier, label, network, key, session, ...; None if it has none."
    ends: tuple[str, str] | None = None
    "Source and destination of the outer IP packet; None where there is none."


@dataclass(frozen=True, slots=True)
class Segments:
    """Columns of the n TCP segments and UDP datagrams in a batch, in record order."""

    batch: Batch
    row: I64
    "(n,) record in the batch."
    ip: I64
    "(n,) offset of the (innermost) IP header in batch.data."
    version: U8
    "(n,) 4 or 6."
    proto: U8
    "(n,) TCP or UDP."
    sport: U16
    dport: U16
    seq: U32
    "(n,) sequence number of the first byte (of the SYN if set); 0 for UDP."
    ack: U32
    "(n,) acknowledgment number; 0 for UDP."
    flags: U8
    "(n,) TCP flags octet: FIN 1, SYN 2, RST 4, PSH 8, ACK 16; 0 for UDP."
    payload: I64
    "(n,) offset of the first payload byte in batch.data."
    length: I64
    "(n,) payload bytes captured."
    missing: I64
    "(n,) payload bytes that were on the wire and not captured (snaplen)."
    flow: U64
    "(n,) hash of protocol, addresses and ports; equal for both directions."


@dataclass(frozen=True, slots=True)
class Hits:
    """Places where a needle stands whole inside a segment's payload, in order."""

    row: I64
    "(m,) index into the Segments."
    wakes: BOOL
    "(m,) whether a flow at rest must be looked into again."


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address in its canonical text (RFC 5952) and a port."""

    ip: str
    port: int


@dataclass(slots=True, eq=False)
class Flow:
    """One connection (or pair of UDP endpoints) that is followed.

    Two flows are equal only if they are the same object.
    """

    key: int
    "Hash of protocol, addresses and ports, as in Segments.flow."
    proto: int
    ends: tuple[Endpoint, Endpoint]
    "Side 0 sent the first packet seen; side 1 is the other."
    file: str
    community_id: str
    client: int | None = None
    "Side of the client, None while unknown."
    client_by: str = ""
    "What told: `handshake`, `reply-bit`, `message-type`, `port`."
    flags: set[str] = field(default_factory=set)
    "Of `midstream gap truncated overlap one-sided duplicate`."
    tunnels: list[tuple[Tunnel, ...] | None] = field(default_factory=lambda: [None] * 2)
    "What the first packet of each side travelled in, from outside in; None: unseen."


@dataclass(frozen=True, slots=True)
class Connection:
    """A step of a flow's TCP life that was seen on the wire."""

    flow: Flow
    what: str
    "`attempt` (SYN), `acknowledged` (SYN/ACK), `success` (handshake done), `failed`."
    ts_ns: int
    packet: int
    file: str
    reason: str = ""
    "For `failed`: `refused` or `unanswered`."


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next bytes of one direction of a flow, in order."""

    flow: Flow
    side: int
    "Which end sent them."
    reading: int
    "0: the stream; 1 and up: what it is when contradicting copies of bytes count."
    data: bytes
    lost: int
    "Bytes missing just before these (a gap, or cut by snaplen); 0 when contiguous."
    ts_ns: int
    packet: int
    file: str


@dataclass(frozen=True, slots=True)
class Closed:
    """No more bytes will come from this flow."""

    flow: Flow
    how: str
    "`fin`, `reset`, `idle`, `reused`, `evicted` or `end` (of the capture)."
    ts_ns: int
    packet: int
    file: str


@dataclass(frozen=True, slots=True)
class Observation:
    """One message that was found, with when, where and who."""

    flow: Flow
    side: int
    found: Found
    ts_ns: int
    packet: int
    file: str
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Event:
    """A fact. *kind* is one of `signature`, `ntlm-exchange`, `connection`, `access`.

    An `access` (a share or a pipe is opened) is for rules alone and makes no row.
    """

    kind: str
    name: str
    "Signature name (`SMB2`, `NTLM-Challenge`, ...), connection step, `tree` or `pipe`."
    ts_ns: int
    packet: int
    file: str
    flow: Flow
    from_client: bool | None
    facts: dict[str, object] = field(default_factory=dict)
    "What is known, under the names that AdditionalFields.Netsig uses."
    matched: bytes = b""
    sample: bytes = b""


@dataclass(frozen=True, slots=True)
class Alert:
    """A judgement about events, with its reasons in order."""

    rule: str
    title: str
    severity: str
    "`Informational`, `Low`, `Medium` or `High`."
    category: str
    "ATT&CK tactic as Defender writes it: `CredentialAccess`, `LateralMovement`, ..."
    techniques: tuple[str, ...]
    "As Defender writes them: `Forced Authentication (T1187)`."
    ts_ns: int
    reasons: tuple[str, ...]
    events: tuple[Event, ...]
    "The evidence; the last one set the alert off."


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that could not be read to its end."""

    file: str
    offset: int
    reason: str
    usable: bool
    "Whether packets were read from it before the damage."


@dataclass(slots=True)
class Stats:
    """What was read, found, refused and lost, by name."""

    counts: Counter[str] = field(default_factory=Counter)
    files: list[str] = field(default_factory=list)
    "Files read, damaged ones too."
    damaged: list[Damage] = field(default_factory=list)
    newest_ns: int = 0
    "When the newest packet was captured; nanoseconds since 1970."

    def add(self, name: str, count: int = 1) -> None:
        """Add *count* to the counter *name*; a zero leaves no trace."""
        if count:
            self.counts[name] += int(count)


class Rule(Protocol):
    """A judgement on events; remembers only what it needs."""

    def check(self, event: Event) -> Iterator[Alert]:
        """Judge *event*."""
        ...


class Sink(Protocol):
    """Somewhere rows go."""

    def write(self, table: str, row: dict[str, object]) -> None:
        """Take one row of *table*."""
        ...

    def close(self) -> None:
        """Flush what is held; the outside stays with whoever opened it."""
        ...


class Schema(Protocol):
    """The shape of rows that somebody out there expects."""

    def rows(self, item: Event | Alert) -> Iterator[tuple[str, dict[str, object]]]:
        """Give the rows of *item*, each with the name of its table."""
        ...
