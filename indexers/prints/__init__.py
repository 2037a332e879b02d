"""Printed books and blank forms: made from stored rows at any time, so nothing here is kept."""
