/** Each reader of what a server says, what is hostile to it, and what must hold whatever it reads. */
import { readPrintedToken, readTokenResponse, tokenErrorWords } from '../../src/auth/access-token.js'
import { readCapabilityStatement, readSmartConfiguration } from '../../src/auth/discovery.js'
import { deriveScopes, missingScopes } from '../../src/auth/scopes.js'
import { harmless } from '../../src/cli/text.js'
import { readCapability } from '../../src/doctor/capability.js'
import { isContinuation, validatorsOf } from '../../src/fetch/resume.js'
import { isIdentity } from '../../src/http/coding.js'
import type { HttpHeaders } from '../../src/http/exchange.js'
import { readHttpDate, readRetryAfter } from '../../src/http/retry-after.js'
import {
  asHttps,
  hostOf,
  isHttp,
  isLoopback,
  isPrivateAddress,
  originOf,
  requestTarget,
  resolveUrl,
  withoutQuery,
} from '../../src/http/url.js'
import { fileNames } from '../../src/job/files.js'
import { keptHeaders } from '../../src/job/kept-headers.js'
import { inspector } from '../../src/ndjson/inspect.js'
import { readDelete } from '../../src/protocol/delete.js'
import { readInstant } from '../../src/protocol/instant.js'
import { readKickOff } from '../../src/protocol/kick-off.js'
import { readManifest } from '../../src/protocol/manifest.js'
import { readBatchIssues, readIssues, serverWords } from '../../src/protocol/operation-outcome.js'
import { readContentRange } from '../../src/protocol/output-file.js'
import { readStatus } from '../../src/protocol/status.js'
import type { OutputManifest } from '../../src/protocol/types.js'
import { urlExpiry } from '../../src/protocol/url-expiry.js'
import { randomLine } from '../ndjson/validator-lines.js'
import { must, mustBeAddress, mustBeNumber, mustBeWords } from './properties.js'
import * as seeds from './seeds.js'
import {
  changedText,
  headers,
  json,
  mutatedOften,
  pick,
  type Random,
  seldom,
  spoilt,
  text,
} from './values.js'

export interface Reader {
  name: string
  /** How often it has its turn, among the others. */
  share: number
  check(random: Random): void
}

const now = Date.parse('2026-01-01T00:00:00Z')
const lastTime = 8.64e15

const statuses = [
  200, 200, 202, 202, 204, 206, 301, 302, 307, 400, 401, 403, 404, 406, 408, 409, 410, 429, 500, 501, 502,
  503, 504, 522,
]

const body = (random: Random): string =>
  seldom(random, 4) ? spoilt(random, pick(random, seeds.texts)) : json(random, pick(random, seeds.bodies))

export const answer = (random: Random, status = pick(random, statuses), text = body(random)) => ({
  status,
  headers: headers(random, seeds.headers),
  url: seeds.base,
  body: text,
  cut: seldom(random, 20),
})

const mustBeWait = (ms: number | undefined): void => mustBeNumber(ms, 1, 100 * 365 * 86_400_000)

export const mustBeManifest = (manifest: OutputManifest): void => {
  const { items, issues, next, expiresAt, failedBatches, transactionTime, request, rest } = manifest
  for (const { type, url, count, sha256, sizeBytes } of Object.values(items).flat()) {
    must(typeof type === 'string' && type.length <= 200, 'a type is a short text', type)
    must(url === '' || /^[a-z][a-z0-9+.-]*:/i.test(url), 'a file URL is absolute', url)
    must(url.length <= 65_536, 'a file URL has an end', url)
    mustBeNumber(count, 0, Number.MAX_SAFE_INTEGER)
    mustBeNumber(sizeBytes, 0, Number.MAX_SAFE_INTEGER)
    must(sha256 === undefined || /^[0-9a-f]{64}$/.test(sha256), 'a digest is one', sha256)
  }
  for (const { text, code } of issues) {
    mustBeWords(text)
    mustBeWords(code, 100)
  }
  must(issues.length <= 1000, 'issues have an end', issues.length)
  must(next === undefined || next.length <= 65_536, 'a link has an end', next)
  mustBeNumber(expiresAt, -lastTime, lastTime)
  mustBeNumber(failedBatches, 1, Number.MAX_SAFE_INTEGER)
  for (const [name, said] of Object.entries({ transactionTime, request }))
    must(said === undefined || (typeof said === 'string' && said.length <= 65_536), name, said)
  must(
    Object.getPrototypeOf(rest) === Object.prototype && !Object.hasOwn(rest, '__proto__'),
    'rest is plain',
    rest,
  )
  JSON.stringify(manifest)
}

const status: Reader = {
  name: 'readStatus',
  share: 12,
  check: (random) => {
    const response = readStatus(answer(random), now)
    if ('reason' in response) {
      mustBeWords(response.reason)
      must(Buffer.byteLength(harmless(response.reason)) <= 2048 + 3, 'a message is short')
    }
    if ('retryAfterMs' in response) mustBeWait(response.retryAfterMs)
    if (response.kind === 'in-progress') {
      mustBeWords(response.progress, 100)
      mustBeWords(response.heartbeat, 100)
    }
    if ('manifest' in response && response.manifest) mustBeManifest(response.manifest)
  },
}

const manifest: Reader = {
  name: 'readManifest',
  share: 12,
  check: (random) => {
    const mutated = mutatedOften(random, seeds.manifest)
    const read = readManifest(mutated, seeds.base, headers(random, seeds.headers))
    if (read) mustBeManifest(read)
  },
}

const kickOff: Reader = {
  name: 'readKickOff',
  share: 12,
  check: (random) => {
    const asked = answer(random)
    const response = readKickOff(asked, now)
    if ('message' in response) mustBeWords(response.message)
    if ('retryAfterMs' in response) mustBeWait(response.retryAfterMs)
    switch (response.kind) {
      case 'accepted':
        mustBeAddress(response.pollingLocation)
        must(response.pollingLocation !== asked.url, 'the kick-off itself is no status')
        mustBeWords(response.reference, 200)
        mustBeNumber(response.serverDate, -lastTime, lastTime)
        break
      case 'complete':
        mustBeManifest(response.manifest)
        break
      case 'busy':
        for (const job of response.jobs) {
          mustBeAddress(job)
          must(originOf(job) === originOf(seeds.base), 'a running job is at the server', job)
        }
        break
      case 'refused':
        mustBeWords(response.location)
        break
    }
  },
}

const remove: Reader = {
  name: 'readDelete',
  share: 2,
  check: (random) => {
    const { message, retryAfterMs } = readDelete(answer(random), now)
    mustBeWords(message)
    mustBeWait(retryAfterMs)
  },
}

const outcomes: Reader = {
  name: 'readIssues',
  share: 6,
  check: (random) => {
    const issues = [
      ...(readIssues(mutatedOften(random, seeds.outcome)) ?? []),
      ...(readBatchIssues(mutatedOften(random, seeds.batch)) ?? []),
    ]
    for (const { severity, code, text: words } of issues) {
      must(['fatal', 'error', 'warning', 'information'].includes(severity), 'a severity is known', severity)
      mustBeWords(words)
      mustBeWords(code, 100)
    }
    mustBeWords(serverWords(answer(random)))
  },
}

const header: Reader = {
  name: 'headers',
  share: 10,
  check: (random) => {
    const own = (name: keyof typeof seeds.headers): string =>
      seldom(random, 3) ? text(random) : changedText(random, pick(random, seeds.headers[name]))
    mustBeWait(readRetryAfter(own('retry-after'), pick(random, [now, 0, lastTime])))
    mustBeNumber(readHttpDate(own('date')), -lastTime, lastTime)
    mustBeNumber(readInstant(own('expires')), -lastTime, lastTime)
    const range = readContentRange(own('content-range'))
    if (range) for (const number of Object.values(range)) mustBeNumber(number, 0, 1e15)
    const all: HttpHeaders = headers(random, seeds.headers)
    isIdentity(all)
    const reply = {
      status: pick(random, [200, 206]),
      headers: all,
      url: seeds.base,
      body: undefined as never,
    }
    const validators = validatorsOf(reply)
    if (validators) mustBeNumber(validators.length, 0, 1e15)
    if (isContinuation(reply, { bytes: 10, validators: { etag: '"a"', length: 20 } }))
      must(reply.status === 206 && all.etag !== undefined, 'only what is proved goes on', all)
    for (const kept of Object.values(keptHeaders(all))) mustBeWords(kept, 200)
    must(!('set-cookie' in keptHeaders(all)), 'cookies are not kept')
  },
}

const token: Reader = {
  name: 'tokens',
  share: 8,
  check: (random) => {
    const seed = pick(random, [seeds.token, seeds.tokenRefusal, seeds.outcome, { message: 'no' }])
    const written = seldom(random, 5) ? spoilt(random, pick(random, seeds.texts)) : json(random, seed)
    const response = readTokenResponse(answer(random, pick(random, statuses), written), now)
    mustBeWords(tokenErrorWords(written))
    const found = response.kind === 'token' ? response.token : readPrintedToken(written)
    if (found) {
      must(/^[\x21-\x7e]+$/.test(found.text), 'a token can stand in a header', found.text)
      mustBeNumber(found.lifetimeMs, 0, 86_400_000)
      must(found.scope === undefined || typeof found.scope === 'string', 'a scope is text', found.scope)
      missingScopes('system/*.rs openid', found.scope ?? '')
    }
    if (response.kind === 'later') mustBeWait(response.retryAfterMs)
    if ('words' in response) {
      mustBeWords(response.words)
      must(!response.words.includes(seeds.token.access_token), 'no token is shown', response.words)
    }
  },
}

const discovery: Reader = {
  name: 'discovery',
  share: 6,
  check: (random) => {
    const found = readSmartConfiguration(mutatedOften(random, seeds.smart))
    if (found) mustBeWords(deriveScopes(['Patient'], found.hints))
    const uri = readCapabilityStatement(mutatedOften(random, seeds.capability))
    for (const reference of [found?.reference, uri])
      if (reference !== undefined) resolveUrl(reference, seeds.base)
    const capability = readCapability(mutatedOften(random, seeds.capability), '$export')
    if (capability)
      must(
        capability.types.every((type) => typeof type === 'string'),
        'types are text',
      )
  },
}

const url: Reader = {
  name: 'URLs',
  share: 14,
  check: (random) => {
    const reference = seldom(random, 4) ? text(random) : changedText(random, pick(random, seeds.urls))
    mustBeNumber(urlExpiry(reference), -Number.MAX_VALUE, Number.MAX_VALUE)
    mustBeWords(withoutQuery(reference), Number.POSITIVE_INFINITY)
    const resolved = resolveUrl(
      reference,
      pick(random, [seeds.base, 'http://127.0.0.1:8080/a/b?c', 'https://[::1]']),
    )
    if (!isHttp(resolved)) {
      must(originOf(resolved) === undefined, 'only http has an origin', resolved)
      return
    }
    const origin = originOf(resolved) ?? ''
    const target = requestTarget(resolved)
    must(/^\/[\x21-\x7e]*$/.test(target), 'a request line holds no spaces', target)
    must(target.length > 60_000 || originOf(origin + target) === origin, 'the request goes to the origin', [
      resolved,
      target,
    ])
    must(hostOf(asHttps(resolved)) === hostOf(resolved), 'https is the same host', resolved)
    must(!isLoopback(resolved) || isPrivateAddress(resolved), 'loopback is private', resolved)
    must(!/[?#]/.test(withoutQuery(resolved)), 'a URL is shown without its query', resolved)
    const { username, password } = new URL(resolved)
    for (const secret of [username, password])
      must(secret.length < 6 || !withoutQuery(resolved).includes(secret), 'no user info is shown', resolved)
  },
}

const names: Reader = {
  name: 'file names',
  share: 4,
  check: (random) => {
    const name = fileNames()
    const given = Array.from({ length: 6 }, () =>
      name(
        pick(random, ['output', 'output', 'deleted', 'outcome']),
        pick(random, ['Patient', 'PATIENT', 'con', 'unknown', text(random)]),
      ),
    )
    for (const one of given)
      must(/^((deleted|outcome)\/)?[A-Za-z]{1,64}\.\d{4}\.ndjson$/.test(one), 'a name', one)
    const bare = given.map((one) => one.replace(/^.*\//, '').toLowerCase())
    must(new Set(bare).size === bare.length, 'names are unique', given)
  },
}

const lines: Reader = {
  name: 'NDJSON',
  share: 6,
  check: (random) => {
    const inspect = inspector({
      expectedType: pick(random, ['Patient', '', 'OperationOutcome', '__proto__']),
      maxLineBytes: 1 << 20,
      onResource: (resource) => void readIssues(resource),
      parse: 'outcomes',
    })
    let bytes = 0
    for (let left = random(6); left > 0; left -= 1) {
      const line = seldom(random, 3)
        ? json(random, pick(random, [seeds.outcome, { resourceType: 'Patient' }]))
        : randomLine(random)
      const chunk = Buffer.concat([Buffer.from(line), Buffer.from('\n'.repeat(random(4)))])
      bytes += chunk.length
      inspect.push(chunk)
    }
    const found = inspect.end()
    must(found.bytes === bytes, 'every byte is counted', [found.bytes, bytes])
    must(found.badLines <= found.lines && found.resources <= found.lines + 1, 'counts fit', found)
    mustBeWords(found.firstBadLine?.reason, 100)
    must(
      Object.keys(found.otherTypes).every((type) => /^[A-Za-z]{1,64}$/.test(type)),
      'types are names',
      found.otherTypes,
    )
  },
}

export const serverReaders: readonly Reader[] = [
  status,
  manifest,
  kickOff,
  remove,
  outcomes,
  header,
  token,
  discovery,
  url,
  names,
  lines,
]
