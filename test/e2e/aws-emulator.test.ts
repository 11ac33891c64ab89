import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {createServer} from 'node:net'
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {runProgram} from '../support/program.js'
import {until} from '../support/wait.js'

function isInstalled(): boolean {
  try {
    execFileSync('moto_server', ['--help'], {stdio: 'ignore'})
    return true
  } catch {
    return false
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** Somebody else's idea of AWS, so that our fake is not the only judge. */
describe.skipIf(!isInstalled())('against moto, an independent emulator', () => {
  let moto: ChildProcess
  let env: Record<string, string>

  beforeAll(async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    moto = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], {stdio: 'ignore'})
    env = {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'ca-central-1',
      AWS_ACCESS_KEY_ID: 'anybody',
      AWS_SECRET_ACCESS_KEY: 'anything',
    }
    await until(
      () =>
        fetch(url).then(
          ({ok}) => ok,
          () => false,
        ),
      () => 'moto to answer',
    )
  })
  afterAll(() => {
    moto.kill()
  })

  test('rds-create creates an instance, and finds it the second time', async () => {
    const all = {env: {...env, RDS_MASTER_PASSWORD: 'huEE33z2Qvl383'}}
    const args = ['rds-create', '--json', '--confirm', 'cruddur-db-instance']
    const first = await runProgram(args, all)
    expect(first.code, first.stderr).toBe(0)
    const {created, instance} = JSON.parse(first.stdout)
    expect(created).toBe(true)
    expect(instance).toMatchObject({status: 'available', port: 5432, user: 'cruddurroot'})
    const second = await runProgram(args, all)
    expect(second.code).toBe(0)
    expect(JSON.parse(second.stdout)).toMatchObject({created: false, instance})
    const other = await runProgram([...args, '--port', '5433'], all)
    expect(other.code).toBe(1)
    expect(JSON.parse(other.stdout).error).toMatchObject({code: 'INSTANCE_DIFFERS'})
  })

  test('rds-update-sg-rule changes a rule once', async () => {
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
    const client = new EC2Client({
      endpoint: env['AWS_ENDPOINT_URL'] ?? '',
      region: 'ca-central-1',
      credentials: {accessKeyId: 'anybody', secretAccessKey: 'anything'},
    })
    const {GroupId = ''} = await client.send(
      new CreateSecurityGroupCommand({GroupName: 'cruddur', Description: 'cruddur'}),
    )
    const {SecurityGroupRules = []} = await client.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: [
          {
            IpProtocol: 'tcp',
            FromPort: 5432,
            ToPort: 5432,
            IpRanges: [{CidrIp: '198.51.100.7/32', Description: 'GITPOD'}],
          },
        ],
      }),
    )
    const ids = {
      DB_SG_ID: GroupId,
      DB_SG_RULE_ID: SecurityGroupRules[0]?.SecurityGroupRuleId ?? '',
      GITPOD_IP: '203.0.113.9',
    }
    const run = () => runProgram(['rds-update-sg-rule', '--json'], {env: {...env, ...ids}})
    const first = await run()
    expect(first.code, first.stderr).toBe(0)
    expect(JSON.parse(first.stdout)).toMatchObject({
      changed: true,
      previousCidr: '198.51.100.7/32',
      rule: {cidr: '203.0.113.9/32', port: 5432, description: 'GITPOD'},
    })
    expect(JSON.parse((await run()).stdout)).toMatchObject({changed: false})
  })
})
