"""Books of numbers: a number is taken once, in the transaction of what it is given to, and never reused."""
