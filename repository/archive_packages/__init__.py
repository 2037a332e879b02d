"""A dossier as an archive package (SIP, AIP of TT 05/2025): written, read, turned into one another, taken in."""
