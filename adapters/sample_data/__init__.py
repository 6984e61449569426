"""Real bars that come with the house: NOTICE says what they are, prepare.py how they are made."""
