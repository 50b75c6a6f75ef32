"""Messages as decoders find them, made by hand, and a correlator that hears them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from decoders import ntlmssp, smb1, smb2
from decoders.messages import Found, Message
from sensor.addresses import LocalNetworks
from sensor.correlate import Correlator
from sensor.types import (
    TCP,
    Alert,
    Closed,
    Connection,
    Endpoint,
    Event,
    Flow,
    Observation,
    Stats,
)

CLIENT = 0
SERVER = 1

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND
STEP = 1_000_000  # 1 ms between two messages

MORE = 0xC000_0016
LOGON_FAILURE = 0xC000_006D

# AV pairs of a server, ids as in MS-NLMP 2.2.2.1
SERVER_NAMES = (
    ntlmssp.AvPair(2, "CORP"),
    ntlmssp.AvPair(1, "FS01"),
    ntlmssp.AvPair(4, "corp.example"),
    ntlmssp.AvPair(3, "fs01.corp.example"),
    ntlmssp.AvPair(5, "corp.example"),
    ntlmssp.AvPair(7, 133_370_931_234_950_001),
)
CHALLENGE = bytes.fromhex("0123456789abcdef")


def flow(client: str = "10.0.0.5", server: str = "10.0.0.9", port: int = 445) -> Flow:
    """A flow whose first packet the client sent; nobody knows yet who that is."""
    return Flow(
        key=1,
        proto=TCP,
        ends=(Endpoint(client, 50000), Endpoint(server, port)),
        file="a.pcap",
        community_id="1:abc=",
    )


# --- NTLM ---
def type1() -> ntlmssp.Negotiate:
    return ntlmssp.Negotiate(0xE208_8297, version=ntlmssp.Version(10, 0, 22621, 15))


def type2(challenge: bytes = CHALLENGE) -> ntlmssp.Challenge:
    return ntlmssp.Challenge(
        flags=0xE28A_8215,
        target_name="CORP",
        server_challenge=challenge,
        target_info=SERVER_NAMES,
        version=ntlmssp.Version(10, 0, 20348, 15),
    )


def type3(user: str = "alice", version: str = "NTLMv2") -> ntlmssp.Authenticate:
    return ntlmssp.Authenticate(
        flags=0xE288_8215,
        domain="CORP",
        user=user,
        workstation="WS05",
        ntlm_version=version,
        lm_length=24,
        nt_length=300,
        mic=True,
        version=ntlmssp.Version(10, 0, 22621, 15),
    )


def ntlm(message: ntlmssp.Message, carrier: str = "raw") -> Found:
    """An NTLMSSP message, found on its own or (with a *carrier*) inside another."""
    return Found(
        carrier=carrier,
        message=message,
        start=0,
        length=100,
        matched=b"NTLMSSP\0",
        sample=b"NTLMSSP\0",
        from_client=not isinstance(message, ntlmssp.Challenge),
        confidence="header",
    )


# --- SMB2 ---
def smb2_found(
    message: smb2.Message,
    inner: ntlmssp.Message | None = None,
    from_client: bool | None = None,
) -> Found:
    """An SMB2 message, with an NTLMSSP message inside if given."""
    return Found(
        carrier="smb2",
        message=message,
        start=4,
        length=200,
        matched=b"\xfeSMB",
        sample=b"\xfeSMB@\0",
        from_client=from_client,
        confidence="header",
        inner=(ntlm(inner, "smb2"),) if inner else (),
    )


def smb2_plain(
    body: smb2.Body,
    *,
    command: int,
    ids: tuple[int, int] = (0, 0),
    status: int | None = None,
    inner: ntlmssp.Message | None = None,
) -> Found:
    """An SMB2 message; *ids* are MessageId and SessionId, replies have a *status*."""
    is_reply = status is not None
    header = smb2.Header(
        command=command,
        status=status or 0,
        flags=int(is_reply),
        message_id=ids[0],
        session_id=ids[1],
        tree_id=0,
    )
    return smb2_found(smb2.Plain(header, body), inner, from_client=not is_reply)


def smb2_negotiate() -> Found:
    contexts = smb2.Contexts(netname="files.example")
    body = smb2.Negotiate((0x0202, 0x0210, 0x0311), 1, 0, bytes(16), contexts)
    return smb2_plain(body, command=smb2.NEGOTIATE)


def smb2_negotiate_reply(status: int = 0) -> Found:
    body = smb2.NegotiateReply(0x0311, 3, 0, bytes(16), 0, 0)
    return smb2_plain(body, command=smb2.NEGOTIATE, status=status)


def smb2_setup(
    message_id: int, session_id: int, inner: ntlmssp.Message | None = None
) -> Found:
    return smb2_plain(
        smb2.SessionSetup(0, 1, 0, 0),
        command=smb2.SESSION_SETUP,
        ids=(message_id, session_id),
        inner=inner,
    )


def smb2_setup_reply(
    message_id: int,
    session_id: int,
    status: int,
    inner: ntlmssp.Message | None = None,
) -> Found:
    is_error = status not in (0, MORE)
    return smb2_plain(
        smb2.ErrorReply() if is_error else smb2.SessionSetupReply(0),
        command=smb2.SESSION_SETUP,
        ids=(message_id, session_id),
        status=status,
        inner=inner,
    )


# --- SMB1 ---
def smb1_found(
    *bodies: smb1.Body,
    command: int,
    ids: tuple[int, int, int] = (0, 0, 100),
    status: int | None = None,
    inner: ntlmssp.Message | None = None,
    flags2: int = 0x4000,
) -> Found:
    """An SMB1 message; *ids* are MID, UID and PID, replies have a *status*."""
    is_reply = status is not None
    header = smb1.Header(
        command=command,
        status=status or 0,
        flags=0x80 if is_reply else 0,
        flags2=flags2,
        tid=0,
        pid=ids[2],
        uid=ids[1],
        mid=ids[0],
    )
    return Found(
        carrier="smb1",
        message=smb1.Message(header, bodies),
        start=4,
        length=100,
        matched=b"\xffSMB",
        sample=b"\xffSMBr",
        from_client=not is_reply,
        confidence="header",
        inner=(ntlm(inner, "smb1"),) if inner else (),
    )


# --- the correlator ---
class Talk:
    """One correlator, and the time on its wire."""

    def __init__(self, local: tuple[str, ...] = (), on: Flow | None = None) -> None:
        self.stats = Stats()
        self.correlator = Correlator(LocalNetworks(local), self.stats)
        self.flow = on or flow()
        self.now = START
        self.packet = 0

    def observation(self, side: int, found: Found, *flags: str) -> Observation:
        """Stamp *found* with the next packet."""
        self.now += STEP
        self.packet += 1
        return Observation(
            self.flow, side, found, self.now, self.packet, "a.pcap", frozenset(flags)
        )

    def hear(self, side: int, found: Found, *flags: str) -> list[Event | Alert]:
        """Let the correlator observe *found* on the next packet."""
        observation = self.observation(side, found, *flags)
        return list(self.correlator.observe(observation))

    def hear_all(self, *turns: tuple[int, Found]) -> list[Event | Alert]:
        """Let it observe several messages, each from its side."""
        return [item for side, found in turns for item in self.hear(side, found)]

    def replay(self, observations: Iterable[Observation]) -> list[Event | Alert]:
        """Let it observe messages stamped before, in any order."""
        observe = self.correlator.observe
        return [item for one in observations for item in observe(one)]

    def close(self, how: str = "fin") -> list[Event | Alert]:
        """End the flow."""
        self.now += STEP
        closed = Closed(self.flow, how, self.now, self.packet, "a.pcap")
        return list(self.correlator.close(closed))

    def connect(self, what: str, reason: str = "") -> list[Event | Alert]:
        """Take a step of the flow's TCP life."""
        self.now += STEP
        self.packet += 1
        step = Connection(self.flow, what, self.now, self.packet, "a.pcap", reason)
        return list(self.correlator.connect(step))

    def wait(self, ns: int) -> list[Event | Alert]:
        """Let time pass without a packet."""
        self.now += ns
        return list(self.correlator.tick(self.now))


def smb2_logon(
    session_id: int = 0x51, first: int = 1, user: str = "alice", status: int = 0
) -> list[tuple[int, Found]]:
    """One NTLM logon: two session setups and their replies, from MessageId *first*."""
    second = first + 1
    return [
        (CLIENT, smb2_setup(first, 0, type1())),
        (SERVER, smb2_setup_reply(first, session_id, MORE, type2())),
        (CLIENT, smb2_setup(second, session_id, type3(user))),
        (SERVER, smb2_setup_reply(second, session_id, status)),
    ]


def stamped(talk: Talk, turns: Iterable[tuple[int, Found]]) -> list[Observation]:
    """Put each turn on a packet, without letting anybody hear it yet."""
    return [talk.observation(side, found) for side, found in turns]


def interleave(*talks: list[tuple[int, Found]]) -> list[tuple[int, Found]]:
    """Give the first turn of each, then the second of each, and so on."""
    return [turn for turns in zip(*talks, strict=True) for turn in turns]


def transcript(items: Iterable[Event | Alert]) -> list[str]:
    """Write what was told, one line each: name and state, or rule."""
    return list(_lines(items))


def exchanges(items: Iterable[Event | Alert]) -> list[Event]:
    """Pick the exchanges out of what was told."""
    return [e for e in items if isinstance(e, Event) and e.kind == "ntlm-exchange"]


def alerts(items: Iterable[Event | Alert]) -> list[Alert]:
    """Pick the alerts out of what was told."""
    return [item for item in items if isinstance(item, Alert)]


def with_message(found: Found, message: Message) -> Found:
    """Return *found* with another message in it."""
    return replace(found, message=message)


def _lines(items: Iterable[Event | Alert]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Alert):
            yield f"! {item.rule}"
        else:
            yield f"{item.name} {item.facts.get('State', '')}".rstrip()
