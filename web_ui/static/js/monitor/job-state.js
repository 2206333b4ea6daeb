// A job in the browser: its type, and the texts that describe its state and progress.

import {
  formatCount,
  formatDuration,
  formatMinute,
  formatOrdinal,
  formatPercent,
  formatRoughDuration,
} from "../base/format.js";
import { knownRunner } from "../base/system.js";

/** @typedef {import("../base/api-types.js").State} State */
/** @typedef {import("../base/api-types.js").JobAnswer} Job */

export const ACTIVE_STATES = new Set(["queued", "running", "pausing", "interrupted"]);
export const ENDED_STATES = new Set(["succeeded", "failed", "cancelled"]);

/** @type {Record<string, string>} */
export const STATE_LABELS = {
  queued: "Waiting",
  running: "Running",
  pausing: "Pausing",
  paused: "Paused",
  succeeded: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
  interrupted: "Interrupted",
};

/** @type {Record<string, string>} */
export const KIND_LABELS = JSON.parse(document.body.dataset.kinds ?? "{}");

/**
 * Request -> state -> the state to display: the runner may not have seen the request yet.
 * @type {Record<string, Partial<Record<State, State>>>}
 */
const STATE_BY_REQUEST = {
  run: { paused: "queued", failed: "queued", pausing: "running" },
  pause: { queued: "pausing", running: "pausing", interrupted: "pausing", failed: "pausing" },
};

/** @param {Pick<Job, "state" | "desired">} job */
export const displayedState = ({ state, desired }) => STATE_BY_REQUEST[desired ?? ""]?.[state] ?? state;

/** Seconds until a job whose worker vanished is restarted automatically. @param {Job} job */
export const retryWaitS = ({ retry_at: retryAt }) =>
  retryAt ? Math.max(0, (Date.parse(retryAt) - Date.now()) / 1000) : 0;

/**
 * Whether the dataset that a job made or was trained on lost so much of its source that it is warned of.
 * @param {{result?: Job["result"]}} job
 */
export function hasGreatLosses({ result }) {
  /** @type {import("../base/api-types.js").Loss[]} */
  const losses = [...(result?.losses ?? []), ...(result?.dataset_losses ?? [])];
  return losses.some(({ is_warning: isWarning }) => isWarning);
}

/**
 * Return the model that a training makes or an evaluation scores, as a request names it; null: the job is of
 * another kind.
 * @param {Pick<Job, "kind" | "config">} job
 * @returns {{model: string, revision?: string | null} | null}
 */
export function modelOf({ kind, config }) {
  if (kind === "training") return { model: config.output };
  return kind === "evaluation" ? { model: config.model, revision: config.revision } : null;
}

/** @param {Pick<Job, "state" | "desired"> & {result?: Job["result"]}} job */
export function stateLabel(job) {
  const state = displayedState(job);
  if (job.desired === "cancel" && ACTIVE_STATES.has(state)) return "Cancelling";
  const label = STATE_LABELS[state] ?? state;
  return hasGreatLosses(job) ? `${label} with losses` : label;
}

/** @param {Job} job @returns {number | null} share done, 0 to 1; null: unknown */
export const progressShare = ({ progress, state }) => (state === "succeeded" ? 1 : shareOf(progress));

/** @param {Job["progress"]} progress */
const shareOf = (progress) =>
  progress?.share ?? (progress?.total ? Math.min(1, progress.done / progress.total) : null);

/** @param {Job["waits_for"][number]} awaited */
const awaitedText = ({ title, progress }) =>
  shareOf(progress) === null ? title : `${title} (${formatPercent(shareOf(progress))} done)`;

/** @param {NonNullable<Job["progress"]>} progress */
const positionText = ({ done, total, unit }) =>
  unit ? `${done.toLocaleString("en")}${total ? ` of ${total.toLocaleString("en")}` : ""} ${unit}` : "";

/** @param {number} leftS */
const timeLeftText = (leftS) =>
  leftS < 60
    ? `${formatRoughDuration(leftS)} left`
    : `${formatRoughDuration(leftS)} left, until ${formatMinute(new Date(Date.now() + leftS * 1000))}`;

/** Where a waiting job is in the queue, as far as that is known. @param {Job} job @returns {string[]} */
function queueTexts({ queue }) {
  if (!queue) return [];
  const { place, starts_in_s: startS } = queue;
  return [
    ...(place > 1 ? [`${formatOrdinal(place)} in line`] : []),
    ...(startS ? [`starts in about ${formatRoughDuration(startS)}`] : []),
  ];
}

/** @param {Job} job that waits for its first attempt, or was resumed */
function waitText({ role }) {
  const runner = knownRunner(role ?? "");
  if (runner && !runner.is_alive) return `Waits for the ${role?.toUpperCase()} runner`;
  const isBusy = runner && runner.running.length >= runner.num_slots;
  if (!isBusy) return "Waits for its turn";
  const until = runner.holders.length ? ", which keeps the device until it is paused or idle" : "";
  return `Waits behind ${runner.running_titles.join(", ")}${until}`;
}

/** @param {number} leftS */
export const retryText = (leftS) =>
  `Stopped unexpectedly; trying again${leftS ? ` in ${formatDuration(leftS)}` : "…"}`;

/** @param {Job} job */
export function progressText(job) {
  const { progress } = job;
  if (retryWaitS(job) > 0) return retryText(Math.ceil(retryWaitS(job)));
  if (job.state === "queued" && job.attempts) return "Back in the queue";
  if (job.waits_for.length)
    return [`Starts after ${job.waits_for.map(awaitedText).join(" and ")}`, ...queueTexts(job)].join(" · ");
  if (displayedState(job) === "queued") return [waitText(job), ...queueTexts(job)].join(" · ");
  if (!progress) return "";
  const isRunning = job.state === "running";
  const parts = [isRunning ? (progress.activity ?? "") : "", positionText(progress)].filter(Boolean);
  if (isRunning) {
    if (progress.rate)
      parts.push(
        `${progress.rate < 10 ? Number(progress.rate.toPrecision(2)) : formatCount(progress.rate)} ${progress.unit}/s`,
      );
    if (progress.eta_s) parts.push(timeLeftText(progress.eta_s));
  }
  return parts.join(" · ");
}

/** @param {Job} job */
export const progressPercent = (job) =>
  progressShare(job) === null ? "" : formatPercent(progressShare(job));
