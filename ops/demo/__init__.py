"""The demonstration: a made-up district, its test certificates and its papers, all made by our own code."""
