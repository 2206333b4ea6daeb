// The state of the service and of its machine: shown on every page, and read by the forms.

import { get } from "./api.js";

/** @type {any} */
let latestAnswer = null;

/** Read the state of the service anew. */
export async function refreshSystem() {
  latestAnswer = await get("/system");
  return latestAnswer;
}

/** Return the latest answer; read the state first where there is none yet. */
export const readSystem = async () => latestAnswer ?? get("/system");
