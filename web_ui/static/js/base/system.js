// The state of the service and of its machine: shown on every page, and read by the forms.

import { get } from "./api.js";

/** @typedef {import("./api-types.js").System} System */

/** @type {System | null} */
let latestAnswer = null;

/** Read the state of the service anew. @returns {Promise<System>} */
export async function refreshSystem() {
  return (latestAnswer = await get("/system"));
}

/** Return the runner of a role in the latest answer; undefined: there is no answer yet. @param {string} role */
export const knownRunner = (role) => latestAnswer?.runners.find((runner) => runner.role === role);

/** Return the latest answer; read the state first where there is none yet. @returns {Promise<System>} */
export const readSystem = async () => latestAnswer ?? get("/system");
