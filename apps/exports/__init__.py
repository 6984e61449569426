"""Takes what the house keeps out of it, as files."""
