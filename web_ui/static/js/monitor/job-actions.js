// The actions on a job: which ones each state allows, and their requests.

import { post, sendRequest } from "../base/api.js";
import { confirmAction, toast, toastError } from "../widgets/notify.js";
import { displayedState, retryWaitS } from "./job-state.js";

/** @typedef {import("./job-state.js").Job} Job */
/** @typedef {"pause" | "resume" | "cancel" | "first" | "again" | "delete"} Action */

/** @type {Record<Action, {label: string, icon: string, done: string, states: string[]}>} */
export const ACTIONS = {
  pause: {
    label: "Pause",
    icon: "icon-pause",
    done: "Pausing: the work so far is being saved.",
    states: ["running", "queued"],
  },
  resume: {
    label: "Resume",
    icon: "icon-play",
    done: "Back in the queue.",
    states: ["pausing", "paused", "failed"],
  },
  cancel: {
    label: "Cancel",
    icon: "icon-stop",
    done: "Cancelling.",
    states: ["queued", "running", "pausing", "paused", "interrupted"],
  },
  first: {
    label: "Move to front",
    icon: "icon-first",
    done: "It starts before the other waiting jobs.",
    states: ["queued"],
  },
  again: {
    label: "Run again",
    icon: "icon-again",
    done: "Queued again.",
    states: ["succeeded", "failed", "cancelled"],
  },
  delete: {
    label: "Delete",
    icon: "icon-delete",
    done: "Deleted.",
    states: ["succeeded", "failed", "cancelled", "paused"],
  },
};

/** Whether a job failed without its own fault: there was no network. @param {Job} job */
export const failedWithoutNetwork = ({ state, error }) =>
  state === "failed" && error?.code === "hub_unreachable";

/** @param {Job} job @param {Action} action */
export const actionLabel = (job, action) =>
  action === "resume" && failedWithoutNetwork(job) ? "Try again" : ACTIONS[action].label;

/** @param {Job} job @returns {Action[]} */
export function possibleActions(job) {
  const isPossible = (/** @type {Action} */ action) =>
    ACTIONS[action].states.includes(displayedState(job)) || (action === "resume" && retryWaitS(job) > 0);
  const actions = /** @type {Action[]} */ (Object.keys(ACTIONS)).filter(isPossible);
  return job.desired === "cancel"
    ? actions.filter((action) => action === "delete" || action === "again")
    : actions;
}

/**
 * Pause, resume, cancel or delete a job, or run it again and open the new one. Cancel and delete ask for
 * confirmation.
 * @param {Job} job
 * @param {Action} action
 * @returns {Promise<boolean>} whether the action was done
 */
export async function performAction(job, action) {
  const confirmations = {
    cancel: {
      title: "Cancel this job?",
      text: `${job.title} stops permanently. To continue later, pause it instead.`,
      yes: "Cancel the job",
    },
    delete: {
      title: "Delete this job?",
      text: `The log, settings and curves of ${job.title} are deleted. Its dataset, model or output file stays.`,
      yes: "Delete the job",
    },
  };
  if ((action === "cancel" || action === "delete") && !(await confirmAction(confirmations[action])))
    return false;
  try {
    const answer = await (action === "delete"
      ? sendRequest("DELETE", `/jobs/${job.id}`)
      : post(`/jobs/${job.id}/${action}`));
    toast(ACTIONS[action].done);
    if (action === "again") location.assign(`${document.body.dataset.jobs}/${answer.id}`);
    return true;
  } catch (error) {
    toastError(error);
    return false;
  }
}
