// What files are called once they are stored: plain, and never the name of another. Pure.

const MAX_NAME_CHARACTERS = 96;

/** @param {string} name @returns {[string, string]} stem, and suffix with its dot */
function splitSuffix(name) {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot)];
}

/** Names on disk are plain; what a browser calls a file may not be. The suffix stays: it says the kind. @param {string} name */
export function sanitizeFileName(name) {
  const [stem, suffix] = splitSuffix(name.replace(/[^A-Za-z0-9._-]+/g, "_").replace(/\.{2,}/g, "."));
  const kept = stem.slice(-(MAX_NAME_CHARACTERS - suffix.length)).replace(/^[^A-Za-z0-9]+/, "");
  return `${kept || "file"}${suffix}`.slice(0, MAX_NAME_CHARACTERS);
}

/**
 * Number a name that another file has: scan.pdf -> scan-2.pdf.
 * @param {string} name
 * @param {ReadonlySet<string>} taken
 */
export function uniqueFileName(name, taken) {
  const [stem, suffix] = splitSuffix(name);
  let free = name;
  for (let number = 2; taken.has(free); number += 1) {
    const numberedSuffix = `-${number}${suffix}`;
    free = stem.slice(0, MAX_NAME_CHARACTERS - numberedSuffix.length) + numberedSuffix;
  }
  return free;
}
