import {boolean, checkNames, filters, integer, type Parameters, page} from './parameters.js'
import {refuseCombination, refuseValue} from './refusal.js'
import type {Xml} from './xml.js'

export interface EngineVersion {
  engine: string
  version: string
}

const minors = (major: number, from: number, to: number) =>
  Array.from({length: to - from + 1}, (_, index) => `${major}.${from + index}`)

/**
 * PostgreSQL versions that RDS creates, oldest first: cfn-lint 1.51's table (May 2026) without those that AWS
 * blocked on 2026-05-01.
 */
export const POSTGRES_VERSIONS: readonly string[] = [
  ...minors(13, 20, 23),
  ...minors(14, 18, 22),
  ...minors(15, 13, 17),
  ...minors(16, 9, 13),
  ...minors(17, 5, 9),
  ...minors(18, 1, 3),
]

/** What else the service lists; Aurora still has the 14.6 that RDS has not (aws/aws-cdk#38053). */
const OTHER_ENGINES: readonly EngineVersion[] = [
  {engine: 'aurora-postgresql', version: '14.6'},
  {engine: 'aurora-postgresql', version: '17.4'},
  {engine: 'mysql', version: '8.4.8'},
]

const KNOWN = [
  'DBParameterGroupFamily',
  'DefaultOnly',
  'Engine',
  'EngineVersion',
  'Filters.Filter.N.Name',
  'Filters.Filter.N.Values.Value.N',
  'IncludeAll',
  'ListSupportedCharacterSets',
  'ListSupportedTimezones',
  'Marker',
  'MaxRecords',
]

const majorOf = (version: string) => version.replace(/\..*$/, '')
const nextToLast = (values: readonly string[]) => values.at(-2) ?? values.at(-1)

/**
 * The version RDS takes where a major one is asked for (or none: an older major's). It is the default, not the
 * newest (aws/aws-cdk#11067); here the last but one.
 */
function defaultVersion(versions: readonly string[], major?: string): string | undefined {
  const majors = [...new Set(versions.map(majorOf))]
  const wanted = major ?? nextToLast(majors)
  return nextToLast(versions.filter((version) => majorOf(version) === wanted))
}

/** The version an instance gets that was asked for with `asked`; refuses one that cannot be created. */
export function versionToCreate(versions: readonly string[], asked: string | undefined): string {
  const found =
    asked === undefined || !asked.includes('.')
      ? defaultVersion(versions, asked)
      : versions.find((version) => version === asked)
  return found ?? refuseCombination(`Cannot find version ${asked} for postgres`)
}

function describe({engine, version}: EngineVersion): Xml {
  const description = engine === 'postgres' ? 'PostgreSQL' : engine
  return {
    Engine: engine,
    MajorEngineVersion: majorOf(version),
    EngineVersion: version,
    DBParameterGroupFamily: `${engine}${majorOf(version)}`,
    DBEngineDescription: description,
    DBEngineVersionDescription: `${description} ${version}-R1`,
    Status: 'available',
    SupportsReadReplica: true,
    SupportsLogExportsToCloudwatchLogs: true,
  }
}

function matching(params: Parameters, versions: readonly string[]): EngineVersion[] {
  const all = [...OTHER_ENGINES, ...versions.map((version) => ({engine: 'postgres', version}))]
  const wanted: Record<string, string[]> = {}
  if (params['Engine']) wanted['engine'] = [params['Engine']]
  if (params['EngineVersion']) wanted['engine-version'] = [params['EngineVersion']]
  for (const {name, values} of filters(params, 'rds')) {
    if (!['engine', 'engine-version'].includes(name))
      refuseValue(`Unrecognized filter name: ${name}`)
    wanted[name] = values
  }
  return all.filter(({engine, version}) => {
    const engineMatches = wanted['engine']?.includes(engine) ?? true
    const asked = wanted['engine-version']
    return (
      engineMatches &&
      (asked?.some((text) => text === version || text === majorOf(version)) ?? true)
    )
  })
}

/** DescribeDBEngineVersions: by engine, version or major version, the defaults only, page by page. */
export function describeEngineVersions(params: Parameters, versions: readonly string[]): Xml {
  checkNames(params, KNOWN)
  const size = integer(params, 'MaxRecords') ?? 100
  if (size < 20 || size > 100)
    refuseValue(`Invalid value ${size} for MaxRecords. Must be between 20 and 100`)
  let found = matching(params, versions)
  if (boolean(params, 'DefaultOnly')) {
    const major = params['EngineVersion'] && majorOf(params['EngineVersion'])
    const wanted = defaultVersion(versions, major || undefined)
    found = found.filter(({engine, version}) => engine !== 'postgres' || version === wanted)
  }
  const {items, next} = page(found, size, params['Marker'])
  return {DBEngineVersions: {DBEngineVersion: items.map(describe)}, Marker: next}
}
