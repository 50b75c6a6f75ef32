"""Buffers used in turn, so that reading allocates nothing and history stays."""

from __future__ import annotations

import numpy as np

from sensor.limits import BATCH_BYTES, HISTORY_BATCHES
from sensor.types import U8


class Pool:
    """*count* buffers of *size* bytes; each is used again after all others were.

    The buffer being filled and the newest batch are the two beyond HISTORY_BATCHES.
    """

    def __init__(
        self, size: int = BATCH_BYTES, count: int = HISTORY_BATCHES + 2
    ) -> None:
        self._buffers = [np.empty(size, np.uint8) for _ in range(count)]
        self._turn = 0

    def take(self, least: int) -> U8:
        """Give the buffer whose turn it is, or one of its own to an outsize record."""
        if least > len(self._buffers[0]):
            return np.empty(least, np.uint8)
        self._turn = (self._turn + 1) % len(self._buffers)
        return self._buffers[self._turn]
