// The first screen: one button queues the demo and opens the page of its training, which ends with the verdict.

import { ApiError, post } from "./base/api.js";
import { findElement } from "./base/dom.js";

const button = /** @type {HTMLButtonElement} */ (findElement("#run-demo"));
const refusal = findElement("#start-error");

button.addEventListener("click", async () => {
  button.disabled = true;
  refusal.hidden = true;
  try {
    const { training } = await post("/demo", {});
    location.assign(training.links.page);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    findElement("p", refusal).textContent = `${error.message} ${error.hint}`.trim();
    refusal.hidden = false;
    button.disabled = false;
  }
});
