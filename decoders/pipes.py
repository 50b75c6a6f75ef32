"""Logons in named pipes: DCE/RPC binds inside SMB messages, and their outcome."""

from __future__ import annotations

from decoders import dcerpc_bind, ntlmssp, recognise
from decoders.carrier import Answer, Envelope, Listen
from decoders.dcerpc import fragment
from decoders.messages import Found


def envelope(data: bytes, found: Found) -> Envelope:
    """Tell what the bind in *found*, the SMB message that is *data*, asks for."""
    payload = recognise.pipe_payload(data)
    one = fragment(data, payload) if payload else None
    message = found.inner[0].message if found.inner else None
    if one is None or not isinstance(message, ntlmssp.Message):
        return Envelope()
    return dcerpc_bind.envelope(data, one, ntlmssp.TYPES[type(message)])


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
