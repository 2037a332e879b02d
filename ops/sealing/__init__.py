"""The sealed log from the command line: sealing, proofs, the check."""
