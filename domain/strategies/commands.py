"""What a client asks of a run at work. Each is one of the run's inputs, told between two bars."""

from msgspec import Struct


class Pause(Struct, frozen=True, tag="pause"):
    """From here on it may only reduce what it holds."""


class Resume(Struct, frozen=True, tag="resume"):
    """From here on it trades as before."""


class SetParameters(Struct, frozen=True, tag="set_parameters"):
    """From here on these parameters have these values, checked before."""

    values: dict[str, str]


class Flatten(Struct, frozen=True, tag="flatten"):
    """Pause, cancel these orders and close what the run holds.

    The orders are those that can still trade when it is carried out; empty before.
    """

    order_ids: tuple[str, ...] = ()


Command = Pause | Resume | SetParameters | Flatten


class Asked(Struct, frozen=True):
    """A command at its place: `number` counts those of the run from 1."""

    number: int
    command: Command
