"""Every counter for Prometheus, served from a thread that capture never waits for.

Text exposition format 0.0.4: `netsig_capture_packets_total 57`.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import AF_INET, AF_INET6
from socketserver import TCPServer
from typing import Final

from sensor.errors import NetsigError
from sensor.types import Stats

TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
STALLED_SECONDS: Final = 5.0
"A client that sends or takes nothing for so long is let go."
POLL_SECONDS: Final = 0.1
"Between two looks whether it is to end."


def exposition(stats: Stats, begun: float) -> str:
    """Return all of *stats*; *begun* is when the process was, in seconds since 1970."""
    counters: Counter[str] = Counter()
    for name, count in dict(stats.counts).items():
        counters[f"netsig_{re.sub('[^a-zA-Z0-9_]', '_', name)}_total"] += count
    lines = [f"# TYPE {name} counter\n{name} {counters[name]}" for name in counters]
    seconds, rest = divmod(stats.newest_ns, 1_000_000_000)
    gauges = {
        "netsig_start_time_seconds": begun,
        "netsig_newest_packet_time_seconds": f"{seconds}.{rest:09}",
        "netsig_damaged_files": len(stats.damaged),
    }
    lines += [f"# TYPE {name} gauge\n{name} {gauges[name]}" for name in gauges]
    return "\n".join([*sorted(lines), ""])


@contextmanager
def serving(where: tuple[str, int], stats: Stats) -> Iterator[None]:
    """Serve `/metrics` on an address and port; NetsigError where that cannot be."""
    begun = time.time()

    class Handler(BaseHTTPRequestHandler):
        timeout = STALLED_SECONDS
        server_version = "netsig"
        sys_version = ""

        def do_GET(self) -> None:
            """Answer with all counters, whoever asks."""
            if self.path.partition("?")[0] != "/metrics":
                self.send_error(404, "only /metrics is here")
                return
            body = exposition(stats, begun).encode("ascii")
            self.send_response(200)
            self.send_header("Content-Type", TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: standard error is for what matters."""

    server = _listen(where, Handler)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            server.handle_request()

    thread = threading.Thread(target=serve, name="netsig-metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(POLL_SECONDS * 3)  # and no longer, whatever a client does
        server.server_close()


def _listen(
    where: tuple[str, int], handler: type[BaseHTTPRequestHandler]
) -> HTTPServer:
    class Server(HTTPServer):
        timeout = POLL_SECONDS
        address_family = AF_INET6 if ":" in where[0] else AF_INET

        def server_bind(self) -> None:
            """Bind, and ask no name server who this host is."""
            TCPServer.server_bind(self)

        def handle_error(self, *_: object) -> None:
            """Say nothing of a client that went away."""

    try:
        return Server(where, handler)
    except OSError as error:
        reason = error.strerror or str(error)
        raise NetsigError(f"metrics: {where[0]}:{where[1]}: {reason}") from error
