"""Community ID v1 of a flow: the same text Zeek and Suricata give it."""

from __future__ import annotations

import base64
import hashlib
import struct
from ipaddress import ip_address

from sensor.types import Endpoint


def community_id(proto: int, one: Endpoint, other: Endpoint) -> str:
    """Hash protocol and endpoints, the smaller first (Community ID spec, seed 0)."""
    ends = sorted((ip_address(end.ip).packed, end.port) for end in (one, other))
    (low, low_port), (high, high_port) = ends
    tail = struct.pack("!BxHH", proto, low_port, high_port)
    digest = hashlib.sha1(bytes(2) + low + high + tail, usedforsecurity=False).digest()
    return "1:" + base64.b64encode(digest).decode()
