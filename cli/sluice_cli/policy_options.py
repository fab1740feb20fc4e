"""The options by which every command is told of a policy, and what they change."""

from collections.abc import Callable, Collection, Mapping
from copy import replace
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal

import click
from sluice.policy import EVERYTHING, Policy, policy_from_json, policy_to_json

from sluice_cli.errors import CommandError
from sluice_cli.option_types import Read, count, guardrail, model_pattern, nano_usd, residency
from sluice_cli.route_words import DIALECTS, OPERATIONS

_COUNT = Read("N", count)
_DOLLARS = Read("USD", nano_usd)


@dataclass(frozen=True, slots=True)
class _Option:
    """An option without its hyphens, and the field of the policy, or of a part of it, that it is."""

    name: str
    part: Literal["", "limits", "budget"]
    field: str
    type: click.ParamType[Any]
    help: str
    multiple: bool = False

    @property
    def parameter(self) -> str:
        return self.name.replace("-", "_")

    @property
    def default(self) -> Any:
        return getattr(getattr(EVERYTHING, self.part) if self.part else EVERYTHING, self.field)

    def of(self, command: Callable[..., None]) -> Callable[..., None]:
        # The words of a choice are for the error that lists them; as a metavar they would be five lines of help.
        metavar = "WORD" if isinstance(self.type, click.Choice) and len(self.type.choices) > 3 else None
        option = click.option(f"--{self.name}", type=self.type, help=self.help, multiple=self.multiple, metavar=metavar)
        return option(command)


_OPTIONS = (
    _Option(
        "allow-model",
        "",
        "allowed_models",
        Read("PATTERN", model_pattern),
        "Only models of this id or ARN, with * and ?, or of provider:NAME. Repeatable.",
        multiple=True,
    ),
    _Option(
        "allow-dialect", "", "allowed_dialects", click.Choice(DIALECTS), "Only this API. Repeatable.", multiple=True
    ),
    _Option(
        "allow-operation",
        "",
        "allowed_operations",
        click.Choice(OPERATIONS),
        "Only this operation, like chat-completions. Repeatable.",
        multiple=True,
    ),
    _Option(
        "residency", "", "residency", Read("REGIONS", residency), "Only in these places, as in the parameter Residency."
    ),
    _Option("requests-per-minute", "limits", "requests_per_minute", _COUNT, "Requests in a minute."),
    _Option("tokens-per-minute", "limits", "tokens_per_minute", _COUNT, "Tokens in a minute, in and out."),
    _Option("concurrent-streams", "limits", "concurrent_streams", _COUNT, "Requests that run at once."),
    _Option("max-output-tokens", "limits", "max_output_tokens", _COUNT, "Output tokens of one request."),
    _Option("max-request-bytes", "limits", "max_request_bytes", _COUNT, "Bytes of one request's body."),
    _Option("budget-per-day", "budget", "nano_usd_per_day", _DOLLARS, "US dollars for a day of UTC."),
    _Option("budget-per-month", "budget", "nano_usd_per_month", _DOLLARS, "US dollars for a month of UTC."),
    _Option(
        "at-limit",
        "budget",
        "at_limit",
        click.Choice(("block", "warn")),
        "When a budget is spent: refuse requests (default), or only warn.",
    ),
    _Option(
        "guardrail", "", "guardrail", Read("ID:VERSION", guardrail), "Put on every request, whatever the caller asks."
    ),
)
_UNSETTABLE = tuple(option.name for option in _OPTIONS)


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """What is to change of a policy: values by the names of their options, and the names of what is taken away."""

    given: Mapping[str, Any]
    unset: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.given or self.unset)

    def applied_to(self, policy: Policy) -> Policy:
        """Return the policy with the changes made and the rest as it was."""
        parts: dict[str, dict[str, Any]] = {"": {}, "limits": {}, "budget": {}}
        for option in _OPTIONS:
            if option.name in self.given or option.name in self.unset:
                parts[option.part][option.field] = self.given.get(option.name, option.default)
        if "attribution" in self.given:
            parts[""]["attribution"] = self.given["attribution"]
        return replace(
            policy,
            limits=replace(policy.limits, **parts["limits"]),
            budget=replace(policy.budget, **parts["budget"]),
            **parts[""],
        )


def changed_policy(text: str, change: PolicyChange) -> str:
    """Return a policy with the changes made, both as the access table holds them."""
    try:
        return policy_to_json(change.applied_to(policy_from_json(text)))
    except ValueError as error:
        raise CommandError(f"Nothing was written: {error}. It was set by a newer version of sluice.") from error


def check_given(change: object) -> None:
    """Refuse a change that changes nothing."""
    if not change:
        raise click.UsageError("Say what is to change; --unset takes away.")


def with_policy(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that makes something the options of a policy, and hand it what they mean as `change`."""

    @wraps(command)
    def told(*arguments: Any, **options: Any) -> None:
        command(*arguments, change=_change(options), **options)

    attribution = click.option(
        "--attribution/--no-attribution", default=None, help="Tell Bedrock who calls, for its logs and the bill."
    )
    with_options: Callable[..., None] = attribution(told)
    for option in reversed(_OPTIONS):
        with_options = option.of(with_options)
    return with_options


def with_policy_change(*, also_unset: Collection[str] = ()) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command that changes something those options and `--unset`, which takes away what they set.

    `also_unset` are names of the command's own options; where they are unset, the change's `unset` says so.
    """

    def told(command: Callable[..., None]) -> Callable[..., None]:
        return click.option(
            "--unset",
            multiple=True,
            type=click.Choice((*also_unset, *_UNSETTABLE)),
            metavar="OPTION",
            help="Take away what this option set, like --unset budget-per-day. Repeatable.",
        )(with_policy(command))

    return told


def _change(options: dict[str, Any]) -> PolicyChange:
    """Take the options of a policy out of all that were given."""
    unset = frozenset(options.pop("unset", ()))
    values = {option.name: options.pop(option.parameter) for option in _OPTIONS}
    values["attribution"] = options.pop("attribution")
    given = {name: value for name, value in values.items() if value not in (None, ())}
    for name in sorted(unset & given.keys()):
        raise click.UsageError(f"--{name} is given and unset.")
    return PolicyChange(given, unset)
