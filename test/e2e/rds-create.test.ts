import {describe, expect, test} from 'vitest'
import {AWS_LINE, NAME, onStage, PLAN} from '../support/rds-create.js'
import {AVAILABLE, availableJson, CREATING, creatingJson} from '../support/rds-instance.js'

const LOOKS = ['DescribeDBEngineVersions', 'DescribeDBInstances']

describe.concurrent('an instance is created', () => {
  test(
    'and waited for: the plan, each status, the endpoint, the group to open and the URL to export',
    onStage(async (stage) => {
      const {code, stdout, stderr} = await stage.create()
      expect(stdout).toBe(AVAILABLE)
      expect(stderr).toBe(`${AWS_LINE}${PLAN}creating\nbacking-up\navailable\n`)
      expect(code).toBe(0)
      const looks = Array.from({length: 3}, () => 'DescribeDBInstances')
      expect(stage.actions().slice(0, 2).sort()).toEqual(LOOKS)
      expect(stage.actions().slice(2)).toEqual(['CreateDBInstance', ...looks])
    }),
  )

  test(
    'and given as JSON, with the same words on stderr',
    onStage(async (stage) => {
      const {code, json, stderr} = await stage.create(['--json'])
      expect(json).toEqual(availableJson(true))
      expect(stderr).toBe(`${AWS_LINE}${PLAN}creating\nbacking-up\navailable\n`)
      expect(code).toBe(0)
    }),
  )

  test(
    'and not waited for with --no-wait',
    onStage(async (stage) => {
      const {code, stdout, stderr} = await stage.create(['--no-wait'])
      expect(stdout).toBe(CREATING)
      expect(stderr).toBe(AWS_LINE + PLAN)
      expect(code).toBe(0)
      expect(stage.actions().at(-1)).toBe('CreateDBInstance')
    }),
  )

  test(
    'and not waited for with --no-wait, as JSON: no endpoint, no URL',
    onStage(async (stage) => {
      const {code, json} = await stage.create(['--no-wait', '--json'])
      expect(json).toEqual(creatingJson(true))
      expect(code).toBe(0)
    }),
  )

  test(
    'with a password that AWS makes up: no RDS_MASTER_PASSWORD is sent, and the secret is named',
    onStage(async (stage) => {
      const args = ['--manage-master-user-password', '--json']
      const {code, json} = await stage.create(args, {RDS_MASTER_PASSWORD: 'bad "/@'})
      const secret = stage.fake.instances.get(NAME)?.MasterUserSecret?.SecretArn
      expect(secret).toMatch(/^arn:aws:secretsmanager:ca-central-1:/)
      expect(json).toEqual(availableJson(true, {masterUserSecretArn: secret}))
      expect(code).toBe(0)
      expect(stage.created()).not.toHaveProperty('MasterUserPassword')
      expect(stage.created()['ManageMasterUserPassword']).toBe('true')
    }),
  )

  test(
    'with a password that AWS makes up: where it is kept and what that costs is said',
    onStage(async (stage) => {
      const args = ['--manage-master-user-password']
      const {stdout, stderr} = await stage.create(args, {RDS_MASTER_PASSWORD: undefined})
      const secret = stage.fake.instances.get(NAME)?.MasterUserSecret?.SecretArn
      expect(stdout).toContain(`\n  password        ${secret}\n`)
      expect(stderr).toContain('\n  password    made up and kept by AWS\n')
      expect(stderr).toContain('\n  ! Secrets Manager charges for keeping the password\n')
    }),
  )

  test(
    'under its name in lower case, as AWS keeps it',
    onStage(async ({fake, run}) => {
      const args = ['--db-instance-identifier', 'Cruddur-DB', '--confirm', 'Cruddur-DB', '--json']
      const {code, json} = await run(args)
      expect(json).toMatchObject({created: true, instance: {identifier: 'cruddur-db'}})
      expect(code).toBe(0)
      expect([...fake.instances.keys()]).toEqual(['cruddur-db'])
      expect((await run(args)).json).toMatchObject({created: false})
    }),
  )
})

describe.concurrent('consent', () => {
  const act = `create the DB instance "${NAME}", which costs money`

  test(
    'that nobody gave and nobody can be asked for: exit 4 at once, and nothing is sent',
    onStage(async (stage) => {
      const {code, stdout, stderr} = await stage.run([])
      expect(stdout).toBe('')
      expect(stderr).toBe(
        `Error: this would ${act}, and nobody confirmed it\n  → if you mean it, add: --confirm ${NAME}\n`,
      )
      expect(code).toBe(4)
      expect(stage.actions()).toEqual([])
    }),
  )

  test(
    'is not the word yes, nor part of the name, nor the default where another is named',
    onStage(async (stage) => {
      const other = ['--db-instance-identifier', 'other-db']
      for (const [confirm, args] of [
        ['yes', []],
        ['cruddur', []],
        ['', []],
        [NAME, other],
        [NAME.toUpperCase(), []],
      ] as const) {
        const {code, json} = await stage.run([...args, '--confirm', confirm, '--json'])
        const name = args.length > 0 ? 'other-db' : NAME
        expect(json).toEqual({
          error: {
            code: 'NOT_CONFIRMED',
            message: `--confirm names "${confirm}", but the instance is "${name}"`,
            hint: 'nothing was touched; check which instance you mean',
          },
        })
        expect(code).toBe(4)
      }
      expect(stage.actions()).toEqual([])
    }),
  )
})
