"""Signing: prepared, signed elsewhere, finished; each step may be days of work apart and survives a restart."""
