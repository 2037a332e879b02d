"""What a PDF became after it was signed: its revisions compared, all that was added or changed."""
