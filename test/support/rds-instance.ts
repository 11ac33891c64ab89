import {type FakeInstance, fakeInstance} from './aws/fake-aws.js'
import {type AwsStage, HOST, NAME} from './rds-create.js'

export const GROUP = 'sg-0123456789abcdef0'
const URL_LINE = `  export PROD_CONNECTION_URL='postgres://cruddurroot:PASSWORD@${HOST}:5432/cruddur'\n`
export const AVAILABLE = `the instance "${NAME}" is available
  engine          PostgreSQL 17.8, db.t3.micro
  endpoint        ${HOST}:5432
  security group  ${GROUP}
let this machine in, once per address, with the id of the inbound rule of that group:
  DB_SG_ID=${GROUP} DB_SG_RULE_ID=sgr-… cruddur-db rds-update-sg-rule --region ca-central-1
use it with --prod, with the password in place of PASSWORD (percent-encoded):
${URL_LINE}`
export const CREATING = `the instance "${NAME}" is creating
  engine          PostgreSQL 17.8, db.t3.micro
  endpoint        none yet
  security group  ${GROUP}
run the same command again to see the endpoint, once there is one
`

/** The instance as JSON gives it. */
export const instanceJson = (changes: Record<string, unknown> = {}) => ({
  identifier: NAME,
  status: 'available',
  endpoint: HOST,
  port: 5432,
  engine: 'postgres',
  engineVersion: '17.8',
  class: 'db.t3.micro',
  storageGb: 20,
  availabilityZone: 'ca-central-1b',
  database: 'cruddur',
  user: 'cruddurroot',
  arn: `arn:aws:rds:ca-central-1:123456789012:db:${NAME}`,
  securityGroups: [GROUP],
  publiclyAccessible: true,
  masterUserSecretArn: null,
  ...changes,
})
export const creatingJson = (created: boolean) => ({
  target: null,
  instance: instanceJson({status: 'creating', endpoint: null, port: null}),
  created,
  connectionUrl: null,
})
export const availableJson = (created: boolean, changes: Record<string, unknown> = {}) => ({
  target: {
    name: 'production',
    production: true,
    host: HOST,
    port: 5432,
    database: 'cruddur',
    user: 'cruddurroot',
  },
  instance: instanceJson(changes),
  created,
  connectionUrl: `postgres://cruddurroot:PASSWORD@${HOST}:5432/cruddur`,
})

/** Puts an instance there as the defaults make it. */
export function putInstance({fake}: AwsStage, changes: Partial<FakeInstance> = {}): void {
  const instance = fakeInstance({
    VpcSecurityGroups: [{VpcSecurityGroupId: GROUP, Status: 'active'}],
    ...changes,
  })
  fake.instances.set(instance.DBInstanceIdentifier, instance)
}
