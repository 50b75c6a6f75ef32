"""Rows -> outside: one file a destination, chosen in `sensor/outputs.py`."""
