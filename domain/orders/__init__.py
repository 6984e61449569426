"""Orders, positions and money: the decision core that every shell shares."""
