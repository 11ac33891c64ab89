// AWS, as a process of its own: its processor time is not that of a program that is measured. `fork(fake)` says
// where it is, and at each message how many requests there have been since the last.
import {fakeRule, startFakeAws} from '../../test/support/aws/fake-aws.js'
import {CHANGING_RULE, type Whereabouts} from './endpoint.js'

const fake = await startFakeAws()
fake.rules.set(CHANGING_RULE, fakeRule({id: CHANGING_RULE, fromPort: 5433, toPort: 5433}))

process.on('message', () => process.send?.(fake.requests.splice(0).length))
process.on('disconnect', () => process.exit())
process.send?.({env: fake.env} satisfies Whereabouts)
