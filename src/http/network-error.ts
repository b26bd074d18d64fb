/** What can go wrong before a whole reply is there. */

/** `redirect`: it leads to where nobody follows; `private`: into the network that we stand in. */
export type NetworkErrorKind = 'refused' | 'dns' | 'tls' | 'timeout' | 'broken' | 'redirect' | 'private'

export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  readonly kind: NetworkErrorKind
  /** The server may have seen the request. */
  readonly sent: boolean
  readonly hint?: string

  constructor(
    kind: NetworkErrorKind,
    message: string,
    options: { sent: boolean; hint?: string; cause?: unknown },
  ) {
    super(message, { cause: options.cause })
    this.kind = kind
    this.sent = options.sent
    this.hint = options.hint
  }
}

const unsent: Record<string, [NetworkErrorKind, string]> = {
  ECONNREFUSED: ['refused', 'the connection was refused'],
  EHOSTUNREACH: ['refused', 'the host cannot be reached'],
  ENETUNREACH: ['refused', 'the network cannot be reached'],
  ENETDOWN: ['refused', 'the network is down'],
  EHOSTDOWN: ['refused', 'the host is down'],
  EADDRNOTAVAIL: ['refused', 'the address cannot be reached'],
  UND_ERR_CONNECT_TIMEOUT: ['refused', 'the server did not take the connection in time'],
  ENOTFOUND: ['dns', 'the host name is not known'],
  EAI_FAIL: ['dns', 'the host name could not be looked up'],
  EAI_AGAIN: ['dns', 'the host name could not be looked up'],
}

const sent: Record<string, [NetworkErrorKind, string]> = {
  UND_ERR_HEADERS_TIMEOUT: ['timeout', 'no answer came in time'],
  UND_ERR_BODY_TIMEOUT: ['timeout', 'the answer stalled'],
  ETIMEDOUT: ['timeout', 'the connection timed out'],
  ECONNRESET: ['broken', 'the connection was reset'],
  EPIPE: ['broken', 'the connection was closed'],
  UND_ERR_SOCKET: ['broken', 'the connection was closed before the answer was whole'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['broken', 'the answer is shorter or longer than its Content-Length'],
  UND_ERR_HEADERS_OVERFLOW: ['broken', 'the headers of the answer are too large'],
}

const tls = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|EPROTO)/
/** What breaks a connection that stood already: the request may have gone out before. */
const tlsLater = /BAD_RECORD_MAC|DECRYPT|UNEXPECTED_EOF|RECORD_OVERFLOW/

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** They also end connections that stand already: only where connecting was the call, nothing has gone out. */
const perhapsSent: readonly string[] = ['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN']

const isConnecting = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  if ('syscall' in error && error.syscall !== undefined) return error.syscall === 'connect'
  return error instanceof AggregateError ? error.errors.every(isConnecting) : isConnecting(error.cause)
}

/** The network trouble behind an error of the HTTP client; undefined when it is none. */
export const networkError = (error: unknown): NetworkError | undefined => {
  if (error instanceof NetworkError) return error
  const code = codeOf(error) || codeOf(error instanceof Error ? error.cause : undefined)
  const before = unsent[code]
  if (before) {
    const late = perhapsSent.includes(code) && !isConnecting(error)
    return new NetworkError(late ? 'broken' : before[0], before[1], { sent: late, cause: error })
  }
  const after = sent[code]
  if (after) return new NetworkError(after[0], after[1], { sent: true, cause: error })
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') {
    return new NetworkError(
      'tls',
      `the server there speaks plain http, or no TLS that is known here (${code})`,
      {
        sent: false,
        hint: 'write http:// where it is a server for tests on this machine; else find the https address of the server',
        cause: error,
      },
    )
  }
  if (tls.test(code)) {
    return new NetworkError('tls', `no secure connection (${code})`, {
      sent: tlsLater.test(code),
      cause: error,
    })
  }
  // undici's parser names its errors by a code of its own, or by none.
  const isParser = error instanceof Error && error.name === 'HTTPParserError'
  if (isParser || code.startsWith('HPE_') || code.startsWith('UND_ERR_')) {
    if (code === 'UND_ERR_ABORTED' || code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_INVALID_ARG')
      return undefined
    const what = code === '' ? '' : ` (${code})`
    return new NetworkError('broken', `the answer is not proper HTTP${what}`, { sent: true, cause: error })
  }
  return undefined
}
