import {table} from '../../src/lib/cli/table.js'
import type {Bench, RaceSet, SetResult} from '../bench.js'
import {findDbmate} from '../dbmate.js'
import {describeMachine, describeServer} from '../machine.js'
import {findPsql, realPsql} from '../psql.js'
import {type RunnerRecord, recordsOf} from '../record.js'
import {measured, raceTable, yesNo} from '../report.js'
import {runRounds} from '../rounds.js'
import {withServer} from '../server.js'
import {type MemoryRecord, runMemory} from './memory.js'
import {BASES, NAMES, type Others, runnersOf} from './runners.js'

const MEMORY = 'memory'
const ROUNDS = 25

/** Starting the program, to say its version or to ask one query; and the memory of each command. */
export const start: RaceSet = {
  names: [...NAMES, MEMORY],
  run: (setting) => withServer(setting, (server) => raceStarts({...setting, server})),
}

async function raceStarts(bench: Bench): Promise<SetResult> {
  const {only} = bench
  const psql = await findPsql(bench.server.url)
  const dbmate = await findDbmate()
  const others = {realPsql: realPsql(psql), dbmate: dbmate.file}
  const asked = (names: readonly string[]) =>
    only.size === 0 || names.some((name) => only.has(name))
  const starts = asked(NAMES) ? await race(bench, others) : []
  const memory = asked([MEMORY]) ? await runMemory(bench) : []
  const server = await describeServer(bench.server, psql.version)
  const tables = [
    starts.length > 0 ? raceTable('start', starts, BASES) : '',
    memory.length > 0 ? memoryTable(memory) : '',
  ]
  return {
    report: tables.filter((text) => text !== '').join('\n\n'),
    record: {machine: {...describeMachine(), ...server, dbmate: dbmate.version}, starts, memory},
    failures: 0,
  }
}

async function race(bench: Bench, others: Others): Promise<RunnerRecord[]> {
  const {folder, only, pairs: rounds = ROUNDS} = bench
  const {placement, url} = bench.server
  const runners = runnersOf(only, others, {server: url, cwd: folder})
  return recordsOf(await runRounds(bench, {runners, rounds, placement}), BASES)
}

function memoryTable(records: readonly MemoryRecord[]): string {
  const rows = records.map(({command, peakMb, reachMb, met}) => {
    return [`cruddur-db ${command}`, measured(peakMb), `<= ${reachMb} MB`, yesNo(met)]
  })
  return table(['memory', 'MB', 'reach', 'met'], rows)
}
