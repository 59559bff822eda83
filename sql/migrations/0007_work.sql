-- SPDX-License-Identifier: MIT
-- Work done behind a request: the job queue, erasures, Stripe's events.
--
-- The dashboard may only enqueue; yavio-jobs, as yavio_service, claims and finishes. Function: auth_erasure.

CREATE TABLE yavio.jobs (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind text NOT NULL,
	payload jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(payload::text) <= 8192),
	dedupe_key text,
	state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'dead')),
	priority smallint NOT NULL DEFAULT 100,
	run_at timestamptz NOT NULL DEFAULT now(),
	attempts int NOT NULL DEFAULT 0,
	max_attempts int NOT NULL DEFAULT 8,
	leased_by text,
	lease_until timestamptz,
	last_error text,
	finished_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX jobs_ready_idx ON yavio.jobs (priority, run_at, id) WHERE state = 'queued';
CREATE INDEX jobs_lease_idx ON yavio.jobs (lease_until) WHERE state = 'running';
CREATE UNIQUE INDEX jobs_dedupe_idx ON yavio.jobs (dedupe_key) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_finished_idx ON yavio.jobs (finished_at) WHERE state IN ('done', 'dead');

ALTER TABLE yavio.jobs ENABLE ROW LEVEL SECURITY;

CREATE POLICY jobs_insert ON yavio.jobs
	FOR INSERT TO yavio_app
	WITH CHECK (
		kind IN (
			'mail.verify', 'mail.account_exists', 'mail.reset', 'mail.invite', 'mail.locked', 'mail.security',
			'erase.events', 'stripe.event'
		)
	);

-- To enqueue once: ON CONFLICT DO NOTHING without naming the columns, which would take the right to read them.
GRANT INSERT (kind, payload, dedupe_key, run_at) ON yavio.jobs TO yavio_app;

CREATE TABLE yavio.erasures (
	id uuid PRIMARY KEY,
	scope text NOT NULL CHECK (scope IN ('project', 'workspace', 'account')),
	workspace_id uuid NOT NULL,
	project_ids uuid[] NOT NULL,
	requested_by uuid REFERENCES yavio.users (id) ON DELETE SET NULL,
	receipt_hash bytea NOT NULL CHECK (octet_length(receipt_hash) = 32),
	state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
	passes int NOT NULL DEFAULT 0,
	rows_deleted bigint NOT NULL DEFAULT 0,
	last_error text,
	requested_at timestamptz NOT NULL DEFAULT now(),
	finished_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX erasures_receipt_hash_idx ON yavio.erasures (receipt_hash);
CREATE INDEX erasures_requested_by_idx ON yavio.erasures (requested_by, requested_at DESC);

ALTER TABLE yavio.erasures ENABLE ROW LEVEL SECURITY;

CREATE POLICY erasures_select ON yavio.erasures
	FOR SELECT TO yavio_app
	USING (requested_by = (SELECT yavio.app_uid()));
CREATE POLICY erasures_insert ON yavio.erasures
	FOR INSERT TO yavio_app
	WITH CHECK (requested_by = (SELECT yavio.app_uid()));

GRANT
	SELECT (id, scope, workspace_id, project_ids, requested_by, state, passes, rows_deleted, last_error, requested_at,
		finished_at, created_at),
	INSERT (id, scope, workspace_id, project_ids, requested_by, receipt_hash)
	ON yavio.erasures TO yavio_app;

-- State of an erasure without a login, for whoever holds its receipt.
CREATE FUNCTION yavio.auth_erasure(receipt bytea)
	RETURNS TABLE (scope text, state text, requested_at timestamptz, finished_at timestamptz)
	LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
	SET search_path = pg_catalog, yavio, pg_temp
AS $$
	SELECT e.scope, e.state, e.requested_at, e.finished_at
	FROM yavio.erasures AS e
	WHERE e.receipt_hash = receipt
$$;

GRANT EXECUTE ON FUNCTION yavio.auth_erasure(bytea) TO yavio_app;

-- Stored once by their id, worked on by a job.
CREATE TABLE yavio.stripe_webhook_events (
	event_id text PRIMARY KEY,
	event_type text NOT NULL,
	payload jsonb,
	received_at timestamptz NOT NULL DEFAULT now(),
	processed_at timestamptz,
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX stripe_webhook_events_received_at_idx ON yavio.stripe_webhook_events (received_at);

ALTER TABLE yavio.stripe_webhook_events ENABLE ROW LEVEL SECURITY;

CREATE POLICY stripe_webhook_events_insert ON yavio.stripe_webhook_events
	FOR INSERT TO yavio_app
	WITH CHECK (true);

GRANT INSERT (event_id, event_type, payload) ON yavio.stripe_webhook_events TO yavio_app;
