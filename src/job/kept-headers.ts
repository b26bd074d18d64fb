/** Which headers of an answer are remembered: what explains it, never what opens anything. */
import { type HttpHeaders, header } from '../http/exchange.js'
import { plainText } from '../protocol/operation-outcome.js'
import type { KeptHeaders } from './facts.js'

const worthKeeping = [
  'content-type',
  'date',
  'expires',
  'retry-after',
  'server',
  'x-progress',
  'x-request-id',
  'x-correlation-id',
  'opc-request-id',
]

export const keptHeaders = (headers: HttpHeaders): KeptHeaders =>
  Object.fromEntries(
    worthKeeping.flatMap((name) => {
      const value = header(headers, name)
      return value === undefined ? [] : [[name, plainText(value, 200)]]
    }),
  )
