"""The services that need no token: the only ones, at the edge and behind it."""

HEALTH = "grpc.health.v1.Health"
REFLECTION = "grpc.reflection.v1alpha.ServerReflection"  # served only where the settings say local

OPEN_SERVICES = frozenset({HEALTH, REFLECTION})
