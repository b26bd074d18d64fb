/** What to say when the FHIR base URL looks wrong: the same words from an export and from the doctor. */

export const checkServer = 'check --server: it must be the FHIR base URL (often ending in /r4 or /fhir)'
export const checkServerHint = `${checkServer}; \`--dry-run\` shows the request`
