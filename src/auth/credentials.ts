/** Who we are, in headers: what a way of authenticating has to offer, and the ways that need no token request. */
import type { SecretsInUse } from './secrets-in-use.js'

/** A grant that holds less than was asked for. */
export interface NarrowGrant {
  /** The scopes of the token request. */
  asked: string
  /** Those of its answer, as the server wrote them, bounded. */
  granted: string
  /** Types of the export that certainly none of these is for. */
  types: string[]
}

export interface Credentials {
  /** Newer ones can be had. Where they can, a 403 may mean that the present ones have expired, as at AB2D. */
  readonly renewable: boolean
  /**
   * Headers for one request. `refused`: headers that a server would not take; newer ones are wanted. Who was refused
   * with older ones than the present gets the present ones; all who were refused with the present ones share one
   * renewal. Resolves with `refused` itself when there are no others. Rejects with `BULKX_TOKEN` or another
   * `BulkxError` when there are none to be had, with an unsent `NetworkError` when there may be some later.
   */
  headers(refused?: Readonly<Record<string, string>>): Promise<Record<string, string>>
  /** Told when a server refuses them for good. */
  rejected?(status: number): void
  /** What the present token lacks; undefined where it lacks nothing, or nobody knows. */
  narrowGrant?(): NarrowGrant | undefined
}

/** Headers that never change. */
export const staticHeaders = (headers: Readonly<Record<string, string>>): Credentials => ({
  renewable: false,
  headers: async () => ({ ...headers }),
})

/** No credential at all. */
export const anonymous: Credentials = staticHeaders({})

/** A ready-made token. Its source is read again after a refusal: somebody else may have renewed the file. */
export const bearer = (read: () => Promise<string>): Credentials => {
  let reading: Promise<string> | undefined
  let present: string | undefined
  const readAgain = (): Promise<string> => {
    reading ??= read()
      .then((token) => {
        present = `Bearer ${token}`
        return present
      })
      .finally(() => {
        reading = undefined
      })
    return reading
  }
  return {
    renewable: true,
    headers: async (refused) => {
      const authorization = present ?? (await readAgain())
      if (refused?.authorization !== authorization) return { authorization }
      return { authorization: await readAgain() }
    },
  }
}

/** Static headers that are a credential (`--header-file`), beside what `credentials` says. */
export const withHeaders = (
  secret: Readonly<Record<string, string>>,
  credentials: Credentials,
): Credentials => ({
  renewable: credentials.renewable,
  headers: async (refused) => ({ ...secret, ...(await credentials.headers(refused)) }),
  rejected: (status) => credentials.rejected?.(status),
  narrowGrant: () => credentials.narrowGrant?.(),
})

/** The same credentials; whatever they give is remembered, so that nobody repeats it. */
export const remembered = (credentials: Credentials, secrets: SecretsInUse): Credentials => ({
  renewable: credentials.renewable,
  headers: async (refused) => {
    const headers = await credentials.headers(refused)
    secrets.add(headers)
    return headers
  },
  rejected: (status) => credentials.rejected?.(status),
  narrowGrant: () => credentials.narrowGrant?.(),
})
