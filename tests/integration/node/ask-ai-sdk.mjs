// The Vercel AI SDK: `chat` and `responses` (@ai-sdk/openai), `compatible` (@ai-sdk/openai-compatible), `messages`
// (@ai-sdk/anthropic), `converse` (@ai-sdk/amazon-bedrock).
import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, isStepCount, jsonSchema, Output, streamText, tool } from "ai";
import { answered, CITY, getWeather, WEATHER } from "./ask.mjs";
import { serve } from "./serving.mjs";

const THINKING = { type: "enabled", budgetTokens: 2048 };
const EPHEMERAL = { type: "ephemeral" };
const CLIENTS = {
  chat: ({ url, key, model }) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).chat(model),
  responses: ({ url, key, model }) => createOpenAI({ baseURL: `${url}/v1`, apiKey: key }).responses(model),
  compatible: ({ url, key, model }) =>
    createOpenAICompatible({ name: "sluice", baseURL: `${url}/v1`, apiKey: key, supportsStructuredOutputs: true, includeUsage: true })(model),
  messages: ({ url, key, model }) => createAnthropic({ baseURL: `${url}/v1`, apiKey: key })(model),
  converse: ({ tls_url, key, model }) => createAmazonBedrock({ baseURL: tls_url, apiKey: key, region: "us-east-1" })(model),
};
// What it stored is what it refers to in later turns, unless it is told that nothing is stored.
const STATELESS = { openai: { store: false } };
const REASONS = {
  chat: { openai: { reasoningEffort: "low", forceReasoning: true } },
  responses: {
    openai: { ...STATELESS.openai, reasoningEffort: "low", reasoningSummary: "auto", forceReasoning: true, include: ["reasoning.encrypted_content"] },
  },
  compatible: { sluice: { reasoningEffort: "low" } },
  messages: { anthropic: { thinking: THINKING } },
  converse: { amazonBedrock: { reasoningConfig: THINKING } },
};
const CACHES = {
  messages: { anthropic: { cacheControl: EPHEMERAL } },
  converse: { amazonBedrock: { cachePoint: { type: "default" } } },
};

await serve(async (question, delta) => {
  const calls = [];
  const options = {
    model: CLIENTS[question.client](question),
    maxRetries: 0,
    stopWhen: isStepCount(5),
    providerOptions: question.reasons ? REASONS[question.client] : STATELESS,
    ...(question.tools && { tools: { get_weather: weatherTool(calls) } }),
    ...(question.parses && { output: Output.object({ schema: CITY }) }),
    ...(question.system && { system: { role: "system", content: question.system, providerOptions: question.caches ? CACHES[question.client] : {} } }),
  };
  const messages = [];
  let result;
  let reasoning = "";
  for (const [at, prompt] of question.prompts.entries()) {
    messages.push({ role: "user", content: at || !question.image ? prompt : [{ type: "text", text: prompt }, { type: "image", image: question.image, mediaType: "image/png" }] });
    result = await (question.stream ? streamed : whole)({ ...options, messages }, delta);
    for (const step of result.steps) reasoning += step.reasoningText ?? "";
    messages.push(...result.messages);
  }
  return answered({ stopReason: result.finishReason, usage: [result.usage.inputTokens, result.usage.outputTokens], cached: result.usage.inputTokenDetails?.cacheReadTokens ?? 0, reasoning, calls, city: question.parses ? result.output : null });
});

function weatherTool(calls) {
  return tool({
    description: WEATHER.description,
    inputSchema: jsonSchema(WEATHER.schema),
    execute: async (input) => {
      calls.push(input.city);
      return getWeather(input);
    },
  });
}

async function whole(options, delta) {
  const result = await generateText(options);
  if (!options.output) delta(result.text);
  const { steps, finishReason, usage, response } = result;
  return { steps, finishReason, usage, messages: response.messages, output: options.output && result.output };
}

async function streamed(options, delta) {
  let failure;
  const result = streamText({ ...options, onError: ({ error }) => (failure = error) });
  for await (const part of result.fullStream) if (part.type === "text-delta") delta(part.text);
  if (failure) throw failure;
  const [steps, finishReason, usage, response] = await Promise.all([result.steps, result.finishReason, result.usage, result.response]);
  return { steps, finishReason, usage, messages: response.messages, output: options.output && (await result.output) };
}
