"""Author's code in processes of its own, spoken to in frames over a pipe."""
