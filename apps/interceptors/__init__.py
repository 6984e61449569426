"""What every call passes on its way to a servicer, and every answer on its way back."""
