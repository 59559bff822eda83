-- SPDX-License-Identifier: MIT
-- The durable queue: added to by anybody's transaction, worked on by yavio-jobs, shown by the CLI.

-- A job with the dedupe key of one that waits or runs is not added.
-- name: job_enqueue
-- roles: service app
INSERT INTO yavio.jobs (kind, payload, dedupe_key, run_at)
VALUES ($1, $2::jsonb, $3, coalesce($4::timestamptz, now()))
ON CONFLICT DO NOTHING;

-- Payload empty: no more is said than that there is work.
-- name: job_listen
-- roles: service
-- prepare: no
LISTEN yavio_jobs;

-- Oldest ready one by (priority, run_at, id) of one lane: mail, or everything else. The attempt is counted here, so
-- that a job that kills its worker is given up one day.
-- name: job_claim
-- roles: service
UPDATE yavio.jobs AS j
SET state = 'running', attempts = j.attempts + 1, leased_by = $1,
	lease_until = now() + $3::bigint * interval '1 millisecond'
WHERE j.id = (
	SELECT q.id
	FROM yavio.jobs AS q
	WHERE q.state = 'queued' AND q.run_at <= now() AND starts_with(q.kind, 'mail.') = $2::boolean
	ORDER BY q.priority, q.run_at, q.id
	LIMIT 1
	FOR UPDATE SKIP LOCKED
)
RETURNING j.id, j.kind, j.payload, j.attempts, j.created_at;

-- name: job_renew
-- roles: service
UPDATE yavio.jobs
SET lease_until = now() + $3::bigint * interval '1 millisecond'
WHERE id = $1 AND leased_by = $2 AND state = 'running';

-- name: job_done
-- roles: service
UPDATE yavio.jobs
SET state = 'done', payload = '{}', leased_by = NULL, lease_until = NULL, last_error = NULL, finished_at = now()
WHERE id = $1 AND leased_by = $2 AND state = 'running';

-- Again after a pause.
-- name: job_later
-- roles: service
UPDATE yavio.jobs
SET state = 'queued', leased_by = NULL, lease_until = NULL, last_error = $3,
	run_at = now() + $4::bigint * interval '1 millisecond'
WHERE id = $1 AND leased_by = $2 AND state = 'running';

-- Given back unfinished by a program that stops, or to go on later: not counted as an attempt.
-- name: job_release
-- roles: service
UPDATE yavio.jobs
SET state = 'queued', leased_by = NULL, lease_until = NULL, attempts = greatest(attempts - 1, 0),
	run_at = now() + $3::bigint * interval '1 millisecond'
WHERE id = $1 AND leased_by = $2 AND state = 'running';

-- The payload stays, for a retry by hand.
-- name: job_dead
-- roles: service
UPDATE yavio.jobs
SET state = 'dead', leased_by = NULL, lease_until = NULL, last_error = $3, finished_at = now()
WHERE id = $1 AND leased_by = $2 AND state = 'running';

-- Whoever held them is gone or cut off; what it still finishes does not count.
-- name: job_expire
-- roles: service
UPDATE yavio.jobs
SET state = 'queued', leased_by = NULL, lease_until = NULL, run_at = now(), last_error = 'the lease expired'
WHERE id IN (
	SELECT id FROM yavio.jobs WHERE state = 'running' AND lease_until < now() LIMIT 1000 FOR UPDATE SKIP LOCKED
)
RETURNING id, kind;

-- Milliseconds until the next queued job of a lane is due, or a running one's lease expires; no row: nothing waits.
-- name: job_next
-- roles: service
SELECT greatest(0, ceil(extract(epoch FROM min(at) - now()) * 1000))::bigint
FROM (
	(
		SELECT min(run_at) AS at FROM yavio.jobs WHERE state = 'queued' AND starts_with(kind, 'mail.') = $1::boolean
	)
	UNION ALL
	(SELECT min(lease_until) FROM yavio.jobs WHERE state = 'running')
) AS waiting
HAVING min(at) IS NOT NULL;

-- name: job_cron_lock
-- roles: service
SELECT pg_advisory_xact_lock(hashtextextended('yavio cron', 0));

-- name: job_cron
-- roles: service
INSERT INTO yavio.jobs (kind, dedupe_key)
SELECT $1, $2
WHERE NOT EXISTS (SELECT FROM yavio.jobs WHERE dedupe_key = $2)
ON CONFLICT DO NOTHING;

-- name: job_gauges
-- roles: service
SELECT kind, count(*) FILTER (WHERE state = 'queued'), count(*) FILTER (WHERE state = 'running'),
	count(*) FILTER (WHERE state = 'dead'),
	coalesce(extract(epoch FROM now() - min(run_at) FILTER (WHERE state = 'queued' AND run_at <= now())), 0)::bigint
FROM yavio.jobs
WHERE state <> 'done'
GROUP BY kind
ORDER BY kind;

-- $1: a state or null; $2: a kind or null.
-- name: job_list
-- roles: service
SELECT id, kind, state, attempts, created_at, run_at, finished_at, last_error, leased_by, payload
FROM yavio.jobs
WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR kind = $2) AND ($3::bigint IS NULL OR id = $3)
ORDER BY id DESC
LIMIT $4;

-- A dead job starts anew, a waiting one is due now. $1 null: every dead one (of a kind).
-- name: job_retry
-- roles: service
WITH again AS (
	UPDATE yavio.jobs AS j
	SET state = 'queued', run_at = now(), attempts = CASE j.state WHEN 'dead' THEN 0 ELSE j.attempts END,
		finished_at = NULL
	WHERE (
			($1::bigint IS NULL AND j.state = 'dead' AND ($2::text IS NULL OR j.kind = $2))
			OR (j.id = $1 AND j.state IN ('dead', 'queued'))
		)
		AND (j.state = 'queued' OR j.dedupe_key IS NULL OR NOT EXISTS (
			SELECT FROM yavio.jobs AS o WHERE o.dedupe_key = j.dedupe_key AND o.state IN ('queued', 'running')
		))
	RETURNING j.id
)
SELECT count(*), pg_notify('yavio_jobs', '') IS NULL FROM again;

-- Dead ones only: what waits or runs is never taken away.
-- name: job_purge
-- roles: service
DELETE FROM yavio.jobs
WHERE state = 'dead' AND ($1::bigint IS NULL OR id = $1) AND ($2::text IS NULL OR kind = $2)
	AND finished_at <= now() - $3::bigint * interval '1 millisecond';
