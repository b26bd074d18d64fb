/** `bulkx help vendors`: what each server is known for, and how sure that is; from doctor's table. */
import { vendors } from '../../doctor/vendors.js'
import { grades } from '../../presets.js'
import { entries, paragraph, wrap } from '../wrap.js'

const intro =
  'What is known of servers by name. `bulkx doctor` says the same of the server that it finds; nothing is switched by it, and none of it was tried against a live server.'

export const vendorsTopic = (width: number): string => {
  const real = vendors.filter(({ isOwn }) => isOwn !== true)
  const sorted = [...real].sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
  const rows = sorted.map(({ name, means, grade, preset }) => {
    const try_ = preset === undefined ? '' : `, --preset ${preset}`
    return `${wrap(`${name} (${grade}${try_})`, 2, width)}\n${paragraph(means, 2, width)}`
  })
  const legend = entries(Object.entries(grades), width)
  return [wrap(intro, 0, width), rows.join('\n'), ['How sure:', ...legend].join('\n')].join('\n\n')
}
