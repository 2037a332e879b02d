"""Signatures of office packages (OOXML, ODF)."""
