"""Rights beyond the position: asked for, lent for a time, looked through each quarter."""
