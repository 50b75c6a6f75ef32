"""Every cap of the decoders: name = value  # unit, why, and the counter that tells.

Counters are those of ``StreamDecoder.dropped`` and ``QuicTalk.dropped``.
"""

from __future__ import annotations

from typing import Final

SAMPLE_BYTES: Final = 64
# bytes of a message shown as its sample; Defender's rows hold about as many

# --- stream ---
MESSAGE_BYTES: Final = 1 << 17
# bytes of one SMB message that are held for decoding; a logon is below 64 KiB, the rest
# of a longer one is skipped and the message marked truncated (counter message_bytes)

PIPE_BYTES: Final = 1 << 16
# bytes of an SMB message that may carry a DCE/RPC bind; fragments are at most 64 KiB
# (counter pipe_bytes)

PEEK_BYTES: Final = 192
# bytes of an SMB message that tell whether the rest is wanted: 64 of header, up to 56
# of body, then the first header of what a pipe carries

TEXT_BYTES: Final = 1 << 17
# bytes of base64 text held for one NTLMSSP message: 64 KiB encoded, folded lines
# included (counter text_bytes)

CONTEXT_BYTES: Final = 1 << 13
# bytes of a direction kept before where it is searched: the head of an HTTP request, or
# what else an NTLMSSP message stands in; as many are read for a server's answer to a
# logon (counter answer_bytes); web servers take heads of 8 KiB

FACT_CHARS: Final = 256
# characters of one text that a carrier tells: a path, a user agent

LDAP_HEAD_BYTES: Final = 1 << 10
# bytes before a token in which its LDAP bind may begin: a name may stand between

SIP_FIELD_BYTES: Final = 1 << 11
# bytes before a token in which its SIP header field may begin: parameters and SPNEGO's
# beginning stand between

XMPP_TAG_BYTES: Final = 1 << 9
# bytes before a token in which its XMPP element may begin: attributes stand between,
# and what SPNEGO has before NTLMSSP

TNS_SERVICES_BYTES: Final = 1 << 9
# bytes before a token in which its packet of native services begins: real ones have
# some ninety

TDS_HEAD_BYTES: Final = 1 << 12
# bytes before a token in which its Login7 begins: nine names of up to 128 letters stand
# between; it is also the size of a packet until another is agreed on

TDS_STARTS: Final = 32
# places where that message may begin that are tried; a Login7 has a few that only look
# like headers

TDS_PACKETS: Final = 16
# packets of one TDS message that are put together; a logon takes one, rarely two

NNS_HEAD_BYTES: Final = 1 << 8
# bytes before a token in which its handshake message begins: SPNEGO has some sixty

DIRECT_BYTES: Final = 1 << 18
# bytes of frames in which the parts of one SMB Direct message are looked for; those of
# MESSAGE_BYTES take a twentieth more (counter message_bytes)

# --- QUIC ---
HELLO_BYTES: Final = 1 << 13
# bytes of one client's hello over QUIC; with post-quantum keys they have 2 KiB; of a
# longer one what fits is read (counter hello_bytes)

QUIC_INITIALS: Final = 32
# Initials of one pair of UDP endpoints that are decrypted, each 20 us; a hello takes
# one or two, repetitions included ten (counter quic_initials)

QUIC_CONNECTIONS: Final = 4
# connections between one pair of UDP endpoints that are told apart; clients take a new
# port for each, but for a Retry (counter quic_connections)

QUIC_EARLY: Final = 4
# Initials of one pair of UDP endpoints that wait for what they answer, where packets
# are out of order (counter quic_early)

# --- messages ---
NTLMSSP_BYTES: Final = 1 << 16
# bytes of one NTLMSSP message; real ones stay below 4 KiB, a longer one is refused

AV_PAIRS: Final = 64
# pairs of one TargetInfo; 11 kinds are defined, the rest is not read

ANDX_DEPTH: Final = 10
# commands of one AndX chain, as in Zeek; the rest is not read

COMPOUND_DEPTH: Final = 64
# messages of one SMB2 compound frame; Windows sends at most a handful

CONTEXTS: Final = 32
# negotiate contexts of one SMB 3.1.1 message; eight kinds are defined

DIALECTS: Final = 64
# dialects of one negotiation; about a dozen exist

MECHANISMS: Final = 32
# mechanism OIDs of one SPNEGO token; Windows offers five

PDUS: Final = 16
# DCE/RPC fragments looked at in one pipe message
