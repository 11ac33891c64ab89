import type {Fault} from '../fault.js'
import {migrated, withTwo} from './migration-words.js'
import {PROD, refused, unconfirmed} from './production-words.js'
import {COGNITO, withPool} from './user-ids-words.js'

const would = (act: string): string =>
  `PRODUCTION  This would ${act}: {user}@{host}/{database}\n⋮\n`

const files = {
  ...withTwo('-- migrate:up\nDROP TABLE letters;\n-- migrate:down\nDROP TABLE people;\n'),
  'db/sql/wipe.sql': 'DELETE FROM people',
}

/** What asks in production, and what it shows where it only looks. */
const ACTS: readonly (Pick<Fault, 'args' | 'arrange' | 'env'> & {act: string; shown: string})[] = [
  {
    args: ['migrate'],
    arrange: migrated(),
    act: 'run the pending migrations',
    shown: `${would('run 0002_two')}\n-- db/migrations/0002_two.sql\nDROP TABLE letters;\n`,
  },
  {
    args: ['rollback'],
    arrange: migrated(),
    act: 'roll migrations back',
    shown: `${would('roll back 0001_one')}\n-- db/migrations/0001_one.sql\nDROP TABLE one;\n`,
  },
  {
    args: ['query', 'wipe'],
    act: 'run db/sql/wipe.sql, which changes rows',
    shown: '-- db/sql/wipe.sql\nDELETE FROM people\n',
  },
  {
    args: ['update-cognito-user-ids'],
    arrange: withPool(),
    env: COGNITO,
    act: 'set the Cognito ids of users',
    shown: `will set                              2  andrewbrown, bayko\n⋮\n${would('set the Cognito ids of users')}`,
  },
]

const CONSENT: readonly Fault[] = ACTS.flatMap(({act, args, env, shown, ...rest}) => {
  const common = {...rest, files, env: {...env, ...PROD}}
  const words = args.join(' ')
  return [
    {
      ...common,
      name: `${words} --prod in a script that does not confirm`,
      args: [...args, '--prod'],
      sees: refused(unconfirmed(act)),
      within: 4,
    },
    {
      ...common,
      name: `${words} --prod is confirmed for another database`,
      args: [...args, '--prod', '--confirm', 'crudder'],
      sees: refused(`⋮
Error: --confirm names "crudder", but the target's database is "{database}"
  → nothing was touched; check which database you mean
`),
    },
    {
      ...common,
      name: `${words} --prod --dry-run only looks`,
      args: [...args, '--prod', '--dry-run'],
      sees: {
        exit: 0,
        target: 'PRODUCTION',
        stderr: '⋮\n',
        stdout: shown,
      },
    },
  ] satisfies Fault[]
})

export const laterConsentFaults = {title: 'Consent to migrations, queries and ids', faults: CONSENT}
