"""Synthetic minute bars and quotes, the same for the same seed, in a file that any Python reads.

The file is six columns one after the other, eight bytes a value in the machine's order: close time
(int64, nanoseconds UTC), open, high, low, close, volume (float64). Prices are whole cents.
"""

from pathlib import Path

import numpy as np

from domain.market_data.columns import BarColumns, bar_columns

MINUTE = 60 * 1_000_000_000
START = 1_577_836_800 * 1_000_000_000  # 2020-01-01


def synthetic_bars(count: int, seed: int = 7) -> BarColumns:
    """A random walk around 100 that never leaves 20 to 500, with a spread around each bar."""
    random = np.random.default_rng(seed)
    walk = np.cumsum(random.normal(0, 0.0004, count))
    walk -= np.linspace(0, walk[-1], count)  # end where it began, so that it stays in range
    close = np.clip(np.round(100 * np.exp(walk), 2), 20, 500)
    opened = np.concatenate([[100.0], close[:-1]])
    spread = np.round(random.integers(0, 6, count) / 100, 2)
    ts = START + np.arange(1, count + 1, dtype=np.int64) * MINUTE
    return bar_columns(
        ts,
        ts - MINUTE,
        opened,
        np.maximum(opened, close) + spread,
        np.minimum(opened, close) - spread,
        close,
        random.integers(100, 10_000, count).astype(np.float64),
        price_decimals=2,
    )


def write_bars(path: Path, bars: BarColumns) -> None:
    """Keep bars in the format of this module."""
    columns = (bars.ts, bars.open, bars.high, bars.low, bars.close, bars.volume)
    path.write_bytes(b"".join(column.tobytes() for column in columns))


def read_bars(path: Path) -> BarColumns:
    """Bars from the format of this module."""
    count = path.stat().st_size // 48
    raw = np.fromfile(path, np.int64).reshape(6, count)
    ts, prices = raw[0], raw[1:].view(np.float64)
    return BarColumns(ts, ts - MINUTE, *prices)
