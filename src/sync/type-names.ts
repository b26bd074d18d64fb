/** Resource types by number, and the snapshot's file of each. Lines say `patient`, too: one type, one file, one spelling. */

const usable = /^[A-Za-z]{1,64}$/
// Names that Windows keeps for devices, with any extension.
const reserved = /^(con|prn|aux|nul)$/i
/** FHIR has some 150; each has a file that is open. */
const typesMax = 500

export class TypeNames {
  private readonly numbers = new Map<string, number>()
  private readonly names: string[] = []

  /** The number of a type, as it is spelled for the first time; undefined where no file can be named after it. */
  number(type: string): number | undefined {
    const folded = type.toLowerCase()
    const known = this.numbers.get(folded)
    if (known !== undefined) return known
    if (!usable.test(type) || reserved.test(type) || this.names.length >= typesMax) return undefined
    this.names.push(type)
    this.numbers.set(folded, this.names.length - 1)
    return this.names.length - 1
  }

  name(number: number): string {
    return this.names[number] ?? ''
  }

  get all(): readonly string[] {
    return this.names
  }
}

/** The file of a type in a snapshot. */
export const fileOf = (type: string): string => `${type}.ndjson`

/** The type of a file of a snapshot. */
export const typeOf = (file: string): string => file.replace(/\.ndjson$/, '')
