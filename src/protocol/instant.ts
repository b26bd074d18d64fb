/** Times as servers write them: FHIR instants, and what stands in their place. */

/** `2020/01/20 16:53:41.160 -0500`, `2019-12-09 20:44:01.7 +0000 UTC`, with or without the zone's name. */
const spaced = /^(\d{4})[/-](\d\d)[/-](\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)? ?([+-]\d\d):?(\d\d)( [A-Z]+)?$/
const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/

/** Epoch milliseconds of a time that says its zone; undefined for anything else, for it may be a day away. */
export const readInstant = (text: string): number | undefined => {
  const value = text.trim().replace(spaced, '$1-$2-$3T$4$5$6:$7')
  const at = iso.test(value) ? Date.parse(value.replace(/T(\d\d:\d\d):60/, 'T$1:59')) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}
