/**
 * A chart: as wide as the page lets it be, and as high as its content. Lengths go along in percent, texts stay as large
 * as they are: so it reads the same on a phone, a screen and paper.
 */
import { type Content, type Html, html } from '../html.js'
import type { Tick } from './scale.js'

export interface Chart {
  /** Of this chart alone, on the page. */
  id: string
  title: string
  /** What it shows, for who does not see it. */
  description: string
}

/** `kind`: a class. `height`: pixels. */
export const frame = (
  { id, title, description }: Chart,
  { kind, height }: { kind: string; height: number },
  content: Content,
): Html =>
  html`<svg class="chart ${kind}" role="img" aria-labelledby="${id}-t ${id}-d" width="100%" height="${height}"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>${content}</svg>`

/** Percent, short. */
export const percent = (value: number): string => `${Number(Math.min(100, Math.max(0, value)).toFixed(2))}%`

/** Names below an axis: none so near to its end that it would stick out, and every second one where there is room. */
export const tickNames = (ticks: readonly Tick[], y: number): Html[] =>
  ticks
    .filter(({ at }) => at < 93)
    .map(
      ({ at, label }, place) =>
        html`<text class="tick${place % 2 === 1 && ' spare'}" x="${percent(at)}" y="${y}" text-anchor="${at < 6 ? 'start' : 'middle'}">${label}</text>`,
    )

/** Lines across, for what is not told by colour alone. `kind`: the class of its colour. */
export const hatch = (id: string, kind: string): Html =>
  html`<defs><pattern id="${id}-${kind}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="${kind} pale" width="6" height="6"/><rect class="${kind}" width="2.5" height="6"/></pattern></defs>`
