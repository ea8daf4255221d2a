from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "portal.core"
    label = "core"

    def ready(self) -> None:
        autodiscover_modules("checks")
        # Every app declares what it keeps and for how long.
        autodiscover_modules("retention")
