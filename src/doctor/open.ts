/** From settings to a doctor: the network of an export, with a memory in front of it. */
import type { AuthNotice } from '../auth/method.js'
import type { Config } from '../config.js'
import { compose } from '../http/exchange.js'
import { trace } from '../http/trace.js'
import { transport } from '../http/transport.js'
import { type NetworkHost, openNetwork } from '../open-network.js'
import { type Disk, localDisk } from './disk.js'
import type { Doctor, StandingJob } from './doctor.js'
import { remembering } from './memory.js'

export interface DoctorHost extends Omit<NetworkHost, 'onNotice'> {
  disk?: Disk
  /** The job in the output directory. Rejects with `BULKX_USAGE` when somebody else's files are there. */
  standing: () => Promise<StandingJob | undefined>
}

export interface OpenDoctor extends Doctor {
  /** Ends all connections. */
  close(): Promise<void>
}

/** Asks nobody yet. Throws `BULKX_CONFIG` when the network settings cannot be used. */
export const openDoctor = (config: Config, host: DoctorHost): OpenDoctor => {
  const { clock, signal, standing, disk = localDisk } = host
  const wire = host.exchange ? { exchange: host.exchange, close: async () => {} } : transport(config.network)
  const tracing = host.trace ? [trace(clock, host.trace)] : []
  const memory = remembering(compose(...tracing)(wire.exchange), clock)
  const notices: AuthNotice[] = []
  const network = openNetwork(
    config,
    { ...host, trace: undefined, exchange: memory.exchange, onNotice: (notice) => void notices.push(notice) },
    new Map(),
  )
  return {
    config,
    method: config.network.auth,
    exchange: memory.exchange,
    fhir: network.fhir,
    credentials: network.credentials,
    notices,
    tokenExchange: memory.tokenExchange,
    secrets: () => [...memory.secrets(), ...Object.values(config.network.secretHeaders)],
    clock,
    signal,
    disk,
    standing,
    learned: {},
    close: wire.close,
  }
}
