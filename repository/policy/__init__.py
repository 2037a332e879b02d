"""Dated rule sets: formats, delivery channels, legal value, calendars. An amendment is a new entry, not new code."""

from repository.policy.rulesets import RuleSets

__all__ = ["RuleSets"]
