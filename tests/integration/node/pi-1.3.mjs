// pi-ai 1.3, through its entry point that is called as pi-ai's earlier generations are.
import { isContextOverflow, streamSimple } from "@earendil-works/pi-ai/compat";
import { asking } from "./pi-asking.mjs";
import { serve } from "./serving.mjs";

await serve(asking(streamSimple, isContextOverflow));
