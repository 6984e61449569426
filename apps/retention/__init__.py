"""How long what is kept: orders and fills six years and longer, what is told about them less."""
