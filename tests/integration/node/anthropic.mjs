// The Anthropic SDK. Questions: `baseUrl`, `key`, `attempts`, and `request`, the body of a message; or `models`, which is the
// parameters of a list, all of whose pages are read, or a model's id.
import Anthropic from "@anthropic-ai/sdk";
import { serve } from "./serving.mjs";

await serve(async ({ baseUrl, key, attempts, request, models }, delta) => {
  const client = new Anthropic({ baseURL: baseUrl, apiKey: key, authToken: null, maxRetries: attempts - 1 });
  if (typeof models === "string") return { reply: await client.models.retrieve(models) };
  if (models) return { reply: await Array.fromAsync(client.models.list(models)) };
  if (!request.stream) {
    const message = await client.messages.create(request);
    for (const block of message.content) if (block.type === "text") delta(block.text);
    return answerOf(message);
  }
  const stream = client.messages.stream(request);
  stream.on("text", delta);
  return answerOf(await stream.finalMessage());
});

function answerOf(message) {
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens, output_tokens } = message.usage;
  return {
    stopReason: message.stop_reason,
    usage: [input_tokens + (cache_read_input_tokens ?? 0) + (cache_creation_input_tokens ?? 0), output_tokens],
    reply: message,
  };
}
