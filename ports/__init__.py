"""What the house needs from outside: one Protocol a file, in domain words."""
