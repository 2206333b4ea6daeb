// The pill that shows the state of a job, wherever a job is shown: an icon, the word, and a colour.

import { makeElement, makeIcon } from "../base/dom.js";
import { redraw } from "../base/redraw.js";
import { STATE_LABELS, displayedState, stateLabel } from "./job-state.js";

/** @typedef {import("./job-state.js").State} State */

/** State -> tone of its badge; the states that are not named wait or were given up. @type {Partial<Record<State, string>>} */
const TONES = {
  running: "moving",
  pausing: "warn",
  paused: "warn",
  interrupted: "warn",
  succeeded: "ok",
  failed: "bad",
};

/**
 * Draw a pill, or draw it anew.
 * @param {HTMLElement} pill
 * @param {State} state
 * @param {string} label
 */
function drawPill(pill, state, label) {
  const tone = TONES[state];
  pill.className = `badge state-pill${tone ? ` badge--${tone}` : ""}`;
  redraw(pill, [state, label], () => [makeIcon(`state-${state === "pausing" ? "paused" : state}`), label]);
  return pill;
}

/** Show the state of a job in its pill. @param {HTMLElement} pill @param {Parameters<typeof stateLabel>[0]} job */
export const showState = (pill, job) => drawPill(pill, displayedState(job), stateLabel(job));

/** Make the pill of a job. @param {Parameters<typeof stateLabel>[0]} job */
export const makeStatePill = (job) => showState(makeElement("span"), job);

/** Make the pill of several jobs that are shown as one. @param {State} state of all @param {string} [label] */
export const makeCommonPill = (state, label = STATE_LABELS[state]) =>
  drawPill(makeElement("span"), state, label);
