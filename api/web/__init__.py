"""The Vietnamese pages: server-rendered HTML over the same services as the JSON, usable without scripts."""
