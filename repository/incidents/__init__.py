"""Incidents (sự cố): what was found wrong, what to do about it, and who settled it (Đ9.5, Đ12.6)."""
