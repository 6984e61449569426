"""Between the domain and protobuf, both ways, a noun a file."""
