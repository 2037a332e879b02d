"""What backups were made, how good they are, and what the restore drills found."""
