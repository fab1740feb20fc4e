"""Lambda on this machine: functions in real processes of their runtime, behind a function URL and the Invoke API."""

from sluice_local.lambda_service.errors import FunctionError, Throttled
from sluice_local.lambda_service.function import LambdaFunction, Log
from sluice_local.lambda_service.function_spec import MAX_PAYLOAD, FunctionSpec
from sluice_local.lambda_service.function_url import FunctionUrlEmulator, UrlSettings
from sluice_local.lambda_service.invocation import InvokeResult
from sluice_local.lambda_service.invoke_api import InvokeApi
from sluice_local.lambda_service.pace import Pace
from sluice_local.lambda_service.running import RunningFunctionUrl, running_function_url
from sluice_local.lambda_service.url_answer import StreamFaults
from sluice_local.lambda_service.url_authorization import IamPrincipal

__all__ = [
    "MAX_PAYLOAD",
    "FunctionError",
    "FunctionSpec",
    "FunctionUrlEmulator",
    "IamPrincipal",
    "InvokeApi",
    "InvokeResult",
    "LambdaFunction",
    "Log",
    "Pace",
    "RunningFunctionUrl",
    "StreamFaults",
    "Throttled",
    "UrlSettings",
    "running_function_url",
]
