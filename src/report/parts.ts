/** The parts that sections are made of: headings, tables, lists of facts, charts with their tables. */
import { grouped, instant } from '../cli/text.js'
import { type Content, type Html, html } from './html.js'

/** `id` is also its address on the page. */
export const section = (id: string, title: string, content: Content): Html =>
  html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${content}</section>`

export interface Column {
  name: string
  /** Figures stand under each other, by their last digit. */
  isFigure?: boolean
}

export interface Table {
  id: string
  caption: string
  columns: readonly Column[]
  /** The first cell is the name of the row. */
  rows: readonly (readonly Content[])[]
  /** Rows that are not shown. */
  more?: number
}

const cellClass = ({ isFigure }: Column): Content => isFigure === true && html` class="figure"`

const noColumn: Column = { name: '' }

const rowOf = (cells: readonly Content[], columns: readonly Column[]): Html => {
  const [first, ...others] = cells
  return html`<tr><th scope="row"${cellClass(columns[0] ?? noColumn)}>${first}</th>${others.map(
    (cell, place) => html`<td${cellClass(columns[place + 1] ?? noColumn)}>${cell}</td>`,
  )}</tr>`
}

export const table = ({ id, caption, columns, rows, more = 0 }: Table): Html =>
  html`<div class="table"><div class="scroll" role="region" aria-labelledby="${id}" tabindex="0"><table><caption id="${id}">${caption}</caption><thead><tr>${columns.map(
    (column) => html`<th scope="col"${cellClass(column)}>${column.name}</th>`,
  )}</tr></thead><tbody>${rows.map((row) => rowOf(row, columns))}</tbody></table></div>${
    more > 0 && html`<p class="more">and ${grouped(more)} more</p>`
  }</div>`

/** Names and what they stand for. */
export const facts = (rows: readonly (readonly [string, Content])[]): Html =>
  html`<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`

/** A chart, and beside it a table with the same figures. */
export const figure = (title: string, chart: Html, note: Content, beside: Html): Html =>
  html`<div class="pair"><figure><figcaption><strong>${title}</strong>${note && html`<span>${note}</span>`}</figcaption>${chart}</figure>${beside}</div>`

/** The words of somebody else. */
export const quoted = (words: string): Html => html`<span class="words" dir="auto">${words}</span>`

/** In UTC. */
export const timeOf = (at: number | undefined): Html =>
  at === undefined ? html`not known` : html`<time datetime="${instant(at)}">${shownTime(at)}</time>`

/** `2026-11-21 21:30:14` */
export const shownTime = (at: number): string => instant(at).replace('T', ' ').replace('Z', '')
