"""Event, Alert -> rows of a named schema."""

from __future__ import annotations

from typing import Final

from sensor.schema.defender import Defender

SCHEMAS: Final = (Defender,)
