"""Work dossiers (hồ sơ công việc): documents on one matter, filed without being copied (Đ2.2)."""
