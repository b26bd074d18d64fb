/** Runs the checks one after the other, and says which failure is the worst. */
import { BulkxError, type ErrorCode, exitCodes } from '../errors.js'
import { type Check, type CheckId, type CheckResult, failedBy, skipped, type Verdict } from './check.js'
import type { Doctor } from './doctor.js'

const runOne = async ({ run }: Check, doctor: Doctor): Promise<Verdict> => {
  doctor.signal?.throwIfAborted()
  try {
    return await run(doctor)
  } catch (error) {
    doctor.signal?.throwIfAborted()
    if (error instanceof BulkxError) return failedBy(error)
    throw error
  }
}

/** Shorter ones would blacken the text without hiding anything. */
const secretMin = 6

const hide = (text: string, secrets: readonly string[]): string =>
  secrets
    .filter((secret) => secret.length >= secretMin)
    .reduce((left, secret) => left.replaceAll(secret, '***'), text)

const withoutSecrets = (verdict: Verdict, { secrets }: Doctor): Verdict => {
  const { message, remedy } = verdict
  const known = secrets()
  const clean = { ...verdict, message: hide(message, known) }
  return remedy === undefined ? clean : { ...clean, remedy: hide(remedy, known) }
}

/**
 * Yields what each check finds. What needs a check that failed, or that could not be made for such a reason, is
 * skipped and says so. Rejects with the signal's reason, and for defects.
 */
export async function* examine(checks: readonly Check[], doctor: Doctor): AsyncGenerator<CheckResult> {
  const blocked = new Map<CheckId, string>()
  for (const check of checks) {
    const { id, title, needs } = check
    const reason = needs.map((need) => blocked.get(need)).find((blocker) => blocker !== undefined)
    const verdict =
      reason === undefined ? await runOne(check, doctor) : skipped(`not checked, for ${reason} failed`)
    if (verdict.status === 'failed') blocked.set(id, title)
    else if (reason !== undefined) blocked.set(id, reason)
    yield { id, title, ...withoutSecrets(verdict, doctor) }
  }
}

/** What an export looks at before it asks anybody: mistakes of the command, then the disk. */
const local: readonly number[] = [2, 8]

/**
 * The failure that an export with the same options would end with: a mistake of the command (2), then the disk (8),
 * then the first that the network showed.
 */
export const worstOf = (results: readonly CheckResult[]): (CheckResult & { code: ErrorCode }) | undefined => {
  const failures = results.flatMap((result) =>
    result.status === 'failed' && result.code !== undefined ? [{ ...result, code: result.code }] : [],
  )
  const byLocal = local.map((exit) => failures.find(({ code }) => exitCodes[code] === exit))
  return byLocal.find((failure) => failure !== undefined) ?? failures[0]
}
