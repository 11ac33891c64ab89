import {describe, expect, test} from 'vitest'
import {createRequest} from '../../../src/lib/aws/create-request.js'
import {instanceDefaults} from '../../../src/lib/aws/instance-settings.js'

describe('the request', () => {
  test('of the defaults', () => {
    const request = createRequest(instanceDefaults, 'the-password')
    expect(JSON.parse(JSON.stringify(request))).toEqual({
      DBInstanceIdentifier: 'cruddur-db-instance',
      DBInstanceClass: 'db.t3.micro',
      Engine: 'postgres',
      EngineVersion: '17',
      MasterUsername: 'cruddurroot',
      MasterUserPassword: 'the-password',
      AllocatedStorage: 20,
      BackupRetentionPeriod: 0,
      Port: 5432,
      MultiAZ: false,
      DBName: 'cruddur',
      StorageType: 'gp2',
      PubliclyAccessible: true,
      StorageEncrypted: true,
      EnablePerformanceInsights: true,
      PerformanceInsightsRetentionPeriod: 7,
      DeletionProtection: false,
    })
  })

  test('holds no password where AWS makes it up, even if there is one', () => {
    const request = createRequest({...instanceDefaults, 'manage-master-user-password': true}, 'x')
    expect(request).toMatchObject({ManageMasterUserPassword: true})
    expect(request).not.toHaveProperty('MasterUserPassword')
  })

  test('says nothing of days where there are no insights: AWS refuses both together', () => {
    const request = createRequest({...instanceDefaults, 'enable-performance-insights': false}, 'x')
    expect(request.EnablePerformanceInsights).toBe(false)
    expect(request).not.toHaveProperty('PerformanceInsightsRetentionPeriod')
  })
})
