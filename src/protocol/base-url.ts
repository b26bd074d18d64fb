/** What to check when a server is no FHIR server: the commonest mistake of a first export. */
export const baseUrlHint = 'check --server: it must be the FHIR base URL (often ending in /r4 or /fhir)'
