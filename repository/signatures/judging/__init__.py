"""Verdicts asked for and kept: of a document's versions, of equal bytes once, of what time takes away."""
