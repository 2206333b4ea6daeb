// Several jobs of the list at once: those that are ticked can be cancelled or deleted together.

import { post, sendRequest } from "../base/api.js";
import { findElement, findInput } from "../base/dom.js";
import { confirmAction, toast, toastError } from "../widgets/notify.js";
import { possibleActions } from "./job-actions.js";

/** @typedef {import("./job-state.js").Job} Job */

const WORDS = {
  cancel: {
    verb: "Cancel",
    done: "Cancelling",
    text: "They stop permanently. To continue later, pause them instead.",
  },
  delete: {
    verb: "Delete",
    done: "Deleted",
    text: "Their logs, settings and curves are deleted. The datasets, models and outputs stay.",
  },
};

/** @param {number} number */
const countJobs = (number) => (number === 1 ? "1 job" : `${number} jobs`);

export class JobPicks {
  /** @param {() => void} onChange called after an action */
  constructor(onChange) {
    this.onChange = onChange;
    this.bar = findElement("#job-picks");
    /** @type {Map<string, Job>} the jobs that are listed */
    this.jobs = new Map();
    /** @type {Map<string, HTMLInputElement>} */
    this.boxes = new Map();
    for (const action of /** @type {const} */ (["cancel", "delete"]))
      findElement(`[data-pick="${action}"]`, this.bar).addEventListener("click", () => this.#perform(action));
    findElement('[data-pick="none"]', this.bar).addEventListener("click", () => this.#clear());
  }

  /** @param {Job[]} jobs @param {Map<string, HTMLElement>} rows of these jobs, by id */
  show(jobs, rows) {
    this.jobs = new Map(jobs.map((job) => [job.id, job]));
    this.boxes = new Map(jobs.map(({ id }) => [id, findInput(".job-row__pick input", rows.get(id))]));
    for (const [id, box] of this.boxes) {
      box.setAttribute("aria-label", `Choose ${this.jobs.get(id)?.title}`);
      box.onchange = () => this.#update();
    }
    this.#update();
  }

  /** @param {"cancel" | "delete"} [action] only jobs that allow it */
  #picked(action) {
    return [...this.jobs.values()].filter(
      (job) => this.boxes.get(job.id)?.checked && (!action || possibleActions(job).includes(action)),
    );
  }

  #update() {
    const number = this.#picked().length;
    this.bar.hidden = number === 0;
    findElement("strong", this.bar).textContent = `${countJobs(number)} chosen`;
    for (const action of /** @type {const} */ (["cancel", "delete"])) {
      const possible = this.#picked(action).length;
      const button = findElement(`[data-pick="${action}"]`, this.bar);
      button.hidden = possible === 0;
      button.textContent = `${WORDS[action].verb} ${countJobs(possible)}`;
    }
  }

  #clear() {
    for (const box of this.boxes.values()) box.checked = false;
    this.#update();
  }

  /** @param {"cancel" | "delete"} action */
  async #perform(action) {
    const picked = this.#picked(action);
    const { verb, done, text } = WORDS[action];
    const question = `${verb} ${countJobs(picked.length)}?`;
    if (!(await confirmAction({ title: question, text, yes: question.slice(0, -1) }))) return;
    const request = (/** @type {Job} */ { id }) =>
      action === "delete" ? sendRequest("DELETE", `/jobs/${id}`) : post(`/jobs/${id}/cancel`);
    const results = await Promise.allSettled(picked.map(request));
    const refused = results.filter(({ status }) => status === "rejected");
    if (refused.length < picked.length) toast(`${done}: ${countJobs(picked.length - refused.length)}.`);
    for (const refusal of refused) toastError(/** @type {PromiseRejectedResult} */ (refusal).reason);
    this.#clear();
    this.onChange();
  }
}
