import {resolveTarget, type Target} from '../../src/lib/target/target.js'
import {urlOf} from './postgres.js'

/** A database of the test server as a target, as `--url` would name it. */
export function targetOf(database: string, extra: Partial<Target> = {}): Target {
  const context = {env: {}, homeDir: '/nonexistent', osUser: 'tester'}
  const target = resolveTarget({prod: false, url: urlOf(database), command: 'test'}, context)
  if (!target) throw new Error('a URL names a target')
  return {...target, ...extra}
}
