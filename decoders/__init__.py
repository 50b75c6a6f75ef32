"""Bytes in, messages out: SMB, NTLMSSP and what carries them."""

from __future__ import annotations

from decoders import base64text as base64text
from decoders import (
    dcerpc_bind,
    http,
    ldap,
    mail,
    netbios_datagram,
    nns,
    quic,
    raw,
    sip,
    smb1,
    smb2,
    smbdirect,
    tds,
    telnet,
    tns,
    xmpp,
)
from decoders.carrier import Carrier
from decoders.messages import UNCLAIMED

CARRIERS = (
    Carrier(smb1.NAME, (139, 445), (smb1.MAGIC,)),
    Carrier(
        smb2.NAME,
        (139, 445),
        (smb2.MAGIC, smb2.TRANSFORM_MAGIC, smb2.COMPRESSED_MAGIC, smb2.RDMA_MAGIC),
    ),
    http.CARRIER,
    ldap.CARRIER,
    dcerpc_bind.CARRIER,
    *mail.CARRIERS,
    telnet.CARRIER,
    sip.CARRIER,
    xmpp.CARRIER,
    tds.CARRIER,
    tns.CARRIER,
    nns.CARRIER,
    Carrier(smbdirect.NAME, (5445,)),
    Carrier(netbios_datagram.NAME, (138,)),
    Carrier(quic.NAME, (443,)),
    Carrier(UNCLAIMED, (), raw.NEEDLES),
)

NEEDLES = tuple(needle for carrier in CARRIERS for needle in carrier.needles)

__all__ = ["CARRIERS", "NEEDLES", "Carrier"]
