"""What a command prints: data on stdout in six forms, tables for people."""
