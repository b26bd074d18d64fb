/** The public library: re-exports only. */
export type {
  AuthMethod,
  AuthNotice,
  BackendServices,
  ClientSecret,
  TokenRequestSettings,
} from './auth/method.js'
export type { Clock } from './clock.js'
export {
  type Config,
  defaults,
  type FilesConfig,
  type NetworkConfig,
  type QueueConfig,
  type WaitingConfig,
} from './config.js'
export { BulkxError, type ErrorCode, exitCodes } from './errors.js'
export type { Body, Exchange, HttpHeaders, HttpReply, HttpRequest, Middleware } from './http/exchange.js'
export { attachJob, type BeginningCommand, beginJob } from './job/begin.js'
export { cancelJob } from './job/cancel.js'
export { readJob } from './job/directory.js'
export type { Job, Steer } from './job/export.js'
export type { Fact, FailOn, Finding, Identity, JobEvent, Outcome, Phase } from './job/facts.js'
export type { ProcessIdentity } from './job/lock.js'
export { type Conclusion, conclude } from './job/outcome.js'
export { type JobState, phaseOf } from './job/state.js'
export { kickOffOnly, lookOnce, onlyLook } from './job/steer.js'
export { configFor } from './library/config.js'
export { exportJob, type JobRunOptions, type OnFact, runExport } from './library/export.js'
export { hostFor, type Notice, type RunOptions } from './library/host.js'
export type {
  BeginningOptions,
  Duration,
  ExportOptions,
  FilesOptions,
  FleetOptions,
  IdentityOptions,
  PrivateKey,
  QuestionOptions,
  Secret,
  ServerOptions,
  Several,
  Size,
  WaitingOptions,
} from './library/options.js'
export { type Host, type OpenJob, openJob } from './open-job.js'
export type { ExtraParameter, Issue, KickOffRequest, OutputManifest, Target } from './protocol/types.js'
export { systemClock } from './system-clock.js'
export { version } from './version.js'
