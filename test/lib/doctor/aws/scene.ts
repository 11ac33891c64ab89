import {vi} from 'vitest'
import {awsChecks} from '../../../../src/lib/doctor/aws/checks.js'
import type {Finding} from '../../../../src/lib/doctor/check.js'
import type {Facts} from '../../../../src/lib/doctor/facts.js'
import type {HostAddress, Target} from '../../../../src/lib/target/target.js'
import {startAddressServer} from '../../../support/aws/address-server.js'
import {
  type FakeAws,
  type FakeInstance,
  fakeInstance,
  startFakeAws,
} from '../../../support/aws/fake-aws.js'
import {packageRoot} from '../../../support/program.js'
import {HOST, NAME} from '../../../support/rds-create.js'
import {targetOf} from '../../../support/target.js'

/** This machine's address, as the services of the stage tell it. */
export const OWN = '203.0.113.9'

type Certified = FakeInstance & {CertificateDetails?: {CAIdentifier: string; ValidTill: Date}}

/** A fake AWS with the instance that the target is, and the checks as they look at it. */
export interface Stage {
  fake: FakeAws
  /** Changes the instance. */
  set: (changes: Partial<Certified>) => void
  /** What a check says, as if doctor was run anew. */
  see: (name: string, env?: Record<string, string>) => Promise<Finding>
  /** What all of them say in one run. */
  all: () => Promise<Record<string, Finding>>
}

/** Runs `fn` with a stage; `host` is what the target's URL names. */
export async function onStage(
  fn: (stage: Stage) => Promise<void>,
  {host = {host: HOST, port: 5432}}: {host?: HostAddress} = {},
): Promise<void> {
  const fake = await startFakeAws()
  const services = await startAddressServer(() => ({body: OWN}))
  fake.instances.set(NAME, fakeInstance())
  const variables = {...fake.env, CRUDDUR_DB_IP_URLS: services.url}
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  const target: Target = {
    ...targetOf('cruddur'),
    production: true,
    name: 'production',
    hosts: [host],
  }
  const {signal} = new AbortController()
  const facts = (env: Record<string, string>): Facts => ({
    env: {...process.env, ...env},
    cwd: '/',
    packageRoot,
    prod: true,
    connection: {signal},
    atEnd: () => {},
    target,
  })
  const run = (name: string, known: Facts): Promise<Finding> => {
    const check = awsChecks.find((one) => one.name === name)
    if (!check) throw new Error(`no check ${name}`)
    return check.run(known, signal)
  }
  try {
    await fn({
      fake,
      set: (changes) => {
        const instance = fake.instances.get(NAME)
        if (instance) Object.assign(instance, changes)
      },
      see: (name, env = {}) => run(name, facts(env)),
      all: async () => {
        const known = facts({})
        const found: Record<string, Finding> = {}
        for (const {name} of awsChecks) found[name] = await run(name, known)
        return found
      },
    })
  } finally {
    vi.unstubAllEnvs()
    await services.close()
    await fake.close()
  }
}
