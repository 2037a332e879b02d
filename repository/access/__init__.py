"""Rights without writing: who acts, with which permissions, and which marks a thing's readers must bear.

Accounts themselves are written through the journal and therefore live above it, in `organisation`.
"""
