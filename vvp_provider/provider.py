"""The provider: which resources there are, and the configuration they share."""

from provider_kit import Diff, Plugin, PluginError, Properties, ResourceHandler, compare
from vvp_provider.api_tokens import ApiTokens
from vvp_provider.deployments import Deployments
from vvp_provider.namespaces import Namespaces
from vvp_provider.secret_values import SecretValues
from vvp_provider.settings import Connection, check_settings
from vvp_provider.sql_objects import SqlObjects
from vvp_provider.targets import DeploymentTargets
from vvp_provider.volumes import ReclaimedVolumes


class Provider(Plugin):
    """The package `vvp`."""

    def __init__(self) -> None:
        super().__init__()
        self._connection = Connection()
        self._resources: dict[str, ResourceHandler] = {
            "vvp:index:Namespace": Namespaces(self._connection),
            "vvp:index:DeploymentTarget": DeploymentTargets(self._connection),
            "vvp:index:SecretValue": SecretValues(self._connection),
            "vvp:index:ApiToken": ApiTokens(self._connection),
            "vvp:index:SqlObject": SqlObjects(self._connection),
            "vvp:index:Deployment": Deployments(self._connection),
            "vvp:index:ReclaimedVolumes": ReclaimedVolumes(self._connection),
        }

    def resource(self, type: str) -> ResourceHandler:
        """The handler of a type. Raises: PluginError: there is no such type."""
        if type not in self._resources:
            raise PluginError(f"there is no resource type {type}; there are {', '.join(self._resources)}")
        return self._resources[type]

    def function(self, token: str, args: Properties) -> Properties:
        """Raises: PluginError: there are no functions."""
        raise PluginError(f"there is no function {token}")

    def check_settings(self, settings: Properties) -> Properties:
        """The configuration with defaults."""
        return check_settings(settings)

    def diff_settings(self, old: Properties, new: Properties) -> Diff:
        """The platform is the same one, however it is reached: nothing has to be replaced."""
        return compare(old, new)

    def use_settings(self, settings: Properties) -> None:
        """Take the configuration into use; nothing is connected before it is needed."""
        self._connection.use(settings)
