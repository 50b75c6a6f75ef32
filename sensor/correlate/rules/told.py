"""What was said already: an alert about the same comes again only after a day."""

from __future__ import annotations

from collections.abc import Hashable

from sensor import limits
from sensor.correlate.rules.recent import Recent
from sensor.types import Stats


class Told:
    """The subjects that one rule has raised alerts about."""

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._subjects: Recent[Hashable, bool] = Recent(
            limits.TOLD_NS, limits.TOLD_SUBJECTS, stats, "correlate.subjects_forgotten"
        )

    def is_news(self, subject: Hashable, now_ns: int) -> bool:
        """Tell whether no alert was about *subject* lately; note that now one is."""
        if self._subjects.get(subject, now_ns):
            self._stats.add("correlate.alerts_repeated")
            return False
        self._subjects.put(subject, True, now_ns)
        return True
