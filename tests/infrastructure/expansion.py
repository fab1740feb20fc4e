"""The template as CloudFormation would create it: expanded by SAM's translator, parameters and conditions decided."""

import copy
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

PROJECT = Path(__file__).parents[2]
ACCOUNT = "111122223333"
_PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": "sluice",
}
_NO_VALUE = object()


@dataclass(frozen=True, slots=True)
class Stack:
    """What would be created. References to other resources stay as they are: `{"Ref": …}`, `{"Fn::GetAtt": …}`."""

    resources: Mapping[str, Any]
    outputs: Mapping[str, Any]

    def of_type(self, resource_type: str) -> dict[str, Any]:
        """Return the properties of every resource of a type, by logical id."""
        return {
            name: resource["Properties"]
            for name, resource in self.resources.items()
            if resource["Type"] == resource_type
        }

    def properties(self, name: str) -> dict[str, Any]:
        """Return one resource's properties."""
        properties: dict[str, Any] = self.resources[name]["Properties"]
        return properties


def expand(**choices: str) -> Stack:
    """Expand the template for a choice of parameters; the others have their defaults."""
    decided = _Decisions(choices)
    return Stack(decided.value(_translated()["Resources"]), decided.value(_translated()["Outputs"]))


def parameters() -> dict[str, dict[str, Any]]:
    """Return the template's parameters as it declares them."""
    declared: dict[str, dict[str, Any]] = _written()["Parameters"]
    return declared


def build_metadata(**choices: str) -> dict[str, dict[str, Any]]:
    """Return what `sam build` is told about each function and layer, by logical id."""
    decided = _Decisions(choices)
    resources = _written()["Resources"].items()
    return {name: decided.value(resource["Metadata"]) for name, resource in resources if "Metadata" in resource}


@cache
def _written() -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse((PROJECT / "template.yaml").read_text())
    return template


@cache
def _translated() -> dict[str, Any]:
    template = copy.deepcopy(_written())
    for name, resource in template["Resources"].items():
        for code in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            # The translator wants what `sam package` would have uploaded.
            resource["Properties"][code] = f"s3://bucket/{name}"
    with mock.patch.dict(os.environ, AWS_DEFAULT_REGION="eu-central-1"):
        translated: dict[str, Any] = Translator({}, Parser()).translate(template, {})
    return translated


class _Decisions:
    """Evaluates what depends on parameters only."""

    def __init__(self, choices: dict[str, str]) -> None:
        defaults = {name: str(parameter["Default"]) for name, parameter in parameters().items()}
        assert choices.keys() <= defaults.keys()
        self._values = _PSEUDO_PARAMETERS | defaults | choices
        self._conditions = _translated()["Conditions"]

    def value(self, node: Any) -> Any:
        match node:
            case {"Ref": "AWS::NoValue"}:
                return _NO_VALUE
            case {"Ref": str(name)} if name in self._values:
                return self._values[name]
            case {"Fn::If": [condition, if_true, if_false]}:
                return self.value(if_true if self._holds({"Condition": condition}) else if_false)
            case {"Fn::Sub": [str(text), dict(variables)]}:
                return self._substituted(text, {name: self.value(variable) for name, variable in variables.items()})
            case {"Fn::Sub": str(text)}:
                return self._substituted(text, {})
            case dict():
                valued = {key: self.value(child) for key, child in node.items()}
                return {key: child for key, child in valued.items() if child is not _NO_VALUE}
            case list():
                return [child for child in map(self.value, node) if child is not _NO_VALUE]
            case _:
                return node

    def _holds(self, condition: Any) -> bool:
        match condition:
            case {"Condition": name}:
                return self._holds(self._conditions[name])
            case {"Fn::Equals": [left, right]}:
                return str(self.value(left)) == str(self.value(right))
            case {"Fn::Not": [negated]}:
                return not self._holds(negated)
            case _:
                raise AssertionError(f"the tests cannot evaluate {condition}")

    def _substituted(self, text: str, variables: dict[str, Any]) -> str:
        values = self._values | variables
        return re.sub(r"\$\{([\w:.]+)\}", lambda found: str(values.get(found[1], found[0])), text)
