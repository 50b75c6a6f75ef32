"""Logons in named pipes: DCE/RPC binds and TDS in SMB messages, and their outcome."""

from __future__ import annotations

from decoders import dcerpc, dcerpc_bind, ntlmssp, recognise, tds, tds_packets
from decoders.carrier import Answer, Envelope, Listen
from decoders.messages import Found


def carries_token(head: bytes, payload: int) -> bool:
    """Tell whether what a pipe carries from *payload* on may be part of a logon."""
    return dcerpc.carries_token(head, payload) or tds_packets.begins(head, payload)


def envelope(data: bytes, found: Found) -> Envelope:
    """Tell what the logon in *found*, the SMB message that is *data*, asks for."""
    payload = recognise.pipe_payload(data)
    message = found.inner[0].message if found.inner else None
    if not payload or not isinstance(message, ntlmssp.Message):
        return Envelope()
    kind = ntlmssp.TYPES[type(message)]
    bind = dcerpc.fragment(data, payload)
    if bind:
        return dcerpc_bind.envelope(data, bind, kind)
    login = tds_packets.message(data, payload)
    return tds.envelope(login, kind) if login else Envelope()


def answer(data: bytes, listen: Listen) -> Answer | None:
    """Read the outcome off the SMB messages of a frame, or the front of one.

    That *data* begins with a header was checked before.
    """
    for begin, end in recognise.spans(data):
        message = data[begin:end]
        if begin and not recognise.is_header(message):
            return None
        payload = recognise.pipe_payload(message)
        told = listen(message[payload:], True) if payload else None
        if isinstance(told, Answer):
            return told
    return None
