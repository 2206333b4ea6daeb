// Shows how far a job is. The wait for its restart counts down by the second, and ends in a new look at the job.

import { fillSlots, findElement } from "../base/dom.js";
import { countDown } from "../widgets/countdown.js";
import { progressText, retryText, retryWaitS } from "./job-state.js";

/** The service tells the moment in whole seconds, counted from each of its answers. */
const ROUNDING_MS = 2000;

/** @type {WeakMap<HTMLElement, {endMs: number, stop: () => void}>} by the slot that counts */
const countdowns = new WeakMap();

/**
 * @param {ParentNode} root of the slot "progress"
 * @param {import("./job-state.js").Job} job
 * @param {() => void} onEnd called when the job is tried again
 */
export function showPosition(root, job, onEnd) {
  const slot = findElement('[data-slot="progress"]', root);
  const endMs = retryWaitS(job) > 0 ? Date.parse(job.retry_at ?? "") : null;
  const running = countdowns.get(slot);
  if (endMs !== null && running && Math.abs(running.endMs - endMs) < ROUNDING_MS) return;
  running?.stop();
  countdowns.delete(slot);
  if (endMs === null) return fillSlots(root, { progress: progressText(job) });
  slot.hidden = false;
  countdowns.set(slot, { endMs, stop: countDown(slot, endMs, retryText, onEnd) });
}
