/** What every sink promises: one suite, run for each of them. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Sink } from '../../src/sink/sink.js'

export interface SinkPlace {
  sink: Sink
  /** The same place, as a later process sees it. */
  reopen(): Sink
  /** Every name that a consumer sees, sorted. */
  names(): Promise<string[]>
}

/** What some sinks promise beyond the others. */
export interface SinkKind {
  /** Whether a suspended part is gone on from, by the same process and by a later one. */
  keepsParts: boolean
  /** Names that are written at once. */
  many?: number
}

export const readAll = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

export const sinkContract = (
  kind: string,
  open: () => Promise<SinkPlace>,
  { keepsParts, many = 150 }: SinkKind,
): void => {
  describe(`the contract of a sink: ${kind}`, () => {
    const validators = { etag: '"v1"', length: 100 }

    test('what is published is there, whole; nothing is before', async () => {
      const { sink, names } = await open()
      const part = await sink.part('Patient.0001.ndjson')
      await part.restart()
      const content = Array.from({ length: 200 }, (_, index) => `${index}\n`.repeat(500))
      for (const chunk of content) await part.append(Buffer.from(chunk))
      expect([await sink.sizes(['Patient.0001.ndjson']), await names()]).toEqual([[undefined], []])
      await part.publish()
      expect([await sink.sizes(['Patient.0001.ndjson']), await names()]).toEqual([
        [content.join('').length],
        ['Patient.0001.ndjson'],
      ])
      expect(await readAll(sink.read('Patient.0001.ndjson'))).toBe(content.join(''))
    })

    test('what was left of files is known, and what is published is not left', async () => {
      const { sink, reopen } = await open()
      expect(await sink.unfinished()).toEqual({ files: 0, bytes: 0 })
      for (const name of ['a.ndjson', 'deleted/b.ndjson', 'c.ndjson']) {
        const part = await sink.part(name)
        await part.restart(validators)
        await part.append(Buffer.from('12345'))
        await (name === 'c.ndjson' ? part.publish() : part.suspend())
      }
      expect(await reopen().unfinished()).toEqual(
        keepsParts ? { files: 2, bytes: 10 } : { files: 0, bytes: 0 },
      )
    })

    test('an empty file is a file', async () => {
      const { sink } = await open()
      const part = await sink.part('a.ndjson')
      await part.restart()
      await part.publish()
      expect(await readAll(sink.read('a.ndjson'))).toBe('')
    })

    test('names in folders', async () => {
      const { sink, names } = await open()
      await sink.write('deleted/Bundle.0001.ndjson', 'x')
      expect(await names()).toEqual(['deleted/Bundle.0001.ndjson'])
    })

    test('an older file survives what is not published, and is replaced by what is', async () => {
      const { sink } = await open()
      await sink.write('manifest.json', 'old')
      const part = await sink.part('manifest.json')
      await part.restart()
      await part.append(Buffer.from('half of the ne'))
      expect(await readAll(sink.read('manifest.json'))).toBe('old')
      await part.discard()
      expect(await readAll(sink.read('manifest.json'))).toBe('old')
      await sink.write('manifest.json', 'new')
      expect(await readAll(sink.read('manifest.json'))).toBe('new')
    })

    test.runIf(keepsParts)(
      'a suspended part is gone on from, by a later process too, and never seen',
      async () => {
        const { sink, reopen, names } = await open()
        const part = await sink.part('a.ndjson')
        await part.restart(validators)
        await part.append(Buffer.from('first '))
        await part.suspend()
        expect(await names()).toEqual([])
        const later = await reopen().part('a.ndjson')
        expect(later.kept()).toEqual({ bytes: 6, validators })
        expect(await readAll(later.read())).toBe('first ')
        await later.append(Buffer.from('second'))
        expect(later.kept().bytes).toBe(12)
        await later.publish()
        expect(await readAll(sink.read('a.ndjson'))).toBe('first second')
        expect((await reopen().part('a.ndjson')).kept()).toEqual({ bytes: 0 })
      },
    )

    test.skipIf(keepsParts)('a suspended part leaves nothing, and the content is begun anew', async () => {
      const { sink, reopen, names } = await open()
      const part = await sink.part('a.ndjson')
      await part.restart(validators)
      await part.append(Buffer.from('first '))
      await part.suspend()
      expect([part.kept().bytes, await names()]).toEqual([0, []])
      expect((await reopen().part('a.ndjson')).kept().bytes).toBe(0)
      await part.restart(validators)
      await part.append(Buffer.from('second'))
      await part.publish()
      expect(await readAll(sink.read('a.ndjson'))).toBe('second')
    })

    test('a part that nothing proves is not kept', async () => {
      const { sink, reopen } = await open()
      const part = await sink.part('a.ndjson')
      await part.restart()
      await part.append(Buffer.from('first'))
      await part.suspend()
      expect((await reopen().part('a.ndjson')).kept()).toEqual({ bytes: 0 })
    })

    test('restart and discard leave nothing of what was there', async () => {
      const { sink, reopen } = await open()
      const part = await sink.part('a.ndjson')
      await part.restart(validators)
      await part.append(Buffer.from('a long first attempt'))
      await part.restart()
      await part.append(Buffer.from('short'))
      await part.publish()
      expect(await readAll(sink.read('a.ndjson'))).toBe('short')
      const other = await sink.part('b.ndjson')
      await other.restart(validators)
      await other.append(Buffer.from('x'))
      await other.discard()
      expect((await reopen().part('b.ndjson')).kept().bytes).toBe(0)
    })

    test('many writers of different names do not disturb one another', async () => {
      const { sink, names } = await open()
      const all = Array.from({ length: many }, (_, index) => `${index % 2 ? 'deleted/' : ''}f${index}.ndjson`)
      await Promise.all(
        all.map(async (name) => {
          const part = await sink.part(name)
          await part.restart()
          for (let time = 0; time < 20; time += 1) await part.append(Buffer.from(`${name}\n`))
          await part.publish()
        }),
      )
      expect(await names()).toEqual([...all].sort())
      for (const name of all) expect(await readAll(sink.read(name))).toBe(`${name}\n`.repeat(20))
    })

    test('a content of several pieces: nothing of it before its end, all of it after', async () => {
      const { sink, names } = await open()
      await sink.write('large.ndjson', 'older')
      const part = await sink.part('large.ndjson')
      await part.restart()
      const block = Buffer.alloc(1024 * 1024 + 7)
      const hash = createHash('sha256')
      for (let number = 0; number < 20; number += 1) {
        block.fill(number + 1)
        hash.update(block)
        // What is given is the caller's again, once the promise has resolved.
        await part.append(Buffer.from(block))
      }
      expect([await readAll(sink.read('large.ndjson')), await names()]).toEqual(['older', ['large.ndjson']])
      await part.publish()
      expect(await sink.sizes(['large.ndjson'])).toEqual([20 * block.length])
      const stored = createHash('sha256')
      for await (const chunk of sink.read('large.ndjson')) stored.update(chunk)
      expect(stored.digest('hex')).toBe(hash.digest('hex'))
    })

    test('a large content that is dropped leaves the older one', async () => {
      const { sink, names } = await open()
      await sink.write('large.ndjson', 'older')
      for (const end of ['suspend', 'discard', 'restart'] as const) {
        const part = await sink.part('large.ndjson')
        await part.restart()
        for (let number = 0; number < 10; number += 1) await part.append(Buffer.alloc(1024 * 1024, 'x'))
        await part[end]()
        if (end === 'restart') await part.discard()
      }
      expect([await readAll(sink.read('large.ndjson')), await names()]).toEqual(['older', ['large.ndjson']])
    })

    test('sizes of many names, some of which are not there', async () => {
      const { sink } = await open()
      for (let number = 0; number < 20; number += 1) await sink.write(`${number}.ndjson`, 'x'.repeat(number))
      const names = Array.from({ length: 25 }, (_, number) => `${number}.ndjson`)
      expect(await sink.sizes(names)).toEqual(names.map((_, number) => (number < 20 ? number : undefined)))
    })

    test('a name that is not there is no file, and reading it fails', async () => {
      const { sink } = await open()
      expect(await sink.sizes(['missing'])).toEqual([undefined])
      await expect(readAll(sink.read('missing'))).rejects.toThrow()
    })
  })
}
