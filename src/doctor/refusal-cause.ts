/** Why a token endpoint refuses a client, read out of its own words: a name for the cause, never a verdict. */

export interface RefusalCause {
  id: 'scope' | 'signature' | 'kid' | 'audience' | 'clock' | 'algorithm' | 'replay' | 'secret' | 'client'
  /** In front of the server's words. */
  words: string
}

/** The first that fits: what is narrow comes before what is wide. */
const causes: readonly (RefusalCause & { pattern: RegExp })[] = [
  {
    id: 'scope',
    words: 'these scopes are not for this client',
    pattern: /\binvalid_scope\b|\bscopes?\b/i,
  },
  {
    id: 'signature',
    words: 'the key is not the one that is registered',
    pattern: /\bsignatures?\b|\bverif(y|ied|ication) (failed|failure|error)/i,
  },
  { id: 'replay', words: 'the server saw the same assertion before', pattern: /\bjti\b|\breplay/i },
  {
    id: 'audience',
    words: 'the assertion is made out to somebody else (audience)',
    pattern: /\baud(ience)?\b/i,
  },
  {
    id: 'clock',
    words: 'the clocks differ',
    pattern: /\b(exp|iat|nbf)\b|\bexpired?\b|in the future|not (yet valid|valid before)|\bclock\b/i,
  },
  {
    id: 'kid',
    words: 'the server has no key of this kid',
    pattern:
      /\bkid\b|\bkey ?id\b|\b(public|signing|matching) keys?\b|\bkeys? (was |were |is )?(not|un)|\bno key|\bjwks?\b/i,
  },
  { id: 'algorithm', words: 'the server takes another algorithm', pattern: /\balg(orithm)?\b/i },
  { id: 'secret', words: 'the client secret is wrong', pattern: /\bsecret\b/i },
  {
    id: 'client',
    words: 'the server does not know this client',
    pattern:
      /\biss(uer)?\b|(no|unknown|unregistered|unrecognized|invalid) client\b(?!_)|client\b.{0,60}\b(not|un)/i,
  },
]

/** `message`: of the error, the server's words behind the status. */
export const causeOf = (message: string): RefusalCause | undefined => {
  const words = /\bHTTP \d{3}: (.*)$/s.exec(message)?.[1]
  if (words === undefined) return undefined
  return causes.find(({ pattern }) => pattern.test(words))
}
