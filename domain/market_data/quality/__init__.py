"""What is odd in a series though each of its rows is a good one."""
