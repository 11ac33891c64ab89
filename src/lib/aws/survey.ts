import type {DBInstance} from '@aws-sdk/client-rds'
import {CruddurError} from '../error.js'
import {versionUnavailable} from './engine-version.js'
import type {InstanceSettings} from './instance-settings.js'
import type {Rds} from './rds.js'

/** Not being allowed to list versions, or a service that cannot, keeps nobody from creating an instance. */
const BEARABLE = new Set(['AWS_DENIED', 'AWS_FAILED', 'AWS_REFUSED', 'AWS_THROTTLED'])

async function checkVersion(rds: Rds, settings: InstanceSettings): Promise<string | undefined> {
  const {engine, 'engine-version': version} = settings
  try {
    if ((await rds.versions(engine, version)).length > 0) return undefined
    const offered = await rds.versions(engine)
    return offered.length === 0
      ? undefined
      : Promise.reject(versionUnavailable(version, offered, rds.region))
  } catch (error) {
    if (!(error instanceof CruddurError) || !BEARABLE.has(error.code)) throw error
    return `the version is not checked beforehand: ${error.message}`
  }
}

/**
 * What is there before anything is created: an instance of the name, and otherwise whether the version can be had.
 *
 * @returns `note`: why the version could not be checked
 * @throws CruddurError VERSION_UNAVAILABLE, and those of `awsError`
 */
export async function surveyInstance(
  rds: Rds,
  settings: InstanceSettings,
): Promise<{existing?: DBInstance; note?: string | undefined}> {
  const [existing, version] = await Promise.all([
    rds.find(settings['db-instance-identifier']),
    // Only of interest when there is no instance.
    checkVersion(rds, settings).then(
      (note) => ({note}),
      (error: unknown) => ({error}),
    ),
  ])
  if (existing) return {existing}
  if ('error' in version) throw version.error
  return version
}
