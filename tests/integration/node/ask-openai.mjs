// The OpenAI SDK's own helpers: `chat` (runTools, stream, parse) and `responses` (stream, parse).
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { answered, CITY, getWeather, WEATHER } from "./ask.mjs";
import { serve } from "./serving.mjs";

const FUNCTION = { name: WEATHER.name, description: WEATHER.description, parameters: WEATHER.schema };

await serve(async (question, delta) => {
  const client = new OpenAI({ baseURL: `${question.url}/v1`, apiKey: question.key, maxRetries: 0 });
  return await { chat, responses }[question.client](client, question, delta);
});

async function chat(client, { model, prompts, system, stream, image, tools, parses, reasons, caches }, delta) {
  const calls = [];
  let reasoning = "";
  let completion;
  const mark = caches ? { cache_control: { type: "ephemeral" } } : {};
  let messages = system ? [{ role: "system", content: [{ type: "text", text: system, ...mark }] }] : [];
  const options = { model, ...(reasons && { reasoning_effort: "low" }) };
  for (const [at, prompt] of prompts.entries()) {
    messages.push({ role: "user", content: at || !image ? prompt : [{ type: "text", text: prompt }, { type: "image_url", image_url: { url: `data:image/png;base64,${image}` } }] });
    if (tools) {
      const weather = { ...FUNCTION, parse: JSON.parse, function: (input) => (calls.push(input.city), getWeather(input)) };
      const runner = client.chat.completions.runTools({ ...options, messages, stream, tools: [{ type: "function", function: weather }] });
      if (stream) runner.on("content", delta);
      completion = await runner.finalChatCompletion();
      for (const message of runner.messages) reasoning += message.reasoning_content ?? "";
      messages = runner.messages;
    } else if (parses) {
      completion = await client.chat.completions.parse({ ...options, messages, response_format: zodResponseFormat(CITY, "city") });
    } else if (stream) {
      const runner = client.chat.completions.stream({ ...options, messages, stream_options: { include_usage: true } }).on("content", delta);
      completion = await runner.finalChatCompletion();
      messages.push(completion.choices[0].message);
    } else {
      completion = await client.chat.completions.create({ ...options, messages });
      messages.push(completion.choices[0].message);
    }
    const [{ message }] = completion.choices;
    if (!tools) reasoning += message.reasoning_content ?? "";
    if (!stream && !parses) delta(message.content);
  }
  const { prompt_tokens, completion_tokens, prompt_tokens_details } = completion.usage ?? {};
  const [{ message, finish_reason }] = completion.choices;
  return answered({ stopReason: finish_reason, usage: [prompt_tokens, completion_tokens], cached: prompt_tokens_details?.cached_tokens, reasoning, calls, city: parses ? message.parsed : null });
}

async function responses(client, { model, prompts, system, stream, image, tools, parses, reasons }, delta) {
  const calls = [];
  let reasoning = "";
  let response;
  const input = [];
  const options = {
    model,
    input,
    store: false,
    include: ["reasoning.encrypted_content"],
    ...(system && { instructions: system }),
    ...(tools && { tools: [{ type: "function", ...FUNCTION, strict: false }] }),
    ...(reasons && { reasoning: { effort: "low", summary: "auto" } }),
    ...(parses && { text: { format: zodTextFormat(CITY, "city") } }),
  };
  for (const [at, prompt] of prompts.entries()) {
    input.push({ role: "user", content: [{ type: "input_text", text: prompt }, ...(image && !at ? [{ type: "input_image", image_url: `data:image/png;base64,${image}`, detail: "auto" }] : [])] });
    for (;;) {
      if (stream) {
        const events = client.responses.stream(options).on("response.output_text.delta", (event) => delta(event.delta));
        response = await events.finalResponse();
      } else response = await (parses ? client.responses.parse(options) : client.responses.create(options));
      input.push(...response.output);
      for (const item of response.output) if (item.type === "reasoning") reasoning += item.summary.map((part) => part.text).join("");
      const used = response.output.filter((item) => item.type === "function_call");
      if (!used.length) break;
      for (const call of used) {
        const given = JSON.parse(call.arguments);
        calls.push(given.city);
        input.push({ type: "function_call_output", call_id: call.call_id, output: getWeather(given) });
      }
    }
    if (!stream && !parses) delta(response.output_text);
  }
  const { input_tokens, output_tokens, input_tokens_details } = response.usage;
  return answered({ stopReason: response.status, usage: [input_tokens, output_tokens], cached: input_tokens_details.cached_tokens, reasoning, calls, city: parses ? response.output_parsed : null });
}
