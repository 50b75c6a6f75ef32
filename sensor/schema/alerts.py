"""Alert -> one row of AlertInfo and a row of AlertEvidence for each entity.

An alert is about the monitored devices, so its rows are always seen from a device;
where several connections show it, there is an entity for each of their ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from sensor.config import Settings
from sensor.schema.columns import ALERT_EVIDENCE, ALERT_INFO, row
from sensor.schema.device import device_id, device_name
from sensor.schema.fields import text
from sensor.schema.times import ticks, timestamp
from sensor.schema.view import device_view
from sensor.types import Alert, Event

PRODUCT: Final = "netsig"


def alert_rows(
    alert: Alert, settings: Settings
) -> Iterator[tuple[str, dict[str, object]]]:
    """Give the rows of *alert* with their tables, AlertInfo first."""
    common: dict[str, object] = {
        "Timestamp": timestamp(alert.ts_ns),
        "AlertId": alert_id(alert),
        "Title": alert.title,
        "Severity": alert.severity,
        "ServiceSource": PRODUCT,
        "DetectionSource": PRODUCT,
        "AttackTechniques": text(alert.techniques),
    }
    yield ALERT_INFO, row(ALERT_INFO, common | {"Category": alert.category})
    common |= {
        "Categories": text([alert.category]),
        "AdditionalFields": text({"Netsig": _netsig(alert)}),
    }
    for entity in _entities(alert, settings):
        yield ALERT_EVIDENCE, row(ALERT_EVIDENCE, common | entity)


def alert_id(alert: Alert) -> str:
    """Return an id that the same alert on the same packets always gets."""
    flows = [[event.flow.community_id, event.ts_ns] for event in alert.events]
    told = text([alert.rule, alert.ts_ns, alert.reasons, flows]).encode()
    digest = hashlib.sha1(told, usedforsecurity=False).hexdigest()
    return f"ns{ticks(alert.ts_ns)}_{digest[:10]}"


def _netsig(alert: Alert) -> dict[str, object]:
    return {
        "Rule": alert.rule,
        "Reasons": alert.reasons,
        **_place(alert.events[-1]),
        "Evidence": [_place(event) for event in alert.events],
    }


def _place(event: Event) -> dict[str, object]:
    return {
        "CommunityId": event.flow.community_id,
        "Packet": event.packet,
        "File": event.file,
    }


def _entities(alert: Alert, settings: Settings) -> Iterator[dict[str, object]]:
    """Give each host and account once, those of what set the alert off first."""
    flows = dict.fromkeys(event.flow for event in reversed(alert.events))
    seen = [device_view(flow, settings) for flow in flows]
    for ip in dict.fromkeys(one.local.ip for one in seen):
        yield {
            "EntityType": "Machine",
            "EvidenceRole": "Impacted",
            "DeviceId": device_id(ip),
            "DeviceName": device_name(ip, settings),
            "LocalIP": ip,
        }
    for ip in dict.fromkeys(one.remote.ip for one in seen):
        yield {"EntityType": "Ip", "EvidenceRole": "Related", "RemoteIP": ip}
    for domain, user in _accounts(alert):
        yield {
            "EntityType": "User",
            "EvidenceRole": "Impacted",
            "AccountName": user,
            "AccountDomain": domain,
        }


def _accounts(alert: Alert) -> dict[tuple[object, object], None]:
    """Return the (domain, user) pairs that the evidence names, once each, in order."""
    named = [event.facts for event in alert.events if event.facts.get("User")]
    return dict.fromkeys((facts.get("Domain"), facts["User"]) for facts in named)
