"""Embeddings through InvokeModel: one call for each batch that the model takes, several at a time."""

from collections.abc import Sequence

import orjson

from gateway.bedrock.grammar import Usage
from gateway.dialects.openai_embeddings.formats import EmbeddingFormat, Vector, format_of, tokens_of
from gateway.dialects.openai_embeddings.reply import embedding_list
from gateway.dialects.openai_embeddings.request import EmbeddingsRequest, read_request
from gateway.dialects.stream import Verdict
from gateway.errors import StreamBroken
from gateway.messages import Response
from gateway.operations.call import Call

# Amazon's models take one text a call: a batch of hundreds would take minutes one after the other.
_AT_ONCE = 8


def answer(call: Call) -> Response:
    """Answer an embeddings request.

    Raises:
        GatewayError: the request is refused, by us or by Bedrock; one text that fails fails all.
    """
    request = read_request(call.request.body)
    call.record.ignored_fields = request.ignored
    model_id = call.resolve(request.model)
    form = format_of(call.foundation_id(request.model))
    batches = [request.texts[at : at + form.batch] for at in range(0, len(request.texts), form.batch)]
    bodies = [orjson.dumps(form.body(batch, request)) for batch in batches]
    counted: list[int] = []
    try:
        vectors = [vector for some in _all_answers(call, model_id, bodies, form, counted) for vector in some]
    finally:
        # Of a request that fails, the texts that were answered are paid for all the same.
        if counted:
            call.record.verdict = Verdict(usage=Usage(input_tokens=sum(counted)))
    if len(vectors) != len(request.texts):
        raise StreamBroken(f"{model_id} answered {len(request.texts)} texts with {len(vectors)} vectors.")
    return _response(call, request, vectors, sum(counted))


def _response(call: Call, request: EmbeddingsRequest, vectors: Sequence[Vector], tokens: int) -> Response:
    body = embedding_list(vectors, model=request.model, tokens=tokens, as_base64=request.as_base64)
    headers = {"content-type": "application/json", "x-request-id": call.request.request_id}
    return Response(200, headers, (orjson.dumps(body),))


def _all_answers(
    call: Call, model_id: str, bodies: Sequence[bytes], form: EmbeddingFormat, counted: list[int]
) -> list[list[Vector]]:
    if len(bodies) == 1:
        return [_one_answer(call, model_id, bodies[0], form, counted)]
    # Threads cost 10 ms to import, and few requests need them.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(_AT_ONCE, len(bodies))) as pool:
        futures = [pool.submit(_one_answer, call, model_id, body, form, counted) for body in bodies]
        try:
            return [future.result() for future in futures]
        except BaseException:
            # What has not begun need not be paid for.
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _one_answer(call: Call, model_id: str, body: bytes, form: EmbeddingFormat, counted: list[int]) -> list[Vector]:
    """Return the vectors of one call; how many tokens it read goes into `counted`."""
    pending = call.send(model_id, "invoke", {"accept": "application/json"}, body)
    try:
        head = call.head_of(pending)
        raw = call.body_of(pending)
    finally:
        pending.close()
    if head.status != 200:
        raise call.refusal(head, raw)
    try:
        reply = orjson.loads(raw)
        counted.append(tokens_of(reply, head.headers))
        return form.vectors(reply)
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError) as error:
        raise StreamBroken(f"{model_id} answered with what is no embedding.") from error
