"""The worker's side: nothing here is ever imported by the host."""
