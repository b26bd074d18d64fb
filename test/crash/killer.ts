/** Kills a child at moments that a dice has drawn, seen from the server's side and from the child's own output. */
import type { Call, Handler } from '../../src/mock/index.js'
import { keepWire } from '../../src/mock/wire.js'
import type { Child } from '../process/child.js'
import type { Dice } from './dice.js'

/** What a kill waits for: so many requests arrived, bytes of files sent, facts written, or milliseconds, since the start. */
export interface Trigger {
  on: 'requests' | 'bytes' | 'facts' | 'time'
  count: number
}

/**
 * The first run must come as far as its accepted kick-off, whose answer is not to be lost here; a later one may be
 * killed while it opens its directory.
 */
export const drawTrigger = (roll: Dice, first: boolean): Trigger => {
  const on = roll.pick(['requests', 'requests', 'bytes', 'facts', first ? 'requests' : 'time'] as const)
  switch (on) {
    case 'bytes':
      return { on, count: roll.upTo(600_000) }
    case 'requests':
      return { on, count: roll.upTo(12) }
    case 'facts':
      // The first facts are those of the kick-off.
      return { on, count: (first ? 3 : 0) + roll.upTo(10) }
    case 'time':
      return { on, count: roll.upTo(800) }
    default:
      return on satisfies never
  }
}

/** What a running job asks for; whoever asks for a token or for metadata may not have kicked off yet. */
const counted: ReadonlySet<Call['phase']> = new Set(['status', 'file', 'file-url', 'delete'])

/** Kills the child once its trigger is met, and before any DELETE is answered. */
export class Killer {
  private trigger: Trigger | undefined
  private child: Child | undefined
  private timer: NodeJS.Timeout | undefined
  private counts = { requests: 0, bytes: 0, facts: 0 }

  arm(child: Child, trigger: Trigger): void {
    this.child = child
    this.trigger = trigger
    this.counts = { requests: 0, bytes: 0, facts: 0 }
    child.process.stdout?.on('data', (text: string) => this.count('facts', text.split('\n').length - 1))
    if (trigger.on === 'time') this.timer = setTimeout(() => this.strike(), trigger.count)
  }

  /** Nobody is killed any more. */
  disarm(): void {
    clearTimeout(this.timer)
    this.trigger = undefined
  }

  private count(on: 'requests' | 'bytes' | 'facts', by: number): void {
    this.counts[on] += by
    if (this.trigger?.on === on && this.counts[on] >= this.trigger.count) this.strike()
  }

  private strike(): void {
    if (this.trigger === undefined) return
    this.disarm()
    this.child?.kill('SIGKILL')
  }

  /** Never between a kick-off and its answer: that is another test. */
  readonly hook = async (call: Call, next: Handler): Promise<Response> => {
    if (!counted.has(call.phase)) return next(call)
    this.count('requests', 1)
    if (call.phase === 'delete' && this.trigger) {
      this.strike()
      await this.child?.ended
    }
    const response = await next(call)
    if (call.phase !== 'file' || !response.body) return response
    const bytes = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        this.count('bytes', chunk.length)
        controller.enqueue(chunk)
      },
    })
    return keepWire(response, new Response(response.body.pipeThrough(bytes), response))
  }
}
