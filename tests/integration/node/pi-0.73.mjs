// pi-ai 0.73, as OpenClaw 2026.5 calls it.
import { isContextOverflow, streamSimple } from "@mariozechner/pi-ai";
import { asking } from "./pi-asking.mjs";
import { serve } from "./serving.mjs";

await serve(asking(streamSimple, isContextOverflow));
