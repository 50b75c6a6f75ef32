from __future__ import annotations

import io
import json

from sensor.sinks.jsonl import JsonLines


def test_one_line_a_row_in_defenders_envelope() -> None:
    out = io.StringIO()
    sink = JsonLines(out)

    sink.write("DeviceNetworkEvents", {"Timestamp": "2022-11-09T", "RemoteUrl": None})
    sink.write("AlertInfo", {"Timestamp": "2022-11-10T", "Title": "\u202e\n"})
    sink.close()

    assert [list(json.loads(line).items()) for line in out.getvalue().splitlines()] == [
        [
            ("time", "2022-11-09T"),
            ("operationName", "Publish"),
            ("category", "AdvancedHunting-DeviceNetworkEvents"),
            ("properties", {"Timestamp": "2022-11-09T", "RemoteUrl": None}),
        ],
        [
            ("time", "2022-11-10T"),
            ("operationName", "Publish"),
            ("category", "AdvancedHunting-AlertInfo"),
            ("properties", {"Timestamp": "2022-11-10T", "Title": "\u202e\n"}),
        ],
    ]


def test_close_flushes_and_leaves_the_stream_open() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw)
    sink = JsonLines(out)
    sink.write("AlertInfo", {"Timestamp": "x"})

    sink.close()

    assert raw.getvalue()
    assert not out.closed
