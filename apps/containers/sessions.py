"""What is open while a process serves: the folder, the databases, the clock, the keys."""

from dependency_injector import containers, providers

from adapters.data_folder import DataFolder
from adapters.local_token.keys import load_or_create_key
from adapters.system.clock import SystemClock
from adapters.system.ids import RandomIds
from apps.containers.stores import open_database
from apps.drain import Drain
from apps.paging import Places
from apps.settings import Settings


class Sessions(containers.DeclarativeContainer):
    """The process opens the folder and migrates before anything here is asked for."""

    settings = providers.Dependency(instance_of=Settings)
    folder = providers.Dependency(instance_of=DataFolder)

    clock = providers.Singleton(SystemClock)
    ids = providers.Singleton(RandomIds)
    drain = providers.Singleton(Drain)
    database = providers.Singleton(open_database, settings, folder)
    places = providers.Singleton(Places, folder.provided.secret.call("places"))
    token_key = providers.Singleton(load_or_create_key, folder.provided.keys)
