"""The search index: one protocol, two engines that score the same terms, and what goes into an entry."""
