"""A real logon on a wire of its own: the alert comes within a second of it."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sensor.fixtures.cast import ALICE, CLIENT
from sensor.fixtures.model import Host
from sensor.fixtures.record import recorder
from sensor.fixtures.record.namespaces import (
    INTERFACE,
    ROOT,
    Link,
    Machine,
    inside,
    joined,
    wait_for_port,
)
from sensor.fixtures.record.peer import Peer, Stage, logon
from sensor.fixtures.record.peers.smbclient_samba import pair
from sensor.fixtures.record.smbclient import Told
from tests.support.peers import need_peers

PUBLIC = Host("81.2.69.144", "updates")
LOGON = pair(
    "public",
    "a logon at a public address",
    Told(),
    logon("smb2", Dialect="3.1.1"),
    ends=(CLIENT, PUBLIC),
)
SOON = 1.0
LONG = 30

Line = tuple[float, dict[str, Any]]
"When it came, by the wall clock, and what it says."


@contextmanager
def watching(machine: Machine) -> Iterator[queue.Queue[Line]]:
    """Watch the cable of *machine*; give the rows, each with when it came."""
    rows: queue.Queue[Line] = queue.Queue()

    def listen() -> None:
        assert process.stdout
        for line in process.stdout:
            rows.put((time.time(), json.loads(line)))

    command = inside(machine, [sys.executable, "-m", "sensor", "watch", INTERFACE])
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stderr
        listener = threading.Thread(target=listen)
        listener.start()
        try:
            assert "watching" in process.stderr.readline()
            yield rows
        finally:
            process.terminate()
            listener.join()


def log_on(link: Link, peer: Peer, stage: Stage) -> None:
    """Start the server, wait for it, and let the client do what it is asked to."""
    client, server = link.machines
    link.start(server, peer.server(stage), stage.directory / "server.log")
    assert wait_for_port(server, peer.port, peer.transport)
    done = link.run(client, peer.client(stage), stage.directory / "client.log")
    assert done.status == 0, done.output


def row_of(rows: queue.Queue[Line], table: str, **wanted: str) -> Line:
    """Wait for the first row of *table* that says what is *wanted*."""
    while True:
        came, line = rows.get(timeout=LONG)
        row = line["properties"]
        if line["category"].endswith(table) and wanted.items() <= row.items():
            return came, row


def test_the_alert_comes_within_a_second_of_the_logon(tmp_path: Path) -> None:
    need_peers()
    stage = Stage(tmp_path, *LOGON.ends, LOGON.port)
    LOGON.prepare(stage)
    with joined(*recorder.machines(LOGON)) as link, watching(link.machines[0]) as rows:
        log_on(link, LOGON, stage)
        came, alert = row_of(rows, "AlertInfo", Severity="High")
        _, user = row_of(rows, "AlertEvidence", EntityType="User")

    sent = datetime.fromisoformat(alert["Timestamp"][:26] + "+00:00")
    assert 0 < came - sent.timestamp() < SOON
    assert PUBLIC.ip in alert["Title"]
    assert (user["AccountName"], user["AccountDomain"]) == (ALICE.user, ALICE.domain)
