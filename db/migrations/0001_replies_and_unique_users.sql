-- A reply refers to an activity, whose key is a uuid; and no two users may have one handle, or one Cognito user.

-- migrate:up

-- Nobody may write a reply between the look and the change.
LOCK TABLE public.activities IN ACCESS EXCLUSIVE MODE;

CREATE FUNCTION pg_temp.check_replies() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  found bigint := (
    SELECT count(*) FROM public.activities
    WHERE reply_to_activity_uuid::text !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
  );
BEGIN
  IF found > 0 THEN
    RAISE EXCEPTION 'reply_to_activity_uuid holds a number in % of the activities, which cannot become a uuid', found
      USING HINT = 'No activity has a number. Note down what they mean, if anything; then UPDATE public.activities SET reply_to_activity_uuid = NULL';
  END IF;
END
$$;
SELECT pg_temp.check_replies();
DROP FUNCTION pg_temp.check_replies();

ALTER TABLE public.activities
  ALTER COLUMN reply_to_activity_uuid TYPE uuid USING reply_to_activity_uuid::text::uuid;

CREATE UNIQUE INDEX users_handle_key ON public.users (handle);

-- 'MOCK' stands for a user that Cognito does not know.
CREATE UNIQUE INDEX users_cognito_user_id_key ON public.users (cognito_user_id)
  WHERE cognito_user_id <> 'MOCK';

-- migrate:down

LOCK TABLE public.activities IN ACCESS EXCLUSIVE MODE;

CREATE FUNCTION pg_temp.check_replies() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  found bigint := (SELECT count(*) FROM public.activities WHERE reply_to_activity_uuid IS NOT NULL);
BEGIN
  IF found > 0 THEN
    RAISE EXCEPTION '% of the activities are replies, and the uuid they reply to would be lost', found
      USING HINT = 'To let that be lost: UPDATE public.activities SET reply_to_activity_uuid = NULL';
  END IF;
END
$$;
SELECT pg_temp.check_replies();
DROP FUNCTION pg_temp.check_replies();

DROP INDEX public.users_cognito_user_id_key;
DROP INDEX public.users_handle_key;

ALTER TABLE public.activities
  ALTER COLUMN reply_to_activity_uuid TYPE integer USING reply_to_activity_uuid::text::integer;
