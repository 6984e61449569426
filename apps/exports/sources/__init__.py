"""Where the rows of an export come from: a module a kind of content."""
