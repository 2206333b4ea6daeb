// The form that runs a job again with changes, for the kinds that have no form elsewhere: all settings of the job.

import { changesAddress } from "../base/addresses.js";
import { findElement, makeElement } from "../base/dom.js";
import { redraw } from "../base/redraw.js";
import { flattenPaths } from "../base/values.js";
import { describeDifferences } from "../forms/earlier-job.js";
import { FieldSet } from "../forms/fields.js";
import { submitJobOnSubmit } from "../forms/submit.js";
import { possibleActions } from "./job-actions.js";

/** @typedef {import("./job-state.js").Job} Job */
/** @typedef {import("./job-settings.js").Form} Form */

/** Offer the form beside the settings of a job that has ended. @param {HTMLElement} place @param {Job} job @param {Form} form */
export function showChangeForm(place, job, form) {
  const isOffered =
    form.address !== null && possibleActions(job).includes("again") && changesAddress(job) === null;
  redraw(place, isOffered, () => (isOffered ? [makeChangeForm(job, form)] : []));
}

export function openChangeForm() {
  const box = /** @type {HTMLDetailsElement} */ (findElement("#change-job details"));
  box.open = true;
  box.scrollIntoView({ block: "nearest" });
}

/** @param {Job} job @param {Form} kindForm */
function makeChangeForm(job, { fields, address, output_setting: output }) {
  const container = makeElement("div", { class: "fields" });
  const differences = makeElement("p", { class: "muted small", role: "status" });
  const notice = {
    class: "notice notice--bad",
    "data-form-error": true,
    tabindex: -1,
    role: "alert",
    hidden: true,
  };
  const button = { type: "submit", "data-submits": true, class: "button button--primary" };
  const form = makeElement(
    "form",
    { class: "stack", novalidate: true, autocomplete: "off", "aria-label": "Run again with changes" },
    container,
    differences,
    makeElement("div", notice, makeElement("p", {})),
    makeElement("div", {}, makeElement("button", button, "Run it with these settings")),
  );
  const own = new Set(["output", output]);
  const set = new FieldSet(
    container,
    fields.filter(({ path }) => !own.has(path)),
    { showsChanges: false },
  );
  set.apply(flattenPaths(job.config));
  const showDifferences = () => (differences.textContent = describeDifferences(job, set.values()));
  form.addEventListener("input", showDifferences);
  showDifferences();
  submitJobOnSubmit(form, String(address).replace(/^\/api/, ""), () => set.values());
  return makeElement(
    "details",
    { class: "stack" },
    makeElement("summary", {}, "Run again with changes"),
    form,
  );
}
