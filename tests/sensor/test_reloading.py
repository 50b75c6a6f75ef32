from __future__ import annotations

from pathlib import Path

import pytest

from sensor.addresses import LocalNetworks
from sensor.config import Settings
from sensor.errors import ConfigError
from sensor.pipeline import run
from sensor.reloading import Reload
from sensor.schema.defender import Defender
from sensor.types import Alert, Stats

PCAPS = Path(__file__).resolve().parents[2] / "pcaps"
OLD, NEW = Settings(), Settings(profile="faithful")


class Place:
    def __init__(self) -> None:
        self.stats, self.schema, self.reopened = Stats(), Defender(OLD), 0
        self.found: Settings | ConfigError = NEW

    def reload(self) -> Reload:
        return Reload(self.reread, self.reopen, self.schema, self.stats)

    def reread(self) -> Settings:
        if isinstance(self.found, ConfigError):
            raise self.found
        return self.found

    def reopen(self) -> None:
        self.reopened += 1


def test_nothing_is_new_until_it_is_asked_for() -> None:
    place = Place()

    assert place.reload().fresh() is None
    assert place.schema.settings is OLD


def test_asked_for_it_comes_once_and_files_are_opened_at_once() -> None:
    place = Place()
    reload = place.reload()
    reload.ask()
    assert place.reopened == 1
    assert place.schema.settings is OLD  # amid a signal nothing else is touched

    assert reload.fresh() is NEW
    assert place.schema.settings is NEW
    assert reload.fresh() is None


def test_what_cannot_be_used_is_told_and_the_old_stays(
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = Place()
    reload = place.reload()
    place.found = ConfigError("netsig.toml", "profile", "'\x1b' is not one of them")
    reload.ask()

    assert reload.fresh() is None
    assert place.schema.settings is OLD
    assert place.stats.counts == {"config.unusable": 1}
    assert capsys.readouterr().err == (
        "netsig: not reloaded: netsig.toml: profile: '\\u001b' is not one of them\n"
    )


def test_other_settings_hold_from_the_next_batch_on() -> None:
    """An address inside is no longer one, so that the alert does not come."""
    path = str(PCAPS / "leak-to-public.pcap")
    outside = [i for i in run([path], Settings(), Stats()) if isinstance(i, Alert)]
    everywhere = Settings(local_networks=LocalNetworks(("0.0.0.0/0",)))
    waiting = [everywhere]

    def fresh() -> Settings | None:
        return waiting.pop() if waiting else None

    inside = [
        item
        for item in run([path], Settings(), Stats(), fresh=fresh)
        if isinstance(item, Alert)
    ]
    assert outside
    assert inside == []
    assert waiting == []
