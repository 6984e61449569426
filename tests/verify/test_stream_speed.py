"""Half a million quotes a second to one subscriber, read from files, through every interceptor."""

from tests.benchmarks.stream import QUOTES, measured, serving

LEAST = 500_000
BATCH = 1024


def test_one_subscriber_hears_half_a_million_quotes_a_second() -> None:
    with serving("trademesh", QUOTES) as port:
        rates = [measured(port, BATCH, 1, QUOTES) for _ in range(3)]
    print(f"\n{max(rates):,.0f} quotes/s in batches of {BATCH}, of three rounds the best")
    assert max(rates) >= LEAST
