"""Documents and their versions: what they are called, who may see them, what each version's bytes are worth."""
