// Formats the shell command and the curl command that start the job of a form. Pure.

/**
 * Quote one word for a POSIX shell.
 * @param {unknown} value
 */
export function quoteForShell(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * @param {{preset: string, dataset: string, model: string, output: string}} chosen
 * @param {Record<string, unknown>} changes the values that differ from the preset
 * @param {string} workspace folder of the workspace
 */
export function formatTrainCommand({ dataset, model, preset, output }, changes, workspace) {
  const settings = Object.entries(changes).map(([name, value]) => `--set ${name}=${quoteForShell(value)}`);
  return [
    "deepsynth train",
    `--dataset ${quoteForShell(dataset)}`,
    `--model ${quoteForShell(model)}`,
    `--preset ${quoteForShell(preset)}`,
    `--output ${quoteForShell(output)}`,
    ...settings,
    `--workspace ${quoteForShell(workspace)}`,
  ].join(" ");
}

/**
 * @param {string} address of the endpoint
 * @param {unknown} body
 * @param {boolean} needsToken whether the service requires its token; the command names the variable, so that
 *   the token is never shown
 */
export function formatCurlCommand(address, body, needsToken) {
  const token = needsToken ? ` \\\n  -H "Authorization: Bearer $DEEPSYNTH_API_TOKEN"` : "";
  return `curl -X POST ${quoteForShell(address)} \\\n  -H 'Content-Type: application/json'${token} \\\n  -d ${quoteForShell(JSON.stringify(body))}`;
}
