// The OpenAI SDK. Questions: `baseUrl`, `key`, `attempts`, and `request`, the body of a chat completion; or `models`, which is
// "list" or a model's id.
import OpenAI from "openai";
import { serve } from "./serving.mjs";

await serve(async ({ baseUrl, key, attempts, request, models }, delta) => {
  const client = new OpenAI({ baseURL: `${baseUrl}/v1`, apiKey: key, maxRetries: attempts - 1 });
  if (models) {
    return { reply: models === "list" ? (await client.models.list()).data : await client.models.retrieve(models) };
  }
  if (!request.stream) {
    const reply = await client.chat.completions.create(request);
    delta(reply.choices[0].message.content);
    return { stopReason: reply.choices[0].finish_reason, usage: usage(reply.usage) };
  }
  const answer = {};
  for await (const chunk of await client.chat.completions.create(request)) {
    const choice = chunk.choices[0];
    if (choice?.delta.content) delta(choice.delta.content);
    if (choice?.finish_reason) answer.stopReason = choice.finish_reason;
    if (chunk.usage) answer.usage = usage(chunk.usage);
  }
  return answer;
});

function usage({ prompt_tokens, completion_tokens }) {
  return [prompt_tokens, completion_tokens];
}
