"""Find the messages in one direction of one connection, however it is cut.

SMB is followed frame by frame: bulk data is stepped over by its length and never held.
Anything else is searched for what begins a message; only a message that is still
incomplete is held. Whatever the cuts, the same bytes give the same messages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from decoders import (
    nbss,
    ntlmssp,
    pipes,
    proxy,
    raw,
    recognise,
    smb1_header,
    smb2_header,
    smbdirect,
)
from decoders.carrier import Listen, Need, Token
from decoders.claims import claimed
from decoders.hearing import Hearing
from decoders.limits import (
    CONTEXT_BYTES,
    MESSAGE_BYTES,
    PEEK_BYTES,
    PIPE_BYTES,
    TEXT_BYTES,
)
from decoders.messages import Found
from decoders.search import LEAST_MAGIC, NEEDLE_BYTES, earliest

_PLAIN: Final = frozenset({smb1_header.MAGIC, smb2_header.MAGIC})


class StreamDecoder:
    """Remembers where one direction of a connection stands."""

    def __init__(self) -> None:
        self.offset = 0
        "Bytes of the stream so far, lost ones included."
        self.synced = False
        "Whether the framing says where the next message begins."
        self.dropped: Counter[str] = Counter()
        "What was given up for a limit, by its name in limits.py."
        self.peer: StreamDecoder | None = None
        "The decoder of the other direction, if there is one."
        self.asked: tuple[str, Listen] | None = None
        "Carrier of the last message that asked for an answer, and how to read that."
        self._hearing: Hearing | None = None
        self._held = bytearray()
        self._searched = 0
        self._needed = 0
        self._skip = 0
        self._seen: set[bytes] = set()
        self._facts: Mapping[str, str] = {}
        "What was asked of a proxy before SMB began."

    @property
    def waiting(self) -> bool:
        """Whether what may be a message is held until more of it comes."""
        return self._needed > len(self._held)

    def receive(self, data: bytes, lost: int = 0) -> Iterator[Found]:
        """Take the next bytes; *lost* bytes before them were never captured.

        Messages that the loss cut are given as far as they are there.
        """
        found = self._lose(lost) if lost else []
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        self.offset += len(data)
        self._held += data[skipped:] if skipped else data
        found += self._hear(final=False)
        found += self._run(final=False)
        return iter(found)

    def close(self) -> Iterator[Found]:
        """Give what is pending: no more bytes will come."""
        found = self._hear(final=True) + self._run(final=True)
        self._held.clear()
        return iter(found)

    def listen(self, carrier: str, listen: Listen) -> None:
        """Read an answer off what comes from now on: the other end has asked for it."""
        self._hearing = Hearing(carrier, listen, self.offset)

    def forget(self) -> None:
        """Let go of what was searched: the stream will not be looked at for a while."""
        del self._held[: max(0, self._searched - nbss.HEADER_BYTES)]
        self._searched = min(self._searched, nbss.HEADER_BYTES)

    @property
    def listening(self) -> bool:
        """Whether an answer to a logon is still to come."""
        return self._hearing is not None

    @property
    def recent(self) -> bytes:
        """The last bytes, up to CONTEXT_BYTES."""
        return bytes(self._held[-CONTEXT_BYTES:])

    def _hear(self, final: bool) -> list[Found]:
        """Read the answer that is waited for, once it is there."""
        if self._hearing is None or self._hearing.in_pipe:
            return []
        start = max(0, self._hearing.start - self._base)
        found, is_over = self._hearing.hear(bytes(self._held[start:]), final)
        self._count("answer_bytes", self._hearing.is_beyond)
        if is_over:
            self._hearing = None
        return found

    def _hear_pipe(self, size: int) -> list[Found]:
        """Read the answer to a logon in a named pipe off *size* bytes of a message."""
        if self._hearing is None or not self._hearing.in_pipe:
            return []
        found = self._hearing.hear_pipe(self._bytes(nbss.HEADER_BYTES, size))
        self._hearing = None if found else self._hearing
        return found

    def _lose(self, lost: int) -> list[Found]:
        found = self._hear(final=True) + self._run(final=True)
        self._held.clear()
        self._searched = self._needed = 0
        self.offset += lost
        self.synced = self.synced and lost <= self._skip
        self._skip = self._skip - lost if self.synced else 0
        return found

    def _run(self, final: bool) -> list[Found]:
        """Take steps until one has to wait for more bytes."""
        found: list[Found] = []
        while self._held and (final or len(self._held) >= self._needed):
            step = self._frame(final) if self.synced else self._search(final)
            if step is None:
                break
            found += step
        return found

    # --- steps: each gives what it found, or None to wait for more bytes ---

    def _frame(self, final: bool) -> list[Found] | None:
        """Take the session service frame that must begin here."""
        frame = nbss.header(self._held)
        if frame is None:
            return self._unsync() if final else self._wait(nbss.HEADER_BYTES)
        if nbss.is_session_service(frame):
            return self._pass_frame(frame)
        if frame.type != nbss.MESSAGE:
            return self._unsync()
        size = min(frame.length, PEEK_BYTES)
        if len(self._held) < nbss.HEADER_BYTES + size and not final:
            return self._wait(nbss.HEADER_BYTES + size)
        head = self._bytes(nbss.HEADER_BYTES, size)
        if recognise.is_header(head, frame.length):
            return self._framed(frame, head, final)
        if final and smb2_header.is_cut(head, frame.length):
            return self._cut(frame, head)
        cut = final and len(head) < size and head[1:4] == b"SMB"
        return self._pass_frame(frame) if cut else self._unsync()

    def _cut(self, frame: nbss.Frame, head: bytes) -> list[Found]:
        """Report a frame of which only the front of its SMB2 header was captured."""
        found: list[Found] = []
        if recognise.command_is_followed(head) or self._is_first(head):
            self._seen.add(head[:4])
            found = [recognise.cut_smb2(head, self._base + nbss.HEADER_BYTES)]
        self._pass_frame(frame)
        return found

    def _framed(
        self, frame: nbss.Frame, head: bytes, final: bool
    ) -> list[Found] | None:
        """Report the frame whose *head* was found good, or step over it."""
        followed = self._is_followed(head, frame.length)
        wanted = min(frame.length, MESSAGE_BYTES) if followed else len(head)
        if len(self._held) < nbss.HEADER_BYTES + wanted and not final:
            return self._wait(nbss.HEADER_BYTES + wanted)
        found = self._hear_pipe(wanted)
        if followed:
            self._count("message_bytes", wanted < frame.length)
            data = self._bytes(nbss.HEADER_BYTES, wanted)
            found += self._message(data, nbss.HEADER_BYTES, frame.length, "header")
        elif self._is_first(head):
            found += self._first(head, frame.length)
        self._pass_frame(frame)
        return found

    def _search(self, final: bool) -> list[Found] | None:
        """Look for what begins a message, and judge it."""
        at = earliest(self._held, self._searched)
        if at < 0:
            if final:
                return self._pass(len(self._held))
            cut = len(self._held) - NEEDLE_BYTES + 1
            self._search_from(max(self._searched, cut))
            return None
        self._search_from(at)
        if self._held[self._searched] < LEAST_MAGIC:
            return self._raw(final)
        return self._smb(final)

    def _smb(self, final: bool) -> list[Found] | None:
        """Judge the SMB magic that the search came to, in its frame if it has one."""
        at = self._searched
        frame = nbss.header(self._held, at - nbss.HEADER_BYTES)
        size = PEEK_BYTES
        if at < nbss.HEADER_BYTES or frame is None or frame.type != nbss.MESSAGE:
            frame = None
        else:
            size = min(frame.length, PEEK_BYTES)
        if len(self._held) < at + size and not final:
            return self._wait(at + size)
        head = self._bytes(at, size)
        if frame and recognise.begins_message(head, frame.length, final):
            begin = at - nbss.HEADER_BYTES
            self._facts = proxy.facts(bytes(self._held[:begin][-CONTEXT_BYTES:]))
            self._pass(begin)
            self.synced = True
            return []
        return self._unframed(final)

    def _unframed(self, final: bool) -> list[Found] | None:
        """Judge an SMB message by its own structure: only a negotiation is believed.

        Copies of SMB in files and packet dumps have no frame around them either.
        """
        at = self._searched
        sent = smbdirect.message(self._held, at, PEEK_BYTES, final)
        if sent:
            return self._sent(sent, final)
        if len(self._held) < at + PEEK_BYTES and not final:
            return self._wait(at + PEEK_BYTES)
        head = self._bytes(at, PEEK_BYTES)
        if not recognise.is_header(head) or not recognise.command_is_followed(head):
            return self._search_from(at + 1)
        length = recognise.extent(head)
        if length > MESSAGE_BYTES:
            return self._search_from(at + 1)
        if len(self._held) < at + length and not final:
            return self._wait(at + length)
        found = self._message(self._bytes(at, length), at, length, "magic")
        self._search_from(min(at + length, len(self._held)))
        return found

    def _sent(self, sent: smbdirect.Sent | Need, final: bool) -> list[Found] | None:
        """Report a message of SMB Direct if it is wanted, or step over it."""
        at, wanted = self._searched, 0
        if isinstance(sent, smbdirect.Sent) and self._is_wanted(sent.data, sent.length):
            wanted = min(sent.length, MESSAGE_BYTES)
            sent = smbdirect.message(self._held, at, wanted, final) or sent
        if isinstance(sent, Need):
            return self._wait(sent.size)
        found = []
        if wanted:
            self._count("message_bytes", len(sent.data) < sent.length)
            found = self._message(sent.data, at, sent.length, "header")
        self._search_from(max(at + 1, sent.end))
        return [replace(one, carrier=smbdirect.NAME) for one in found]

    def _raw(self, final: bool) -> list[Found] | None:
        """Judge the NTLMSSP signature, bare or in base64, that the search came to."""
        at = self._searched
        found = raw.at(self._held, at, final)
        if isinstance(found, Need) and found.size <= TEXT_BYTES:
            return self._wait(at + found.size)
        self._count("text_bytes", isinstance(found, Need))
        if not isinstance(found, Found):
            return self._search_from(at + 1)
        return self._claimed(found, final)

    def _claimed(self, found: Found, final: bool) -> list[Found] | None:
        """Report the NTLMSSP message *found* in the carrier that claims it."""
        end = min(found.start + found.length, len(self._held))
        first = max(0, found.start - CONTEXT_BYTES)
        verdict = claimed(self._token(found, first, end, final))
        if isinstance(verdict, Need) and not final:
            return self._wait(first + verdict.size)
        found = replace(found, start=self._base + found.start)
        if isinstance(verdict, tuple):
            carrier, envelope = verdict
            found = replace(found, carrier=carrier, facts=envelope.facts)
            self.asked = (carrier, envelope.listen) if envelope.listen else None
        self._search_from(end)
        return [found]

    def _token(self, found: Found, first: int, end: int, final: bool) -> Token:
        return Token(
            data=bytes(self._held[first:]),
            start=found.start - first,
            end=end - first,
            type=ntlmssp.TYPES[type(found.message)],
            final=final,
            peer=self.peer.recent if self.peer else b"",
        )

    # --- what is wanted ---

    def _is_first(self, head: bytes) -> bool:
        """Tell whether a message is reported for being the first of its kind."""
        magic = head[:4]
        return not self._seen if magic in _PLAIN else magic not in self._seen

    def _is_wanted(self, head: bytes, length: int) -> bool:
        """Tell whether a message that is to have a header is reported."""
        is_header = recognise.is_header(head, length)
        return is_header and (self._is_followed(head, length) or self._is_first(head))

    def _is_followed(self, head: bytes, length: int) -> bool:
        """Tell from its first bytes whether a message is wanted: see is_followed()."""
        if recognise.command_is_followed(head) or recognise.opens_pipe(head):
            return True
        if head[:4] == smb2_header.MAGIC and smb2_header.number(head, 20, 4):
            return length <= PIPE_BYTES
        payload = recognise.pipe_payload(head)
        if payload is None or not pipes.carries_token(head, payload):
            return False
        self._count("pipe_bytes", length > PIPE_BYTES)
        return length <= PIPE_BYTES

    # --- what is reported ---

    def _message(
        self, data: bytes, at: int, length: int, confidence: str
    ) -> list[Found]:
        """Report what is followed in *data*, found at *at*, of *length* bytes."""
        start = self._base + at
        kept = []
        for found in recognise.smb(data, start, confidence, len(data) < length):
            if recognise.is_followed(found) or self._is_first(found.matched):
                self._seen.add(found.matched)
                kept.append(self._asking(found, data[found.start - start :]))
        return kept

    def _asking(self, found: Found, data: bytes) -> Found:
        """Tell of the SMB message *found* what a bind in it asks for."""
        envelope = pipes.envelope(data, found)
        if envelope.listen:
            self.asked = (found.carrier, envelope.listen)
        return replace(found, facts={**self._facts, **envelope.facts})

    def _first(self, head: bytes, length: int) -> list[Found]:
        """Report a framed message that tells only what the stream is."""
        self._seen.add(head[:4])
        start = self._base + nbss.HEADER_BYTES
        found = next(recognise.smb(head, start, "header"))
        return [replace(found, length=length, facts=self._facts)]

    # --- the bytes that are held ---

    @property
    def _base(self) -> int:
        """Stream offset of the first byte held."""
        return self.offset - len(self._held)

    def _bytes(self, at: int, size: int) -> bytes:
        return bytes(self._held[at : at + size])

    def _wait(self, needed: int) -> list[Found] | None:
        """Wait until *needed* bytes are held."""
        self._needed = needed
        return None

    def _pass(self, count: int) -> list[Found]:
        """Step over bytes, those that are still to come included."""
        held = min(count, len(self._held))
        del self._held[:held]
        self._skip = count - held
        self._searched = self._needed = 0
        return []

    def _pass_frame(self, frame: nbss.Frame) -> list[Found]:
        return self._pass(nbss.HEADER_BYTES + frame.length)

    def _unsync(self) -> list[Found]:
        """Give up the framing; what is held is searched from its start."""
        self.synced = False
        self._searched = self._needed = 0
        return []

    def _search_from(self, at: int) -> list[Found]:
        """Go on searching at *at*; hold what a carrier may want to see before it."""
        surplus = at - CONTEXT_BYTES
        drop = surplus if surplus >= CONTEXT_BYTES else 0  # moving bytes is not free
        del self._held[:drop]
        self._searched = at - drop
        self._needed = 0
        return []

    def _count(self, name: str, happened: bool) -> None:
        if happened:
            self.dropped[name] += 1
