"""The sensor: captures in, events, alerts and rows out."""
