"""Which models the emulator knows and how they may be asked for, in AWS's words where they may not."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sluice_local.bedrock_control.catalog import FoundationModel, foundation_models, inference_profiles
from sluice_local.bedrock_runtime.errors import ServiceError, invalid

_ARN = re.compile(
    r"arn:aws[a-z-]*:(?P<service>bedrock|sagemaker):(?P<region>[a-z0-9-]+):(?P<account>\d*):(?P<kind>[a-z-]+)/(?P<name>.+)"
)
_INVALID_IDENTIFIER = "The provided model identifier is invalid."


@dataclass(frozen=True, slots=True)
class Model:
    """A model as a request named it: `asked` is the id or ARN, `base_id` the foundation model behind it."""

    asked: str
    base_id: str
    name: str
    streaming: bool = True
    input_modalities: tuple[str, ...] = ("TEXT",)
    output_modalities: tuple[str, ...] = ("TEXT",)

    @property
    def provider(self) -> str:
        """The provider's part of the id (`anthropic`)."""
        return self.base_id.partition(".")[0]


FindModel = Callable[[str], Model]


def scenario_model(asked: str) -> Model:
    """Return what stands for a model in a call that a library scenario answers."""
    return Model(asked, asked, "Scenario", input_modalities=("TEXT", "IMAGE"))


def catalog_models(region: str, account_id: str) -> FindModel:
    """Return a look-up in the control plane emulator's catalog, with the refusals of a call that names no model of it.

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
        return _model(asked, base_id, foundation.get(base_id))
    if name not in foundation:
        raise invalid(_INVALID_IDENTIFIER)
    if "ON_DEMAND" not in foundation[name].inference_types:
        raise _no_on_demand(name)
    return _model(asked, name, foundation[name])


def _model(asked: str, base_id: str, known: FoundationModel | None) -> Model:
    if known is None:
        return Model(asked, base_id, base_id)
    return Model(asked, base_id, known.name, known.streaming, known.input_modalities, known.output_modalities)


def _no_on_demand(model_id: str) -> ServiceError:
    # The apostrophe is AWS's own.
    return invalid(
        f"Invocation of model ID {model_id} with on-demand throughput isn\u2019t supported. Retry your request with "
        "the ID or ARN of an inference profile that contains this model."
    )
