"""The truth: documents, versions, registers, dossiers and the log. Knows nothing of HTTP, search or shells."""
