"""`python -m sensor` is `netsig`."""

from __future__ import annotations

from sensor.cli import main

if __name__ == "__main__":
    main()
