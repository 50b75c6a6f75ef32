"""The fuzz targets: any bytes give messages or a DecodeError, nothing else.

Seeds are the captures in pcaps/ and the payloads in them. An input that breaks a
target is left in fuzz-findings/: make it a test.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

PCAPS: Final = Path(__file__).resolve().parent.parent / "pcaps"
FINDINGS: Final = PCAPS.parent / "fuzz-findings"
CALL_SECONDS: Final = 10
"One input may take no longer."

TURN: Final = b"\0TURN\0"
"Parts what two ends say in turns."

Target = Callable[[bytes], object]
Ends = tuple[tuple[bytes, int], ...]
"Address and port of who speaks, and of who is spoken to."


def decoder(name: str) -> Target:
    """Return a target that calls `decoders.<name>.decode`."""
    from importlib import import_module

    from decoders.wire import DecodeError

    decode = import_module(f"decoders.{name}").decode

    def run(data: bytes) -> None:
        with contextlib.suppress(DecodeError):
            decode(data)

    return run


def stream() -> Target:
    """Return a target that feeds a stream in pieces; the first byte sets their size."""
    from decoders.stream import StreamDecoder

    def run(data: bytes) -> None:
        size = data[0] + 1 if data else 1
        one = StreamDecoder()
        for start in range(1, len(data), size):
            list(one.receive(data[start : start + size], 0))
        list(one.close())

    return run


def carriers() -> Target:
    """Return a target that lets each carrier judge what stands around a message.

    The first two bytes say where in the rest the message stands; all of the rest is
    the answer too.
    """
    from decoders import CARRIERS
    from decoders.carrier import Envelope, Token

    def run(data: bytes) -> None:
        at, rest = int.from_bytes(data[:2], "big"), data[2:]
        end = min(at + 32, len(rest))
        for kind in (1, 2, 3) if at < end else ():
            token = Token(rest, at, end, kind, final=False, peer=rest)
            for carrier in CARRIERS:
                verdict = carrier.claim(token) if carrier.claim else None
                if isinstance(verdict, Envelope) and verdict.listen:
                    verdict.listen(rest, False)

    return run


def datagrams() -> Target:
    """Return a target that feeds datagrams; the first byte sets their size."""
    from decoders.datagrams import DatagramDecoder

    def run(data: bytes) -> None:
        size = 8 * data[0] + 1 if data else 1
        pair = DatagramDecoder()
        for number, start in enumerate(range(1, len(data), size)):
            list(pair.receive(number % 2, data[start : start + size]))
        list(pair.close())

    return run


def hello() -> Target:
    """Return a target that reads what a QUIC Initial holds once it is decrypted."""
    from decoders import quic, tls
    from decoders.wire import DecodeError

    def run(data: bytes) -> None:
        for _, piece in quic.crypto_frames(data):
            with contextlib.suppress(DecodeError):
                tls.client_hello(piece)

    return run


def dialogue() -> Target:
    """Return a target that lets two ends speak in turns, which TURN parts.

    Carriers claim what they find there, and hear answers.
    """
    from decoders.stream import StreamDecoder

    def run(data: bytes) -> None:
        ends = StreamDecoder(), StreamDecoder()
        ends[0].peer, ends[1].peer = ends[1], ends[0]
        for number, said in enumerate(data.split(TURN)):
            one, other = ends[number % 2], ends[1 - number % 2]
            list(one.receive(said, 0))
            if one.asked:
                other.listen(*one.asked)
                one.asked = None
        for one in ends:
            list(one.close())

    return run


def columns() -> Target:
    """Return a target that reads one frame; the first byte says of which link type."""
    import numpy as np

    from sensor.columns import Columns, tunnels
    from sensor.columns.link import LINKTYPES
    from sensor.types import Batch, Stats

    def run(data: bytes) -> None:
        link = LINKTYPES[data[0] % len(LINKTYPES)] if data else LINKTYPES[0]
        one, linktype = np.ones(1, np.int64), np.full(1, link.number, np.int32)
        buffer = np.frombuffer(data or b"\0", np.uint8)
        size = one * len(buffer)
        batch = Batch(buffer, one, size, size - 1, one, linktype, one, "fuzz")
        for segments in Columns(Stats()).decode(batch):
            for record in segments.row.tolist():
                tunnels(segments.batch, record)

    return run


def pipeline() -> Target:
    """Return a target that reads a capture file."""
    from sensor import pipeline
    from sensor.config import Settings
    from sensor.types import Stats

    path = Path(tempfile.mkdtemp(prefix="netsig-fuzz-")) / "input"

    def run(data: bytes) -> None:
        path.write_bytes(data)
        list(pipeline.run([str(path)], Settings(), Stats()))

    return run


TARGETS: Final[dict[str, Callable[[], Target]]] = {
    "nbss": lambda: decoder("nbss"),
    "ntlmssp": lambda: decoder("ntlmssp"),
    "spnego": lambda: decoder("spnego"),
    "smb1": lambda: decoder("smb1"),
    "smb2": lambda: decoder("smb2"),
    "carriers": carriers,
    "columns": columns,
    "stream": stream,
    "datagrams": datagrams,
    "hello": hello,
    "dialogue": dialogue,
    "pipeline": pipeline,
}


def main() -> int:
    """Fuzz the targets one after the other, each in its own process."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--in-this-process", metavar="SEEDS", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if unknown := set(asked.targets) - set(TARGETS):
        parser.error(f"no target {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    if asked.in_this_process:
        fuzz(asked.targets[0], asked.in_this_process, asked.seconds)
    failed = [one for one in asked.targets or TARGETS if start(one, asked.seconds)]
    print(f"failed: {', '.join(failed)}" if failed else "no target failed")
    return bool(failed)


def start(target: str, seconds: int) -> int:
    """Fuzz *target* in a process of its own and return that one's exit status."""
    with tempfile.TemporaryDirectory(prefix="netsig-seeds-") as seeds:
        for number, seed in enumerate(_seeds(target)):
            (Path(seeds) / str(number)).write_bytes(seed)
        print(f"--- {target}: {seconds} s", flush=True)
        args = [target, "--seconds", str(seconds), "--in-this-process", seeds]
        return subprocess.call([sys.executable, "-m", "scripts.fuzz_targets", *args])


def fuzz(target: str, seeds: str, seconds: int) -> None:
    """Fuzz in this process; does not return."""
    import atheris

    with atheris.instrument_imports(include=["decoders", "sensor"]):
        run = TARGETS[target]()
    FINDINGS.mkdir(exist_ok=True)
    options = [f"-max_total_time={seconds}", f"-timeout={CALL_SECONDS}"]
    options += [f"-artifact_prefix={FINDINGS}/{target}-", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", seeds], run)
    atheris.Fuzz()


def _seeds(target: str) -> Iterator[bytes]:
    for path in sorted(PCAPS.glob("*.pcap*")):
        if target == "pipeline":
            yield path.read_bytes()
        elif target == "dialogue":
            yield from _dialogues(path)
        elif target == "columns":
            yield from _frames(path)
        else:
            yield from _messages(target, path)


def _frames(path: Path) -> Iterator[bytes]:
    """Give the frames of a capture, their link type before each."""
    import dpkt

    from sensor.columns.link import LINKTYPES

    numbers = [link.number for link in LINKTYPES]
    with path.open("rb") as file:
        reader = dpkt.pcap.UniversalReader(file)
        lead = bytes([numbers.index(reader.datalink())])
        for _, frame in reader:
            yield lead + frame


def _messages(target: str, path: Path) -> Iterator[bytes]:
    """Give what *target* may begin with: payloads, from its magic on."""
    magic = {"ntlmssp": b"NTLMSSP\0", "smb1": b"\xffSMB", "smb2": b"\xfeSMB"}
    for _, payload in _payloads(path):
        at = payload.find(magic.get(target, b""))
        if target == "carriers":
            at = max(payload.find(b"NTLMSSP\0"), payload.find(b"TlRMTVNT"), 0)
            yield at.to_bytes(2, "big") + payload
        elif at >= 0:
            yield payload[at:]


def _dialogues(path: Path) -> Iterator[bytes]:
    """Give what the two ends of each conversation say, turn by turn."""
    talks: dict[frozenset[Ends], bytes] = {}
    last: dict[frozenset[Ends], Ends] = {}
    for ends, payload in _payloads(path):
        both = frozenset({ends, ends[::-1]})
        turn = TURN if last.get(both, ends) != ends else b""
        talks[both] = talks.get(both, b"") + turn + payload
        last[both] = ends
    yield from talks.values()


def _payloads(path: Path) -> Iterator[tuple[Ends, bytes]]:
    """Give what each packet says, and who says it to whom."""
    import dpkt

    with path.open("rb") as file:
        for _, frame in dpkt.pcap.UniversalReader(file):
            packet = dpkt.ethernet.Ethernet(frame).data
            segment = packet.data
            if segment.data:
                source = packet.src, segment.sport
                yield (source, (packet.dst, segment.dport)), bytes(segment.data)


if __name__ == "__main__":
    sys.exit(main())
