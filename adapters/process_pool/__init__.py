"""The job queue of one machine: so many worker processes at a time."""
