"""Proof for people who trust nobody: what is kept is compared with what was recorded, and evidence leaves the house."""
