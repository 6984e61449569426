"""The gate: what an order must pass before it may exist.

`account_limits` are the wide bounds that every account has. `limits` are those that somebody set,
by scope; `gate` holds an order to them.
"""

from domain.orders.risk.account_limits import (
    NO_REFERENCE_PRICE,
    Bounds,
    RiskLimits,
    exposure,
    refuse,
    refuse_replacement,
    reserve_price,
)

__all__ = [
    "NO_REFERENCE_PRICE",
    "Bounds",
    "RiskLimits",
    "exposure",
    "refuse",
    "refuse_replacement",
    "reserve_price",
]
