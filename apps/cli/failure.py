"""What went wrong, ready to be shown: a sentence, the details, and one line to try."""

from apps.cli.exits import ExitCode


class Failure(Exception):
    """Ends the command with `exit_code`. Every failure knows one thing the reader may try."""

    def __init__(
        self,
        exit_code: ExitCode,
        message: str,
        *,
        hint: str,
        reason: str = "",
        details: tuple[str, ...] = (),
        facts: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.message = message
        self.hint = hint
        self.reason = reason
        self.details = details
        self.facts = facts or {}

    def lines(self) -> list[str]:
        """The message, the details, the hint: in this order, on stderr."""
        reason = f" [{self.reason}]" if self.reason else ""
        return [
            f"error: {self.message}{reason}",
            *(f"  {detail}" for detail in self.details),
            f"try: {self.hint}",
        ]


def usage(message: str, *, hint: str) -> Failure:
    """The command line is wrong in itself; nothing was sent."""
    return Failure(ExitCode.USAGE, message, hint=hint)
