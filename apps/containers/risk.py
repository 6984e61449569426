"""Limits that no order passes."""

from dependency_injector import containers, providers

from apps.orders.risk.read_risk import ReadRisk
from apps.orders.risk.release_risk_trip import ReleaseRiskTrip
from apps.orders.risk.servicer import RiskServicer
from apps.orders.risk.set_risk_limits import SetRiskLimits


class Risk(containers.DeclarativeContainer):
    """Setting and reading limits; the gate itself is loaded with every change of an account."""

    sessions = providers.DependenciesContainer()
    adapters = providers.DependenciesContainer()

    set_limits = providers.Singleton(
        SetRiskLimits, adapters.risk, adapters.ownership, adapters.instruments
    )
    release = providers.Singleton(ReleaseRiskTrip, adapters.risk)
    read = providers.Singleton(ReadRisk, adapters.risk, adapters.accounts, sessions.places)
    servicer = providers.Singleton(RiskServicer, read, set_limits, release)
