import {expect, test} from 'vitest'
import {instancePolicy, loginPolicy, rulePolicy} from '../../../src/lib/aws/policy.js'

const ids = {groupId: 'sg-0123456789abcdef0', ruleId: 'sgr-0123456789abcdef0'}

test('a rule may be read, and this one changed, and nothing else', () => {
  expect(rulePolicy({...ids, region: 'ca-central-1', account: '123456789012'})).toEqual({
    Version: '2012-10-17',
    Statement: [
      {Effect: 'Allow', Action: ['ec2:DescribeSecurityGroupRules'], Resource: '*'},
      {
        Effect: 'Allow',
        Action: ['ec2:ModifySecurityGroupRules'],
        Resource: [
          'arn:aws:ec2:ca-central-1:123456789012:security-group/sg-0123456789abcdef0',
          'arn:aws:ec2:ca-central-1:123456789012:security-group-rule/sgr-0123456789abcdef0',
        ],
      },
    ],
  })
})

test.each([
  ['nothing', {}, 'arn:aws:ec2:*:*'],
  ['the region', {region: 'eu-west-1'}, 'arn:aws:ec2:eu-west-1:*'],
  [
    'a region of China',
    {region: 'cn-northwest-1', account: '1'},
    'arn:aws-cn:ec2:cn-northwest-1:1',
  ],
  ['a region of GovCloud', {region: 'us-gov-east-1'}, 'arn:aws-us-gov:ec2:us-gov-east-1:*'],
  ['a region that only looks like it', {region: 'us-east-1'}, 'arn:aws:ec2:us-east-1:*'],
])('only %s is known', (_, known, arn) => {
  const [, change] = rulePolicy({...ids, ...known}).Statement
  expect(change?.Resource).toEqual([
    `${arn}:security-group/${ids.groupId}`,
    `${arn}:security-group-rule/${ids.ruleId}`,
  ])
})

test.each([
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
  ['eu-isoe-west-1', 'aws-iso-e'],
  ['us-isof-south-1', 'aws-iso-f'],
  ['eusc-de-east-1', 'aws-eusc'],
])('the region %s is of the partition %s', (region, partition) => {
  expect(JSON.stringify(rulePolicy({...ids, region}))).toContain(`"arn:${partition}:ec2:${region}:`)
})

test('one user may log in to the instances of one region', () => {
  expect(loginPolicy('eu-west-1', 'iam_user')).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['rds-db:connect'],
        Resource: 'arn:aws:rds-db:eu-west-1:*:dbuser:*/iam_user',
      },
    ],
  })
})

test('an instance may be made and looked at, and its password kept where AWS keeps it', () => {
  const actionsOf = (managed: boolean) =>
    instancePolicy(managed).Statement.flatMap(({Action}) => Action)
  expect(actionsOf(false).every((action) => /^rds:(?:Create|Describe)DB/.test(action))).toBe(true)
  const added = actionsOf(true).filter((action) => !actionsOf(false).includes(action))
  expect(added.toSorted()).toEqual([
    'kms:DescribeKey',
    'secretsmanager:CreateSecret',
    'secretsmanager:TagResource',
  ])
})

test('no policy grants all there is', () => {
  const policies = [rulePolicy(ids), instancePolicy(true)]
  const actions = policies.flatMap(({Statement}) => Statement).flatMap(({Action}) => Action)
  expect(actions.filter((action) => action.includes('*'))).toEqual([])
})
