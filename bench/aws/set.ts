import type {RaceSet, SetResult, Setting} from '../bench.js'
import {describeMachine} from '../machine.js'
import {withEndpoint} from './endpoint.js'
import {recordsOf} from './record.js'
import {report} from './report.js'
import {runRounds} from './rounds.js'
import {BASES, STARTS} from './starts.js'

/** Starting the AWS commands: how much longer they take than the shortest of all. */
export const aws: RaceSet = {
  names: STARTS.map(({name}) => name),
  run,
}

const ROUNDS = 25

async function run(setting: Setting): Promise<SetResult> {
  const {only, pairs: rounds = ROUNDS, say} = setting
  const starts = [...BASES, ...STARTS.filter(({name}) => only.size === 0 || only.has(name))]
  say(`in turn: ${starts.map(({title}) => title).join('; ')}`)
  const samples = await withEndpoint((endpoint) => runRounds(setting, starts, {endpoint, rounds}))
  const records = recordsOf(samples)
  return {
    report: report(records),
    record: {machine: describeMachine(), starts: records},
    failures: 0,
  }
}
