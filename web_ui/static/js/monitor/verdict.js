// What the score of a model is worth: the verdict in words, the score beside what it is compared with, and
// the next steps. The rules are in evaluation/verdicts/verdict.py.

import { playgroundAddress, storedAddress } from "../base/addresses.js";
import { findElement, findElements, makeElement, makeIcon } from "../base/dom.js";
import { redraw } from "../base/redraw.js";
import { submitJobOnSubmit } from "../forms/submit.js";
import { modelOf } from "./job-state.js";
import { makeScoreBars } from "./score-bars.js";

/** @typedef {import("./job-state.js").Job} Job */
/** @typedef {import("../base/api-types.js").ModelVerdict} Verdict */

/** Level -> tone of its badge, and icon. @type {Record<Verdict["level"], [string, string]>} */
const LOOKS = {
  reads: ["ok", "icon-check"],
  better: ["info", "icon-check"],
  unclear: ["warn", "icon-warning"],
  worse: ["bad", "icon-warning"],
  guesses: ["bad", "icon-warning"],
  control: ["info", "icon-page"],
  unknown: ["warn", "icon-warning"],
};
const jobsPath = document.body.dataset.jobs ?? "/jobs";

/** @param {Job} job */
export function showVerdict(job) {
  const { verdict } = job;
  const place = findElement("#job-verdict");
  place.hidden = !verdict;
  redraw(place, verdict, () =>
    verdict ? [makeWords(verdict), ...makeScoreBars(verdict), makeNextSteps(job, verdict)] : [],
  );
}

/** @param {Verdict} verdict */
function makeWords(verdict) {
  const [tone, icon] = LOOKS[verdict.level];
  return makeElement(
    "div",
    { class: "verdict__words" },
    makeElement("p", { class: `badge badge--${tone} verdict__level` }, makeIcon(icon), verdict.title),
    makeElement("h2", {}, verdict.sentence),
    verdict.notes.length
      ? makeElement(
          "ul",
          { class: "verdict__notes muted small" },
          ...verdict.notes.map((note) => makeElement("li", {}, note)),
        )
      : null,
  );
}

/** @param {Job} job @param {Verdict} verdict */
function makeNextSteps(job, verdict) {
  const named = modelOf(job);
  const from = new URLSearchParams({ model: named?.model ?? "", dataset: job.config.dataset });
  const steps = makeElement(
    "form",
    { class: "verdict__steps", "aria-label": "Next steps" },
    makeElement(
      "div",
      { class: "row" },
      makeControlStep(verdict),
      makeLink("Try it on a document", playgroundAddress(String(modelOf(job)?.model)), !verdict.control),
      makeFormLink("Score it on another dataset", "#evaluation-form"),
      makeLink("Train on from it", `${jobsPath.replace(/jobs$/, "")}train?${from}`),
      makeLink("Compare it", `${jobsPath}/experiments?${new URLSearchParams({ compared: job.id })}`),
      ...(job.kind === "training" ? makeModelSteps(job.config.output) : []),
    ),
    verdict.control && !verdict.control.job_id
      ? makeElement(
          "p",
          { class: "muted small", id: "control-note" },
          "“Does it read or guess?” scores it on the same samples with blank pages, as a job of its own.",
        )
      : null,
    makeElement(
      "div",
      { class: "notice notice--bad", "data-form-error": true, tabindex: -1, role: "alert", hidden: true },
      makeElement("p", {}),
    ),
  );
  submitJobOnSubmit(steps, "/model/evaluate", () => verdict.control?.request);
  return steps;
}

/** @param {string} model */
const makeModelSteps = (model) => [
  makeLink("Publish it", `${storedAddress("models", model)}#publish`),
  makeLink("Download it", storedAddress("models", model)),
];

/** @param {Verdict} verdict */
function makeControlStep({ control }) {
  if (!control) return null;
  if (control.job_id)
    return makeLink("Its blank pages are being scored", `${jobsPath}/${control.job_id}`, true);
  return makeElement(
    "button",
    {
      type: "submit",
      class: "button button--primary",
      "data-submits": true,
      "aria-describedby": "control-note",
    },
    "Does it read or guess?",
  );
}

/** @param {string} text @param {string} href @param {boolean} isPrimary */
const makeLink = (text, href, isPrimary = false) =>
  makeElement("a", { class: `button${isPrimary ? " button--primary" : ""}`, href }, text);

/**
 * A link to one of the forms for a model, which are loaded when their tab opens.
 * @param {string} text
 * @param {string} form
 */
function makeFormLink(text, form) {
  const link = makeLink(text, "#use");
  link.addEventListener("click", async () => {
    const fields = () => findElements("input, select", findElement(form));
    do await new Promise(requestAnimationFrame);
    while (location.hash === "#use" && !findElement(form).checkVisibility());
    fields()[0]?.focus();
  });
  return link;
}
