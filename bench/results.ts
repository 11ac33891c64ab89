import {readFile, writeFile} from 'node:fs/promises'
import {CruddurError} from '../src/lib/error.js'

/**
 * Puts one set's record into the file of results, under its name; what other sets left there stays.
 *
 * @throws CruddurError BENCH_RESULTS when the file there is not JSON; it is left as it was
 */
export async function mergeResults(path: string, name: string, record: object): Promise<void> {
  const results = {...(await readResults(path)), [name]: record}
  const sorted = Object.fromEntries(Object.entries(results).sort(([a], [b]) => (a < b ? -1 : 1)))
  await writeFile(path, `${JSON.stringify(sorted, null, 2)}\n`)
}

async function readResults(path: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    const hint = 'mend or remove it, and run again'
    throw new CruddurError('BENCH_RESULTS', `${path} cannot be read`, {hint, cause: error})
  }
}
