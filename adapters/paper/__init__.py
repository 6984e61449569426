"""The paper broker: a simulated exchange with a durable book of its own, apart from our orders."""
