/** Words of others as a page may show them: bounded, without what reorders text, and without what names a person. */
import { harmless } from '../cli/text.js'
import { withoutQuery } from '../http/url.js'

/** Characters of one message. */
const longest = 600
/** Of one name. */
const longestName = 120

const reference = /(?<![\w/.-])([A-Z][a-z][A-Za-z]{2,62})\/[A-Za-z0-9][\w.-]*/g
const address = /\bhttps?:\/\/[^\s"'<>]+/gi

/** In the place of an id: a page is passed on, and resources are of people. */
const hiddenId = '…'

const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text)

/** What a server, or a file on a disk, says. Ids of resources are left out, except for what the export itself names. */
export const foreignWords = (text: string, target = ''): string =>
  cut(
    harmless(text)
      .replace(address, withoutQuery)
      .replace(reference, (whole: string, type: string) =>
        whole === target ? whole : `${type}/${hiddenId}`,
      ),
  )

/** A name of a file or a type; another tool's manifest has addresses in its place. */
export const foreignName = (text: string): string => {
  const name = foreignWords(text)
  return name.length > longestName ? `${name.slice(0, longestName)}…` : name
}
