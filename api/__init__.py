"""HTTP: the JSON contract and the Vietnamese pages, thin over the repository and the search."""
