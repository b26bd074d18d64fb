/**
 * Servers that close right after the last byte (BCDA always does), while the body's reader is busy: undici 7 has then
 * stopped its parser to wait for the reader, and takes the end for a broken answer, or throws where nobody can catch it
 * (nodejs/undici#5360, mended in version 8, which wants a newer Node).
 */
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

interface Parser {
  paused: boolean
  resume(): void
}

/** Where undici keeps what reads a socket; undefined where it does so no more. */
const parserOf = (socket: Socket): Parser | undefined => {
  const key = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'parser')
  const parser: unknown = key && Reflect.get(socket, key)
  return typeof parser === 'object' && parser !== null && 'paused' in parser && 'resume' in parser
    ? (parser as Parser)
    : undefined
}

/**
 * When the end is seen all bytes are in memory already, so that there is nothing to wait for: the parser may finish
 * the answer, which the reader then takes at its own pace.
 */
const finishAnswer = (socket: Socket): void => {
  const parser = parserOf(socket)
  try {
    if (parser?.paused === true) parser.resume()
  } catch (error) {
    socket.destroy(error instanceof Error ? error : undefined)
  }
}

interface Connected {
  socket: Socket
}

const onConnected = (message: unknown): void => {
  const { socket } = message as Connected
  // Before undici's own listener.
  socket.prependListener('end', () => finishAnswer(socket))
}

let isWatching = false

/** From now on, for every connection of undici's in this process; more than once does no more. */
export const finishEarlyEnds = (): void => {
  if (isWatching) return
  isWatching = true
  subscribe('undici:client:connected', onConnected)
}
