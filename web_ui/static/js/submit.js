// A form's life: filled once the service answers, sent as a job, errors beside their fields and the rest above the button.

import { ApiError, createJob } from "./api.js";
import { findElement, findElements } from "./dom.js";
import { showError, showErrors } from "./fields.js";

const RETRY_MS = 3000;

/**
 * Fill a form once the service answers; until then say what is wrong, and try again by itself.
 * @template Answer
 * @param {HTMLElement} form
 * @param {() => Promise<Answer>} load
 * @param {(answer: Answer) => void} fillIn
 */
export async function begin(form, load, fillIn) {
  for (;;) {
    try {
      const answer = await load();
      showFormError(form, null);
      fillIn(answer);
      break;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      showFormError(form, error);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  form.removeAttribute("aria-busy");
}

/**
 * An error goes once its field is corrected, and with the last the notice above the button.
 * @param {HTMLElement} form
 */
export function clearsErrors(form) {
  form.addEventListener("input", ({ target }) => {
    const box = /** @type {HTMLElement} */ (target).closest("[data-field]");
    if (box) showError(/** @type {HTMLElement} */ (box), "");
    if (!form.querySelector('[aria-invalid="true"]')) showFormError(form, null);
  });
}

/**
 * Send a form's job when the form is submitted.
 * @param {HTMLElement} form
 * @param {string} path
 * @param {() => unknown} body
 * @param {() => void} [afterwards] called when the job exists, before leaving the page
 */
export function submitsJob(form, path, body, afterwards = () => {}) {
  clearsErrors(form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await sendJob(form, path, body())) afterwards();
  });
}

// A page that the back button shows again as it was left has not sent anything anew.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const button of findElements("[data-sends]")) button.toggleAttribute("disabled", false);
});

/**
 * Create a job from a form and go to its page; refusals are shown in the form.
 * @param {HTMLElement} form
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<boolean>} whether the job exists
 */
export async function sendJob(form, path, body) {
  const buttons = /** @type {HTMLButtonElement[]} */ (findElements("[data-sends]", form));
  for (const button of buttons) button.disabled = true;
  showFormError(form, null);
  try {
    const job = await createJob(path, body);
    location.assign(`${document.body.dataset.jobs}/${job.id}`);
    return true;
  } catch (error) {
    for (const button of buttons) button.disabled = false;
    if (!(error instanceof ApiError)) throw error;
    showFormError(form, error);
    const first = findElements('[aria-invalid="true"]', form)[0];
    first?.closest("details")?.setAttribute("open", "");
    (first ?? findElement("[data-form-error]", form)).focus();
    return false;
  }
}

/** @type {WeakMap<HTMLElement, ApiError | null>} what each form says */
const said = new WeakMap();

/**
 * Take one refusal away again, unless another stands in its place.
 * @param {HTMLElement} form
 * @param {ApiError | null} error
 */
export function takeBack(form, error) {
  if (error && said.get(form) === error) showFormError(form, null);
}

/**
 * @param {HTMLElement} form
 * @param {ApiError | null} error null: take earlier ones away
 */
export function showFormError(form, error) {
  said.set(form, error);
  const notice = findElement("[data-form-error]", form);
  notice.hidden = error === null;
  findElement("p", notice).textContent = error ? [error.message, error.hint].filter(Boolean).join(" ") : "";
  showErrors(form, error?.fields ?? {});
}
