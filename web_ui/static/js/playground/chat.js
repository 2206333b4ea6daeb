// Asks a warm model, and reads its answer while it is written (server-sent events).

import { API, ApiError } from "../base/api.js";

export const CHAT_API = API.replace(/\/api$/, "/v1");

/** @typedef {import("./document.js").Part} Part */
/** @typedef {{start: number, end: number, pages: string[]}} WordAttention */
/**
 * What the answer holds beside the text.
 * @typedef {{num_pages: number, num_vision_tokens: number, num_text_tokens: number | null, notes: string[],
 *   pages: string[], lead_3: string | null, unsupported: string[], is_looping: boolean, first_token_s: number,
 *   total_s: number, attention: WordAttention[] | null}} Facts
 */
/**
 * @typedef {object} Listener
 * @property {(facts: Partial<Facts>) => void} onFacts
 * @property {(text: string) => void} onText called with the next part
 * @property {(reason: "stop" | "length") => void} onEnd
 */

/** The body of a request. @param {string} model @param {Part[]} parts */
export const chatBody = (model, parts) => ({
  model,
  messages: [
    { role: "user", content: parts.length === 1 && parts[0].type === "text" ? parts[0].text : parts },
  ],
});

/**
 * Ask a model for a summary.
 * @param {string} model
 * @param {Part[]} parts
 * @param {Listener} listener
 * @param {AbortSignal} signal
 * @throws {ApiError}
 */
export async function askModel(model, parts, listener, signal) {
  const body = { ...chatBody(model, parts), stream: true, deepsynth: { pages: true, attention: true } };
  const response = await fetch(`${CHAT_API}/chat/completions`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  if (!response.ok || !response.body) {
    const answer = response.headers.get("Content-Type")?.includes("json") ? await response.json() : {};
    throw new ApiError(response.status, answer.error ?? {});
  }
  for await (const chunk of readChunks(response.body)) {
    if (chunk.error) throw new ApiError(503, chunk.error);
    if (chunk.deepsynth) listener.onFacts(chunk.deepsynth);
    for (const { delta, finish_reason: reason } of chunk.choices ?? []) {
      if (delta.content) listener.onText(delta.content);
      if (reason) listener.onEnd(reason);
    }
  }
}

/** @param {ReadableStream<Uint8Array>} stream */
async function* readChunks(stream) {
  const decoder = /** @type {ReadableWritablePair<string, Uint8Array>} */ (
    /** @type {unknown} */ (new TextDecoderStream())
  );
  const reader = stream.pipeThrough(decoder).getReader();
  let received = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (received + value).split("\n\n");
    received = events.pop() ?? "";
    for (const event of events) {
      const data = event.replace(/^data: /, "");
      if (data !== "[DONE]") yield JSON.parse(data);
    }
  }
}
