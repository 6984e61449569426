"""Limits as the gate compares them: integers, in the scale of one instrument."""

from decimal import Decimal

from msgspec import Struct

from domain.instruments import NANOSECONDS, Instrument
from domain.orders.risk.limits import PERCENT_DECIMALS, WHOLE, Limits
from domain.values import money_to_int, to_scaled

UNBOUND: int = 1 << 200  # beyond anything an account can come to


class Share(Struct, frozen=True, gc=False):
    """A bound in money, and one as a part of something."""

    money: int
    percent: int

    @property
    def is_set(self) -> bool:
        """Whether there is a bound at all."""
        return self.money != UNBOUND or self.percent != UNBOUND

    def of(self, whole: int) -> int:
        """The tighter of both, rounded down, when the percents are of `whole` money."""
        if self.percent == UNBOUND:
            return self.money
        return min(self.money, max(0, whole) * self.percent // WHOLE)


class ScaledLimits(Struct, frozen=True, gc=False):
    """The tightest of all limits on the orders of one strategy in one instrument."""

    order_quantity: int
    order_notional: int
    position_quantity: int
    position: Share
    gross: Share
    net: Share
    loss: "LossLimits"
    collar: int | None
    reference_age: int | None
    orders_per_decision: int
    identical_window: int
    restricted: bool
    halted: bool
    long_only: bool
    session_only: bool
    no_self_cross: bool

    @property
    def needs_price(self) -> bool:
        """Whether an order may not pass while no price of the instrument is known."""
        return (
            self.collar is not None
            or self.reference_age is not None
            or self.position.is_set
            or self.gross.is_set
            or self.net.is_set
        )


class LossLimits(Struct, frozen=True, gc=False):
    """What trips the gate: losses, and the share of orders that the broker rejects."""

    day: Share
    drawdown: Share
    rejects: int | None

    @property
    def watches_equity(self) -> bool:
        """Whether the account's equity has to be followed."""
        return self.day.is_set or self.drawdown.is_set


def scaled(limits: Limits, instrument: Instrument) -> ScaledLimits:
    """Quantities finer than the instrument's are cut off: never more than was allowed."""
    factor = instrument.quantity_factor
    return ScaledLimits(
        _quantity(limits.max_order_quantity, factor),
        _money(limits.max_order_notional),
        _quantity(limits.max_position_quantity, factor),
        _share(limits.max_position_notional, limits.max_position_percent),
        _share(limits.max_gross_exposure, limits.max_gross_exposure_percent),
        _share(limits.max_net_exposure, limits.max_net_exposure_percent),
        loss_limits(limits),
        _percent(limits.price_collar_percent),
        limits.max_reference_age,
        limits.max_orders_per_decision or UNBOUND,
        limits.identical_order_window or 0,
        limits.restricted,
        limits.halted,
        limits.long_only,
        limits.session_only,
        limits.no_self_cross,
    )


def loss_limits(limits: Limits) -> LossLimits:
    """Those of the limits that look at the account, whatever it trades."""
    return LossLimits(
        _share(limits.max_daily_loss, limits.max_daily_loss_percent),
        _share(limits.max_drawdown, limits.max_drawdown_percent),
        _percent(limits.max_reject_percent),
    )


def rates(limits: Limits) -> tuple[tuple[int, int], ...]:
    """How many orders in how many nanoseconds."""
    found = (
        (limits.max_orders_per_second, NANOSECONDS),
        (limits.max_orders_per_minute, 60 * NANOSECONDS),
    )
    return tuple((most, window) for most, window in found if most is not None)


def _share(money: Decimal | None, percent: Decimal | None) -> Share:
    part = _percent(percent)
    return Share(_money(money), UNBOUND if part is None else part)


def _money(value: Decimal | None) -> int:
    return UNBOUND if value is None else money_to_int(value)


def _quantity(value: Decimal | None, factor: int) -> int:
    return UNBOUND if value is None else int(value * factor)


def _percent(value: Decimal | None) -> int | None:
    return None if value is None else to_scaled(value, PERCENT_DECIMALS, "percent")
