// What the frameworks' scripts have in common. A question: `url`, `tls_url`, `key`, `client` (which of the script's),
// `model`, `prompts` (each in its turn, after what was said before), `system`, `stream`, `image` (base64 of a PNG beside the
// first prompt), `tools` (get_weather is offered, and its results go back until there is an answer), `parses` (the answer is to
// be a city), `reasons` and `caches` (so it is asked for, in the framework's own way).
import { z } from "zod";

export const CITY = z.object({ name: z.string().min(1), inhabitants: z.number().int().min(0).max(1e8) });

/** What a framework made of it: the last reply's tokens, those from the cache, what it showed of the reasoning. */
export function answered({ stopReason, usage, cached = 0, reasoning = "", calls = [], city = null }) {
  return { stopReason, usage, reply: { cached, reasoning, calls, city } };
}

export function getWeather({ city }) {
  return `${city}: 21 °C`;
}

export const WEATHER = {
  name: "get_weather",
  description: "Get the weather of a city.",
  schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
