// The AWS SDK. Questions: `baseUrl`, `key` (the SDK reads it from the environment), `attempts`, `request` (the input of
// Converse), `stream`, `http2` for the SDK's own choice of a protocol; or `models`, the name of an operation of the control
// plane, and `request`. A list is read to its last page.
import * as bedrock from "@aws-sdk/client-bedrock";
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { serve } from "./serving.mjs";

await serve(async ({ baseUrl, key, attempts, request, stream, http2, models }, delta) => {
  if (key) process.env.AWS_BEARER_TOKEN_BEDROCK = key;
  else delete process.env.AWS_BEARER_TOKEN_BEDROCK;
  if (models) return { reply: await readModels(new bedrock.BedrockClient({ endpoint: baseUrl, maxAttempts: attempts }), models, request) };
  const requestHandler = http2 ? undefined : new NodeHttpHandler();
  const client = new BedrockRuntimeClient({ endpoint: baseUrl, maxAttempts: attempts, requestHandler });
  try {
    return stream ? await readStream(client, request, delta) : await readWhole(client, request, delta);
  } finally {
    client.destroy();
  }
});

async function readModels(client, operation, request) {
  try {
    const paginate = bedrock[`paginate${operation}`];
    if (!paginate) return await client.send(new bedrock[`${operation}Command`](request));
    const { maxResults, ...input } = request;
    return await Array.fromAsync(paginate({ client, pageSize: maxResults }, input));
  } finally {
    client.destroy();
  }
}

async function readStream(client, request, delta) {
  const answer = { reply: [] };
  const response = await client.send(new ConverseStreamCommand(request));
  for await (const event of response.stream) {
    const [name] = Object.keys(event);
    answer.reply.push(name);
    if (event.contentBlockDelta?.delta.text) delta(event.contentBlockDelta.delta.text);
    if (event.messageStop) answer.stopReason = event.messageStop.stopReason;
    if (event.metadata) answer.usage = usage(event.metadata.usage);
  }
  return answer;
}

async function readWhole(client, request, delta) {
  const response = await client.send(new ConverseCommand(request));
  delta(response.output.message.content.map((block) => block.text ?? "").join(""));
  return { stopReason: response.stopReason, usage: usage(response.usage) };
}

function usage({ inputTokens, outputTokens }) {
  return [inputTokens, outputTokens];
}
