/** Who we are, in headers: what a way of authenticating has to offer. */

export interface Credentials {
  /** Headers for one request; `renew` after a 401, when the last ones were not good enough. */
  headers(renew?: boolean): Promise<Record<string, string>>
}

/** No credential at all. */
export const anonymous: Credentials = { headers: async () => ({}) }

/** A ready-made token. Its source is read again after a 401: somebody else may have renewed the file. */
export const bearer = (read: () => Promise<string>): Credentials => {
  let token: Promise<string> | undefined
  return {
    headers: async (renew) => {
      if (renew) token = undefined
      token ??= read()
      return { authorization: `Bearer ${await token}` }
    },
  }
}

/** Static headers that are a credential (`--header-file`), beside what `credentials` says. */
export const withHeaders = (secret: Record<string, string>, credentials: Credentials): Credentials => ({
  headers: async (renew) => ({ ...secret, ...(await credentials.headers(renew)) }),
})
