"""Who and where: what the wire does not say, from tables and feeds; all optional."""
