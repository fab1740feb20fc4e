// The AWS SDK, `converse`: Converse and ConverseStream.
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { answered, getWeather, WEATHER } from "./ask.mjs";
import { serve } from "./serving.mjs";

const CITY = {
  type: "object",
  properties: { name: { type: "string" }, inhabitants: { type: "integer" } },
  required: ["name", "inhabitants"],
  additionalProperties: false,
};
const CACHE_POINT = { cachePoint: { type: "default" } };

await serve(async ({ tls_url, key, model, prompts, system, stream, image, tools, parses, reasons, caches }, delta) => {
  process.env.AWS_BEARER_TOKEN_BEDROCK = key;
  const client = new BedrockRuntimeClient({ endpoint: tls_url, region: "us-east-1", maxAttempts: 1, requestHandler: new NodeHttpHandler() });
  const calls = [];
  const messages = [];
  let reply;
  let reasoning = "";
  const request = {
    modelId: model,
    messages,
    ...(system && { system: [{ text: system }, ...(caches ? [CACHE_POINT] : [])] }),
    ...(tools && { toolConfig: { tools: [{ toolSpec: { name: WEATHER.name, description: WEATHER.description, inputSchema: { json: WEATHER.schema } } }] } }),
    ...(reasons && { additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 2048 } } }),
    ...(parses && { outputConfig: { textFormat: { type: "json_schema", structure: { jsonSchema: { schema: JSON.stringify(CITY) } } } } }),
  };
  for (const [at, prompt] of prompts.entries()) {
    const picture = image && !at && { image: { format: "png", source: { bytes: Buffer.from(image, "base64") } } };
    messages.push({ role: "user", content: [{ text: prompt }, ...(picture ? [picture] : [])] });
    for (;;) {
      reply = stream ? await streamed(client, request, delta) : await whole(client, request);
      messages.push({ role: "assistant", content: reply.content });
      for (const block of reply.content) reasoning += block.reasoningContent?.reasoningText?.text ?? "";
      const uses = reply.content.filter((block) => block.toolUse).map((block) => block.toolUse);
      if (!uses.length) break;
      calls.push(...uses.map((use) => use.input.city));
      messages.push({ role: "user", content: uses.map((use) => ({ toolResult: { toolUseId: use.toolUseId, content: [{ text: getWeather(use.input) }] } })) });
    }
    if (!stream && !parses) delta(textOf(reply));
  }
  client.destroy();
  const { inputTokens, outputTokens, cacheReadInputTokens = 0, cacheWriteInputTokens = 0 } = reply.usage;
  return answered({ stopReason: reply.stopReason, usage: [inputTokens + cacheReadInputTokens + cacheWriteInputTokens, outputTokens], cached: cacheReadInputTokens, reasoning, calls, city: parses ? JSON.parse(textOf(reply)) : null });
});

function textOf({ content }) {
  return content.map((block) => block.text ?? "").join("");
}

async function whole(client, request) {
  const { output, stopReason, usage } = await client.send(new ConverseCommand(request));
  return { content: output.message.content, stopReason, usage };
}

async function streamed(client, request, delta) {
  const reply = {};
  const blocks = [];
  const { stream } = await client.send(new ConverseStreamCommand(request));
  for await (const event of stream) {
    if (event.contentBlockStart) blocks[event.contentBlockStart.contentBlockIndex] = { toolUse: { ...event.contentBlockStart.start.toolUse, input: "" } };
    if (event.contentBlockDelta) take(blocks, event.contentBlockDelta, delta);
    if (event.messageStop) reply.stopReason = event.messageStop.stopReason;
    if (event.metadata) reply.usage = event.metadata.usage;
  }
  for (const { toolUse } of blocks) if (toolUse) toolUse.input = JSON.parse(toolUse.input || "{}");
  return { ...reply, content: blocks };
}

function take(blocks, { contentBlockIndex, delta: piece }, delta) {
  if (piece.toolUse) blocks[contentBlockIndex].toolUse.input += piece.toolUse.input;
  if (piece.text) {
    delta(piece.text);
    (blocks[contentBlockIndex] ??= { text: "" }).text += piece.text;
  }
  if (piece.reasoningContent) {
    const { reasoningText } = (blocks[contentBlockIndex] ??= { reasoningContent: { reasoningText: { text: "" } } }).reasoningContent;
    reasoningText.text += piece.reasoningContent.text ?? "";
    if (piece.reasoningContent.signature) reasoningText.signature = piece.reasoningContent.signature;
  }
}
