// Draws one job: its progress bar, and its row in the list.

import { cloneTemplate, fillSlots, findElement, makeElement, makeIcon } from "../base/dom.js";
import { formatAge, humanizeName } from "../base/format.js";
import { redraw } from "../base/redraw.js";
import { replacePaths } from "../forms/labels.js";
import { ACTIONS, actionLabel, failedWithoutNetwork, performAction, possibleActions } from "./job-actions.js";
import {
  KIND_LABELS,
  displayedState,
  progressPercent,
  progressShare,
  progressText,
  stateLabel,
} from "./job-state.js";
import { showPosition } from "./retry-countdown.js";
import { showState } from "./state-pill.js";

/** @typedef {import("./job-state.js").Job} Job */

/**
 * Update a progress bar.
 * @param {HTMLElement} container <progress>
 * @param {Job} job
 */
export function showProgress(container, job) {
  const bar = /** @type {HTMLProgressElement} */ (container);
  const part = progressShare(job);
  const tone =
    { succeeded: "bar--ok", failed: "bar--bad", paused: "bar--warn" }[/** @type {string} */ (job.state)] ??
    "";
  bar.className = `bar ${tone}`;
  if (part === null && job.state === "running") bar.removeAttribute("value");
  else bar.value = part ?? 0;
  bar.hidden = part === null && job.state !== "running";
  bar.setAttribute("aria-label", `Progress of ${job.title}`);
  bar.setAttribute(
    "aria-valuetext",
    [progressPercent(job), progressText(job)].filter(Boolean).join(", ") || stateLabel(job),
  );
}

/** @param {Job} job */
const formatJobTime = ({ created, started, ended }) =>
  ended ? formatAge(ended) : started ? `started ${formatAge(started)}` : `queued ${formatAge(created)}`;

/** @param {Job} job @returns the most likely action; null: none, the row offers to open the job */
function chooseMainAction(job) {
  const possible = possibleActions(job);
  if (possible.includes("resume") && (job.state !== "failed" || failedWithoutNetwork(job))) return "resume";
  const first = { running: "pause", queued: "cancel" }[/** @type {string} */ (displayedState(job))];
  return possible.find((action) => action === first) ?? null;
}

/**
 * Make or update the row of a job.
 * @param {HTMLElement | undefined} existing
 * @param {Job} job
 * @param {string} address of the job's page
 * @param {() => void} onChange
 * @param {Record<string, string>} [labels] path of a setting -> its label in the form
 */
export function drawJobRow(existing, job, address, onChange, labels = {}) {
  const row = existing ?? makeJobRow(job, address);
  fillSlots(row, {
    secondary: [KIND_LABELS[job.kind] ?? humanizeName(job.kind), formatJobTime(job)].join(" · "),
    percent: progressPercent(job),
    error: job.state === "failed" ? replacePaths(job.error?.message ?? "", labels) : "",
  });
  showState(findElement(".state-pill", row), job);
  showPosition(row, job, onChange);
  showProgress(findElement(".bar", row), job);
  const action = chooseMainAction(job);
  redraw(findElement(".job-row__action", row), action, () => [
    action ? makeActionButton(job, action, onChange) : makeOpenLink(job, address),
  ]);
  return row;
}

/** @param {Job} job @param {string} address */
function makeJobRow(job, address) {
  const row = cloneTemplate("job-row");
  const link = findElement(".job-row__name a", row);
  link.textContent = job.title;
  link.setAttribute("href", address);
  return row;
}

/** @param {Job} job @param {string} address */
const makeOpenLink = (job, address) =>
  makeElement(
    "a",
    { class: "button button--small", href: address, "aria-label": `Open ${job.title}` },
    "Open",
  );

/** @param {Job} job @param {import("./job-actions.js").Action} action @param {() => void} onChange */
function makeActionButton(job, action, onChange) {
  const label = actionLabel(job, action);
  const button = makeElement(
    "button",
    { type: "button", class: "button button--small", "aria-label": `${label} ${job.title}` },
    makeIcon(ACTIONS[action].icon),
    label,
  );
  button.addEventListener("click", async () => {
    if (await performAction(job, action)) onChange();
  });
  return button;
}
