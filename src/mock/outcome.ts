/** OperationOutcomes: how a FHIR server says no, and the error that carries one through the code. */

export interface OutcomeIssue {
  severity: 'fatal' | 'error' | 'warning' | 'information'
  /** From http://hl7.org/fhir/issue-type. */
  code: string
  diagnostics: string
}

/** An OperationOutcome resource. */
export const operationOutcome = (issues: readonly OutcomeIssue[]): Record<string, unknown> => ({
  resourceType: 'OperationOutcome',
  issue: issues,
})

/** A response with JSON text; `headers` may replace the media type. */
export const jsonResponse = (
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Response => {
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  return new Response(bytes, {
    status,
    headers: { 'content-type': 'application/json', 'content-length': String(bytes.length), ...headers },
  })
}

/** A response whose body is an OperationOutcome of one issue. */
export const outcomeResponse = (
  status: number,
  code: string,
  diagnostics: string,
  headers: Record<string, string> = {},
): Response =>
  jsonResponse(status, operationOutcome([{ severity: 'error', code, diagnostics }]), {
    'content-type': 'application/fhir+json',
    ...headers,
  })

interface Said {
  contentType: string
  text: string
}

/** Thrown where a request turns out to be one that the server refuses; the routes answer with it. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Record<string, string>
  /** Says nothing but its status and headers. */
  readonly empty: boolean
  /** Says this instead of an OperationOutcome. */
  readonly said: Said | undefined

  constructor(
    status: number,
    code: string,
    diagnostics: string,
    {
      headers = {},
      empty = false,
      said,
    }: { headers?: Record<string, string>; empty?: boolean; said?: Said } = {},
  ) {
    super(diagnostics)
    this.name = 'Refusal'
    this.status = status
    this.code = code
    this.headers = headers
    this.empty = empty
    this.said = said
  }

  response(): Response {
    const { status, headers } = this
    const { said } = this
    if (said)
      return new Response(said.text, { status, headers: { 'content-type': said.contentType, ...headers } })
    if (this.empty) return new Response(null, { status, headers })
    return outcomeResponse(status, this.code, this.message, headers)
  }
}
