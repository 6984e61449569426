"""When venues trade, from the library of the same name."""
