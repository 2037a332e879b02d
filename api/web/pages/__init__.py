"""One module a page or a group of forms; each parses, asks a service and renders a template."""
