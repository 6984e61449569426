"""What a command prints: data on stdout in seven forms, tables for people."""
