// A client as a servant of the tests: a question a line on standard input; its deltas as they come and its outcome, a
// line each, on standard output. Times are seconds since the question.
import { createInterface } from "node:readline";

/**
 * Answers questions until standard input ends. `ask(question, delta)` calls `delta(text)` for each piece of text and
 * returns what the client made of the rest (`stopReason`, `usage`, `reply`), or throws what the client throws.
 */
export async function serve(ask) {
  for await (const line of createInterface({ input: process.stdin })) {
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    const delta = (text) => print({ delta: text, at: seconds() });
    try {
      const answer = await ask(JSON.parse(line), delta);
      print({ ...answer, seconds: seconds() });
    } catch (error) {
      print({ failure: describe(error), seconds: seconds() });
    }
  }
  process.exit(); // not before connections that are kept alive close
}

function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function describe(error) {
  return {
    kind: error.name === "Error" ? error.constructor.name : error.name,
    status: error.status ?? error.statusCode ?? error.$metadata?.httpStatusCode ?? null,
    message: error.message,
    code: error.code ?? error.type ?? null,
  };
}
