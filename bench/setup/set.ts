import type {Bench, RaceSet, SetResult} from '../bench.js'
import {withDatabase} from '../database.js'
import {findDbmate} from '../dbmate.js'
import {type Link, withLink} from '../link.js'
import {describeMachine, describeServer} from '../machine.js'
import {findPsql, realPsql} from '../psql.js'
import {type RunnerRecord, recordsOf} from '../record.js'
import {raceTable} from '../report.js'
import {runRounds} from '../rounds.js'
import {withServer} from '../server.js'
import {rounded} from '../statistics.js'
import {rebuildChecks} from './check.js'
import {RACES, type Race} from './races.js'
import {runnersOf, type Tools, writeMigration} from './runners.js'

/** Rebuilding a database that is there already: ours against psql in a script, and dbmate. */
export const setup: RaceSet = {
  names: RACES.map(({name}) => name),
  run: (setting) => withServer(setting, (server) => raceSetups({...setting, server})),
}

interface RaceRecord {
  name: string
  title: string
  /** Of a `SELECT 1` over the link. */
  roundTripMs?: number
  runners: RunnerRecord[]
}

const BASES = ['bash', 'dbmate']

async function raceSetups(bench: Bench): Promise<SetResult> {
  const psql = await findPsql(bench.server.url)
  const dbmate = await findDbmate()
  const migrations = await writeMigration(bench.folder)
  const tools = {realPsql: realPsql(psql), dbmate: dbmate.file, migrations}
  const races: RaceRecord[] = []
  for (const race of RACES) {
    if (bench.only.size > 0 && !bench.only.has(race.name)) continue
    bench.say(`${race.name}: ${race.title}`)
    races.push(await runRace(bench, race, tools))
  }
  const server = await describeServer(bench.server, psql.version)
  return {
    report: races.map(({title, runners}) => raceTable(title, runners, BASES)).join('\n\n'),
    record: {machine: {...describeMachine(), ...server, dbmate: dbmate.version}, races},
    failures: 0,
  }
}

async function runRace(bench: Bench, race: Race, tools: Tools): Promise<RaceRecord> {
  const {name, title, reach} = race
  const {url, placement} = bench.server
  const rounds = bench.pairs ?? race.rounds
  return await withDatabase(url, '', (database) =>
    maybeLinked(url, race, async ({server, roundTripMs}) => {
      // Its wrapper's time is next to nothing over a link.
      const raced = roundTripMs === undefined ? tools : {...tools, realPsql: undefined}
      const runners = runnersOf(raced, {server, database, cwd: bench.folder}, reach)
      const checks = rebuildChecks(url, database)
      const samples = await runRounds(bench, {runners, rounds, placement}, checks)
      const facts = roundTripMs === undefined ? {} : {roundTripMs: rounded(roundTripMs, 2)}
      return {name, title, ...facts, runners: recordsOf(samples, BASES)}
    }),
  )
}

/** A new connection takes a round trip there, too. */
async function maybeLinked<T>(
  server: string,
  {roundTripMs}: Race,
  fn: (link: Pick<Link, 'server'> & Partial<Link>) => Promise<T>,
): Promise<T> {
  if (roundTripMs === undefined) return await fn({server})
  return await withLink(server, {delayMs: roundTripMs / 2, handshake: true}, fn)
}
