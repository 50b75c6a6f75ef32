"""What sinks an output has."""

from __future__ import annotations

from sensor.outputs import Outputs


def kinds(outputs: Outputs) -> list[str]:
    """Close the sinks of *outputs*, but for the summary, and name them."""
    for sink in outputs.sinks:
        if not type(sink).__name__.startswith("Summary"):
            sink.close()
    return [type(sink).__name__ for sink in outputs.sinks]
