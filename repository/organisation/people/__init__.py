"""People, the positions they hold from day to day, and the work they leave behind."""
