"""The schedule: what a worker does by the clock, one table of jobs, one runner."""
