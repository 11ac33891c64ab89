import {
  DescribeSecurityGroupRulesCommand,
  EC2Client,
  EC2ServiceException,
} from '@aws-sdk/client-ec2'
import {DescribeDBInstancesCommand, RDSClient, RDSServiceException} from '@aws-sdk/client-rds'
import type {FakeAws} from './fake-aws.js'

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'

export interface ClientOptions {
  key?: string
  secret?: string
  region?: string
}

function config({env, url}: FakeAws, options: ClientOptions) {
  const accessKeyId = options.key ?? env['AWS_ACCESS_KEY_ID'] ?? ''
  const secretAccessKey = options.secret ?? env['AWS_SECRET_ACCESS_KEY'] ?? ''
  const region = options.region ?? 'ca-central-1'
  return {endpoint: url, region, credentials: {accessKeyId, secretAccessKey}, maxAttempts: 1}
}

/** The SDK's client, led to the fake, which tries each call once. */
export const rdsClient = (fake: FakeAws, options: ClientOptions = {}) =>
  new RDSClient(config(fake, options))

export const ec2Client = (fake: FakeAws, options: ClientOptions = {}) =>
  new EC2Client(config(fake, options))

/** What AWS said when it refused: the code of the wire, the HTTP status and the message. */
export async function refusalOf(call: Promise<unknown>): Promise<[string, number, string]> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof RDSServiceException) && !(error instanceof EC2ServiceException)) {
    throw new Error(`not refused: ${error}`, {cause: error})
  }
  const {Code: code = error.name} = error as {Code?: string}
  return [code, error.$metadata.httpStatusCode ?? 0, error.message]
}

const BEFORE_SIGNING = {step: 'build', priority: 'high'} as const

function swapBody(request: unknown, body: string): void {
  const {headers} = Object.assign(request as {headers: Record<string, string>}, {body})
  headers['content-length'] = String(Buffer.byteLength(body))
}

/** Sends a form as it is, signed by the SDK, which throws what AWS refuses; the result is not read. */
export async function sendBody(fake: FakeAws, body: string): Promise<void> {
  if (body.includes('Version=2016-11-15')) {
    const client = ec2Client(fake)
    client.middlewareStack.add(
      (next) => (args) => {
        swapBody(args.request, body)
        return next(args)
      },
      BEFORE_SIGNING,
    )
    await client.send(new DescribeSecurityGroupRulesCommand())
  } else {
    const client = rdsClient(fake)
    client.middlewareStack.add(
      (next) => (args) => {
        swapBody(args.request, body)
        return next(args)
      },
      BEFORE_SIGNING,
    )
    await client.send(new DescribeDBInstancesCommand())
  }
}
