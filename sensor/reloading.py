"""SIGHUP: files that were moved away are made anew, and settings are read again."""

from __future__ import annotations

import sys
from collections.abc import Callable

from sensor.config import Settings
from sensor.errors import ConfigError
from sensor.schema.defender import Defender
from sensor.sinks.text import printable
from sensor.types import Stats


class Reload:
    """Reads settings anew when asked, between two batches.

    Settings that cannot be used are told and counted (`config.unusable`); those from
    before then stay. What outputs were opened by stays in any case.
    """

    def __init__(
        self,
        reread: Callable[[], Settings],
        reopen: Callable[[], None],
        schema: Defender,
        stats: Stats,
    ) -> None:
        self._reread = reread
        self._reopen = reopen
        self._schema = schema
        self._stats = stats
        self._asked = False

    def ask(self) -> None:
        """Take a note that it is asked for; safe amid a signal."""
        self._asked = True
        self._reopen()

    def fresh(self) -> Settings | None:
        """Return the settings to go by from now on, None if nothing is new."""
        if not self._asked:
            return None
        self._asked = False
        try:
            self._schema.settings = self._reread()
        except ConfigError as error:
            self._stats.add("config.unusable")
            sys.stderr.write(f"netsig: not reloaded: {printable(error, 1000)}\n")
            return None
        return self._schema.settings
