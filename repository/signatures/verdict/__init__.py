"""The verdict on one signature: whose, when, proven since when, and what later revisions leave of it."""
