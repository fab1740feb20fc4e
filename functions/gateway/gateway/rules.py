"""What a caller may do: his own policy and the deployment's, of which both must allow. Pure."""

from typing import TYPE_CHECKING, Any, NamedTuple

from sluice.policy import names_of
from sluice.residency import ANYWHERE, Residency

from gateway.errors import ModelForbidden, OperationForbidden, RequestTooLarge

if TYPE_CHECKING:
    from collections.abc import Callable

    from sluice.model_row import ModelRow
    from sluice.policy import Guardrail, Policy

    from gateway.routing import Route


class Rules(NamedTuple):
    """The policies that hold for a caller, his own first. None at all: everything is allowed."""

    policies: "tuple[Policy, ...]" = ()

    @property
    def residency(self) -> Residency:
        """Where requests must stay, by all policies together."""
        residency = ANYWHERE
        for policy in self.policies:
            residency = policy.residency.inside(residency)
        return residency

    @property
    def guardrail(self) -> "Guardrail | None":
        """The guardrail that the caller cannot drop; his own key's counts before the deployment's."""
        return next((policy.guardrail for policy in self.policies if policy.guardrail), None)

    @property
    def attribution(self) -> bool:
        """Whether Bedrock is told who asks."""
        return any(policy.attribution for policy in self.policies)

    @property
    def max_output_tokens(self) -> int | None:
        """How many output tokens one request may ask for; None: no limit."""
        return self._least(lambda policy: policy.limits.max_output_tokens)

    def check_route(self, where: "Route") -> None:
        """Refuse what the caller may not ask for at all.

        Raises:
            OperationForbidden: the dialect or the operation is not among those allowed.
        """
        for policy in self.policies:
            if policy.allowed_dialects and where.dialect not in policy.allowed_dialects:
                raise OperationForbidden(
                    f"You may not use this API ({where.dialect}). Allowed: {', '.join(policy.allowed_dialects)}."
                )
            if policy.allowed_operations and where.operation not in policy.allowed_operations:
                raise OperationForbidden(
                    f"You may not use this operation ({where.operation}). "
                    f"Allowed: {', '.join(policy.allowed_operations)}."
                )

    def check_size(self, size: int) -> None:
        """Refuse a body of too many bytes.

        Raises:
            RequestTooLarge: it has more than allowed.
        """
        most = self._least(lambda policy: policy.limits.max_request_bytes)
        if most is not None and size > most:
            raise RequestTooLarge(f"The body has {size} bytes; yours may have {most} at most.")

    def may_use(self, row: "ModelRow") -> bool:
        """Tell whether the caller may list and invoke a row's model."""
        return all(policy.may_use(row) for policy in self.policies)

    def check_model(self, name: str, invoke_id: str, base_model_id: str, row: "ModelRow | None") -> None:
        """Refuse a model that the caller may not invoke, by what his name for it leads to.

        Raises:
            ModelForbidden: it is not among those allowed.
        """
        # Not by the client's name: an alias might match a pattern that was meant for something else.
        provider, names = (row.provider, names_of(row)) if row else ("", (base_model_id,))
        for policy in self.policies:
            if not policy.may_name((invoke_id, *names), provider):
                raise ModelForbidden(
                    f"You may not use the model {name}. Allowed: {', '.join(policy.allowed_models)}. "
                    "GET /v1/models lists what you may use."
                )

    def _least(self, limit: "Callable[[Policy], Any]") -> int | None:
        set_limits = [value for policy in self.policies if (value := limit(policy)) is not None]
        return min(set_limits, default=None)
