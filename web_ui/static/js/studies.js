// The studies of the workspace, and a plan that starts one.

import { ApiError, get, post } from "./base/api.js";
import { findElement, findInput, makeElement } from "./base/dom.js";
import { poll } from "./base/poll.js";
import { redraw } from "./base/redraw.js";
import { EXAMPLE_PLAN } from "./experiments/study-plan.js";
import { describeProgress, isActive, studyAddress } from "./experiments/study-cells.js";

/** @typedef {import("./base/api-types.js").StudyReport} StudyReport */

const place = findElement("#studies");
const plan = findInput("#study-plan");
plan.value = JSON.stringify(EXAMPLE_PLAN, null, 2);

/** @param {StudyReport} study */
function makeCard(study) {
  const link = makeElement("a", { href: studyAddress(study.name) }, study.name);
  return makeElement(
    "section",
    { class: "card stack-s" },
    makeElement(
      "div",
      { class: "row row--apart" },
      makeElement("h2", {}, link),
      makeElement("span", { class: "muted small numbers" }, describeProgress(study)),
    ),
    makeElement("p", {}, study.sentence),
  );
}

poll(async () => {
  const { studies } = await get("/studies");
  const none = makeElement("p", { class: "empty" }, "There is no study yet.");
  redraw(place, studies, () => (studies.length ? studies.map(makeCard) : [none]));
  return studies.some(isActive);
});

/** Send the plan, and show what is wrong with it. @param {string} path @param {(answer: any) => void} act */
async function sendPlan(path, act) {
  const refusal = findElement("#study-error");
  const estimate = findElement("#study-estimate");
  refusal.hidden = estimate.hidden = true;
  try {
    act(await post(path, JSON.parse(plan.value)));
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof SyntaxError)) throw error;
    const words =
      error instanceof ApiError ? `${error.message} ${error.hint}` : `The plan is not JSON: ${error.message}`;
    findElement("p", refusal).textContent = words.trim();
    refusal.hidden = false;
  }
}

findElement("#start-study").addEventListener("click", () =>
  sendPlan("/studies", (study) => location.assign(studyAddress(study.name))),
);
findElement("#estimate-study").addEventListener("click", () =>
  sendPlan("/studies/estimate", ({ sentence }) => {
    const estimate = findElement("#study-estimate");
    estimate.textContent = sentence;
    estimate.hidden = false;
  }),
);
