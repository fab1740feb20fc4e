"""What the names of models lead to, by the catalog that is current. A catalog that cannot be read blocks nobody."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sluice.catalog import Catalog
from sluice.residency import ANYWHERE, Residency
from sluice.resolution import Names, OutsideResidency, Policy, Resolved, UnknownName

from gateway.errors import ModelForbidden, StoreUnavailable, UnknownModel
from gateway.routing import checked_model_name
from gateway.stores.catalog import RETRY_SECONDS

if TYPE_CHECKING:
    from sluice.model_row import ModelRow

# OpenClaw writes a model's name with its provider in front.
_PROVIDER_PREFIX = "amazon-bedrock/"
# The names of a large catalog take some megabytes.
_MOST_RESIDENCIES = 8
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
        # By a caller's own residency policy: there are few of them, and a catalog's names take some milliseconds.
        self._names_inside: dict[Residency, Names] = {}
        self._rows: Sequence[ModelRow] = ()
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

    def is_inside(self, row: "ModelRow", residency: Residency = ANYWHERE) -> bool:
        """Tell whether the residency policy, and the caller's own, let the row's model be used."""
        return self._current_inside(residency).is_inside(row)

    def check_own_region(self, residency: Residency = ANYWHERE) -> None:
        """Refuse what is worked on in the gateway's own region, whatever model it is for, where that may not be.

        Raises:
            ModelForbidden: a residency policy forbids it.
        """
        allowed = residency.inside(self._policy.residency)
        if not allowed.allows(self._policy.region):
            raise ModelForbidden(f"This is worked on in {self._policy.region}, outside {allowed}, where you must stay.")

    def telling_id(self, invoke_id: str) -> str:
        """Return the foundation model that an opaque ARN hides, as far as it is known; any other id as it is."""
        is_opaque = invoke_id.startswith("arn:") and not any(kind in invoke_id for kind in _TELLING_KINDS)
        return self._names.base_model_id(invoke_id) if is_opaque else invoke_id

    def row_of(self, invoke_id: str, region: str = "") -> "ModelRow | None":
        """Return the row of what `resolve` returned, which has its prices; None: the catalog has none.

        It reads no table: the catalog is the one by which the name was resolved. Without a region it is the gateway's.
        """
        return self._names.row_of(invoke_id, region)

    def resolved(
        self,
        name: str,
        residency: Residency = ANYWHERE,
        may_use: "Callable[[ModelRow], bool] | None" = None,
    ) -> Resolved:
        """Return what to invoke for a client's name of a model, and in which region.

        `residency` is the caller's own, which must allow it beside the operator's. `may_use` tells which models exist
        for him; None: all.

        Raises:
            InvalidRequest: the name holds characters that no model id has.
            UnknownModel: there is no such model.
            ModelForbidden: the residency policy forbids it.
        """
        model_name = checked_model_name(name.removeprefix(_PROVIDER_PREFIX))
        names = self._current_inside(residency)
        try:
            return names.resolve(model_name, may_use)
        except OutsideResidency as error:
            raise ModelForbidden(str(error)) from error
        except UnknownName as error:
            if not self._is_discovered and not residency.inside(self._policy.residency).restricts:
                # It may be an alias that only a catalog would know, or a name that only Bedrock does.
                return Resolved(model_name, region=self._policy.region)
            raise UnknownModel(str(error)) from error

    def _current_inside(self, residency: Residency) -> Names:
        names = self._current()
        if not residency.restricts:
            return names
        if residency not in self._names_inside:
            if len(self._names_inside) >= _MOST_RESIDENCIES:
                self._names_inside.clear()
            policy = self._policy._replace(residency=residency.inside(self._policy.residency))
            self._names_inside[residency] = Names(self._rows, policy)
        return self._names_inside[residency]

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
            self._rows, self._names_inside = catalog.rows, {}
            self._snapshot_id = catalog.snapshot_id
            self._is_discovered = not catalog.is_seed
        return self._names
