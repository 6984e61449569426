"""All services in one process: how they are started, shown and stopped."""
