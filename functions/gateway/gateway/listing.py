"""What one caller is shown of the catalog."""

from typing import TYPE_CHECKING, NamedTuple

from gateway.errors import UnknownModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sluice.model_row import ModelRow

    from gateway.messages import Request


class Listing(NamedTuple):
    """The catalog's rows in its order, and who asks, how and when (`now`: epoch seconds).

    `named` finds the row that a client's name of a model is the name of. `may_use` tells whether the caller may use a
    row's model: what he may not use does not exist for him. `primary_model` is the operator's choice for agents;
    `path_prefix` stands before every path.
    """

    request: "Request"
    rows: "Sequence[ModelRow]"
    named: "Callable[[str], ModelRow | None]"
    may_use: "Callable[[ModelRow], bool]"
    now: float
    primary_model: str = ""
    path_prefix: str = ""

    def usable(self) -> "list[ModelRow]":
        """Return every row that the caller may use, each id of a kind once: the first region that has it for him."""
        found: dict[tuple[str, str], ModelRow] = {}
        for row in filter(self.may_use, self.rows):
            found.setdefault((row.kind, row.model_id.lower()), row)
        return list(found.values())

    def listed(self) -> "list[ModelRow]":
        """Return what model lists show, each id once. A model whose life has ended can be asked for, in vain."""
        found: dict[str, ModelRow] = {}
        for row in filter(self.may_use, self.rows):
            if row.listed and not row.lifecycle.has_ended(self.now):
                found.setdefault(row.model_id.lower(), row)
        return list(found.values())

    def find(self, name: str) -> "ModelRow | None":
        """Return the row of a name: an id, an ARN or an alias. It need not be one that lists show.

        None: the catalog has no such model, or none that the caller may use.
        """
        row = self.named(name)
        return row if row and self.may_use(row) else None

    def model(self, name: str) -> "ModelRow":
        """Return the row of a name.

        Raises:
            UnknownModel: there is none for this caller.
        """
        row = self.find(name)
        if row is None:
            # Slow to import.
            from sluice.nearest import unknown_name

            raise UnknownModel(unknown_name(name, self.listed()))
        return row

    @property
    def base_url(self) -> str:
        """The URL under which the client asked, with the path prefix and without a slash at its end."""
        headers = self.request.headers
        return f"{headers.get('x-forwarded-proto', 'https')}://{headers.get('host', 'localhost')}{self.path_prefix}"
