/** Check: whose server this looks like, and what that means for the user. A hint and no more: nothing is switched. */
import { withoutQuery } from '../http/url.js'
import { adviceFor } from '../preset-advice.js'
import { presets } from '../presets.js'
import { ok, skipped, type Verdict, warning } from './check.js'
import type { Doctor } from './doctor.js'
import { type Vendor, vendors } from './vendors.js'

export const vendorOf = (self: string, fhirUrl: string): Vendor | undefined =>
  vendors.find((vendor) => vendor.self?.test(self)) ?? vendors.find((vendor) => vendor.url?.test(fhirUrl))

/** What the preset in use says of such an export. */
const byPreset = (name: string, { config }: Doctor): Verdict | undefined => {
  const row = Object.hasOwn(presets, name) ? presets[name] : undefined
  if (row === undefined) return undefined
  const { kickOff, network } = config
  const lines = adviceFor(row, { kickOff, trustedOrigins: network.trustedOrigins })
  if (lines.length === 0) return ok(`preset ${name}: ${row.title}; ${row.summary}`)
  return warning(
    `preset ${name}: ${lines.map(({ message }) => message).join('; ')}`,
    [...new Set(lines.map(({ hint }) => hint))].join('; '),
  )
}

export const vendor = (doctor: Doctor): Verdict => {
  const { config, learned } = doctor
  const preset = config.identity.preset && byPreset(config.identity.preset, doctor)
  if (preset) return preset
  const found = vendorOf(learned.capability?.self ?? '', withoutQuery(config.fhirUrl))
  if (!found) return skipped('no server that bulkx knows by name')
  const remedy = found.preset === undefined ? undefined : `try --preset ${found.preset}`
  return { ...ok(`looks like ${found.name}: ${found.means}`), ...(remedy ? { remedy } : {}) }
}
