"""Benchmarks: each one function that measures and answers a dict of figures."""
