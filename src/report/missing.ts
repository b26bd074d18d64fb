/** What a report does without: a file that is not there, or that is none to read. */
export class Missing extends Error {
  readonly why: 'missing' | 'refused'

  constructor(why: 'missing' | 'refused') {
    super(`the file is ${why}`)
    this.why = why
  }
}
