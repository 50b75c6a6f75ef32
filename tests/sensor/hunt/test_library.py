from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sensor.errors import QueryError
from sensor.hunt import QUERIES, list_queries, query_text

# SHA-256 of the two queries as their authors published them
PUBLISHED = {
    "smb-ntlm-public": "9754b1164a867ced581a9fcb16c9db44"
    "5faa500b88a8567e2db6e64612f6f3b1",
    "ntlmv2-hash-leak": "e66744a2f0a6d709a7dfaa6acf707fef"
    "7140d5d57080fcf28871273318a438ca",
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_queries_are_unchanged(name: str) -> None:
    digest = hashlib.sha256(query_text(name).encode()).hexdigest()
    assert digest == PUBLISHED[name]


def test_every_shipped_file_is_listed_once() -> None:
    import sensor.hunt

    folder = Path(sensor.hunt.__file__).parent / "queries"
    assert sorted(path.stem for path in folder.iterdir()) == sorted(
        query.name for query in QUERIES
    )
    lines = list_queries().splitlines()
    assert len(lines) == len(QUERIES)
    assert all(line.startswith(q.name) for line, q in zip(lines, QUERIES, strict=True))


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "own.kql"
    path.write_bytes(b"\xef\xbb\xbfprint 1")
    assert query_text(str(path)) == "print 1"


def test_what_is_neither_name_nor_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="nope: neither a file nor a query"):
        query_text("nope")
    with pytest.raises(QueryError, match="cannot be read"):
        query_text(str(tmp_path))
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(QueryError, match="cannot be read"):
        query_text(str(tmp_path / "binary"))
