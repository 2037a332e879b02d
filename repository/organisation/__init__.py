"""Units, people and their credentials: who is there and how they prove it. Written through the journal."""
