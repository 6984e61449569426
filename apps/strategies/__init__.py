"""The library of strategies, and strategies at work."""
