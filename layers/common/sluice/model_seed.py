"""Well-known models, for as long as nothing was discovered. The data is model_seed.json beside.

scripts/model_seed writes that file. It says where AWS offers a model, not whether the account has access to it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from sluice.catalog import Catalog, Times
from sluice.described import described
from sluice.model_row import ANY_REGION, ModelRow

# What a seed's rows say of themselves among what nobody vouches for: that the account may use the model.
AVAILABILITY = "availability"

_FILE = Path(__file__).with_name("model_seed.json")


def seed_catalog(region: str) -> Catalog:
    """Return the models that AWS offers in a region, as a catalog that is stale from the beginning."""
    contents = orjson.loads(_FILE.read_bytes())
    geographies: Mapping[str, Sequence[str]] = contents["geographies"]
    rows = (_row(model, region, geographies) for model in contents["models"])
    return Catalog("seed", Times(0, 0), tuple(row for row in rows if row.invoke_id), is_seed=True)


def _row(model: Mapping[str, Any], region: str, geographies: Mapping[str, Sequence[str]]) -> ModelRow:
    model_id = model["id"]
    prefixes = [prefix for prefix in model["profiles"] if region in geographies[prefix]]
    profile_ids = tuple(f"{prefix}.{model_id}" for prefix in prefixes)
    on_demand = region in model["on_demand"]
    row = ModelRow(
        model_id=model_id,
        kind="foundation-model",
        region=region,
        name=model["name"],
        provider=model["provider"],
        arn=f"arn:{_partition_of(region)}:bedrock:{region}::foundation-model/{model_id}",
        base_model_id=model_id,
        invoke_id=next(iter((*((model_id,) if on_demand else ()), *profile_ids)), ""),
        on_demand=on_demand,
        profile_ids=profile_ids,
        destinations=_destinations(prefixes, geographies) if not on_demand else (region,),
        aliases=tuple(model["aliases"]),
        listed=True,
        input_modalities=tuple(model["input"]),
        inference_types=("ON_DEMAND",) if on_demand else ("INFERENCE_PROFILE",),
    )
    known = described(row).row
    return known._replace(assumed=(*known.assumed, AVAILABILITY))


def _partition_of(region: str) -> str:
    return next((f"aws-{name}" for name in ("cn", "us-gov") if region.startswith(f"{name}-")), "aws")


def _destinations(prefixes: Sequence[str], geographies: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return where the profile to prefer may lead, as far as it is known."""
    if not prefixes:
        return ()
    return (ANY_REGION,) if prefixes[0] == "global" else tuple(geographies[prefixes[0]])
