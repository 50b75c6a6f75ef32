"""The published hunting query names the right message type for every row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sensor.config import Settings
from sensor.pipeline import run
from sensor.schema.defender import Defender
from sensor.types import Stats
from tests.support import corpus

OURS = sorted((Path(__file__).parent.parent / "pcaps").glob("*.pcap"))
THEIRS = [one.path for one in corpus.captures()]


def published_type(fields: dict[str, object]) -> int:
    """Read the type as the query does: KQL `contains` ignores case."""
    sample = json.dumps(fields["SamplePacketContent"], separators=(",", ":"))
    combined = f"{fields['SignatureMatchedContent']} {sample}".lower()
    for kind in (1, 2, 3):
        raw = chr(kind) + "\0\0\0"
        if f"%0{kind}%00%00%00" in combined or raw in combined:
            return kind
    return 0


@pytest.mark.parametrize("path", [*OURS, *THEIRS], ids=lambda path: path.name)
def test_the_published_query_tells_the_type(path: Path) -> None:
    schema = Defender(Settings())
    for item in run([str(path)], Settings(), Stats()):
        for _table, row in schema.rows(item):
            if row.get("ActionType") != "NetworkSignatureInspected":
                continue
            fields = json.loads(str(row["AdditionalFields"]))
            assert published_type(fields) == fields["Netsig"].get("MessageType", 0)
