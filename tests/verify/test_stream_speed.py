"""Half a million quotes a second to one subscriber, read from files, through every interceptor."""

from tests.benchmarks.stream import QUOTES, serving

LEAST = 500_000
BATCH = 1024


def test_one_subscriber_hears_half_a_million_quotes_a_second() -> None:
    with serving("trademesh", QUOTES) as server:
        heard = [server.heard(BATCH, 1) for _ in range(3)]
    assert {one.quotes for one in heard} == {QUOTES}
    best = max(one.rate for one in heard)
    print(f"\n{best:,.0f} quotes/s in batches of {BATCH}, of three rounds the best")
    assert best >= LEAST
