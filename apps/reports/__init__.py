"""Reports: what happened, and why it was not the same twice."""
