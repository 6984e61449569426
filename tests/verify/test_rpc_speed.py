"""What a call passes in our server costs little beside what gRPC itself costs."""

from tests.benchmarks.rpc import measure_rpc

LEAST = 0.8  # of the CPU time of a call to gRPC alone, around a servicer that answers at once
ROUNDS = 3


def test_a_call_costs_little_more_than_without_us() -> None:
    figures = measure_rpc(ROUNDS)
    print(f"\nCPU a call: bare is {figures.ratio:.2f} of ours")
    assert figures.ratio >= LEAST
