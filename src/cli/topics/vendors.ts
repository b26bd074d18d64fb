/** `bulkx help vendors`: what each server is known for, and how sure that is; from doctor's table. */
import { vendors } from '../../doctor/vendors.js'
import { grades } from '../../presets.js'
import { entries, paragraph, topicWidth, wrap } from '../wrap.js'

const intro =
  'What is known of servers by name. `bulkx doctor` says the same of the server that it finds; nothing is switched by it, and none of it was tried against a live server.'

export const vendorsTopic = (): string => {
  const real = vendors.filter(({ isOwn }) => isOwn !== true)
  const sorted = [...real].sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
  const rows = sorted.map(({ name, means, grade, preset }) => {
    const try_ = preset === undefined ? '' : `, --preset ${preset}`
    return `${name} (${grade}${try_})\n${paragraph(means, 2, topicWidth)}`
  })
  const legend = entries(Object.entries(grades), topicWidth)
  return [wrap(intro, 0, topicWidth), rows.join('\n'), ['How sure:', ...legend].join('\n')].join('\n\n')
}
