"""Whom to believe: pinned roots, what was brought in, chains, and word of what was revoked (Đ8.2)."""
