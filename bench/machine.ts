import {cpus, totalmem} from 'node:os'
import {serverVersion} from './database.js'
import type {Placement} from './placement.js'
import type {Server} from './server.js'

/** Where and when figures were measured, for results.json. */
export interface Machine {
  date: string
  platform: string
  cpus: number
  cpu: string
  memoryGb: number
  node: string
}

/** The server of the races, and what was raced against. */
export interface ServerFacts {
  postgres: string
  psql: string
  /** null: left to the system. */
  placement: Placement | null
}

export function describeMachine(): Machine {
  return {
    date: new Date().toISOString().slice(0, 10),
    platform: `${process.platform}-${process.arch}`,
    cpus: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? '',
    memoryGb: Math.round(totalmem() / 1e9),
    node: process.versions.node,
  }
}

export async function describeServer({url, placement}: Server, psql: string): Promise<ServerFacts> {
  return {
    postgres: await serverVersion(url),
    psql,
    placement: placement ?? null,
  }
}
