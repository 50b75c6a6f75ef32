"""Microsoft's own parser judges the shipped queries and our reading of strings.

It runs in node, from the npm package that tests/support/kusto/package.json names:
`npm ci --prefix tests/support/kusto`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sensor.hunt import QUERIES, hunt, query_text
from sensor.hunt.kusto import string_value
from sensor.hunt.tables import TABLES
from tests.support.hunting import write

CHECKER = Path(__file__).parent / "support" / "kusto"
PACKAGE = CHECKER / "node_modules" / "@kusto" / "language-service-next"

pytestmark = pytest.mark.skipif(
    os.environ.get("NETSIG_WITHOUT_NODE") == "1",
    reason="NETSIG_WITHOUT_NODE=1: node is knowingly absent",
)


def judge(**asked: object) -> Any:
    node = shutil.which("node")
    if node is None:
        pytest.fail("node is missing: install it, or set NETSIG_WITHOUT_NODE=1")
    if not PACKAGE.is_dir():
        pytest.fail("Kusto.Language is missing: npm ci --prefix tests/support/kusto")
    done = subprocess.run(
        [node, "check.js"],
        cwd=CHECKER,
        input=json.dumps({"tables": TABLES, **asked}),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def judged() -> Any:
    return judge(queries={query.name: query_text(query.name) for query in QUERIES})


@pytest.mark.parametrize("name", [query.name for query in QUERIES])
def test_shipped_queries_have_no_fault(judged: Any, name: str) -> None:
    assert judged["queries"][name]["diagnostics"] == []


@pytest.mark.parametrize("name", [query.name for query in QUERIES])
def test_hunts_return_the_columns_kusto_would(
    judged: Any, name: str, tmp_path: Path
) -> None:
    result = hunt(query_text(name), [write(tmp_path, "AlertInfo", [])])
    expected = [column for column, _ in judged["queries"][name]["columns"]]
    assert list(result.columns) == expected


def test_faults_are_found() -> None:
    bad = "DeviceNetworkEvents\n| where Foo == 1\n| extend x = bar(RemoteIP)"
    found = judge(queries={"bad": bad})["queries"]["bad"]["diagnostics"]
    # KS142: unknown column; KS211: unknown function
    assert [(d["code"], d["line"], d["column"]) for d in found] == [
        ("KS142", 2, 9),
        ("KS211", 3, 14),
    ]


def test_strings_are_read_as_kusto_reads_them() -> None:
    bodies = [
        r"\x01\x00\x00\x00", r"\u0001", r"\101\0\18\777", r"\q\a\b\f\n\r\t\v",
        r"\x1g\x", r"\u12\uFFFD", r"\\\'\"", "%01%00", "", r"\ud83d\ude00", r"\U0041",
    ]  # fmt: skip
    literals = [f'"{body}"' for body in bodies] + [r'@"\x01"', "@'a''b'", "@'\\'"]

    assert [string_value(text) for text in literals] == judge(literals=literals)[
        "literals"
    ]
