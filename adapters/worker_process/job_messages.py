"""What host and worker say to each other about a job, whatever it is."""

from typing import Generic, TypeVar

from msgspec import Struct

Job = TypeVar("Job")
Progress = TypeVar("Progress")
Outcome = TypeVar("Outcome")


class Do(Struct, Generic[Job], frozen=True, tag="do"):
    """Do this job. All that the host says."""

    job: Job


class Advanced(Struct, Generic[Progress], frozen=True, tag="advanced"):
    """It is so far."""

    progress: Progress


class Summing(Struct, frozen=True, tag="summing"):
    """An author's code has done its part. What is left is ours, and may be silent for long."""


class Done(Struct, Generic[Outcome], frozen=True, tag="done"):
    """It is over and its results are written."""

    outcome: Outcome
