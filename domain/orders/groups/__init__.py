"""Orders that belong together: an entry with its exits, or two exits of what is held."""
