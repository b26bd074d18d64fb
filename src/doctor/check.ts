/** What a check is, as data, and what it may find. */
import type { BulkxError, ErrorCode } from '../errors.js'
import type { Doctor } from './doctor.js'

export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped'

export interface Verdict {
  status: CheckStatus
  /** One sentence without a period; the server's own words after a colon. */
  message: string
  /** What to do about it. */
  remedy?: string
  /** Of a failure: what an export would end with. */
  code?: ErrorCode
}

export type CheckId =
  | 'settings'
  | 'proxy'
  | 'network'
  | 'base-url'
  | 'capability-statement'
  | 'vendor'
  | 'discovery'
  | 'key'
  | 'clock'
  | 'token'
  | 'scopes'
  | 'types'
  | 'group'
  | 'directory'
  | 'space'

export interface Check {
  id: CheckId
  /** In front of the message. */
  title: string
  /** Checks without which this one makes no sense; they stand earlier in the table. */
  needs: readonly CheckId[]
  /** May reject with a `BulkxError`, which is then the failure. */
  run: (doctor: Doctor) => Verdict | Promise<Verdict>
}

export interface CheckResult extends Verdict {
  id: CheckId
  title: string
}

export const ok = (message: string): Verdict => ({ status: 'ok', message })

export const warning = (message: string, remedy?: string): Verdict => ({ status: 'warning', message, remedy })

/** There is nothing to check. */
export const skipped = (message: string, remedy?: string): Verdict => ({ status: 'skipped', message, remedy })

export const failed = (code: ErrorCode, message: string, remedy?: string): Verdict => ({
  status: 'failed',
  code,
  message,
  remedy,
})

/** The words of the error that an export would end with. */
export const failedBy = ({ code, message, hint }: BulkxError): Verdict => failed(code, message, hint)
