-- SPDX-License-Identifier: MIT
-- What yavio-jobs needs beside the queue: a wake-up for new work, a way to find a schedule's slot, progress of an erasure.
--
-- Trigger: jobs_wake (NOTIFY yavio_jobs after every statement that adds a job).

CREATE FUNCTION yavio.jobs_wake() RETURNS trigger
	LANGUAGE plpgsql
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
BEGIN
	NOTIFY yavio_jobs;
	RETURN NULL;
END
$$;

CREATE TRIGGER jobs_wake
	AFTER INSERT ON yavio.jobs
	FOR EACH STATEMENT EXECUTE FUNCTION yavio.jobs_wake();

-- Whether a slot of a schedule was already worked on: also finished jobs count.
CREATE INDEX jobs_dedupe_any_idx ON yavio.jobs (dedupe_key) WHERE dedupe_key IS NOT NULL;

ALTER TABLE yavio.erasures
	ADD COLUMN clean_at timestamptz,
	ADD COLUMN swept_at timestamptz;

COMMENT ON COLUMN yavio.erasures.clean_at IS
	'First pass that counted 0 everywhere after the spool had shipped what is older than the request; a second one finishes';
COMMENT ON COLUMN yavio.erasures.swept_at IS 'Last look for rows that came late, after the end';

CREATE INDEX erasures_finished_at_idx ON yavio.erasures (finished_at) WHERE finished_at IS NOT NULL;
