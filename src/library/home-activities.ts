import type {HomeActivity, Queries} from './types.js'

/** The activities of the home page, the newest first. */
export async function homeActivities(db: Queries): Promise<HomeActivity[]> {
  return await db.queryArrayJson<HomeActivity>(await db.template('activities', 'home'))
}
