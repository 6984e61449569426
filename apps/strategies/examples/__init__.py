"""Strategies that come with the house: start reading here, then write your own."""
