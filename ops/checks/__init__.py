"""What `tangthu selfcheck` looks at: the installation's parts, and what they keep."""
