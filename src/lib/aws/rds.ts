import {
  CreateDBInstanceCommand,
  type CreateDBInstanceCommandInput,
  type DBInstance,
  DescribeDBEngineVersionsCommand,
  DescribeDBInstancesCommand,
  RDSClient,
} from '@aws-sdk/client-rds'
import {abortable} from '../abortable.js'
import {type AwsOptions, clientConfig, regionOfClient, traced} from './client.js'
import {awsError, type Call, foreignAnswer} from './errors.js'
import {awsCode} from './failure.js'
import type {Policy} from './policy.js'

/** RDS in one region. Every call throws the CruddurErrors of `awsError`. */
export interface Rds {
  region: string
  /** Undefined: there is none of that name. */
  find: (identifier: string) => Promise<DBInstance | undefined>
  create: (request: CreateDBInstanceCommandInput) => Promise<DBInstance>
  /** Versions that can be created; of all, or those that are `version` or its minor versions. */
  versions: (engine: string, version?: string) => Promise<string[]>
}

/**
 * Opens RDS, and closes it when `fn` ends. This module brings the SDK with it: import it where it is used.
 *
 * @throws CruddurError AWS_REGION
 */
export async function withRds<T>(
  options: AwsOptions & {policy: Policy},
  fn: (rds: Rds) => Promise<T>,
): Promise<T> {
  const client = new RDSClient(clientConfig(options))
  const call = (action: string, region = options.region): Call => ({
    action: `rds:${action}`,
    region,
    policy: options.policy,
  })
  const {signal} = options
  const abortSignal = signal ? {abortSignal: signal} : {}
  try {
    const region = await regionOfClient(client, call('DescribeDBInstances'))
    const run = async <R>(action: string, send: () => Promise<R>): Promise<R> => {
      try {
        return await abortable(traced(action, region, send), signal)
      } catch (error) {
        signal?.throwIfAborted()
        throw awsError(error, call(action, region))
      }
    }
    return await fn({
      region,
      find: (identifier) =>
        run('DescribeDBInstances', async () => {
          const command = new DescribeDBInstancesCommand({DBInstanceIdentifier: identifier})
          try {
            const [found] = (await client.send(command, abortSignal)).DBInstances ?? []
            if (!found) throw foreignAnswer(call('DescribeDBInstances', region))
            return found
          } catch (error) {
            if (awsCode(error) === 'DBInstanceNotFound') return undefined
            throw error
          }
        }),
      create: (request) =>
        run('CreateDBInstance', async () => {
          const {DBInstance: created} = await client.send(
            new CreateDBInstanceCommand(request),
            abortSignal,
          )
          if (!created) throw foreignAnswer(call('CreateDBInstance', region))
          return created
        }),
      versions: (engine, version) =>
        run('DescribeDBEngineVersions', () => listVersions(client, {engine, version}, abortSignal)),
    })
  } finally {
    client.destroy()
  }
}

async function listVersions(
  client: RDSClient,
  wanted: {engine: string; version: string | undefined},
  options: {abortSignal?: AbortSignal},
): Promise<string[]> {
  const found: string[] = []
  let marker: string | undefined
  do {
    const page = await client.send(
      new DescribeDBEngineVersionsCommand({
        Engine: wanted.engine,
        EngineVersion: wanted.version,
        Marker: marker,
      }),
      options,
    )
    found.push(...(page.DBEngineVersions ?? []).flatMap(({EngineVersion}) => EngineVersion ?? []))
    marker = page.Marker
  } while (marker)
  return found
}
