"""Envoy, the edge, as a child process of ours."""
