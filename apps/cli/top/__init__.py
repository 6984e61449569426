"""`trademesh top`: the whole trading on one screen, live."""
