"""The trading engine: the one authority on orders and money."""
