import {expect, it} from 'vitest'
import {onStage} from './scene.js'

it('AWS that says nothing is given up before the check itself is', () =>
  onStage(async ({fake, see}) => {
    fake.fail('DescribeDBInstances', {how: 'silence'})
    const started = performance.now()
    expect(await see('rds-status')).toEqual({
      status: 'warn',
      message: 'AWS has not answered within 10 s',
      fix: 'check that this machine is online, and that AWS credentials can be had: aws sts get-caller-identity',
    })
    // That of a check (doctor/run.ts).
    expect(performance.now() - started).toBeLessThan(15_000)
  }))
