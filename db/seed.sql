-- Users and activities to develop with. The e-mail addresses belong to nobody (RFC 2606).

INSERT INTO public.users (display_name, handle, email, cognito_user_id)
VALUES
  ('Andrew Brown', 'andrewbrown', 'andrewbrown@example.com', 'MOCK'),
  ('Andrew Bayko', 'bayko', 'bayko@example.com', 'MOCK'),
  ('Londo Mollari', 'londo', 'londo@example.com', 'MOCK');

INSERT INTO public.activities (user_uuid, message, likes_count, expires_at)
VALUES
  (
    (SELECT uuid FROM public.users WHERE handle = 'andrewbrown' LIMIT 1),
    'This was imported as seed data!',
    3,
    current_timestamp + interval '10 day'
  ),
  (
    (SELECT uuid FROM public.users WHERE handle = 'andrewbrown' LIMIT 1),
    'Week 4 is about PostgreSQL and RDS.',
    1,
    current_timestamp + interval '7 day'
  ),
  (
    (SELECT uuid FROM public.users WHERE handle = 'bayko' LIMIT 1),
    'The database is up, it took one command 🎉',
    2,
    current_timestamp + interval '10 day'
  ),
  (
    (SELECT uuid FROM public.users WHERE handle = 'londo' LIMIT 1),
    'My shoes are too tight, but it does not matter, because I have forgotten how to dance.',
    0,
    current_timestamp + interval '3 day'
  ),
  -- Expired already: what the application has to leave out.
  (
    (SELECT uuid FROM public.users WHERE handle = 'londo' LIMIT 1),
    'This is gone by now.',
    0,
    current_timestamp - interval '1 day'
  );
