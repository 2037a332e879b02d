"""Who is calling: a bearer token for systems and scripts, a session cookie for the pages."""
