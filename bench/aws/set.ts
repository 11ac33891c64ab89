import {CruddurError} from '../../src/lib/error.js'
import type {RaceSet, SetResult, Setting} from '../bench.js'
import {describeMachine} from '../machine.js'
import {recordsOf} from '../record.js'
import {raceTable} from '../report.js'
import {runRounds} from '../rounds.js'
import {type Endpoint, withEndpoint} from './endpoint.js'
import {type AwsRunner, BASE, NAMES, runnersOf} from './starts.js'

/** Starting the AWS commands: how much longer they take than the shortest of all. */
export const aws: RaceSet = {names: NAMES, run}

const ROUNDS = 25

async function run(setting: Setting): Promise<SetResult> {
  const {only, pairs: rounds = ROUNDS, folder} = setting
  const samples = await withEndpoint((endpoint) => {
    const runners = runnersOf(only, {aws: endpoint.env, cwd: folder})
    const after = (runner: AwsRunner) => checkRequests(runner, endpoint)
    return runRounds(setting, {runners, rounds}, {after})
  })
  const starts = recordsOf(samples, [BASE])
  return {
    report: raceTable('start of an AWS command', starts, [BASE]),
    record: {machine: describeMachine(), starts},
    failures: 0,
  }
}

async function checkRequests({requests, title}: AwsRunner, endpoint: Endpoint): Promise<void> {
  const sent = await endpoint.requests()
  if (sent === requests) return
  const message = `${title} sent ${sent} requests to AWS instead of ${requests}`
  throw new CruddurError('BENCH_WRONG_REQUESTS', message)
}
