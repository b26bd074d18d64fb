/** Tokens and secrets as somebody gives them: trimmed, checked, and never quoted. */
import { BulkxError, type ErrorCode } from '../errors.js'

const tokenText = /^[\x21-\x7e]+$/

/** The token that `where` holds, with or without `Bearer` before it. Never quotes it. */
export const checkToken = (text: string, where: string, code: ErrorCode): string => {
  const token = text.trim().replace(/^Bearer\s+/i, '')
  if (tokenText.test(token)) return token
  const what = token === '' ? 'holds no token' : 'holds more than a token'
  throw new BulkxError(code, `${where} ${what}`, { hint: 'it must hold the access token and nothing else' })
}

/** The secret without the line end that editors add. Never quotes it. */
export const checkSecret = (text: string, where: string, code: ErrorCode): string => {
  const secret = text.replace(/^\ufeff/, '').replace(/[\r\n]+$/, '')
  if (secret !== '' && !/[\r\n]/.test(secret)) return secret
  const what = secret === '' ? 'holds no secret' : 'holds more than one line'
  throw new BulkxError(code, `${where} ${what}`, { hint: 'it must hold the client secret and nothing else' })
}
