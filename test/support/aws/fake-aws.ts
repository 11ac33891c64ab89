import {actOnEc2, type Ec2State} from './ec2.js'
import {POSTGRES_VERSIONS} from './engine-versions.js'
import {createFailures, type Failure} from './failures.js'
import {type FakeInstance, fakeInstance} from './instance.js'
import {actOnRds, type RdsState} from './rds.js'
import {type FakeRule, fakeRule} from './rule.js'
import {type FakeRequest, serveQueries} from './server.js'

export {type Failure, type FakeInstance, type FakeRequest, type FakeRule, fakeInstance, fakeRule}

export interface FakeAwsOptions {
  /** PostgreSQL versions that can be created, oldest first. */
  versions?: readonly string[]
  /** Security groups there are beside those of the rules; the first of all is the VPC's default. */
  securityGroups?: readonly string[]
  /** DB subnet groups there are. */
  subnetGroups?: readonly string[]
}

export interface FakeAws {
  /** `http://127.0.0.1:PORT`, for both services. */
  url: string
  /** Variables that lead the program and its SDK here, with keys that are known here. */
  env: Record<string, string>
  /** Every request in the order they came, refused ones too. */
  requests: FakeRequest[]
  /** Instances by identifier (in lower case); a test may put some in or change them. */
  instances: Map<string, FakeInstance>
  /**
   * Statuses that an instance created from now on goes through, one at each DescribeDBInstances that shows it;
   * the last one stays, and so does one that a test gives. CreateDBInstance itself says `creating`.
   */
  statuses: string[]
  rules: Map<string, FakeRule>
  /** How many DescribeSecurityGroupRules after a change still show the old rule: EC2 is eventually consistent. */
  staleReads: number
  /**
   * Has an action fail, before anything else of the request is looked at. Failures of one action come one after
   * another; `{times: 0}` forgets them.
   */
  fail: (action: string, failure: Failure) => void
  close: () => Promise<void>
}

const CREDENTIALS = {
  key: 'AKIAFAKEFORTESTS0000',
  secret: 'fake/secret+of/the/tests/0123456789abcdef',
}

function environment(url: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_RDS: url,
    AWS_ENDPOINT_URL_EC2: url,
    AWS_REGION: 'ca-central-1',
    AWS_ACCESS_KEY_ID: CREDENTIALS.key,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secret,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent/aws/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/aws/credentials',
  }
}

function createState(options: FakeAwsOptions): RdsState & Ec2State {
  const rule = fakeRule()
  const {
    versions = POSTGRES_VERSIONS,
    securityGroups = ['sg-0fedcba9876543210'],
    subnetGroups = ['default', 'cruddur-subnets'],
  } = options
  const rules = new Map([[rule.id, rule]])
  return {
    instances: new Map(),
    statuses: ['creating', 'backing-up', 'available'],
    ahead: new WeakMap(),
    versions,
    subnetGroups,
    rules,
    securityGroups: () => [
      ...new Set([...[...rules.values()].map(({groupId}) => groupId), ...securityGroups]),
    ],
    staleReads: 0,
    stale: new Map(),
  }
}

/**
 * Starts an endpoint that speaks RDS (awsQuery, 2014-10-31) and EC2 (ec2Query, 2016-11-15) as far as
 * `rds-create` and `rds-update-sg-rule` need them, and refuses what AWS refuses, in its words where they are
 * known. It acts in whatever region a request is signed for; there is one account.
 */
export async function startFakeAws(options: FakeAwsOptions = {}): Promise<FakeAws> {
  const state = createState(options)
  const requests: FakeRequest[] = []
  const failures = createFailures()
  const {url, close} = await serveQueries({
    credentials: CREDENTIALS,
    failures,
    onRequest: (request) => requests.push(request),
    act: ({service, action, params}, region) =>
      service === 'rds'
        ? actOnRds(action, params, region, state)
        : actOnEc2(action, params, region, state),
  })
  return Object.assign(state, {url, env: environment(url), requests, fail: failures.add, close})
}
