"""Accounts: how people prove who they are, what they do with the own account, when it ends unused."""
