"""Files of exports, in a folder of their own."""
