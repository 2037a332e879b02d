"""Signatures kept provable: reviewed in turn, archival stamps renewed, certificates' ends told before."""
