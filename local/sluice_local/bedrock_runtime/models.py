"""Which models the emulator knows and how they may be asked for, in AWS's words where they may not."""

import re
from collections.abc import Callable, Mapping
from copy import replace
from dataclasses import dataclass

from sluice_local.bedrock_control.catalog import FoundationModel, foundation_models, inference_profiles
from sluice_local.bedrock_runtime.errors import ServiceError, invalid

_ARN = re.compile(
    r"arn:aws[a-z-]*:(?P<service>bedrock|sagemaker):(?P<region>[a-z0-9-]+):(?P<account>\d*):(?P<kind>[a-z-]+)/(?P<name>.+)"
)
_INVALID_IDENTIFIER = "The provided model identifier is invalid."


@dataclass(frozen=True, slots=True)
class Model:
    """A model as a request named it: `asked` is the id or ARN, `base_id` the foundation model behind it.

    `through_profile` says that the name is an inference profile's; `on_demand` that it can be invoked by this name.
    """

    asked: str
    base_id: str
    name: str
    streaming: bool = True
    input_modalities: tuple[str, ...] = ("TEXT",)
    output_modalities: tuple[str, ...] = ("TEXT",)
    on_demand: bool = True
    through_profile: bool = False

    @property
    def provider(self) -> str:
        """The provider's part of the id (`anthropic`)."""
        return self.base_id.partition(".")[0]


FindModel = Callable[[str], Model]


def scenario_model(asked: str) -> Model:
    """Return what stands for a model in a call that a library scenario answers."""
    return Model(asked, asked, "Scenario", input_modalities=("TEXT", "IMAGE"))


def catalog_models(region: str, account_id: str) -> FindModel:
    """Return a look-up in the control plane emulator's catalog; it refuses what names no model there.

    Foundation ids, profile ids and the ARNs of both are checked; ARNs that only an account could know (application
    profiles, imported and custom models, prompts, routers) stand for a model that can do everything.
    """
    foundation = {model.model_id: model for model in foundation_models(region)}
    profiles = {profile.profile_id: profile.model_arns for profile in inference_profiles(region, account_id)}

    def find(asked: str) -> Model:
        arn = _ARN.fullmatch(asked)
        if arn is None:
            return _by_id(asked, asked, foundation, profiles)
        if arn["region"] != region:
            raise invalid(_INVALID_IDENTIFIER)
        match arn["kind"]:
            case "foundation-model" | "inference-profile":
                return _by_id(asked, arn["name"], foundation, profiles)
            case kind:
                return Model(asked, f"account.{arn['name']}", f"the account's own {kind}", True, ("TEXT", "IMAGE"))

    return find


def _by_id(
    asked: str, name: str, foundation: Mapping[str, FoundationModel], profiles: Mapping[str, tuple[str, ...]]
) -> Model:
    if name in profiles:
        base_id = profiles[name][0].rpartition("/")[2]
        known = foundation.get(base_id)
        return _model(asked, known) if known else Model(asked, base_id, base_id, through_profile=True)
    if name not in foundation:
        raise invalid(_INVALID_IDENTIFIER)
    on_demand = "ON_DEMAND" in foundation[name].inference_types
    return replace(_model(asked, foundation[name]), on_demand=on_demand, through_profile=False)


def _model(asked: str, known: FoundationModel) -> Model:
    return Model(
        asked,
        known.model_id,
        known.name,
        known.streaming,
        known.input_modalities,
        known.output_modalities,
        through_profile=True,
    )


def no_on_demand(model: Model) -> ServiceError:
    """Return the refusal of a model that is invoked by its bare id and takes none."""
    # The apostrophe is AWS's own.
    return invalid(
        f"Invocation of model ID {model.base_id} with on-demand throughput isn\u2019t supported. Retry your request "
        "with the ID or ARN of an inference profile that contains this model."
    )
