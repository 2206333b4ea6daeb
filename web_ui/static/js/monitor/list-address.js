// The address of the job list: it holds the filters and the page.

export const readAddress = () => new URLSearchParams(location.search);
export const addressOffset = () => Math.max(0, Math.trunc(Number(readAddress().get("offset"))) || 0);

/** @param {Record<string, string>} values to set in the address; empty ones are removed */
export function writeAddress(values, isNewEntry = false) {
  const query = readAddress();
  for (const [name, value] of Object.entries(values)) value ? query.set(name, value) : query.delete(name);
  const address = query.size ? `?${query}` : location.pathname;
  history[isNewEntry ? "pushState" : "replaceState"](null, "", address);
}
