"""The simulated exchange: fills for backtests and for the paper broker alike."""
