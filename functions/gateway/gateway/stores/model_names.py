"""What the names of models lead to, by the catalog that is current. A catalog that cannot be read blocks nobody."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sluice.catalog import Catalog
from sluice.resolution import Names, OutsideResidency, Policy, Resolved, UnknownName

from gateway.errors import ModelForbidden, StoreUnavailable, UnknownModel
from gateway.routing import checked_model_name
from gateway.stores.catalog import RETRY_SECONDS

if TYPE_CHECKING:
    from sluice.model_row import ModelRow

# OpenClaw writes a model's name with its provider in front.
_PROVIDER_PREFIX = "amazon-bedrock/"
# ARNs that end with the model's id.
_TELLING_KINDS = (":foundation-model/", ":inference-profile/")


class ModelNames:
    """Looks names up in a dictionary that is made once for each snapshot of the catalog.

    `read` returns the current catalog, `clock` epoch seconds.
    """

    def __init__(self, read: Callable[[], Catalog], policy: Policy, clock: Callable[[], float]) -> None:
        self._read = read
        self._policy = policy
        self._clock = clock
        self._names = Names((), policy)
        self._snapshot_id = ""
        self._is_discovered = False
        self._unread_until = float("-inf")

    def resolve(self, name: str) -> str:
        """Return what to invoke for a client's name of a model.

        Raises:
            InvalidRequest, UnknownModel, ModelForbidden: as `resolved`.
        """
        return self.resolved(name).invoke_id

    def foundation_id(self, name: str) -> str:
        """Return the foundation model behind a client's name, which is all that CountTokens takes.

        Raises:
            InvalidRequest, UnknownModel, ModelForbidden: as `resolved`.
        """
        return self.resolved(name).foundation_id

    def named(self, name: str) -> "ModelRow | None":
        """Return the row that a client's name of a model is the name of; None: the catalog has none."""
        return self._current().named(name.removeprefix(_PROVIDER_PREFIX))

    def is_inside(self, row: "ModelRow") -> bool:
        """Tell whether the residency policy lets anybody use the row's model."""
        return self._current().is_inside(row)

    def telling_id(self, invoke_id: str) -> str:
        """Return the foundation model that an opaque ARN hides, as far as it is known; any other id as it is."""
        is_opaque = invoke_id.startswith("arn:") and not any(kind in invoke_id for kind in _TELLING_KINDS)
        return self._names.base_model_id(invoke_id) if is_opaque else invoke_id

    def row_of(self, invoke_id: str, region: str = "") -> "ModelRow | None":
        """Return the row of what `resolve` returned, which has its prices; None: the catalog has none.

        It reads no table: the catalog is the one by which the name was resolved. Without a region it is the gateway's.
        """
        return self._names.row_of(invoke_id, region)

    def resolved(self, name: str) -> Resolved:
        """Return what to invoke for a client's name of a model, and in which region.

        Raises:
            InvalidRequest: the name holds characters that no model id has.
            UnknownModel: there is no such model.
            ModelForbidden: the residency policy forbids it.
        """
        model_name = checked_model_name(name.removeprefix(_PROVIDER_PREFIX))
        names = self._current()
        try:
            return names.resolve(model_name)
        except OutsideResidency as error:
            raise ModelForbidden(str(error)) from error
        except UnknownName as error:
            if not self._is_discovered and not self._policy.residency.words:
                # It may be an alias that only a catalog would know, or a name that only Bedrock does.
                return Resolved(model_name, region=self._policy.region)
            raise UnknownModel(str(error)) from error

    def _current(self) -> Names:
        now = self._clock()
        # A clock that was set back must not keep the table unread for ever.
        if 0 < self._unread_until - now <= RETRY_SECONDS:
            return self._names
        try:
            catalog = self._read()
        except StoreUnavailable:
            self._unread_until = self._clock() + RETRY_SECONDS
            return self._names
        if catalog.snapshot_id != self._snapshot_id:
            self._names = Names(catalog.rows, self._policy)
            self._snapshot_id = catalog.snapshot_id
            self._is_discovered = not catalog.is_seed
        return self._names
