"""Text out of files, page by page, with how each was read. Runs in the sandbox; imports no database."""
