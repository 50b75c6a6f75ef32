"""What single records were taken out of, for the few that are looked at one by one.

This goes the way of `tunnel.unwrap` once more, with the same readers, and tells of
each header it passes.
"""

from __future__ import annotations

from collections.abc import Iterator

from sensor.columns import ip, link, tunnel
from sensor.columns.flow import addresses
from sensor.columns.link import Frames
from sensor.columns.peel import IPV4, IPV6, step_of
from sensor.columns.tell import HEAD
from sensor.limits import TUNNEL_DEPTH, VLAN_TAGS
from sensor.types import U8, Batch, Stats, Tunnel


def tunnels(batch: Batch, record: int) -> tuple[Tunnel, ...]:
    """Tell in which tags, labels and tunnels *record* came, from outside in.

    Of what was put together from fragments, those of the last fragment come first.
    """
    outside: tuple[Tunnel, ...] = ()
    if batch.origin:
        whole, rows = batch.origin
        outside = tunnels(whole, int(rows[record]))
    frames = link.outermost(batch, record)
    return outside + tuple(_inwards(batch, frames)) if frames else outside


def _inwards(batch: Batch, frames: Frames) -> Iterator[Tunnel]:
    for _ in range(TUNNEL_DEPTH + 1):
        yield from _tags(batch.data, frames)
        if frames.kind[0] not in (IPV4, IPV6):
            return
        packets = ip.decode(batch, [frames], Stats())
        rows, which = tunnel.candidates(batch.data, packets)
        if not len(tunnel.inside(batch.data, packets, rows, which, Stats())[0]):
            return
        told = tunnel.WRAPPERS[int(which[0]) - 1].tell
        at, frames = tunnel.carried(batch.data, packets, rows, which)
        name, number = told(_head(batch.data, int(at[0])))
        ends = addresses(batch.data, int(packets.ip[0]), int(packets.version[0]))
        yield Tunnel(name, number, ends)


def _tags(data: U8, frames: Frames) -> Iterator[Tunnel]:
    """Pass what lies between link layer and IP; *frames* come to begin behind it."""
    for _ in range(VLAN_TAGS):
        step = step_of(int(frames.kind[0]))
        if step is None:
            return
        if step.tell:
            yield Tunnel(*step.tell(_head(data, int(frames.ip[0]))))
        frames.ip[:], frames.kind[:] = step.over(data, frames.ip, frames.end)


def _head(data: U8, at: int) -> bytes:
    return data[at : at + HEAD].tobytes().ljust(HEAD, b"\0")
