/** What docs/scaling/ holds can be used as it stands: units that systemd takes, YAML that is what it says, options that exist. */
import { spawnSync } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseAllDocuments, parseDocument } from 'yaml'
import { catalogue } from '../../src/cli/catalogue.js'
import { environmentName, optionNames } from '../../src/options/options.js'
import { lacks } from '../helpers/tools.js'

const folder = join(import.meta.dirname, '../../docs/scaling')
const textOf = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')

const variables = new Set([
  ...optionNames.flatMap((name) => environmentName(name) ?? []),
  'BULKX_QUEUE_PASSWORD',
  'BULKX_STATE_DIR',
])

/** Words of a command line that bulkx does not know. */
const unknownIn = (words: readonly string[]): string[] => {
  const [name = '', ...rest] = words.slice(words.findIndex((word) => /(^|\/)bulkx$/.test(word)) + 1)
  const options: readonly string[] = catalogue[name]?.options ?? []
  return rest.filter((word) => word.startsWith('--') && !options.includes(word.slice(2)))
}

interface Container {
  name: string
  image: string
  command: string[]
  args: string[]
  env: { name: string; value?: string; valueFrom?: object }[]
  volumeMounts: { name: string; mountPath: string }[]
}

interface Workload {
  apiVersion: string
  kind: string
  metadata: { name: string }
  spec: {
    selector?: { matchLabels: object }
    template: {
      metadata?: { labels: object }
      spec: { containers: Container[]; volumes: { name: string }[] }
    }
  }
}

interface Service {
  image: string
  command: string[]
  environment?: Record<string, string>
  volumes?: string[]
  secrets?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: object
}

describe('docs/scaling', () => {
  test.skipIf(lacks('systemd-analyze'))('the unit is one', async () => {
    const unit = 'bulkx-worker@.service'
    const directory = await mkdtemp(join(tmpdir(), 'bulkx-unit-'))
    onTestFinished(() => rm(directory, { recursive: true, force: true }))
    const program = join(directory, 'bulkx')
    await copyFile('/bin/true', program)
    const text = (await textOf(unit)).replace('/usr/local/bin/bulkx', program)
    await writeFile(join(directory, 'bulkx-worker@1.service'), text)
    const said = spawnSync('systemd-analyze', ['verify', join(directory, 'bulkx-worker@1.service')], {
      encoding: 'utf8',
    })
    const own = `${said.stdout}${said.stderr}`.split('\n').filter((line) => line.includes('bulkx-worker@1'))
    expect(own).toEqual([])
    const [, words = ''] = /^ExecStart=(.*)$/m.exec(await textOf(unit)) ?? []
    expect(unknownIn(words.split(' '))).toEqual([])
    expect([...text.matchAll(/BULKX_[A-Z_]+/g)].filter(([name]) => !variables.has(name))).toEqual([])
  })

  test('the Compose file: services that depend on what is there', async () => {
    const document = parseDocument(await textOf('compose.yaml'), { merge: true })
    expect([...document.errors, ...document.warnings]).toEqual([])
    const {
      services,
      volumes,
      secrets,
    }: Record<'services' | 'volumes' | 'secrets', Record<string, Service>> = document.toJS()
    expect(Object.keys(services)).toEqual(['redis', 'coordinator', 'worker'])
    for (const service of Object.values(services)) {
      expect(service.image).toMatch(/^[a-z]+:\d+$/)
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {}))
        expect([condition, services[other]?.healthcheck]).toEqual(['service_healthy', expect.anything()])
      for (const volume of service.volumes ?? [])
        expect(/^\.\//.test(volume) || Object.keys(volumes).includes(volume.split(':')[0] ?? '')).toBe(true)
      for (const secret of service.secrets ?? []) expect(Object.keys(secrets)).toContain(secret)
      expect(Object.keys(service.environment ?? {}).filter((name) => !variables.has(name))).toEqual([])
    }
    for (const name of ['coordinator', 'worker']) expect(unknownIn(services[name]?.command ?? [])).toEqual([])
  })

  test('the Kubernetes manifest: a Job and a Deployment that fit together', async () => {
    const documents = parseAllDocuments(await textOf('kubernetes.yaml'))
    const workloads: Workload[] = documents.map((document) => {
      expect([...document.errors, ...document.warnings]).toEqual([])
      return document.toJS()
    })
    expect(workloads.map(({ apiVersion, kind }) => [apiVersion, kind])).toEqual([
      ['batch/v1', 'Job'],
      ['apps/v1', 'Deployment'],
    ])
    for (const { spec } of workloads) {
      const { containers, volumes } = spec.template.spec
      expect(spec.selector?.matchLabels).toEqual(spec.template.metadata?.labels)
      for (const { command, args, env, volumeMounts } of containers) {
        expect(unknownIn([...command, ...args])).toEqual([])
        expect(env.filter(({ name }) => !variables.has(name))).toEqual([])
        expect(
          env.filter(({ value, valueFrom }) => (value === undefined) === (valueFrom === undefined)),
        ).toEqual([])
        expect(volumes.map(({ name }) => name)).toEqual(
          expect.arrayContaining(volumeMounts.map(({ name }) => name)),
        )
      }
    }
  })
})
