"""What can be rebuilt from the repository: extracted text and the search index."""
