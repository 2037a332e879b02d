"""Digital signatures: what a file's signatures prove, and who made them (Đ8)."""
