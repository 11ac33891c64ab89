import {CruddurError} from '../error.js'

function byNumber(one: string, other: string): number {
  return one.localeCompare(other, 'en', {numeric: true})
}

/** Versions of each major one, as `17: 17.5, 17.6`. */
function perMajor(versions: readonly string[]): string[] {
  const majors = new Map<string, string[]>()
  for (const version of [...versions].sort(byNumber)) {
    const major = version.split('.')[0] ?? version
    majors.set(major, [...(majors.get(major) ?? []), version])
  }
  return [...majors].map(([major, minors]) => `  ${major}: ${minors.join(', ')}`)
}

/**
 * @param asked a version RDS does not create
 * @param offered all that it does create
 */
export function versionUnavailable(
  asked: string,
  offered: readonly string[],
  region: string,
): CruddurError {
  const [major = asked] = asked.split('.')
  const older = offered.some(
    (version) => version.startsWith(`${major}.`) && byNumber(asked, version) < 0,
  )
  const gone = older || offered.every((version) => byNumber(asked, version) < 0)
  const majors = [...new Set(offered.map((version) => version.split('.')[0] ?? version))].sort(
    byNumber,
  )
  const instead = majors.includes(major) ? major : (majors.at(-1) ?? '')
  return new CruddurError(
    'VERSION_UNAVAILABLE',
    `PostgreSQL ${asked} cannot be created on RDS in ${region}${gone ? ' any more' : ''}; these can:`,
    {
      excerpt: perMajor(offered).join('\n'),
      hint: `take the major version alone, which stands for a current one of it: --engine-version ${instead}`,
      data: {versions: [...offered].sort(byNumber)},
    },
  )
}
