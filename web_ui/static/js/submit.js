// From a form to a queued job: errors beside their fields, the rest above the button, and on to the job's page.

import { ApiError, createJob } from "./api.js";
import { all, one } from "./dom.js";
import { showErrors } from "./fields.js";

/**
 * Send a form's job when the form is submitted.
 * @param {HTMLElement} form
 * @param {string} path
 * @param {() => unknown} body
 * @param {() => void} [afterwards] called when the job exists, before leaving the page
 */
export function submitsJob(form, path, body, afterwards = () => {}) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await sendJob(form, path, body())) afterwards();
  });
}

/**
 * Create a job from a form and go to its page; refusals are shown in the form.
 * @param {HTMLElement} form
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<boolean>} whether the job exists
 */
export async function sendJob(form, path, body) {
  const buttons = /** @type {HTMLButtonElement[]} */ (all("[data-sends]", form));
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
    return false;
  }
}

/**
 * @param {HTMLElement} form
 * @param {ApiError | null} error null: take earlier ones away
 */
export function showFormError(form, error) {
  const notice = one("[data-form-error]", form);
  notice.hidden = error === null;
  one("p", notice).textContent = error ? [error.message, error.hint].filter(Boolean).join(" ") : "";
  showErrors(form, error?.fields ?? {});
  if (error && all('[aria-invalid="true"]', form).length === 0) notice.focus();
}
