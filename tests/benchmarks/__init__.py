"""How fast we are: the engine, calls and streams against others, and how soon we are there.

`python -m tests.benchmarks engine|rpc|start|stream`
"""
