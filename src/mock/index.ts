/** The public API of the mock: a pretend Bulk Data server for tests, demonstrations and bug reports. */
export {
  createMock,
  type DataOptions,
  type Mock,
  type MockOptions,
  type MswHandler,
  type RecordedRequest,
} from './app.js'
export type { DataSource, Deletion, Resource, Selection } from './data/source.js'
export {
  type Entry,
  editContent,
  editManifest,
  entriesOf,
  type Fault,
  fault,
  withBody,
  withHeaders,
} from './edit.js'
export type { Evolve } from './evolve/evolution.js'
export type { Truth, TruthOptions } from './evolve/truth.js'
export type { FaultRow } from './fault-row.js'
export { parseFault } from './fault-text.js'
export { type FaultName, faultRows, faults } from './faults.js'
export type { FaultError } from './guard.js'
export type { Call, FileRef, Handler, Middleware, Phase } from './handler.js'
export { phases } from './handler.js'
export type { Job, JobFile, JobPhase, Jobs, JobView } from './jobs.js'
export { type ListenOptions, listen, type RunningServer } from './listen.js'
export type { Matcher } from './matcher.js'
export { personalities } from './personalities.js'
export { type Differences, type Level, type Personality, personality } from './personality.js'
export { type Priority, playing, type Scenario, type ScenarioServer, variantOf } from './scenario.js'
export { scenarioNamed, scenarios } from './scenarios.js'
export { type Client, DEFAULT_CLIENT_ID, type Jwks, readJwks } from './token-clients.js'
export type { AccessRefusal, AccessRow, AuthRow, ClientAuthentication, ErrorStyle } from './token-row.js'
