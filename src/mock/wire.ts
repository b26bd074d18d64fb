/** What a web `Response` cannot say: lying lengths, resets, stalls. Instructions for `listen()`, kept beside it. */

export interface WireInstruction {
  /** The fault that asks for it, for messages. */
  fault: string
  /** Sent as Content-Length, whatever the body's real length is. */
  contentLength?: number
  /** Neither Content-Length nor chunks: the end of the connection is that of the body, and none lasts longer. */
  framing?: 'close'
  /** Headers that are sent once for each of their values. */
  headers?: Readonly<Record<string, readonly string[]>>
  /** Where sending stops: before any answer, or after so many bytes of the body. */
  stopAt?: 'start' | number
  /** How it stops: a TCP reset, an orderly close, or silence on an open socket. */
  stopBy?: 'reset' | 'close' | 'stall'
}

const instructions = new WeakMap<Response, WireInstruction>()

/** Attaches an instruction to a response, in addition to what it already carries, and returns the response. */
export const onWire = (response: Response, instruction: WireInstruction): Response => {
  instructions.set(response, { ...instructions.get(response), ...instruction })
  return response
}

/** The instruction that travels with a response, if there is one. */
export const wireInstruction = (response: Response): WireInstruction | undefined => instructions.get(response)

/** A response made from another one keeps what was to happen on the wire. */
export const keepWire = (from: Response, to: Response): Response => {
  const instruction = instructions.get(from)
  return instruction === undefined ? to : onWire(to, instruction)
}
