import {DescribeDBInstancesCommand, RDSServiceException} from '@aws-sdk/client-rds'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {awsError, type Call} from '../../../src/lib/aws/errors.js'
import {awsCode, classifyAws} from '../../../src/lib/aws/failure.js'
import {instancePolicy} from '../../../src/lib/aws/policy.js'
import {CruddurError} from '../../../src/lib/error.js'
import {rdsClient} from '../../support/aws/clients.js'
import {type Failure, type FakeAws, startFakeAws} from '../../support/aws/fake-aws.js'

const policy = instancePolicy(false)
const call: Call = {action: 'rds:CreateDBInstance', region: 'ca-central-1', policy}

/** What the SDK throws for an answer with `Code`, named as the class is where it has one. */
function answered(
  Code: string,
  {status = 400, name = Code, message = 'what AWS says'} = {},
): RDSServiceException {
  const $metadata = {httpStatusCode: status, requestId: 'the-id'}
  const error = new RDSServiceException({name, message, $fault: 'client', $metadata})
  return Object.assign(error, {Code})
}

function named(name: string, message: string, fields: object = {}): Error {
  return Object.assign(new Error(message), {name, ...fields})
}

const network = (code: string) =>
  named('Error', `connect ${code} 10.0.0.1:443`, {code, $metadata: {attempts: 3}})

describe('the code', () => {
  test.each([
    ['DBInstanceNotFound', 'DBInstanceNotFoundFault', 'DBInstanceNotFound'],
    ['DBSubnetGroupNotFoundFault', 'DBSubnetGroupNotFoundFault', 'DBSubnetGroupNotFound'],
    [
      'VpcEncryptionControlViolationException',
      'VpcEncryptionControlViolationException',
      'VpcEncryptionControlViolation',
    ],
    ['InvalidParameterValue', 'InvalidParameterValue', 'InvalidParameterValue'],
    ['InvalidGroup.NotFound', 'InvalidGroup.NotFound', 'InvalidGroup.NotFound'],
    [
      'QuotaExceeded.DBSecurityGroup',
      'DBSecurityGroupQuotaExceededFault',
      'QuotaExceeded.DBSecurityGroup',
    ],
  ])('is that of the wire, whatever the class is called: %s', (Code, name, code) => {
    expect(awsCode(answered(Code, {name}))).toBe(code)
  })

  test('is the class where nothing came over the wire', () => {
    expect(awsCode(named('TimeoutError', 'late'))).toBe('TimeoutError')
    expect(awsCode('not even an error')).toBe('Error')
  })
})

describe('a failure', () => {
  test.each([
    ['throttled', answered('Throttling')],
    ['throttled', answered('ThrottlingException')],
    ['throttled', answered('RequestLimitExceeded', {status: 503})],
    ['throttled', answered('RequestThrottled', {status: 429})],
    ['throttled', answered('TooManyRequestsException', {status: 429})],
    ['throttled', answered('RequestThrottled')],
    ['throttled', answered('TooManyRequestsException')],
    ['throttled', answered('BandwidthLimitExceeded')],
    ['throttled', answered('SlowDown')],
    ['throttled', answered('PriorRequestNotComplete')],
    ['throttled', answered('NobodyKnowsThis', {status: 429})],
    ['broken', answered('InternalFailure', {status: 500})],
    ['broken', answered('ServiceUnavailable', {status: 503})],
    ['unreachable', network('ECONNREFUSED')],
    ['unreachable', network('ECONNRESET')],
    ['unreachable', network('ENOTFOUND')],
    ['unreachable', network('EAI_AGAIN')],
    ['unreachable', network('EHOSTUNREACH')],
    ['unreachable', network('ENETUNREACH')],
    ['unreachable', network('EPIPE')],
    ['unreachable', network('ETIMEDOUT')],
    ['unreachable', network('SELF_SIGNED_CERT_IN_CHAIN')],
    ['unreachable', network('UNABLE_TO_VERIFY_LEAF_SIGNATURE')],
    ['unreachable', network('CERT_HAS_EXPIRED')],
    ['unreachable', network('ERR_TLS_CERT_ALTNAME_INVALID')],
    ['unreachable', network('HPE_INVALID_CONSTANT')],
    ['unreachable', named('TimeoutError', 'no answer')],
    ['unreachable', new AggregateError([network('ECONNREFUSED'), network('ECONNREFUSED')])],
    ['unreachable', named('Error', 'XML parse error', {$metadata: {httpStatusCode: 200}})],
    ['unreachable', named('Unknown', 'Unknown', {$metadata: {httpStatusCode: 403}})],
    ['broken', named('Unknown', 'Unknown', {$metadata: {httpStatusCode: 502}})],
    ['final', answered('AccessDenied', {status: 403})],
    ['final', answered('InvalidParameterValue')],
    ['final', named('CredentialsProviderError', 'Could not load credentials')],
    ['final', new TypeError('x is not a function')],
  ])('is %s: %s', (kind, error) => {
    expect(classifyAws(error)).toBe(kind)
  })
})

describe('the error', () => {
  test('keeps the code, the words and the request of AWS', () => {
    const cause = answered('StorageQuotaExceeded', {name: 'StorageQuotaExceededFault'})
    const error = awsError(cause, call)
    expect(error).toMatchObject({
      code: 'AWS_QUOTA',
      message: 'this account has as much database storage as it may',
      exit: 1,
      data: {awsCode: 'StorageQuotaExceeded', requestId: 'the-id'},
      details: {detail: 'what AWS says'},
    })
    expect(error.cause).toBe(cause)
  })

  test('is passed on when it is one of ours', () => {
    const ours = new CruddurError('INTERNAL', 'x')
    expect(awsError(ours, call)).toBe(ours)
  })

  test.each([
    ['InvalidClientTokenId', 'AWS_CREDENTIALS', 3],
    ['AuthFailure', 'AWS_CREDENTIALS', 3],
    ['SignatureDoesNotMatch', 'AWS_CREDENTIALS', 3],
    ['ExpiredToken', 'AWS_CREDENTIALS', 3],
    ['ExpiredTokenException', 'AWS_CREDENTIALS', 3],
    ['RequestExpired', 'AWS_CREDENTIALS', 3],
    ['OptInRequired', 'AWS_CREDENTIALS', 3],
    ['UnrecognizedClientException', 'AWS_CREDENTIALS', 3],
    ['AccessDenied', 'AWS_DENIED', 1],
    ['AccessDeniedException', 'AWS_DENIED', 1],
    ['UnauthorizedOperation', 'AWS_DENIED', 1],
    ['Throttling', 'AWS_THROTTLED', 1],
    ['DBInstanceAlreadyExists', 'INSTANCE_EXISTS', 1],
    ['InstanceQuotaExceeded', 'AWS_QUOTA', 1],
    ['InvalidSubnet', 'AWS_REFUSED', 1],
    ['CertificateNotFound', 'AWS_NOT_FOUND', 1],
    ['NobodyKnowsThis', 'AWS_REFUSED', 1],
    ['constructor', 'AWS_REFUSED', 1],
  ])('for %s is %s, exit %i', (wire, code, exit) => {
    const error = awsError(answered(wire), call)
    expect([error.code, error.exit]).toEqual([code, exit])
    expect(error.details.hint).toBeTruthy()
    expect(error.data['awsCode']).toBe(wire)
  })

  test.each(['CredentialsProviderError', 'TokenProviderError'])(
    'without credentials (%s) is exit 3 and no code of AWS',
    (name) => {
      expect(
        awsError(named(name, 'Could not load credentials from any providers'), call),
      ).toMatchObject({
        code: 'AWS_CREDENTIALS',
        exit: 3,
        data: {},
        details: {detail: 'Could not load credentials from any providers'},
      })
    },
  )

  test('without a region is exit 2', () => {
    expect(awsError(new Error('Region is missing'), call)).toMatchObject({
      code: 'AWS_REGION',
      exit: 2,
      details: {hint: 'set AWS_REGION, as in AWS_REGION=ca-central-1'},
    })
  })

  test.each([
    ['zz_1', '"zz_1" is no name of an AWS region'],
    [undefined, 'the region of your AWS profile is no name of one'],
  ])('with a region that is none (%s) is exit 2, and says where it stands', (region, message) => {
    const cause = new Error('Region not accepted: region="zz_1" is not a valid hostname component.')
    const error = awsError(cause, {...call, region})
    expect([error.code, error.exit, error.message]).toEqual(['AWS_REGION', 2, message])
    expect(error.details).toMatchObject({hint: 'set AWS_REGION, as in AWS_REGION=ca-central-1'})
    expect(error.details.detail).toBeUndefined()
  })

  test('with keys that no request can carry is exit 3, and says what to look for', () => {
    const cause = named('TypeError', 'Invalid character in header content ["authorization"]', {
      code: 'ERR_INVALID_CHAR',
    })
    expect(awsError(cause, call)).toMatchObject({
      code: 'AWS_CREDENTIALS',
      exit: 3,
      message: 'the AWS credentials hold a character that cannot be sent',
      details: {hint: 'look for a line end in AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN'},
    })
  })

  test('never repeats a signature', () => {
    const message = "Credential=AKIA/x, SignedHeaders=host, Signature=0123abcd, and 'Signature=45'"
    expect(awsError(answered('IncompleteSignature', {message}), call).details.detail).toBe(
      "Credential=AKIA/x, SignedHeaders=host, Signature=***, and 'Signature=***'",
    )
  })

  test.each([
    [network('ECONNREFUSED'), 'connect ECONNREFUSED 10.0.0.1:443'],
    [new AggregateError([network('ECONNREFUSED')]), 'connect ECONNREFUSED 10.0.0.1:443'],
    [named('TimeoutError', 'socket hang up'), 'no answer in time'],
    [named('TimeoutError', 'read ECONNRESET', {code: 'ECONNRESET'}), 'read ECONNRESET'],
    [named('TimeoutError', 'socket hang up', {code: 'ECONNRESET'}), 'ECONNRESET'],
    [named('TimeoutError', 'write EPIPE', {code: 'EPIPE'}), 'write EPIPE'],
    [
      named('Error', 'write EPROTO 80:error:0A00010B:SSL routines:', {code: 'EPROTO'}),
      'what answers there speaks no TLS',
    ],
    [
      named('Error', 'ECONNREFUSED: no\nas a second line says', {code: 'ECONNREFUSED'}),
      'ECONNREFUSED: no',
    ],
    [
      named('Unknown', 'Unknown', {$metadata: {httpStatusCode: 302}}),
      'what answers there is not AWS',
    ],
  ])('says why AWS cannot be reached: %s', (cause, why) => {
    const error = awsError(cause, call)
    expect(error.code).toBe('AWS_UNREACHABLE')
    expect(error.exit).toBe(3)
    expect(error.message).toBe(`cannot reach RDS in ca-central-1: ${why}`)
    expect(error.details.detail).toBeUndefined()
    expect(error.data).toEqual({})
  })

  test.each([
    ...['ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EPIPE', 'ETIMEDOUT'],
    ...['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_SSL_WRONG_VERSION_NUMBER'],
    ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'HPE_INVALID_CONSTANT'],
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ])('names what kept the network from it, and blames no page: %s', (code) => {
    const {message} = awsError(network(code), call)
    expect(message).toBe(`cannot reach RDS in ca-central-1: connect ${code} 10.0.0.1:443`)
  })

  test('names the service that was called, and no region where none is known', () => {
    const ec2 = {...call, action: 'ec2:DescribeSecurityGroupRules', region: undefined}
    expect(awsError(named('TimeoutError', 'late'), ec2).message).toBe(
      'cannot reach EC2: no answer in time',
    )
  })

  test('shows the least policy where a right is lacking, and only there', () => {
    const denied = awsError(answered('AccessDenied', {status: 403}), call)
    expect(denied.message).toBe('these AWS credentials may not do rds:CreateDBInstance')
    expect(JSON.parse(denied.excerpt ?? '')).toEqual(policy)
    expect(denied.data['policy']).toEqual(policy)
    const other = awsError(answered('InvalidSubnet'), call)
    expect([other.excerpt, other.data['policy']]).toEqual([undefined, undefined])
  })

  test('leaves out the kilobyte that EC2 encodes, and the request that a signature is about', () => {
    const encoded = 'You may not. Encoded authorization failure message: kQ7fV3xkZs0\nyB1mM4wq2'
    expect(
      awsError(answered('UnauthorizedOperation', {message: encoded}), call).details.detail,
    ).toBe('You may not.')
    const signed = 'The signature does not match.\n\nThe Canonical String should have been\nPOST'
    expect(
      awsError(answered('SignatureDoesNotMatch', {message: signed}), call).details.detail,
    ).toBe('The signature does not match.')
  })

  test.each([undefined, null, 'a text', 42, {}])('is one whatever was thrown: %j', (thrown) => {
    const error = awsError(thrown, call)
    expect(error).toBeInstanceOf(CruddurError)
    expect(error.exit).toBe(1)
    expect(error.details.detail).toBe(String(thrown))
  })
})

describe('what the SDK really throws', () => {
  let fake: FakeAws
  beforeEach(async () => {
    fake = await startFakeAws()
  })
  afterEach(() => fake.close())

  const thrown = async (failure: Failure): Promise<CruddurError> => {
    fake.fail('DescribeDBInstances', failure)
    const sent = rdsClient(fake).send(new DescribeDBInstancesCommand())
    const error = await sent.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    return awsError(error, call)
  }

  test.each([
    [{code: 'StorageQuotaExceeded'}, 'AWS_QUOTA', 'StorageQuotaExceeded'],
    [{code: 'DBSubnetGroupNotFoundFault'}, 'AWS_NOT_FOUND', 'DBSubnetGroupNotFoundFault'],
    [{code: 'ExpiredToken'}, 'AWS_CREDENTIALS', 'ExpiredToken'],
    [{code: 'AccessDenied'}, 'AWS_DENIED', 'AccessDenied'],
    [{code: 'Throttling'}, 'AWS_THROTTLED', 'Throttling'],
    [{code: 'InternalFailure'}, 'AWS_FAILED', 'InternalFailure'],
    [{how: 'reset'}, 'AWS_UNREACHABLE', undefined],
    [{how: 'garbage'}, 'AWS_UNREACHABLE', undefined],
  ] as const)('%o is %s', async (failure, code, wire) => {
    const error = await thrown(failure)
    expect(error.code).toBe(code)
    expect(error.data['awsCode']).toBe(wire)
    expect('requestId' in error.data).toBe(wire !== undefined)
  })
})
