"""What a worker gives up before it touches an author's code: docs/strategy-isolation.md."""
