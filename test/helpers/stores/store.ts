/** A store on loopback, as tests see it: with what its own administrator could do. */

/** A request that has come, before it is answered. */
export interface StoreRequest {
  method: string
  /** Path and query. */
  path: string
}

/** `lost`: the store does what it is asked, and its answer never arrives. */
export type StoreAnswer = { status: number; body?: string } | 'reset' | 'lost'

export interface TestStore {
  /** `s3://bucket/prefix` and its like. */
  url: string
  /** Another place in the same bucket, or, with a scheme, anywhere. */
  at(prefix: string): string
  /** How a process finds the store, and its credential. */
  env: Record<string, string>
  /** Answers in place of the store; undefined: the store answers. */
  onRequest?: (request: StoreRequest) => StoreAnswer | undefined | Promise<StoreAnswer | undefined>
  /** Its words for: not so fast. */
  slowDown: StoreAnswer
  /** All requests so far. */
  requests: StoreRequest[]
  close(): Promise<void>
}
