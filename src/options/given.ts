/** What was given, and nothing else. */

/** The fields without those that are undefined: they would stand in the way of defaults and comparisons. */
export const given = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
