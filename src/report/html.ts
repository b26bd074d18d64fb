/** HTML as a tagged template that escapes by default: whatever was not made by it is text. */

/** Markup that needs no escaping, for it was made of escaped pieces. */
export class Html {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }
}

/** `undefined` and `false` leave nothing. */
export type Content = Html | string | number | undefined | false | readonly Content[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

// Controls that HTML does not allow in a text, even escaped.
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g

const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(forbidden, '')
    .replace(/[&<>"']/g, (character) => entities[character] ?? '')

const markupOf = (content: Content): string => {
  if (content instanceof Html) return content.markup
  if (content === undefined || content === false) return ''
  if (typeof content === 'number') return String(content)
  return typeof content === 'string' ? escaped(content) : content.map(markupOf).join('')
}

/** Values stand in texts or in quoted attributes, never anywhere else. */
export const html = (strings: TemplateStringsArray, ...values: readonly Content[]): Html =>
  new Html(strings.map((text, place) => text + markupOf(values[place])).join(''))

/** Options stand out, and are not broken at the end of a line. */
const withOptions = (text: string): Content =>
  text
    .split(/((?<![\w-])--[a-z][a-z-]+)/)
    .map((piece, place) => (place % 2 === 1 ? html`<code class="whole">${piece}</code>` : piece))

/** A sentence of ours with commands between backticks, and options. */
export const withCode = (sentence: string): Html =>
  html`${sentence
    .split('`')
    .map((piece, place) => (place % 2 === 1 ? html`<code>${piece}</code>` : withOptions(piece)))}`
