"""Files that are uploaded, on the disk until they have been read."""
