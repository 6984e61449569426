"""Markets that never were: the same seed makes the same rows, on any machine.

Quotes come first; some of them are met by a trade at their bid or ask in the same instant, and bars
are built from the trades. So the bars, quotes and trades of one seed tell of one market.

Only whole numbers of a generator whose stream is fixed, and operations that every machine rounds
alike, make a price; there is no exp or log in it.
"""
