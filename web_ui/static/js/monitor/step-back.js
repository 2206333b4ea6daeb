// Buttons on the page of a job that waits: ask a warm model to give the device back.

import { post } from "../base/api.js";
import { makeElement, makeIcon } from "../base/dom.js";
import { knownRunner } from "../base/system.js";
import { toast, toastError } from "../widgets/notify.js";
import { displayedState } from "./job-state.js";

/** @typedef {import("../base/api-types.js").DeviceHolder} DeviceHolder */

/** The warm models that a job waits for. @param {import("./job-state.js").Job} job @returns {DeviceHolder[]} */
export function deviceHolders(job) {
  const runner = knownRunner(job.role ?? "");
  const isWaiting = displayedState(job) === "queued" && !job.waits_for.length;
  return isWaiting && runner && runner.running.length >= runner.num_slots ? runner.holders : [];
}

/** @param {DeviceHolder} holder @param {() => void} onChange */
export function makeStepBackButton({ id, title }, onChange) {
  const button = makeElement("button", { type: "button", class: "button button--primary" });
  button.append(makeIcon("icon-pause"), `Pause ${title}`);
  button.addEventListener("click", async () => {
    try {
      await post(`/jobs/${id}/pause`);
      toast(`${title} gives the device back. Resume it when this job is done.`);
      onChange();
    } catch (error) {
      toastError(error);
    }
  });
  return button;
}
