"""Edge: the catalog of models as the operator reads it, from the table."""

import time

from catalog_refresh.table import CatalogTable
from sluice.catalog import Catalog

from sluice_cli.errors import CommandError, aws_errors
from sluice_cli.target import Target


def read_catalog(target: Target) -> Catalog | None:
    """Return the current catalog; None: none was published yet, or the last one has expired."""
    table = CatalogTable(target.dynamodb, target.catalog_table, time.sleep)
    with aws_errors("dynamodb:GetItem and dynamodb:Query on the catalog table", unreachable=target.unreachable):
        now = time.time()
        pointer, catalog = table.current(now)
    if pointer and catalog is None and not pointer.times.have_expired(now):
        raise CommandError(f"The catalog {pointer.snapshot_id} is not whole. `sluice models refresh` makes a new one.")
    return catalog
