"""Units: what they are called and when, and their own rules for accounts."""
