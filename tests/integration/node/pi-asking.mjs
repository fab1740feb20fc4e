// What both generations of pi-ai have in common. Questions: `baseUrl`, `key`, `attempts`, `api`, `model` (its id, and
// what differs from the usual), `context` and `options` as pi-ai takes them, `loop` (results of tools by their names),
// `http2` for the AWS SDK's own choice of a protocol.
const CONTEXT_WINDOW = 200000;
const COST = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };

/** Returns what `serve` needs; both functions are pi-ai's. */
export function asking(streamSimple, isContextOverflow) {
  return async ({ baseUrl, key, attempts, api, model, context, options, loop, http2 }, delta) => {
    const isBedrock = api === "bedrock-converse-stream";
    if (isBedrock) setVariables(key, attempts, http2);
    const messages = [...context.messages];
    const replies = [];
    for (;;) {
      const described = describeModel(api, api.startsWith("openai-") ? `${baseUrl}/v1` : baseUrl, model);
      const given = { maxRetries: attempts - 1, ...(isBedrock ? {} : { apiKey: key }), ...options };
      const reply = await read(streamSimple(described, { ...context, messages }, given), delta);
      replies.push(reply);
      if (reply.stopReason !== "toolUse" || !loop) return answerOf(replies, isContextOverflow);
      messages.push(reply, ...results(reply, loop));
    }
  };
}

function setVariables(key, attempts, http2) {
  process.env.AWS_MAX_ATTEMPTS = String(attempts);
  process.env.AWS_BEDROCK_FORCE_HTTP1 = http2 ? "0" : "1";
  if (key) process.env.AWS_BEARER_TOKEN_BEDROCK = key;
  else delete process.env.AWS_BEARER_TOKEN_BEDROCK;
  // Without a key, sign with made-up credentials instead of looking for real ones.
  process.env.AWS_BEDROCK_SKIP_AUTH = key ? "0" : "1";
}

function describeModel(api, baseUrl, model) {
  const provider = api === "bedrock-converse-stream" ? "amazon-bedrock" : "sluice";
  const usual = { name: "A model", reasoning: false, input: ["text", "image"], maxTokens: 8192, cost: COST };
  return { api, provider, baseUrl, contextWindow: CONTEXT_WINDOW, ...usual, ...model };
}

async function read(stream, delta) {
  for await (const event of stream) {
    if (event.type === "text_delta") delta(event.delta);
  }
  return stream.result();
}

function results(reply, loop) {
  const calls = reply.content.filter((block) => block.type === "toolCall");
  return calls.map(({ id, name }) => ({
    role: "toolResult",
    toolCallId: id,
    toolName: name,
    content: [{ type: "text", text: loop[name] }],
    isError: false,
    timestamp: 0,
  }));
}

function answerOf(replies, isContextOverflow) {
  const last = replies.at(-1);
  const failed = last.stopReason === "error" || last.stopReason === "aborted";
  return {
    stopReason: last.stopReason,
    usage: [last.usage.input + last.usage.cacheRead + last.usage.cacheWrite, last.usage.output],
    reply: { messages: replies, overflow: isContextOverflow(last, CONTEXT_WINDOW) },
    ...(failed && { failure: { kind: last.stopReason, status: null, message: last.errorMessage, code: null } }),
  };
}
