"""One file a noun; each has `app`, the group of its verbs."""
