// The Anthropic SDK's own helpers, `messages`: stream, parse and toolRunner.
import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { answered, CITY, getWeather, WEATHER } from "./ask.mjs";
import { serve } from "./serving.mjs";

await serve(async ({ url, key, model, prompts, system, stream, image, tools, parses, reasons, caches }, delta) => {
  const client = new Anthropic({ baseURL: url, apiKey: key, authToken: null, maxRetries: 0 });
  const calls = [];
  let message;
  let messages = [];
  let reasoning = "";
  const mark = caches ? { cache_control: { type: "ephemeral" } } : {};
  const options = {
    model,
    max_tokens: 8000,
    ...(system && { system: [{ type: "text", text: system, ...mark }] }),
    ...(reasons && { thinking: { type: "enabled", budget_tokens: 2048 } }),
    ...(parses && { output_config: { format: zodOutputFormat(CITY) } }),
  };
  const note = (said) => {
    for (const block of said.content) if (block.type === "thinking") reasoning += block.thinking;
  };
  for (const [at, prompt] of prompts.entries()) {
    const source = { type: "base64", media_type: "image/png", data: image };
    messages.push({ role: "user", content: at || !image ? prompt : [{ type: "text", text: prompt }, { type: "image", source }] });
    if (tools) {
      const run = (input) => (calls.push(input.city), getWeather(input));
      const weather = betaTool({ name: WEATHER.name, description: WEATHER.description, inputSchema: WEATHER.schema, run });
      const runner = client.beta.messages.toolRunner({ ...options, messages, stream, tools: [weather] });
      for await (const told of runner) {
        if (stream) told.on("text", delta);
        message = stream ? await told.finalMessage() : told;
        note(message);
      }
      messages = [...runner.params.messages];
    } else {
      if (stream) message = await client.messages.stream({ ...options, messages }).on("text", delta).finalMessage();
      else message = await (parses ? client.messages.parse({ ...options, messages }) : client.messages.create({ ...options, messages }));
      note(message);
      messages.push({ role: "assistant", content: message.content });
    }
    if (!stream && !parses) for (const block of message.content) if (block.type === "text") delta(block.text);
  }
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens, output_tokens } = message.usage;
  return answered({
    stopReason: message.stop_reason,
    usage: [input_tokens + cache_read_input_tokens + cache_creation_input_tokens, output_tokens],
    cached: cache_read_input_tokens,
    reasoning,
    calls,
    city: parses ? message.parsed_output : null,
  });
});
