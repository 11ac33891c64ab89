import {type TargetJson, targetJson} from '../target/target.js'
import type {Entry} from './overview.js'
import type {State} from './overview-state.js'
import {redact} from './redact.js'

/** The overview for a script; what could not be seen is null. */
export interface OverviewJson {
  target: TargetJson | null
  state: State['kind']
  server: {version: string; since: string} | null
  /** `exists` is null where that could not be seen. */
  database: {exists: boolean | null; bytes: number | null}
  tables: number | null
  trouble: {code: string; message: string} | null
  /** The one thing to do next: a command, or words. */
  next: string
}

/** @param entries what a person is shown of the same state */
export function overviewJson(state: State, entries: readonly Entry[]): OverviewJson {
  const target = 'target' in state ? targetJson(state.target) : null
  const next = entries.find(({label}) => label === 'next')?.text ?? ''
  const {server, database} = state.kind === 'open' ? state : {server: null, database: undefined}
  const trouble =
    'trouble' in state ? {code: state.trouble.code, message: redact(state.trouble.message)} : null
  return {
    target,
    state: state.kind,
    server: server && {version: server.version, since: server.since.toISOString()},
    database: {
      exists: database === undefined ? null : database !== null,
      bytes: database?.bytes ?? null,
    },
    tables: database?.tableCount ?? null,
    trouble,
    next,
  }
}
