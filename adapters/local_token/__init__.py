"""One tenant, one key pair, one token: how the embedded profile knows its caller."""
