"""The queries that come with netsig, and how a query is told from its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sensor.errors import QueryError

_DIRECTORY: Final = Path(__file__).parent / "queries"


@dataclass(frozen=True, slots=True)
class Query:
    """A shipped query; its text is queries/<name>.kql."""

    name: str
    title: str
    credit: str
    "Who wrote it and whether it is unchanged."


QUERIES: Final = (
    Query(
        "smb-ntlm-public",
        "SMB and NTLM negotiation with public addresses, by signature and country",
        "Sergio Albea, Threat-Hunting-KQL-Queries; unchanged",
    ),
    Query(
        "ntlmv2-hash-leak",
        "SMB connections to public addresses from devices with interactive logons",
        "published for NTLMv2 hash leaks via COM auto-execution; unchanged",
    ),
    Query(
        "ntlm-message-types",
        "NTLM message types: as decoded, beside the one the bytes alone suggest",
        "netsig",
    ),
)


def list_queries() -> str:
    """Return one line for each shipped query: name, title, credit."""
    width = max(len(query.name) for query in QUERIES)
    lines = (f"{q.name:{width}}  {q.title} ({q.credit})\n" for q in QUERIES)
    return "".join(lines)


def query_text(name: str) -> str:
    """Return the KQL of the shipped query *name*, or of the file of that path.

    A shipped name comes first; a file of the same name is reached as `./name`.
    Raises QueryError when it is neither.
    """
    shipped = any(query.name == name for query in QUERIES)
    path = _DIRECTORY / f"{name}.kql" if shipped else Path(name)
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        known = ", ".join(query.name for query in QUERIES)
        raise QueryError(
            f"{name}: neither a file nor a query that comes with netsig ({known})"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"{name}: cannot be read: {error}") from error
