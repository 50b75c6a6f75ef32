"""Watching interfaces: `netsig watch`."""
