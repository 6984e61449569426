"""A process that dies at a chosen step: after it, nothing of it happens any more."""

import asyncio
from collections.abc import Callable
from typing import Any


class Life:
    """Counts the steps of a process and ends it at step `dies_at` (0: never)."""

    def __init__(self, dies_at: int = 0) -> None:
        self.steps = 0
        self.over = asyncio.Event()
        self._dies_at = dies_at

    async def step(self) -> None:
        """One step more; never returns to the dead."""
        self.steps += 1
        if self.steps == self._dies_at:
            self.over.set()
        if self.over.is_set():
            await asyncio.Event().wait()


class Mortal:
    """Anything with coroutine methods; each call is two steps, before and after."""

    def __init__(self, thing: Any, life: Life) -> None:
        self._thing = thing
        self._life = life

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._thing, name)
        return self._mortal(value) if asyncio.iscoroutinefunction(value) else value

    def _mortal(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def called(*arguments: Any, **named: Any) -> Any:
            await self._life.step()
            result = await call(*arguments, **named)
            await self._life.step()
            return result

        return called
