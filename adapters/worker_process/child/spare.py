"""A little memory kept back, so that a worker that has none left can still say so."""

SIZE = 8 * 1024 * 1024

_kept: list[bytearray] = []


def set_aside() -> None:
    """Keeps it back, once the bounds are set."""
    _kept.append(bytearray(SIZE))


def use_up() -> None:
    """Gives it to whoever asks next. Harmless twice."""
    _kept.clear()
