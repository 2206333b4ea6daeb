// Fills a form when the service answers, submits it as a job, and shows errors beside fields or above the
// button.

import { ApiError, createJob } from "../base/api.js";
import { findElement, findElements } from "../base/dom.js";
import { setResting } from "../base/resting.js";
import { showFieldError, showFieldErrors } from "./fields.js";
import { inLabels } from "./labels.js";

const RETRY_MS = 3000;

/**
 * Fill a form when the service answers; until then show the error, and try again automatically.
 * @template Answer
 * @param {HTMLElement} form
 * @param {() => Promise<Answer>} load
 * @param {(answer: Answer) => void} fillForm
 */
export async function fillFormOnceLoaded(form, load, fillForm) {
  for (;;) {
    try {
      const answer = await load();
      showFormError(form, null);
      fillForm(answer);
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
 * Remove an error when its field is edited, and the notice above the button with the last error.
 * @param {HTMLElement} form
 */
export function clearErrorsOnInput(form) {
  form.addEventListener("input", ({ target }) => {
    const box = /** @type {HTMLElement} */ (target).closest("[data-field]");
    if (box) showFieldError(/** @type {HTMLElement} */ (box), "");
    if (!form.querySelector('[aria-invalid="true"]')) showFormError(form, null);
  });
}

/**
 * Create a job when the form is submitted.
 * @param {HTMLElement} form
 * @param {string} path
 * @param {() => unknown} body
 * @param {() => void} [afterwards] called when the job exists, before the page is left
 */
export function submitJobOnSubmit(form, path, body, afterwards = () => {}) {
  clearErrorsOnInput(form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await sendJob(form, path, body())) afterwards();
  });
}

// The back button shows a page as it was left: its buttons must work again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted)
    for (const button of findElements("[data-submits]")) button.toggleAttribute("disabled", false);
});

/**
 * Create a job from a form and open its page; errors are shown in the form.
 * @param {HTMLElement} form
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<boolean>} whether the job exists
 */
export async function sendJob(form, path, body) {
  const buttons = /** @type {HTMLButtonElement[]} */ (findElements("[data-submits]", form));
  if (buttons.some((button) => button.ariaDisabled === "true")) return false;
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

/**
 * Let a form rest: it is not sent while there is a reason.
 * @param {HTMLElement} form
 * @param {string} reason empty: none
 */
export function restForm(form, reason) {
  for (const button of findElements("[data-submits]", form)) setResting(button, reason !== "");
  const place = findElement("#start-reason", form);
  place.hidden = reason === "";
  place.textContent = reason;
}

/** @type {WeakMap<HTMLElement, ApiError | null>} the error that each form shows */
const shownErrors = new WeakMap();

/**
 * Remove one error, unless the form shows another by now.
 * @param {HTMLElement} form
 * @param {ApiError | null} error
 */
export function clearFormErrorIf(form, error) {
  if (error && shownErrors.get(form) === error) showFormError(form, null);
}

/**
 * @param {HTMLElement} form
 * @param {ApiError | null} error null: remove the earlier error
 */
export function showFormError(form, error) {
  shownErrors.set(form, error);
  const notice = findElement("[data-form-error]", form);
  const shown = error ? inLabels(error, form) : null;
  notice.hidden = shown === null;
  findElement("p", notice).textContent = shown ? [shown.message, shown.hint].filter(Boolean).join(" ") : "";
  showFieldErrors(form, shown?.fields ?? {});
}
