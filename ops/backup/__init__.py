"""Copies in a second place, the way back from them, and the drill that proves the way back."""
